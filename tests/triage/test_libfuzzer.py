"""What libFuzzer says of its run."""

from __future__ import annotations

from pathlib import Path

import pytest

from fuzzpair.triage import RunStatistics, coverage_growth, first_report, run_statistics
from fuzzpair.triage.libfuzzer import MAX_POINTS

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


# --- how coverage grows ------------------------------------------------------------------------

GROWING = """\
INFO: Loaded 1 PC tables (4838 PCs): 4838 [0x56187ac7bde8,0x56187ac8ec48),
#16\tINITED cov: 1119 ft: 2771 corp: 10/4707b exec/s: 0 rss: 36Mb
#20\tNEW    cov: 1123 ft: 2795 corp: 11/4837b lim: 1758 exec/s: 0 rss: 36Mb L: 130/1758 MS: 1 EraseBytes-
#22\tNEW    cov: 1123 ft: 2836 corp: 12/6595b lim: 1758 exec/s: 0 rss: 37Mb L: 1758/1758 MS: 1 ChangeByte-
a target's own line: #23 NEW cov: 99999
#4096\tpulse  cov: 1123 ft: 2836 corp: 12/6595b lim: 1758 exec/s: 2048 rss: 37Mb
#5000\tDONE   cov: 1123 ft: 2836 corp: 12/6595b lim: 1758 exec/s: 2500 rss: 37Mb
"""


def test_growth_is_where_edges_grew_and_the_end() -> None:
    assert coverage_growth(GROWING) == (4838, ((16, 1119), (20, 1123), (5000, 1123)))
    assert coverage_growth("") == (0, ())


def test_growth_of_many_steps_keeps_its_ends() -> None:
    text = "\n".join(f"#{step}\tNEW    cov: {step} ft: 1" for step in range(1, 5_001))
    _, points = coverage_growth(text)
    assert len(points) <= MAX_POINTS + 1
    assert points[-1] == (5_000, 5_000)
    assert points[0][0] < 20
