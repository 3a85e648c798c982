"""Logs to findings: read what is pointed at, group it, and say how bad each group is. Runs nothing."""

from __future__ import annotations

import hashlib
import re
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO, Final

from fuzzpair.errors import ConfigError, UsageError
from fuzzpair.model.crash_report import CrashReport
from fuzzpair.model.finding import Crash, Finding, Reproduction, Triage
from fuzzpair.severity import NO_OVERRIDES, Fault, Overrides, assess, rate
from fuzzpair.severity_rules import Reachability
from fuzzpair.store import digest
from fuzzpair.triage import parse_log
from fuzzpair.triage.grouping import NO_RULINGS, BugGroup, Item, UnusedRuling, group
from fuzzpair.triage.rulings import Rulings, parse_rulings
from fuzzpair.triage.signature import cause

STDIN: Final = "-"
LOG_LIMIT: Final = 512 << 20  # octets; a log is read whole
# libFuzzer names an input by its SHA-1: two tools' logs of one input may be of one slip (triage/grouping.py).
_UNIT: Final = re.compile(r"Test unit written to \S*?(?:crash|leak|timeout|oom)-([0-9a-f]{40})\b")
HEAD: Final = 8192  # text has no zero octet here; grep and git look as far


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One file under the name by which it was given, or why there is no content."""

    name: str
    content: bytes = b""
    problem: str = ""


def read_given(paths: Sequence[str], stdin: BinaryIO) -> Iterator[Given]:
    """Every file at or below the paths in a stable order; `-` is standard input. Links are not followed.

    Raises UsageError on a path that is not there, before anything is read.
    """
    for path in paths:
        if path != STDIN and not Path(path).exists():
            raise UsageError(f"{path}: there is no such file or folder", next_step="name logs, or a folder of them")
    for path in paths:
        if path == STDIN:
            yield _checked("standard input", stdin.read(LOG_LIMIT + 1))
        else:
            yield from _below(Path(path))


def _below(path: Path) -> Iterator[Given]:
    name = str(path)
    try:
        mode = path.lstat().st_mode
        if stat.S_ISDIR(mode):
            for child in sorted(path.iterdir()):
                yield from _below(child)
        elif stat.S_ISREG(mode):
            with path.open("rb") as stream:
                yield _checked(name, stream.read(LOG_LIMIT + 1))
        else:
            yield Given(name=name, problem="a link or a device, not a file")
    except OSError as error:
        yield Given(name=name, problem=error.strerror or str(error))


def _checked(name: str, content: bytes) -> Given:
    if len(content) > LOG_LIMIT:
        return Given(name=name, problem=f"larger than {LOG_LIMIT >> 20} MiB")
    return Given(name=name, content=content)


def read_rulings(path: Path) -> Rulings:
    """The groups file. Raises ConfigError with every mistake in it, or where it cannot be read."""
    try:
        return parse_rulings(path.read_bytes(), str(path))
    except OSError as error:
        raise ConfigError(f"{path}:1: cannot be read: {error.strerror}") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    """What triage goes by, besides the logs."""

    reachability: Reachability = Reachability.UNKNOWN
    overrides: Overrides = NO_OVERRIDES
    rulings: Rulings = NO_RULINGS


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A given file with the report that it holds, if any tool wrote one."""

    given: Given
    report: CrashReport | None
    input: str = ""  # SHA-1 of the input that the log is of, where it says so

    @property
    def is_log(self) -> bool:
        """Text is a log, also where no tool is known to have written it; octets are an input."""
        return self.report is not None or b"\0" not in self.given.content[:HEAD]

    @property
    def is_input(self) -> bool:
        """What a program was named for: any file in which no tool reports anything."""
        return self.report is None and not self.given.problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What became of an input that was run again."""

    report: CrashReport | None
    digest: str
    reproduction: Reproduction


def read_reports(given: Iterable[Given]) -> list[Read]:
    return [_read(one) for one in given]


def _read(given: Given) -> Read:
    text = given.content.decode(errors="replace")
    unit = _UNIT.search(text)
    return Read(given=given, report=cause(parse_log(text)), input=unit[1] if unit else "")


def without(read: Iterable[Read], failed: Mapping[str, str]) -> list[Read]:
    """The same, with what could not be run as what could not be read."""
    return [
        replace(one, given=replace(one.given, problem=failed.get(one.given.name, one.given.problem))) for one in read
    ]


def triage(read: Iterable[Read], judging: Judging, tried: Mapping[str, Tried | None] = MappingProxyType({})) -> Triage:
    """Findings of these logs. Text that no tool wrote is a finding of unknown class, and never merges.

    `tried` holds, by name, the inputs among them that were run again: None where nothing was to be seen.
    """
    items: list[Item] = []
    left: dict[str, list[str]] = {"not_logs": [], "not_reproduced": []}
    unreadable: list[tuple[str, str]] = []
    for one in read:
        name = one.given.name
        again = tried.get(name)
        if one.given.problem:
            unreadable.append((name, one.given.problem))
        elif again is not None:
            own = hashlib.sha1(one.given.content, usedforsecurity=False).hexdigest()
            items.append(Item(name=name, report=again.report, digest=again.digest, input=own))
        elif name in tried:
            left["not_reproduced"].append(name)
        elif one.is_log:
            items.append(Item(name=name, report=one.report, digest=digest(one.given.content), input=one.input))
        else:
            left["not_logs"].append(name)
    reproductions = {name: again.reproduction for name, again in tried.items() if again is not None}
    findings, unused = findings_of(items, judging, reproductions)
    return Triage(
        findings=findings,
        logs=len(items) - len(reproductions),
        not_logs=tuple(left["not_logs"]),
        not_reproduced=tuple(left["not_reproduced"]),
        unreadable=tuple(unreadable),
        unused_rulings=tuple(f"line {one.line}: no log has {one.signature} ({one.reason})" for one in unused),
    )


def findings_of(
    items: Sequence[Item], judging: Judging, reproductions: Mapping[str, Reproduction]
) -> tuple[tuple[Finding, ...], tuple[UnusedRuling, ...]]:
    """Grouped, the worst first; by an item's name, how it was reproduced."""
    grouping = group(items, judging.rulings)
    reports = {item.name: item.report for item in items}
    findings = [_finding(found, reports, judging, reproductions) for found in grouping.findings]
    return tuple(sorted(findings, key=lambda finding: (-finding.score, finding.key))), grouping.unused


