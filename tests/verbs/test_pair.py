"""The verbs of a user's own pair on the command line: a backend that builds nothing, and everything said of it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from fuzzpair import cli
from fuzzpair.backends import Backend
from fuzzpair.backends.fake import FakeBackend
from fuzzpair.backends.select import Kind
from fuzzpair.errors import UsageError
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language
from fuzzpair.own_pair.reproducing import Asked, write_artifacts
from fuzzpair.own_pair.state import PairState, unit_name
from fuzzpair.store import Files, Store
from own_pair.pair_records import finding, record, reproduction

PIPELINE = "version: 1\nfuzz:\n  name: gzip\n  cpp: {source: c, build: oss-fuzz/build.sh}\n"


class Here:
    """The command line in a pair's folder."""

    def __init__(self, root: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.root = root
        self._capture = capture
        self.out = self.err = ""

    def __call__(self, *argv: str) -> int:
        places = ("--config", str(self.root / "pipeline.yml"), "--state", str(self.root / ".fuzzpair"))
        code = cli.main((*argv, *places, "--out", str(self.root / "out")), {"PATH": "/usr/bin:/bin"}, self._open)
        self.out, self.err = self._capture.readouterr()
        return code

    def _open(self, kind: Kind, environ: Mapping[str, str], on_progress: Callable[[str], None]) -> Backend:
        on_progress(f"opening {kind} with {len(environ)} variables")
        return FakeBackend()

    @property
    def record(self) -> dict[str, object]:
        read: dict[str, object] = json.loads((self.root / "out" / "pair.json").read_text())
        return read

    def records(self) -> int:
        return len(PairState(Files(str(self.root / ".fuzzpair" / "pair"))).records(9))


@pytest.fixture
def pair(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Here:
    (tmp_path / "c").mkdir()
    (tmp_path / "oss-fuzz").mkdir()
    (tmp_path / "oss-fuzz" / "build.sh").write_text("exit 0\n")
    (tmp_path / "pipeline.yml").write_text(PIPELINE)
    return Here(tmp_path, capsys)


@pytest.mark.parametrize("verb", ["fuzz", "nightly"])
def test_a_build_that_leaves_nothing_ends_with_3_in_every_report(pair: Here, verb: str) -> None:
    assert pair(verb) == 3
    assert pair.record["exit_code"] == 3
    assert pair.record["verb"] == verb
    assert "cpp address was not built" in pair.out
    assert sorted(path.name for path in (pair.root / "out").iterdir()) == [
        "junit.xml",
        "pair.json",
        "report.html",
        "results.sarif",
        "summary.md",
    ]
    assert pair.records() == 1


def test_a_change_keeps_no_record_and_needs_a_repository(pair: Here) -> None:
    assert pair("change", "--base", "main") == 2
    assert "git" in pair.err
    env = {"PATH": "/usr/bin:/bin", "GIT_CONFIG_GLOBAL": "/dev/null"}
    env |= {f"GIT_{who}_{what}": "a@b.example" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    for words in (("init", "-q", "-b", "main"), ("add", "."), ("commit", "-qm", "first")):
        subprocess.run(("git", *words), cwd=pair.root, env=env, check=True)
    assert pair("change", "--base", "main") == 3
    assert (pair.record["verb"], pair.records()) == ("change", 0)
    assert pair("change") == 2, "without a base there is nothing to compare with"


def test_what_the_verbs_cannot_use_is_a_usage_error(pair: Here) -> None:
    assert pair("reproduce", "header", "--input", "crash-x") == 2
    assert "is no side of a target" in pair.err
    assert pair("reproduce", "header/cpp", "--input", "crash-x") == 2
    assert "there is no run of this pair yet" in pair.err
    (pair.root / "known.yml").write_text("known:\n  - {signature: b, reason: r, owner: o, expires: soon}\n")
    (pair.root / "pipeline.yml").write_text(f"{PIPELINE}  known_issues: known.yml\n")
    assert pair("fuzz") == 2
    assert "known.yml:2" in pair.err
    (pair.root / "pipeline.yml").write_text("version: 1\n")
    assert pair("fuzz") == 2


def test_an_input_is_found_by_its_name_in_the_state_or_among_the_reports(tmp_path: Path) -> None:
    state, store = PairState(Files(str(tmp_path / "pair"))), Store(str(tmp_path / "store"))
    name = f"crash-{unit_name(b'!')}"
    asked = Asked.read("header/cpp", Flavour.ADDRESS, name)
    with pytest.raises(UsageError, match="there is no input"):
        asked.content(state, tmp_path / "out")
    one = reproduction(name=name, input=store.put_blob(b"!"))
    gone = reproduction(name=f"crash-{'2' * 40}", input="0" * 64)
    write_artifacts(record(findings=(finding(inputs=(one, gone)),)), tmp_path / "out", store)
    assert asked.content(state, tmp_path / "out") == b"!"
    state.add_artifact("header", Language.CPP, name, b"!")
    assert asked.content(state, tmp_path / "nowhere") == b"!"
    (tmp_path / "file").write_bytes(b"own")
    assert Asked.read("header/rust", Flavour.ADDRESS, str(tmp_path / "file")).content(state, tmp_path) == b"own"
    with pytest.raises(UsageError, match="has no program"):
        asked.program(record())
