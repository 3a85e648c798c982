"""A patch that is gone, broken or repaired never keeps its old verdict; what could be done is still told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from experiment.running import Checkout, Finished

pytestmark = pytest.mark.container

CPP_PATCHES = "targets-cpp/dns/mistakes"


def _edit(path: Path, pattern: str, replacement: str) -> None:
    text = path.read_text()
    changed = re.sub(pattern, replacement, text, count=1, flags=re.MULTILINE)
    assert changed != text
    path.write_text(changed)


def test_a_patch_taken_away_is_told_of(checkout: Checkout, first_run: Finished) -> None:
    (checkout.folder / CPP_PATCHES / "use-after-free.patch").unlink()
    run = checkout.run("use-after-free", "endless-loop")
    assert run.exit_code == 3
    assert "there is no patch targets-cpp/dns/mistakes/use-after-free.patch" in run.row("use-after-free/cpp")["problem"]
    assert run.row("use-after-free/cpp")["rung"] is None
    assert run.rungs["endless-loop/cpp"] == first_run.rungs["endless-loop/cpp"]


def test_a_broken_patch_is_named_with_its_place(checkout: Checkout) -> None:
    _edit(checkout.folder / CPP_PATCHES / "endless-loop.patch", r"^-(?!-)(.*)$", r"-\1 // not there")
    run = checkout.run("endless-loop")
    assert run.exit_code == 3
    assert re.search(r"endless-loop\.patch:\d+: does not apply", run.row("endless-loop/cpp")["problem"])


def test_a_syntax_error_is_a_broken_patch_and_no_rejection(checkout: Checkout) -> None:
    _edit(checkout.folder / "targets-rust/dns/mistakes/use-after-free.patch", r"^\+(?!\+)(.*\S.*)$", r"+\1 )")
    run = checkout.run("use-after-free")
    assert run.exit_code == 3
    row = run.row("use-after-free/rust")
    assert row["rung"] is None
    assert "broken" in row["problem"] or "no error lies on a line" in row["problem"]


def test_a_bug_that_was_repaired_inside_its_patch_is_not_triggered(checkout: Checkout, first_run: Finished) -> None:
    path = checkout.folder / CPP_PATCHES / "heap-overflow-read.patch"
    bounded = "+        const std::size_t length = std::min<std::size_t>(octets[at], octets.size() - at - 1);"
    _edit(path, r"^\+ +const std::size_t length = octets\[at\];$", bounded)
    run = checkout.run("heap-overflow-read")
    assert run.exit_code == 1
    row = run.row("heap-overflow-read/cpp")
    assert (row["rung"], first_run.rungs["heap-overflow-read/cpp"]) == ("not seen", "detected")
    assert row["verdict"]["detail"].startswith("reached, never triggered in ")
    assert {one["row"] for one in run.record["gate"]["differences"]} >= {"heap-overflow-read/cpp"}


def test_a_changed_patch_redoes_only_its_own_jobs(checkout: Checkout, first_run: Finished) -> None:
    path = checkout.folder / CPP_PATCHES / "endless-loop.patch"
    path.write_text(path.read_text().replace("Bug-Class:", "Imitates: CVE-0000-0000\nBug-Class:", 1))
    run = checkout.run("endless-loop", "use-after-free")
    assert sum(stage["jobs_run"] for stage in run.record["stages"]) == 0  # words changed, no source did
    assert run.row("endless-loop/cpp")["imitates"] == "CVE-0000-0000"


def test_an_unpatched_twin_that_does_not_build_is_an_error(checkout: Checkout) -> None:
    source = checkout.folder / "targets-rust/dns/src/types.rs"
    source.write_text(source.read_text() + "\nfn broken( {\n")
    run = checkout.run("endless-loop")
    assert run.exit_code == 3
    assert run.record["gate"]["status"] == "error"


def test_an_empty_corpus_is_an_error_before_anything_is_built(checkout: Checkout) -> None:
    for seed in (checkout.folder / "corpus/dns/message").iterdir():
        seed.unlink()
    run = checkout.run("endless-loop")
    assert run.exit_code == 3
    assert "corpus of target 'message' is empty" in run.stderr
