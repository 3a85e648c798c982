"""`fuzzpair history` and `fuzzpair compare`: past runs and what moved between them, as tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from fuzzpair.model.agreement import AgreementRecord
from fuzzpair.model.past_run import PastRun
from fuzzpair.report import clean
from fuzzpair.report.agreement import sentence
from fuzzpair.report.moves import FindingMoves, Move, comparable, finding_trend, moves, trend

CELL_LIMIT = 120


def render_history(runs: Sequence[PastRun], last: int, console: Console) -> None:
    """The last runs, the newest at the end, each with what moved since the run before it of its pair and profile."""
    table = _table(
        "run", "started", "pair, profile", "toolchain", "rows", "gate", "moved since the one before", "findings"
    )
    for run in sorted(runs, key=lambda each: (each.started, each.run_id))[-last:]:
        earlier = comparable(runs, run)
        found = trend(earlier)[-1][1]
        done = "" if run.complete else " (incomplete)"
        cells = (run.run_id, run.started, f"{run.pair}, {run.profile}", run.fingerprint[:12], str(len(run.rows)))
        table.add_row(
            *map(
                _cell,
                (
                    *cells,
                    f"{run.gate}{done}",
                    counted(found) or "nothing",
                    findings_counted(finding_trend(earlier)[-1]),
                ),
            )
        )
    console.print(table)


def render_agreements(records: Sequence[AgreementRecord], last: int, console: Console) -> None:
    """The last comparisons, the newest at the end; nothing where there was none."""
    if not records:
        return
    table = _table("comparison", "started", "pair", "what it came to", "gone", "exit code")
    for record in sorted(records, key=lambda each: (each.started, each.run_id))[-last:]:
        cells = (record.run_id, record.started, record.pair, sentence(record), str(len(record.gone)))
        table.add_row(*map(_cell, (*cells, str(record.exit_code))))
    console.print(table)


def render_comparison(before: PastRun, after: PastRun, console: Console) -> None:
    """What moved, row by row, then how many rows of which class."""
    for name, run in (("before", before), ("after", after)):
        done = "" if run.complete else "; incomplete"
        console.print(
            Text(f"{name}: {_cell(run.run_id)} ({_cell(run.profile)}{done}), {clean.line(run.versions, 400)}")
        )
    if before.fingerprint == after.fingerprint:
        console.print(Text("Both are of one toolchain."))
    found = moves(before, after)
    if not found:
        console.print(Text("No row moved."))
        return
    table = _table("row", "class", "before", "after", "")
    for move in found:
        table.add_row(*map(_cell, (move.row, move.bug_class, move.before or "–", move.after or "–", move.way)))
    console.print(table)
    classes = Counter((move.bug_class, move.way.value) for move in found)
    for (slug, way), count in sorted(classes.items()):
        console.print(Text(f"{_cell(slug)}: {count} {'row' if count == 1 else 'rows'} {way}"))


def counted(found: Sequence[Move]) -> str:
    return ", ".join(f"{count} {way}" for way, count in sorted(Counter(move.way.value for move in found).items()))


def findings_counted(found: FindingMoves) -> str:
    said = ((found.new, "new"), (found.reopened, "reopened"), (found.still, "still there"), (found.fixed, "fixed"))
    return ", ".join(f"{count} {what}" for count, what in said if count) or "none"


def _table(*headings: str) -> Table:
    table = Table(show_edge=False, pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table


def _cell(text: str) -> Text:

    return Text(clean.line(text, CELL_LIMIT))  # a string would be read as markup
