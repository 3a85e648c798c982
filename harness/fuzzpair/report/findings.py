"""Findings for eyes and for programs: a table, and JSON with a versioned schema (docs/triage.md)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, Final

from rich.box import HORIZONTALS
from rich.console import Console
from rich.table import Table
from rich.text import Text

from fuzzpair.model.finding import Finding, Triage
from fuzzpair.report import clean

SCHEMA: Final = "fuzzpair/findings/1"
_STYLES: Final = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan", "none": "dim"}
NAMES_SHOWN: Final = 3


def render_findings(triage: Triage, console: Console) -> None:
    """The findings, the worst first, then everything that was given and is none."""
    if triage.findings:
        console.print(_table(triage))
    for finding in triage.findings:
        for text in _again(finding):
            console.print(_line(text), soft_wrap=True)  # a command that was cut in two cannot be copied
    inputs = len(triage.not_logs)
    if inputs:
        names = _names(triage.not_logs)
        console.print(
            _line(f"{inputs} files hold no text ({names}): inputs say nothing without their program; name it (--on)")
        )
    if triage.not_reproduced:
        names = _names(triage.not_reproduced)
        console.print(_line(f"{len(triage.not_reproduced)} inputs end cleanly on this build each time: {names}"))
    for name, why in triage.unreadable:
        console.print(_line(f"not read: {name}: {why}"))
    for text in triage.unused_rulings:
        console.print(_line(f"ruling without effect: {text}"))
    again = sum(len(finding.inputs) for finding in triage.findings) + len(triage.not_reproduced)
    tried = f"{again} inputs, " if again else ""
    console.print(_line(f"{triage.logs} logs, {tried}{len(triage.findings)} findings"))


def _again(finding: Finding) -> Iterator[str]:
    """How the first input is seen again, and what was made of it."""
    for one in finding.inputs[:1]:
        flaky = ", flaky" if one.is_flaky else ""
        yield f"{finding.key}: {one.name}: {one.octets} octets, {one.k}/{one.n} replays{flaky}"
        if one.smaller:
            how = "none of them can go" if one.smaller.is_minimal else "the time ran out"
            yield f"  minimised: {one.smaller.octets} octets ({how}), {one.smaller.k}/{one.smaller.n} replays"
        yield f"  reproduce: {one.command}"


def render_json(triage: Triage) -> str:
    """ASCII JSON; whoever prints it gets no terminal escape from a log."""
    document = {"schema": SCHEMA, **asdict(triage), "findings": [_plain(one) for one in triage.findings]}
    return json.dumps(document, indent=1, ensure_ascii=True, allow_nan=False) + "\n"


def _plain(finding: Finding) -> dict[str, Any]:
    return {**asdict(finding), "logs": list(finding.logs)}


def _table(triage: Triage) -> Table:
    table = Table(box=HORIZONTALS, show_lines=True)
    for heading in ("severity", "class", "CWE", "tool", "what tells it apart", "logs", "finding"):
        table.add_column(heading, justify="right" if heading in ("CWE", "logs") else "left")
    for finding in triage.findings:
        table.add_row(
            Text(f"{finding.severity} {finding.score:.1f}", style=_STYLES.get(finding.severity, "")),
            _line((finding.report.bug_class if finding.report else None) or "unknown"),
            str(finding.cwe) if finding.cwe is not None else "–",
            _line(_tool(finding)),
            Text("\n".join(clean.line(text) for text in finding.lines)),
            str(len(finding.logs)),
            Text("\n".join([finding.key, clean.line(_names(finding.logs))])),
        )
    return table


def _tool(finding: Finding) -> str:
    report = finding.report
    if report is None:
        return "none knows the text"
    access = f" {report.access.value}" if report.access else ""
    size = f" of {report.size}" if report.size is not None else ""
    return f"{report.tool}: {report.kind}{access}{size}"


def _names(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    return ", ".join(names[:NAMES_SHOWN]) + more


def _line(text: str) -> Text:
    return Text(clean.line(text))