def _finding(
    found: BugGroup,
    reports: Mapping[str, CrashReport | None],
    judging: Judging,
    reproductions: Mapping[str, Reproduction],
) -> Finding:
    first = found.crashes[0].signature
    known = [report for name in found.items if (report := reports[name]) is not None]
    assessed = [(assess(report, judging.reachability, judging.overrides), report) for report in known]
    unknown = rate(Fault(bug_class=None), judging.reachability, judging.overrides)
    inputs = (reproductions[name] for name in found.items if name in reproductions)
    # The first of the worst: the members are in the order of their names.
    assessment, worst = max(assessed, key=lambda pair: pair[0].score, default=(unknown, None))
    return Finding(
        key=found.key,
        lines=next((one.signature for one in found.crashes if one.signature.bug == found.key), first).bug_lines,
        report=worst,
        cwe=assessment.cwe,
        severity=str(assessment.severity),
        score=assessment.score,
        vector=assessment.vector,
        why=assessment.reason,
        crashes=tuple(
            Crash(signature=one.signature.crash, lines=one.signature.crash_lines, logs=one.items)
            for one in found.crashes
        ),
        rulings=found.rulings,
        inputs=tuple(sorted(inputs, key=lambda one: (one.is_flaky, one.octets, one.name))),
    )
