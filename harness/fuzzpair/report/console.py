"""The matrix on the console: what a run ends with, on a terminal or in a log."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Final, TextIO

from rich.box import HORIZONTALS, SIMPLE
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from fuzzpair.model.claim_answer import Reply
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.gate import GateStatus
from fuzzpair.model.language import Variant
from fuzzpair.model.run_facts import StageCost
from fuzzpair.model.run_record import RunRecord
from fuzzpair.report import claims_text, clean, wording
from fuzzpair.report.totals import Mistake, Totals, is_undone, mistakes, not_run, problem, totals

LOG_WIDTH: Final = 160
ONE_TABLE_WIDTH: Final = 150  # below this, numbers move to a table of their own: verdicts stay readable
_WIDTHS: Final = {"triggered": 12}  # the room is for the verdicts
_NEVER_WRAPPED: Final = ("mistake", "CWE", "fidelity")
_RUNG_STYLES: Final = {
    "rejected": "green",
    "warned": "green",
    "stopped": "cyan",
    "crashed": "red",
    "detected": "red",
    "observed": "yellow",
    "could not": "bold magenta",
}
_PRODUCTION: Final = frozenset(str(flavour) for flavour in Flavour if flavour.is_production)
_ANSWER_STYLES: Final = {
    Reply.HOLDS: "green",
    Reply.WITH_LIMITS: "yellow",
    Reply.DOES_NOT_HOLD: "red",
    Reply.CANNOT_TELL: "magenta",
}


def make_console(stream: TextIO, is_terminal: bool) -> Console:
    """A console for a person, or for a log: there, a fixed width and no escape codes.

    rich alone is 80 wide in a log, and writes colours into it under FORCE_COLOR even with NO_COLOR.
    """
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")  # a log in Latin-1 must not end the run
    if is_terminal:
        return Console(file=stream, markup=False, highlight=False, emoji=False)
    return Console(
        file=stream,
        width=LOG_WIDTH,
        force_terminal=False,
        no_color=True,
        markup=False,
        highlight=False,
        emoji=False,
    )


def render_matrix(record: RunRecord, console: Console) -> None:
    """Print the whole result: matrix, what could not be done, controls, costs, gate, one sentence."""
    record = clean.cleaned(record)
    numbers = totals(record)
    console.print(Text(wording.title(record), style="bold"))
    for table in _matrix(record, console.width):
        console.print(table)
    for part in (_legend, _problems, _tools_not_run, _claims, _controls):
        for text in part(record):
            console.print(text)
    console.print(_costs(record.stages, numbers))
    for text in _gate(record):
        console.print(text)
    console.print(Text(wording.sentence(record, numbers), style="bold"))


def _matrix(record: RunRecord, width: int) -> tuple[Table, ...]:
    listed = mistakes(record)
    verdicts: list[_Column] = [("mistake", lambda each: (each.name,)), ("CWE", lambda each: (str(each.cwe),))]
    verdicts += [(_heading(variant), _cell_of(variant, record)) for variant in Variant]
    numbers: list[_Column] = [
        ("triggered", wording.triggered),
        ("found", wording.found),
        ("fidelity", lambda each: (wording.fidelity_text(each),)),
    ]
    if width >= ONE_TABLE_WIDTH:
        return (_table(verdicts + numbers, listed),)
    return (_table(verdicts, listed), _table(verdicts[:1] + numbers, listed))


_Column = tuple[str, Callable[[Mistake], tuple[str, ...]]]


def _heading(variant: Variant) -> str:
    name = wording.VARIANTS[variant]
    return f"{name} (default · hardened)" if variant is Variant.CPP else name


def _cell_of(variant: Variant, record: RunRecord) -> Callable[[Mistake], tuple[str, ...]]:
    return lambda mistake: wording.cell(mistake.row(variant), record)


def _table(columns: Sequence[_Column], listed: Iterable[Mistake]) -> Table:
    table = Table(box=HORIZONTALS, show_lines=True, padding=(0, 1, 0, 0), pad_edge=False)
    for heading, _ in columns:
        unwrapped = heading in _NEVER_WRAPPED
        table.add_column(Text(heading), overflow="fold", no_wrap=unwrapped, max_width=_WIDTHS.get(heading))
    for mistake in listed:
        table.add_row(*(_coloured(content(mistake)) for _, content in columns))
    return table


def _coloured(lines: Sequence[str]) -> Text:
    """A cell. Always a Text, never a str: rich would read markup in a str of a table."""
    text = Text()
    for number, line in enumerate(lines):
        flavour, _, behind = line.partition(": ")
        word = behind if flavour in _PRODUCTION else line
        style = next((style for start, style in _RUNG_STYLES.items() if word.startswith(start)), "")
        text.append("\n" if number else "").append(line, style=style)
    return text


def _legend(record: RunRecord) -> Iterable[Text]:
    for rung in wording.occurring(record):
        yield Text.assemble((f"  {rung}", "bold"), f": {wording.MEANINGS[rung]}")
    used = {row.variant for row in record.rows}
    if len(used) < len(Variant) or any(len(each.rows) < len(used) for each in mistakes(record)):
        yield Text.assemble((f"  {wording.NONE}", "bold"), ": there is no such variant of this mistake")
    yield Text("  budgets: " + ", ".join(f"{name} {value}" for name, value in record.budgets))


def _problems(record: RunRecord) -> Iterable[Text]:
    for row in record.rows:
        if is_undone(row):
            yield Text(f"Could not be done: {row.name}: {problem(row)}", style="bold magenta")


def _tools_not_run(record: RunRecord) -> Iterable[Text]:
    """One line a flavour and reason: a tool that did not run is silent, and that is no evidence."""
    counted = Counter((row.variant.value, *each) for row in record.rows for each in not_run(row))
    for (variant, flavour, reason), count in counted.items():
        yield Text(f"Not run: {flavour} on {variant} ({count} rows): {reason}")


def _claims(record: RunRecord) -> Iterable[Text]:
    if record.claims:
        yield Text("Claims, answered from these rows (why, and by which: summary.md, run.json):")
    for claim in record.claims:
        yield Text.assemble((f"  {claim.answer}", _ANSWER_STYLES[claim.answer]), f": {claims_text.short(claim)}")


def _controls(record: RunRecord) -> Iterable[Text]:
    failed = [control for control in record.controls if not control.passed]
    for control in failed:
        yield Text(f"Control failed: {control.name}: {control.detail}", style="bold red")
    yield Text(f"Controls: {len(record.controls) - len(failed)} passed, {len(failed)} failed")


def _costs(stages: Sequence[StageCost], numbers: Totals) -> RenderableType:
    table = Table(box=SIMPLE, pad_edge=False, show_footer=True)
    table.add_column("stage", footer="all")
    for heading, footer in zip(wording.COSTS, wording.costs(numbers), strict=True):
        table.add_column(heading, footer=footer, justify="right")
    for stage in stages:
        table.add_row(Text(stage.stage), *wording.costs(stage))
    return table


def _gate(record: RunRecord) -> Iterable[Text]:
    gate = record.gate
    yield Text(wording.gate(gate), style="bold green" if gate.status is GateStatus.PASSED else "bold")
    for each in gate.differences:
        yield Text(f"  {each.row}: expected {each.expected}, measured {each.measured}", style="red")
    for reason in gate.reasons:
        yield Text(f"  {reason}")
