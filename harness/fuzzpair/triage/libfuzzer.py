"""libFuzzer: what it reports itself, and what it says of its run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from fuzzpair.bug_classes import classify
from fuzzpair.model.crash_report import CrashReport
from fuzzpair.model.tool import Tool
from fuzzpair.triage.log import Block, clean_lines, excerpt
from fuzzpair.triage.sanitizer import MESSAGE_LENGTH
from fuzzpair.triage.stack import stacks

_HEADER = re.compile(r"ERROR: libFuzzer: (.{1,512})")
_MALLOC = re.compile(r"^out-of-memory \(malloc\((\d{1,19})\)\)")
_KINDS = ("timeout", "out-of-memory", "deadly signal", "fuzz target exited")
_OVERWRITES = "fuzz target overwrites its const input"

_STATUS = re.compile(r"^#(\d{1,19})\s+[A-Za-z]\w*\s")
_PROGRESS = re.compile(r"\b(cov|ft|rss): (\d{1,19})")
_CORPUS = re.compile(r"\bcorp: (\d{1,19})(?:/(\d{1,19})(b|Kb|Mb|Gb))?")
_STATISTIC = re.compile(r"^stat::(\w{1,64}):\s*(\d{1,19})\s*$")
_FORK = re.compile(r"^#(\d{1,19}): cov: (\d{1,19}) ft: \d{1,19} corp: (\d{1,19}) exec/s.{0,40} time: (\d{1,19})s job: ")
_ARTIFACT = re.compile(r"Test unit written to (.{1,4000})$")
_TABLES = re.compile(r"^INFO: Loaded \d{1,9} PC tables \((\d{1,19}) PCs\)")
_COVERED = re.compile(r"\bcov: (\d{1,19})")
_DONE = re.compile(r"^Done (\d{1,19}) runs in (\d{1,19}) second")


def parse(block: Block) -> CrashReport | None:
    match = _HEADER.search(block[0])
    if match is None:
        return None
    kind, size = _kind(match[1])
    found = stacks(block)
    # An out-of-memory report lists the allocations that are alive, not the stack of a fault.
    faulty = found[:1] if found and found[0][0] != "live allocation" else ()
    return CrashReport(
        tool=Tool.LIBFUZZER,
        kind=kind,
        bug_class=classify(Tool.LIBFUZZER, kind),
        message=match[1].strip()[:MESSAGE_LENGTH],
        size=size,
        stack=faulty[0][1] if faulty else (),
        other_stacks=found[len(faulty) :],
        excerpt=excerpt(block),
    )


def _kind(text: str) -> tuple[str, int | None]:
    malloc = _MALLOC.match(text)
    if malloc:
        return "malloc-limit", int(malloc[1])
    if text.startswith(_OVERWRITES):
        return "overwrites-const-input", None
    return next((kind for kind in _KINDS if text.startswith(kind)), text.strip()[:80]), None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStatistics:
    """What one run of libFuzzer says of itself; what it did not say is 0 or None."""

    executed_units: int = 0
    edges: int = 0
    features: int = 0
    corpus_units: int = 0
    corpus_octets: int = 0  # libFuzzer rounds these to Kb and Mb
    new_units: int = 0
    peak_rss_mb: int = 0
    executions_per_s: int = 0
    seconds: int | None = None  # None where the run did not end by its own budget
    artifact: str | None = None  # the last "Test unit written to"


def run_statistics(text: str) -> RunStatistics:
    """The last word of each figure; a crash while the corpus is read leaves no status line at all."""
    last: dict[str, int] = {}
    artifact, seconds = None, None
    for line in clean_lines(text):
        if _STATUS.match(line):
            last.update(_status(line))
        elif statistic := _STATISTIC.match(line):
            last[statistic[1]] = int(statistic[2])
        elif done := _DONE.match(line):
            last["units"], seconds = int(done[1]), int(done[2])
        elif written := _ARTIFACT.search(line):
            artifact = written[1].strip()
    return RunStatistics(
        executed_units=last.get("number_of_executed_units", last.get("units", 0)),
        edges=last.get("cov", 0),
        features=last.get("ft", 0),
        corpus_units=last.get("corpus", 0),
        corpus_octets=last.get("octets", 0),
        new_units=last.get("new_units_added", 0),
        peak_rss_mb=last.get("peak_rss_mb", last.get("rss", 0)),
        executions_per_s=last.get("average_exec_per_sec", 0),
        seconds=seconds,
        artifact=artifact,
    )


MAX_POINTS = 400  # of one campaign's growth: as many as a drawing is wide


def coverage_growth(text: str) -> tuple[int, tuple[tuple[int, int], ...]]:
    """(edges instrumented, (executions, edges covered) wherever these grew, and at the end). 0 where it is not said.

    Of more than MAX_POINTS the last of each stretch stays, so that the curve keeps its ends.
    """
    instrumented = 0
    grown: dict[int, int] = {}
    for line in clean_lines(text):
        if tables := _TABLES.match(line):
            instrumented += int(tables[1])
        elif _STATUS.match(line) and (covered := _COVERED.search(line)):
            grown[int(line[1:].split(None, 1)[0])] = int(covered[1])
    points = sorted(grown.items())
    kept = [point for place, point in enumerate(points) if place in (0, len(points) - 1) or _grew(points, place)]
    stride = max(1, -(-len(kept) // MAX_POINTS))
    return instrumented, tuple(reversed(kept[::-1][::stride]))


def _grew(points: Sequence[tuple[int, int]], place: int) -> bool:
    return points[place][1] > points[place - 1][1]


def _status(line: str) -> dict[str, int]:
    figures = {name: int(value) for name, value in _PROGRESS.findall(line)}
    figures["units"] = int(line[1:].split(None, 1)[0])
    corpus = _CORPUS.search(line)
    if corpus:
        figures["corpus"] = int(corpus[1])
        scale = {"b": 1, "Kb": 1 << 10, "Mb": 1 << 20, "Gb": 1 << 30}
        figures["octets"] = int(corpus[2] or 0) * scale.get(corpus[3] or "b", 1)
    return figures


@dataclass(frozen=True, slots=True, kw_only=True)
class ForkStatus:
    """One status line of fork mode, which has a form of its own."""

    seconds: int
    executed_units: int
    edges: int
    corpus_units: int


def fork_progress(text: str) -> tuple[ForkStatus, ...]:
    """How a campaign in fork mode grew, by its status lines, oldest first."""
    return tuple(
        ForkStatus(seconds=int(found[4]), executed_units=int(found[1]), edges=int(found[2]), corpus_units=int(found[3]))
        for line in clean_lines(text)
        if (found := _FORK.match(line))
    )
