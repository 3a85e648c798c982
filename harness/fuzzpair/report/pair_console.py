"""A pair's run on the console: findings with the twin's answer, campaigns, corpora, one sentence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from rich.box import HORIZONTALS, SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text

from fuzzpair.model.pair import PairRecord
from fuzzpair.report import clean, pair_text

_STYLES: Final = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan", "none": "dim"}


def render_pair(record: PairRecord, console: Console) -> None:
    """Print the whole record. What has to be copied stands on a line of its own."""
    record = clean.cleaned(record)
    if record.findings:
        console.print(_findings(record))
    for finding in filter(pair_text.is_news, pair_text.worst_first(record.findings)):
        # In lines of their own: cells are cut into pieces, and a command that was cut cannot be copied.
        console.print(Text(f"{finding.key}: {pair_text.title(finding)}", style="bold"), soft_wrap=True)
        for text in (*pair_text.twins(finding), pair_text.command(finding)):
            console.print(Text(f"  {text}"), soft_wrap=True)
    console.print(_table(pair_text.CAMPAIGN_HEADINGS, map(pair_text.campaign_cells, record.campaigns)))
    console.print(_table(pair_text.CORPUS_HEADINGS, pair_text.corpus_rows(record)))
    for text in pair_text.to_look_at(record):
        console.print(Text(text), soft_wrap=True)
    console.print(Text(pair_text.sentence(record), style="bold"))


def _findings(record: PairRecord) -> Table:
    table = Table(box=HORIZONTALS, show_lines=True)
    for heading in pair_text.FINDING_HEADINGS:
        table.add_column(heading)
    for one in pair_text.worst_first(record.findings):
        table.add_row(
            Text(pair_text.severity(one), style=_STYLES.get(one.severity, "")),
            Text(f"{pair_text.title(one)}\n{one.key}"),
            Text(pair_text.place(one)),
            Text(pair_text.standing(one)),
            Text("\n".join(pair_text.twins(one))),
            Text(pair_text.replays(one)),
        )
    return table


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    table = Table(box=SIMPLE)
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="right" if 0 < number < 7 else "left")
    for cells in rows:
        table.add_row(*map(Text, cells))
    return table
