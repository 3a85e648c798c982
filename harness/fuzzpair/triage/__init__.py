"""Logs to crash reports: pure, total functions. Unknown text is no report; what that means is the caller's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from fuzzpair.model.crash_report import CrashReport
from fuzzpair.triage import asan, cxx, glibc, libfuzzer, msan, rust_panics, sanitizer, tsan, tysan, ubsan
from fuzzpair.triage.ignored import own_frames, top_own_function
from fuzzpair.triage.libfuzzer import ForkStatus, RunStatistics, coverage_growth, fork_progress, run_statistics
from fuzzpair.triage.log import Block, Log
from fuzzpair.triage.names import normalise

Parser = Callable[[Block], CrashReport | None]

# In this order: a signal or a refused allocation is never the finding of the sanitizer that prints it.
PARSERS: Final[tuple[Parser, ...]] = (
    sanitizer.parse_signal,
    sanitizer.parse_refused_allocation,
    asan.parse,
    asan.parse_leak,
    asan.parse_tagged,
    msan.parse,
    tsan.parse,
    tysan.parse,
    ubsan.parse,
    libfuzzer.parse,
    rust_panics.parse,
    glibc.parse,
    cxx.parse,
)


def parse_log(text: str) -> tuple[CrashReport, ...]:
    """Every report of a log in order of appearance. The first is the cause, later ones are often its echo."""
    reports = (_parse(block) for block in Log.of(text).blocks())
    return tuple(report for report in reports if report is not None)


def first_report(text: str) -> CrashReport | None:
    """The report that came first, or None where nothing is known."""
    reports = (_parse(block) for block in Log.of(text).blocks())
    return next((report for report in reports if report is not None), None)


def _parse(block: Block) -> CrashReport | None:
    for parser in PARSERS:
        report = parser(block)
        if report is not None:
            return report
    return None


__all__ = [
    "ForkStatus",
    "RunStatistics",
    "coverage_growth",
    "first_report",
    "fork_progress",
    "normalise",
    "own_frames",
    "parse_log",
    "run_statistics",
    "top_own_function",
]
