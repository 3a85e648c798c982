"""What `fuzzpair soak` came to: a line for each twin, sanitizer and target."""

from __future__ import annotations

from collections.abc import Sequence

from rich.box import HORIZONTALS
from rich.console import Console
from rich.table import Table
from rich.text import Text

from fuzzpair.model.campaign import Soaked
from fuzzpair.report import clean


def render_soaked(soaked: Sequence[Soaked], console: Console) -> None:
    """Print the table and one sentence that counts."""
    table = Table(box=HORIZONTALS, pad_edge=False)
    for heading in ("twin", "sanitizer", "target", "executions", "seconds", "edges", "found"):
        table.add_column(heading, justify="right" if heading in ("executions", "seconds", "edges") else "left")
    for one in soaked:
        table.add_row(*(Text(text) for text in _cells(one)))
    console.print(table)
    campaigns = [one.campaign for one in soaked if one.campaign]
    seconds, executions = sum(one.duration_s for one in campaigns), sum(one.executions for one in campaigns)
    bad = sum(bool(one.problem) for one in soaked)
    console.print(f"{len(campaigns)} campaigns, {seconds / 60:.1f} minutes, {executions:,} executions; {bad} not clean")


def _cells(one: Soaked) -> tuple[str, ...]:
    done = one.campaign
    numbers = (f"{done.executions:,}", f"{done.duration_s:.0f}", str(done.edges)) if done else ("–", "–", "–")
    return (one.language, one.flavour, one.target, *numbers, clean.line(one.problem, 120) or "nothing")
