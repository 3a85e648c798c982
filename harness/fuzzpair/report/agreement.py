"""The reports of `fuzzpair agree`: console and agreement.json here, Markdown, SARIF and the page beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final, cast

from rich.box import HORIZONTALS
from rich.console import Console
from rich.table import Table
from rich.text import Text

from fuzzpair.agreement_model import AgreementRecord, AgreementRow, Disagreement, What
from fuzzpair.report import clean
from fuzzpair.report.json_report import plain

file_name: Final = "agreement.json"
HEADINGS: Final = ("compared", "target", "engine", "executions", "per second", "edges", "verdict")


def render(record: AgreementRecord) -> str:
    """agreement.json: the whole record, from which every other report can be made again."""
    return json.dumps(document(record), indent=1, ensure_ascii=True, allow_nan=False) + "\n"


def document(record: AgreementRecord) -> dict[str, Any]:
    return cast("dict[str, Any]", plain(record))


def cleaned(record: AgreementRecord) -> AgreementRecord:
    """The record with every string made harmless to look at."""
    return clean.cleaned(record)


def verdict(row: AgreementRow) -> str:
    """One line: what an engine made of two sides."""
    if row.problem:
        return f"could not be done: {row.problem}"
    found = [one for one in row.disagreements if one.what.is_disagreement]
    crashes = len(row.disagreements) - len(found)
    shown = f"; {crashes} crash(es), which are no disagreements" if crashes else ""
    if row.mistake and found:
        return f"disagreement after {found[0].seconds:.1f} s: {found[0].key}{shown}"
    if row.mistake:
        return f"not found within {sum(one.duration_s for one in row.campaigns):.0f} s{shown}"
    return (f"{len(found)} disagreements" if found else "agree") + shown


def cells(row: AgreementRow) -> tuple[str, ...]:
    executions = sum(one.executions for one in row.campaigns)
    seconds = sum(one.duration_s for one in row.campaigns)
    rate = f"{executions / seconds:,.0f}" if seconds else "–"
    edges = max((one.edges for one in row.campaigns), default=0)
    return (row.subject, row.target, row.engine, f"{executions:,}", rate, f"{edges:,}", verdict(row))


def sentence(record: AgreementRecord) -> str:
    """What it came to, in one line."""
    planted = dict.fromkeys(row.subject for row in record.rows if row.mistake)
    found = {row.subject for row in record.rows if row.mistake and row.is_found}
    unpatched = [row for row in record.rows if not row.mistake]
    executions = sum(one.executions for row in unpatched for one in row.campaigns)
    parts = []
    if unpatched:
        distinct = {one.key for row in unpatched for one in row.disagreements}
        parts.append(f"the unpatched twins: {executions:,} executions, {len(distinct)} disagreements")
    if planted:
        parts.append(f"of {len(planted)} planted, {len(found)} found as a disagreement")
    return "; ".join(parts) or "nothing was compared"


def sides_of(one: Disagreement) -> str:
    alone = f"; {one.odd.shown} is alone" if one.odd else ""
    return f"{one.what}{alone}"


def render_agreement(record: AgreementRecord, console: Console) -> None:
    """Print the table, what parted, and the sentence."""
    record = cleaned(record)
    table = Table(box=HORIZONTALS, pad_edge=False)
    for heading in HEADINGS:
        is_number = heading in ("executions", "per second", "edges")
        table.add_column(heading, justify="right" if is_number else "left", no_wrap=is_number)
    for row in record.rows:
        table.add_row(*map(Text, cells(row)))
    console.print(table)
    for line in parted_lines(record):
        console.print(Text(line))
    console.print(Text(f"{sentence(record)} (exit code {record.exit_code})"))
    for reason in record.reasons:
        console.print(Text(f"  {reason}"))


def parted_lines(record: AgreementRecord) -> Iterator[str]:
    for row in record.rows:
        for one in row.disagreements if not row.mistake else ():
            word = "crash" if one.what is What.CRASH else "disagreement"
            yield f"{word}: {one.key}; {sides_of(one)}; {one.octets} octets, input {one.input[:12]}"
