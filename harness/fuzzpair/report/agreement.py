"""What all reports of `fuzzpair agree` say in the same words, and its console."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rich.box import HORIZONTALS
from rich.console import Console
from rich.table import Table
from rich.text import Text

from fuzzpair.model.agreement import AgreementRecord, AgreementRow, Disagreement, What
from fuzzpair.model.standing import Standing
from fuzzpair.report import clean

HEADINGS: Final = ("compared", "target", "engine", "executions", "per second", "edges", "verdict")


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
    accepted = sum(one.standing is Standing.ACCEPTED for one in found)
    known = f", {accepted} of them accepted" if accepted else ""
    return (f"{len(found)} disagreements{known}" if found else "agree") + shown


def cells(row: AgreementRow) -> tuple[str, ...]:
    executions = sum(one.executions for one in row.campaigns)
    seconds = sum(one.duration_s for one in row.campaigns)
    rate = f"{executions / seconds:,.0f}" if seconds else "–"
    edges = max((one.edges for one in row.campaigns), default=0)
    return (row.subject, row.target, row.engine, f"{executions:,}", rate, f"{edges:,}", verdict(row))


def compared(record: AgreementRecord) -> str:
    """What both sides are called where nothing is planted: the unpatched twins, or a pair of one's own by its name."""
    return next((row.subject for row in record.rows if not row.mistake), record.pair)


def sentence(record: AgreementRecord) -> str:
    """What it came to, in one line."""
    planted = dict.fromkeys(row.subject for row in record.rows if row.mistake)
    found = {row.subject for row in record.rows if row.mistake and row.is_found}
    as_they_stand = [row for row in record.rows if not row.mistake]
    executions = sum(one.executions for row in as_they_stand for one in row.campaigns)
    parts = []
    if as_they_stand:
        distinct = {one.key for row in as_they_stand for one in row.disagreements}
        accepted = {one.key for row in as_they_stand for one in row.disagreements if one.standing is Standing.ACCEPTED}
        known = f" ({len(accepted)} accepted)" if accepted else ""
        parts.append(f"{compared(record)}: {executions:,} executions, {len(distinct)} disagreements{known}")
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
    for reason in (*record.reasons, *to_look_at(record)):
        console.print(Text(f"  {reason}"))


def parted_lines(record: AgreementRecord) -> Iterator[str]:
    for row in record.rows:
        for one in row.disagreements if not row.mistake else ():
            word = "crash" if one.what is What.CRASH else "disagreement"
            shown = f"{one.octets} octets, input {one.input[:12]}"
            yield f"{word}: {one.key}; {sides_of(one)}; {shown}; {one.signature}, {standing(one)}"


def standing(one: Disagreement) -> str:
    """Where it stands against earlier comparisons and the known issues."""
    if one.standing is Standing.ACCEPTED:
        return f"accepted by {one.owner} until {one.expires}"
    since = f" since {one.first_seen[:10]}" if one.standing is Standing.KNOWN and one.first_seen else ""
    expired = f", accepted until {one.expires}, which is over: {one.owner} decides" if one.expires else ""
    return f"{one.standing}{since}{expired}"


def to_look_at(record: AgreementRecord) -> Iterator[str]:
    """What has no row: disagreements that are gone, and entries of the known issues that a person should look at."""
    yield from (f"gone: {one.target}: {one.key} ({one.signature})" for one in record.gone)
    yield from (f"known issue, {entry}: {what}" for entry, what in record.known_issues)
