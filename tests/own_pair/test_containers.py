"""Campaigns on a real pair in real containers: what is found, what the twin says, and what outlives a kill."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fuzzpair.model.command import Limits
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language
from fuzzpair.own_pair.again import LinkedFiles, LinkedFilesJob
from fuzzpair.own_pair.change import touched

pytestmark = pytest.mark.container

REPOSITORY = Path(__file__).parents[2]
GZIP = REPOSITORY / "examples/gzip/pipeline.yml"
STATE = REPOSITORY / ".fuzzpair/tests"  # its builds are shared with other runs of the tests


def run(verb: str, folder: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    places = ("--config", str(folder / "pipeline.yml"), "--state", str(STATE), "--out", str(folder / "out"))
    command = (sys.executable, "-m", "fuzzpair", verb, *arguments, *places)
    env = {**os.environ, "PYTHONPATH": str(REPOSITORY / "harness")}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=1800)
    record = folder / "out" / "pair.json"
    assert record.is_file(), done.stderr[-3000:]
    return done.returncode, json.loads(record.read_text())


@pytest.fixture(scope="module")
def gzip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, with a state of its own, as a repository whose base has the bug as well."""
    folder = tmp_path_factory.mktemp("gzip")
    subprocess.run(("cp", "-r", f"{GZIP.parent}/.", str(folder)), check=True)
    pipeline = folder / "pipeline.yml"
    before, section, after = pipeline.read_text().partition("\nfuzz:\n")
    assert section, "the state would be another one"
    pipeline.write_text(f"{before}{section}  state: {folder / 'pair'}\n{after}")
    env = {**os.environ, "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b.example"}
    env |= {"GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b.example"}
    for words in (("init", "-q", "-b", "main"), ("add", "."), ("commit", "-qm", "base")):
        subprocess.run(("git", *words), cwd=folder, env=env, check=True)
    return folder


@pytest.fixture(scope="module")
def first(gzip: Path) -> dict[str, Any]:
    code, record = run("fuzz", gzip, "--seconds", "60")
    assert code == 1, record["reasons"]
    return record


def test_the_example_finds_its_bug_and_says_what_rust_does(first: dict[str, Any]) -> None:
    found = [one for one in first["findings"] if one["language"] == "cpp" and "address" in one["flavours"]]
    worst = found[0]
    assert worst["bug_classes"][0].startswith("heap-buffer-overflow")
    assert worst["cwe"] in (122, 125, 126)
    assert worst["inputs"][0]["k"] == worst["inputs"][0]["n"]
    assert {one["outcome"] for one in worst["twin"]} <= {"no crash", "clean error", "accepted"}
    assert any("inflate" in (frame["function"] or "") for frame in worst["report"]["stack"])
    assert all(one["executions"] > 1000 and not one["problem"] for one in first["campaigns"])


def test_what_the_base_has_fails_no_change(gzip: Path, first: dict[str, Any]) -> None:
    (gzip / "c" / "header.c").write_text((gzip / "c" / "header.c").read_text() + "\nint unused_by_all;\n")
    code, record = run("change", gzip, "--base", "main", "--seconds", "30")
    assert (code, record["reasons"]) == (0, [])
    assert {one["standing"] for one in record["findings"]} == {"in base"}


def test_programs_name_what_they_are_made_of(open_bench: Any) -> None:
    bench = open_bench(GZIP)
    for language, own in ((Language.CPP, "c/header.c"), (Language.RUST, "rust/fuzz/fuzz_targets/header.rs")):
        (program,) = bench.build(language, Flavour.ADDRESS).programs
        made = bench.done(LinkedFilesJob(program=program, limits=Limits())).result
        assert isinstance(made, LinkedFiles)
        assert touched([own], {"header": made.files, "other": ("other.c",)}).targets == {"header"}, made.files


def test_nights_that_are_killed_lose_nothing_and_leave_nothing(tmp_path: Path) -> None:
    command = (sys.executable, "bench/kills.py", "--kills", "4", "--state", str(tmp_path), "--most", "60")
    env = {**os.environ, "PYTHONPATH": str(REPOSITORY / "harness")}
    done = subprocess.run(command, cwd=REPOSITORY, env=env, capture_output=True, text=True, check=False, timeout=1800)
    assert done.returncode == 0, done.stdout[-3000:]
