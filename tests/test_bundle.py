"""A bundle holds what a run's verdicts rest on; checking it builds and replays everything anew and believes nothing."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from fuzzpair.bundle import MANIFEST, RECORD, read_bundle
from fuzzpair.errors import UsageError
from fuzzpair.store import digest
from tiny_cli import Here
from tiny_pair import CLAIMS, PIPELINE, cpp_patch

Files = dict[str, bytes]


@pytest.fixture
def bundle(here_after_run: Here, tmp_path: Path) -> Path:
    path = tmp_path / "bundle.zip"
    assert here_after_run("bundle", str(path)) == 0
    return path


def content_of(path: Path) -> Files:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rewritten(path: Path, change: Callable[[Files], None], *, sealed: bool) -> Path:
    """The bundle with other content; `sealed`: with a manifest that says so."""
    files = content_of(path)
    change(files)
    if sealed:
        manifest = json.loads(files[MANIFEST])
        manifest["files"] = {name: digest(content) for name, content in files.items() if name != MANIFEST}
        files[MANIFEST] = json.dumps(manifest).encode()
    other = path.with_name("other.zip")
    with zipfile.ZipFile(other, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return other


def test_everything_a_checker_needs_and_no_program(bundle: Path, here: Here) -> None:
    files = content_of(bundle)
    record = json.loads(files[RECORD])
    inputs = {name for row in record["rows"] for one in row["evidence"]["replays"] for name in one["inputs"]}
    programs = {one["program"] for row in record["rows"] for one in row["evidence"]["replays"]}
    assert inputs
    assert all(f"blobs/{name}" in files for name in inputs)
    assert not any(f"blobs/{name}" in files for name in programs)
    for path in (
        "pipeline.yml",
        "targets-cpp/tiny/mistakes/stale.patch",
        "corpus/tiny/message/first",
        "docker/Dockerfile",
    ):
        assert files[f"pair/{path}"] == (here.pair.root / path).read_bytes()


def test_the_same_run_makes_the_same_octets(bundle: Path, here: Here) -> None:
    first = bundle.read_bytes()
    assert here("bundle", str(bundle)) == 0
    assert bundle.read_bytes() == first
    assert "not in it" not in here.out


def test_each_verdict_is_confirmed_by_building_and_replaying(bundle: Path, here: Here) -> None:
    assert here("verify", str(bundle)) == 0
    rows = json.loads(content_of(bundle)[RECORD])["rows"]
    assert f"{len(rows)} rows: {len(rows)} confirmed, 0 changed, 0 could not be checked" in here.out
    made = list((here.pair.root / ".fuzzpair/verify").rglob("results/*/*"))
    assert made, "the results of the run that is checked are not looked at"


def test_the_claims_that_pipeline_yml_names_travel_along(here: Here, tmp_path: Path) -> None:
    here.pair.ask(CLAIMS)
    assert here("run") == 0
    assert "holds with limits: next-stops" in here.out
    path = tmp_path / "bundle.zip"
    assert here("bundle", str(path)) == 0
    assert content_of(path)["pair/claims.yml"] == CLAIMS.encode()
    assert here("verify", str(path)) == 0


def test_a_pair_of_one_s_own_beside_the_experiment_is_named_as_left_out(here: Here, tmp_path: Path) -> None:
    here.pair.write("own/build.sh", "true\n")
    here.pair.write("pipeline.yml", f"{PIPELINE}fuzz: {{name: own, cpp: {{source: own, build: own/build.sh}}}}\n")
    assert here("run") == 0
    path = tmp_path / "bundle.zip"
    assert here("bundle", str(path)) == 0
    assert "not in it: the pair of your own (`fuzz:` in pipeline.yml) and its runs" in here.out
    assert not [name for name in content_of(path) if name.startswith("pair/own/")]
    assert here("verify", str(path)) == 0, "what fuzz: names is not there, and is not asked for"


def test_a_verdict_that_was_written_by_hand_is_found(bundle: Path, here: Here) -> None:
    def embellish(files: Files) -> None:
        record = json.loads(files[RECORD])
        row = next(one for one in record["rows"] if one["name"] == "stale/cpp")
        row["verdict"]["rung"] = row["hardened"]["rung"] = row["rung"] = "stopped"
        files[RECORD] = json.dumps(record).encode()

    assert here("verify", str(rewritten(bundle, embellish, sealed=True))) == 1
    assert "1 changed" in here.out


def test_what_cannot_be_checked_is_not_confirmed(bundle: Path, here: Here) -> None:
    def lose(files: Files) -> None:
        for name in [one for one in files if one.startswith("blobs/")]:
            del files[name]

    assert here("verify", str(rewritten(bundle, lose, sealed=True))) == 3
    assert "stale/cpp: no triggering inputs" in here.out
    assert "1 confirmed" in here.out, "a rejection needs no input"


def test_an_altered_bundle_is_refused(bundle: Path, here: Here) -> None:
    def alter(files: Files) -> None:
        files["pair/targets-cpp/tiny/src/name.cpp"] += b"//"

    assert here("verify", str(rewritten(bundle, alter, sealed=False))) == 2
    assert "was altered: 'pair/targets-cpp/tiny/src/name.cpp'" in here.err


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "pair/../../outside"])
def test_no_path_leaves_a_bundle(bundle: Path, name: str) -> None:
    def escape(files: Files) -> None:
        files[name] = b"x"

    with pytest.raises(UsageError, match="a path that leaves it"):
        read_bundle(rewritten(bundle, escape, sealed=True))


@pytest.mark.parametrize("content", [b"", b"PK", b"text", bytes(100)])
def test_what_is_no_bundle(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "thing"
    path.write_bytes(content)
    with pytest.raises(UsageError, match="is not a bundle"):
        read_bundle(path)


def test_sources_that_are_not_the_run_s_are_not_bundled(bundle: Path, here: Here) -> None:
    here.pair.plant("cpp", "stale", cpp_patch("check();", 'slip("freed");'))
    assert here("bundle", str(bundle)) == 2
    assert "stale/cpp: its patch, the twin or fuzzpair itself is not what it was" in here.err


def test_a_twin_that_is_not_the_run_s_is_not_bundled(bundle: Path, here: Here) -> None:
    here.pair.write("targets-rust/tiny/src/main.rs", "fn main() { parse(); }\n")
    assert here("bundle", str(bundle)) == 2
    assert "/rust" in here.err
