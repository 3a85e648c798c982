"""`fuzzpair agree` on a small pair with a `describe` of its own on both sides, in containers: what is planted in a copy
of it is found by name, accepted for a time, and gone when it is taken out. As twins in one program, and as the targets
of a pair of one's own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from experiment.running import REPOSITORY

pytestmark = pytest.mark.container

WORDS = REPOSITORY / "tests/agree/words"
ACCEPTS = ("letter > 'z'", "letter > '{'")  # one too many; the seed `brace` has it
KEY = "one accepts, one rejects · C++ accepted, Rust rejected › letter › WORD"
# The input that brings it about ends a twin's process, or a program's: in the middle of being asked for its text.
ABORTS = ("    std::string word;\n", "    if (octets[0] == 2) std::abort();\n    std::string word;\n")
VANISHES = ("    std::string word;\n", "    if (octets[0] == 2) std::_Exit(0);\n    std::string word;\n")


@dataclass(frozen=True)
class Said:
    """What one comparison came to, as a user sees it."""

    exit_code: int
    record: dict[str, Any]
    stdout: str
    out: Path

    def found(self) -> dict[str, dict[str, Any]]:
        return {one["key"]: one for row in self.record["rows"] for one in row["disagreements"]}

    def page(self) -> str:
        return (self.out / "agreement.html").read_text()

    def failures(self) -> list[tuple[str | None, str | None]]:
        """(type, message) of each failure that JUnit has."""
        tree = ET.parse(self.out / "agreement-junit.xml")
        return [(one.get("type"), one.get("message")) for one in tree.iter("failure")]

    def suppressed(self) -> list[bool]:
        (run,) = json.loads((self.out / "agreement.sarif").read_text())["runs"]
        return [bool(one["suppressions"]) for one in run["results"]]


class Words:
    """A copy of the pair, with a state of its own; its C++ side is edited, as its authors would."""

    def __init__(self, folder: Path, pipeline: str) -> None:
        self.folder = folder / "words"
        shutil.copytree(WORDS, self.folder)
        shutil.copy(REPOSITORY / "harness/fuzzpair/agree/native/describe.h", self.folder / "oss-fuzz")
        (self.folder / pipeline).rename(self.folder / "pipeline.yml")
        self.source = self.folder / "cpp/src/words.cpp"
        self.sound = "#include <cstdlib>\n" + self.source.read_text()

    def write(self, *edits: tuple[str, str]) -> None:
        text = self.sound
        for before, after in edits:
            assert text.count(before) == 1, before
            text = text.replace(before, after)
        self.source.write_text(text)

    def accept(self, signature: str, expires: str) -> None:
        entry = {"signature": signature, "reason": "meant", "owner": "parsers", "expires": expires}
        (self.folder / "known-issues.yml").write_text(f"known:\n  - {json.dumps(entry)}\n")

    def agree(self, *edits: tuple[str, str]) -> Said:
        self.write(*edits)
        out = self.folder.parent / "out"
        places = ("--config", str(self.folder / "pipeline.yml"), "--state", str(out / "state"), "--out", str(out))
        budget = ("--runs", "20000", "--seconds", "30")
        command = (sys.executable, "-m", "fuzzpair", "agree", *budget, *places)
        env = {**os.environ, "PYTHONPATH": str(REPOSITORY / "harness"), "COLUMNS": "300"}
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=1800)
        assert (out / "agreement.json").exists(), done.stdout + done.stderr
        return Said(done.returncode, json.loads((out / "agreement.json").read_text()), done.stdout, out)


def test_twins_part_are_accepted_crash_and_are_one_again(tmp_path: Path) -> None:
    words = Words(tmp_path, "twins.yml")
    sound = words.agree()
    assert (sound.exit_code, sound.record["reasons"], sound.found()) == (0, [], {})

    parted = words.agree(ACCEPTS)
    assert list(parted.found()) == [KEY]
    one = parted.found()[KEY]
    assert (parted.exit_code, one["standing"], one["octets"]) == (1, "new", 2)  # a length, and one letter
    assert {said["voice"]: said["ending"] for said in one["said"]} == {"cpp": "accepted", "rust": "rejected"}
    assert parted.failures() == [("disagreement", KEY)]
    assert parted.suppressed() == [False]
    for text in (parted.page(), parted.stdout):
        assert one["signature"] in text
    assert '<span class="l add">+reject: letter</span>' in parted.page()
    assert parted.page().count("<mark>") == 2

    words.accept(one["signature"], "2999-12-31")
    accepted = words.agree(ACCEPTS)
    assert (accepted.exit_code, accepted.found()[KEY]["standing"]) == (0, "accepted")
    assert (accepted.failures(), accepted.suppressed()) == ([], [True])
    assert "accepted by parsers until 2999-12-31" in accepted.page()
    words.accept(one["signature"], "2020-01-01")
    expired = words.agree(ACCEPTS)
    assert (expired.exit_code, expired.found()[KEY]["standing"]) == (1, "known")
    assert "expired on 2020-01-01" in expired.page()
    assert expired.failures() == [("disagreement", KEY)]

    crashed = words.agree(ABORTS)
    assert [one["key"] for one in crashed.record["gone"]] == [KEY]
    assert (crashed.exit_code, list(crashed.found())) == (1, ["one side crashes · C++"])
    assert crashed.failures() == [("crash", "one side crashes · C++")]
    assert f"gone: word: {KEY}" in crashed.page()

    mended = words.agree()
    assert (mended.exit_code, mended.found(), mended.failures()) == (0, {}, [])
    assert [one["key"] for one in mended.record["gone"]] == ["one side crashes · C++"]
    assert [what for _, what in mended.record["known_issues"]] == ["its finding is fixed; remove it"]


def test_targets_with_a_describe_of_their_own_are_asked_for_that(tmp_path: Path) -> None:
    words = Words(tmp_path, "fuzz.yml")
    sound = words.agree()
    assert (sound.exit_code, sound.record["reasons"], sound.found()) == (0, [], {})
    campaigns = {row["engine"]: row["campaigns"][0] for row in sound.record["rows"]}
    assert set(campaigns) == {"corpus", "libfuzzer"}
    for one in campaigns.values():  # the targets print nothing: each answer is a describe's
        assert dict(one["answered"]) == {"cpp": one["executions"], "rust": one["executions"]}
    assert campaigns["libfuzzer"]["growth"][-1][1] > campaigns["libfuzzer"]["growth"][0][1]

    parted = words.agree(ACCEPTS, VANISHES)
    assert (parted.exit_code, set(parted.found())) == (1, {KEY, "one side crashes · C++"})
    assert {row["subject"] for row in parted.record["rows"]} == {"words"}
    assert "twin" not in parted.stdout
    assert {one for one, _ in parted.failures()} <= {"disagreement", "crash"}

    mended = words.agree()
    assert (mended.exit_code, mended.found()) == (0, {})
    assert {one["key"] for one in mended.record["gone"]} == {KEY, "one side crashes · C++"}
