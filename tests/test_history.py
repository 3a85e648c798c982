"""The history: an index that loses nothing when it is lost, and what moved between runs."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from fuzzpair import state
from fuzzpair.cli import main
from fuzzpair.errors import StoreError, UsageError
from fuzzpair.history import FILE, find_run, read_history
from fuzzpair.model.finding import Finding
from fuzzpair.model.language import Variant
from fuzzpair.model.past_run import PastRow, PastRun
from fuzzpair.model.run_record import Row, RunRecord
from fuzzpair.model.verdict import Rung, Verdict
from fuzzpair.report.json_report import render
from fuzzpair.report.moves import Way, comparable, finding_trend, moves, past_run, trend
from fuzzpair.report.over_time import findings_over_nights
from fuzzpair.store import Store
from report.records import passing_record, row


def run(number: int, *rungs: str, **changes: object) -> RunRecord:
    """A run whose rows m1, m2 … have these rungs; after a slash the hardened one, `?` where not done."""
    rows = tuple(_row(f"m{place}", text) for place, text in enumerate(rungs, 1) if text)
    named = replace(passing_record(), run_id=f"2026-{number:02}", started=f"2026-11-{number:02}T00:00:00Z", rows=rows)
    return replace(named, **changes)  # type: ignore[arg-type]


def _row(name: str, text: str) -> Row:
    if text == "?":
        return row(name, Variant.CPP, None, problem="not run")
    default, _, hardened = text.partition("/")
    verdict = Verdict(rung=Rung(hardened or default), detail="")
    return row(name, Variant.CPP, Rung(default), hardened=verdict)


@pytest.fixture
def keep(tmp_path: Path) -> Callable[..., Store]:
    def keep(*runs: RunRecord) -> Store:
        store = state.open_store(tmp_path)
        for each in runs:
            state.save_record(store, each.run_id, render(each))
        return store

    return keep


# --- the index ---------------------------------------------------------------------------------


def test_every_stored_run_is_in_the_history_the_oldest_first(tmp_path: Path, keep: Callable[..., Store]) -> None:
    store = keep(run(2, "stopped"), run(1, "crashed"))
    assert read_history(store, tmp_path) == (past_run(run(1, "crashed")), past_run(run(2, "stopped")))


def test_findings_are_kept_by_row_and_signature(tmp_path: Path, keep: Callable[..., Store]) -> None:
    found = tuple(
        Finding(
            key=key,
            lines=(),
            report=None,
            cwe=None,
            severity="low",
            score=1.0,
            vector="",
            why="",
            crashes=(),
            row="m1/cpp",
        )
        for key in ("bug3-b", "bug3-a", "bug3-a")
    )
    store = keep(run(1, "crashed", findings=found))
    (kept,) = read_history(store, tmp_path)
    assert kept.findings == (("m1/cpp", "bug3-a"), ("m1/cpp", "bug3-b"))
    assert kept == find_run("latest", store)


def test_no_run_is_no_history_and_writes_nothing(tmp_path: Path) -> None:
    assert read_history(state.open_store(tmp_path), tmp_path) == ()
    assert not list(tmp_path.iterdir())


def test_what_is_indexed_is_not_read_again(
    tmp_path: Path, keep: Callable[..., Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = keep(run(1, "stopped"))
    first = read_history(store, tmp_path)
    read: list[str] = []

    def reading(_: Store, run_id: str) -> str:
        read.append(run_id)
        return render(run(2, "?"))

    monkeypatch.setattr(state, "record_text", reading)
    assert read_history(store, tmp_path) == first
    keep(run(2, "?"))
    assert len(read_history(store, tmp_path)) == 2
    assert read == ["2026-02"]


def test_a_record_that_is_gone_leaves_the_index(tmp_path: Path, keep: Callable[..., Store]) -> None:
    store = keep(run(1, "stopped"), run(2, "stopped"))
    read_history(store, tmp_path)
    (tmp_path / "store" / "runs" / "2026-01.json").unlink()
    assert [each.run_id for each in read_history(store, tmp_path)] == ["2026-02"]


@pytest.mark.parametrize("content", [b"not a database, but octets", b"", b"SQLite format 3\0" + b"\xff" * 4096])
def test_a_torn_index_is_made_again(tmp_path: Path, keep: Callable[..., Store], content: bytes) -> None:
    store = keep(run(1, "stopped"))
    before = read_history(store, tmp_path)
    (tmp_path / FILE).write_bytes(content)
    assert read_history(store, tmp_path) == before


def test_an_index_of_another_version_is_made_again(tmp_path: Path, keep: Callable[..., Store]) -> None:
    store = keep(run(1, "stopped"))
    before = read_history(store, tmp_path)
    index = sqlite3.connect(tmp_path / FILE)
    index.executescript("DROP TABLE row; CREATE TABLE row (other TEXT); PRAGMA user_version = 99")
    index.close()
    assert read_history(store, tmp_path) == before


def test_an_index_that_cannot_be_written_is_one_clear_error(tmp_path: Path, keep: Callable[..., Store]) -> None:
    store = keep(run(1, "stopped"))
    (tmp_path / FILE).mkdir()
    with pytest.raises(StoreError, match=r"cannot write the history .*history\.sqlite"):
        read_history(store, tmp_path)


def test_a_record_of_another_format_hides_no_other(tmp_path: Path, keep: Callable[..., Store]) -> None:
    store = keep(run(1, "stopped"))
    store.put_document("runs/2026-00.json", '{"schema": "fuzzpair/run/0"}')
    assert [each.run_id for each in read_history(store, tmp_path)] == ["2026-01"]


# --- what moved --------------------------------------------------------------------------------


def test_each_way_to_move_is_told_apart() -> None:
    before = run(1, "stopped", "crashed", "detected", "detected/stopped", "?", "stopped", "stopped", "")
    after = run(2, "crashed", "stopped", "detected", "detected", "stopped", "?", "", "observed")
    assert {move.row: (move.way, move.before, move.after) for move in moves(past_run(before), past_run(after))} == {
        "m1/cpp": (Way.LATER, "stopped", "crashed"),
        "m2/cpp": (Way.EARLIER, "crashed", "stopped"),
        "m4/cpp": (Way.HARDENED, "detected / stopped", "detected"),
        "m5/cpp": (Way.DONE, "could not be done", "stopped"),
        "m6/cpp": (Way.UNDONE, "stopped", "could not be done"),
        "m7/cpp": (Way.GONE, "stopped", ""),
        "m8/cpp": (Way.NEW, "", "observed"),
    }


def test_what_an_incomplete_run_lacks_did_not_go() -> None:
    whole, part = past_run(run(1, "stopped", "stopped")), past_run(run(2, "stopped", complete=False))
    assert not moves(whole, part)
    assert not moves(part, whole)


def test_a_row_that_goes_back_is_told_as_that() -> None:
    runs = [past_run(run(number, rung)) for number, rung in enumerate(("stopped", "crashed", "stopped", "detected"), 1)]
    assert [[move.way for move in found] for _, found in trend(runs)] == [[], [Way.LATER], [Way.RETURNED], [Way.LATER]]


def test_findings_are_new_still_there_fixed_and_reopened() -> None:
    def night(*found: str, complete: bool = True, rows: str = "a") -> PastRun:
        known = tuple(PastRow(row=row, bug_class="x", rung="crashed", hardened="crashed") for row in rows)
        findings = tuple(("a", key) for key in found)
        return replace(past_run(passing_record()), complete=complete, rows=known, findings=findings)

    nights = (night("1", "2"), night("1", "3"), night(complete=False), night(rows="b"), night("2", "3"), night())
    told = [(one.new, one.still, one.reopened, one.fixed) for one in finding_trend(nights)]
    assert told == [(2, 0, 0, 0), (1, 1, 0, 1), (0, 0, 0, 0), (0, 0, 0, 0), (0, 1, 1, 1), (0, 0, 0, 2)]
    chart = findings_over_nights(nights)
    assert chart is not None
    assert "run 5: 0 new, 1 still there, 1 reopened, 1 fixed" in chart.described
    assert findings_over_nights(nights[:1]) is None
    assert findings_over_nights((night(), night())) is None


def test_only_runs_of_one_pair_and_profile_are_compared() -> None:
    this = past_run(run(3, "stopped"))
    others = [run(1, "crashed"), run(2, "crashed", profile="full"), run(4, "crashed")]
    assert [each.run_id for each in comparable(map(past_run, others), this)] == ["2026-01", "2026-03"]


# --- the verbs ---------------------------------------------------------------------------------


def test_history_prints_what_moved(
    tmp_path: Path, keep: Callable[..., Store], capsys: pytest.CaptureFixture[str]
) -> None:
    keep(run(1, "stopped", "stopped"), run(2, "crashed", "stopped", "observed"))
    assert main(["history", "--state", str(tmp_path)], {}) == 0
    last = capsys.readouterr().out.strip().splitlines()[-1]
    assert "2026-02" in last
    assert "1 caught later, 1 new" in last
    assert last.endswith("none"), "no findings"


def test_compare_names_rows_and_classes(
    tmp_path: Path, keep: Callable[..., Store], capsys: pytest.CaptureFixture[str]
) -> None:
    chain = replace(run(2).toolchain, versions=(("clang", "23.0.0"),), fingerprint="beef")
    keep(run(1, "stopped", "stopped"), run(2, "crashed", "stopped", toolchain=chain))
    assert main(["compare", "2026-01", "latest", "--state", str(tmp_path)], {}) == 0
    said = capsys.readouterr().out
    assert "clang 22.1.8" in said
    assert "clang 23.0.0" in said
    assert "m1: 1 row caught later" in said
    assert "m2" not in said


def test_compare_takes_a_run_json_of_elsewhere(tmp_path: Path, keep: Callable[..., Store]) -> None:
    file = tmp_path / "other.json"
    file.write_text(render(run(7, "stopped")))
    assert find_run(str(file), keep()).run_id == "2026-07"


@pytest.mark.parametrize(
    ("asked", "message"), [("2027", "no run of the store"), ("2026", "2 runs of the store"), ("no.json", "cannot read")]
)
def test_a_run_that_is_not_there_is_a_usage_error(keep: Callable[..., Store], asked: str, message: str) -> None:
    store = keep(run(1, "stopped"), run(2, "stopped"))
    with pytest.raises(UsageError, match=message):
        find_run(asked, store)


def test_no_run_at_all_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["history", "--state", str(tmp_path)], {}) == 2
    assert "next: ./fuzzpair run" in capsys.readouterr().err
