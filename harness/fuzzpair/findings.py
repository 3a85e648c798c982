"""Logs to findings: read what a person points at, group it, and say how bad each group is. Runs nothing."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from fuzzpair.errors import ConfigError, UsageError
from fuzzpair.model import Crash, CrashReport, Finding, Triage
from fuzzpair.severity import NO_OVERRIDES, Fault, Overrides, assess, rate
from fuzzpair.severity_rules import Reachability
from fuzzpair.store import digest
from fuzzpair.triage import parse_log
from fuzzpair.triage.grouping import NO_RULINGS, BugGroup, Item, group
from fuzzpair.triage.rulings import Rulings, parse_rulings
from fuzzpair.triage.signature import cause

STDIN: Final = "-"
LOG_LIMIT: Final = 512 << 20  # octets; a log is read whole
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


def triage(given: Iterable[Given], judging: Judging) -> Triage:
    """Findings of these logs. Text that no tool wrote is a finding of unknown class, and never merges."""
    items: list[Item] = []
    reports: dict[str, CrashReport | None] = {}
    not_logs: list[str] = []
    unreadable: list[tuple[str, str]] = []
    for one in given:
        if one.problem:
            unreadable.append((one.name, one.problem))
            continue
        report = cause(parse_log(one.content.decode(errors="replace")))
        if report is None and b"\0" in one.content[:HEAD]:
            not_logs.append(one.name)
            continue
        reports[one.name] = report
        items.append(Item(name=one.name, report=report, digest=digest(one.content)))
    grouping = group(items, judging.rulings)
    findings = [_finding(found, reports, judging) for found in grouping.findings]
    return Triage(
        findings=tuple(sorted(findings, key=lambda finding: (-finding.score, finding.key))),
        logs=len(items),
        not_logs=tuple(not_logs),
        unreadable=tuple(unreadable),
        unused_rulings=tuple(f"line {one.line}: no log has {one.signature} ({one.reason})" for one in grouping.unused),
    )


def _finding(found: BugGroup, reports: dict[str, CrashReport | None], judging: Judging) -> Finding:
    known = [report for name in found.items if (report := reports[name]) is not None]
    assessed = [(assess(report, judging.reachability, judging.overrides), report) for report in known]
    unknown = rate(Fault(bug_class=None), judging.reachability, judging.overrides)
    # The first of the worst: the members are in the order of their names.
    assessment, worst = max(assessed, key=lambda pair: pair[0].score, default=(unknown, None))
    return Finding(
        key=found.key,
        lines=found.crashes[0].signature.bug_lines,
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
    )
