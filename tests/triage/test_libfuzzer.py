"""What libFuzzer says of its run."""

from __future__ import annotations

from pathlib import Path

import pytest

from fuzzpair.triage import RunStatistics, first_report, run_statistics

LOGS = Path(__file__).resolve().parents[1] / "logs" / "fuzz"


def test_a_run_that_used_its_budget() -> None:
    found = run_statistics((LOGS / "coverage.log").read_text("utf-8"))
    assert found.executed_units == 300_000
    assert found.seconds is not None
    assert found.edges >= 9
    assert found.features >= found.edges
    assert found.corpus_units >= 3
    assert found.new_units >= 2
    assert found.peak_rss_mb > 0
    assert found.artifact is None


@pytest.mark.parametrize(
    ("name", "prefix"),
    [("loops", "timeout-"), ("grows", "oom-"), ("leaks", "leak-"), ("late", "crash-"), ("exits", "crash-")],
)
def test_a_run_that_ended_with_an_artifact(name: str, prefix: str) -> None:
    found = run_statistics((LOGS / f"{name}.log").read_text("utf-8"))
    assert found.artifact is not None
    assert found.artifact.startswith(f"/tmp/{prefix}")
    assert found.seconds is None


def test_a_killed_run_still_has_its_last_status_line() -> None:
    text = (
        "#2\tINITED cov: 7 ft: 8 corp: 1/1b exec/s: 0 rss: 31Mb\n"
        "#4096\tpulse  cov: 9 ft: 12 corp: 3/2Kb exec/s: 5 rss: 40Mb\n"
    )
    assert run_statistics(text) == RunStatistics(
        executed_units=4096, edges=9, features=12, corpus_units=3, corpus_octets=2048, peak_rss_mb=40
    )


def test_nothing_is_known_of_an_empty_log() -> None:
    assert run_statistics("") == RunStatistics()


def test_an_unknown_error_keeps_its_words() -> None:
    report = first_report("==1== ERROR: libFuzzer: something a later one says\n")
    assert report is not None
    assert (report.kind, report.bug_class) == ("something a later one says", None)
