"""summary.md: the run for a step summary or a merge request, the most important first, at most 1 MB."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from fuzzpair.model.gate import GateStatus
from fuzzpair.model.language import Variant
from fuzzpair.model.run_record import RunRecord
from fuzzpair.report import agreed, claims_text, clean, wording
from fuzzpair.report.clean import markdown as safe
from fuzzpair.report.stored import NOTHING_STORED, Stored
from fuzzpair.report.survival import comparisons
from fuzzpair.report.totals import Mistake, Totals, is_undone, mistakes, not_run, problem, totals

file_name: Final = "summary.md"
SIZE_LIMIT: Final = 1_000_000  # octets; GitHub refuses a step summary over 1 MiB as a whole
CELL_LIMIT: Final = 300
_CUT: Final = "\n*Cut here: the summary is at its size limit. run.json has everything.*\n"


def render(record: RunRecord, stored: Stored = NOTHING_STORED, /) -> str:
    record = clean.cleaned(record)
    numbers = totals(record)
    sentence = wording.sentence(record, numbers)
    lines = [f"# fuzzpair: {safe(record.pair)}", "", f"**{safe(sentence)}**", ""]
    for section in (_gate, _problems, _failed_controls, _matrix, _legend, _compared, _claims, _not_run):
        lines += section(record)
    return fitting([*lines, *_agreed(record, stored), *_controls(numbers), *_costs(record, numbers), *_about(record)])


def fitting(lines: Sequence[str]) -> str:
    """As many whole lines as the limit takes; a cut in the middle of one would break a table."""
    left = SIZE_LIMIT - len(_CUT.encode())
    kept: list[str] = []
    for line in lines:
        left -= len(line.encode()) + 1
        if left < 0:
            return "\n".join(kept) + "\n" + _CUT
        kept.append(line)
    return "\n".join(kept) + "\n"


def _gate(record: RunRecord) -> Iterable[str]:
    mark = "✅" if record.gate.status is GateStatus.PASSED else "❌" if record.gate.exit_code else "ℹ️"
    yield f"{mark} {safe(wording.gate(record.gate))}"
    yield ""
    if record.gate.differences:
        rows = [(each.row, each.expected, each.measured) for each in record.gate.differences]
        yield from table(("row", "expected", "measured"), rows)
    yield from bullets(record.gate.reasons)


def _problems(record: RunRecord) -> Iterable[str]:
    undone = [f"{row.name}: {problem(row)}" for row in record.rows if is_undone(row)]
    return ["## Could not be done", "", *bullets(undone)] if undone else []


def _failed_controls(record: RunRecord) -> Iterable[str]:
    failed = [f"{control.name}: {control.detail}" for control in record.controls if not control.passed]
    return ["## Failed controls", "", *bullets(failed)] if failed else []


def _matrix(record: RunRecord) -> Iterable[str]:
    yield "## Who catches each mistake, and when"
    yield ""
    headings = ("mistake", "CWE", *wording.VARIANTS.values(), "triggered", "found", "fidelity")
    yield from table(headings, (_matrix_row(each, record) for each in mistakes(record)))


def _matrix_row(mistake: Mistake, record: RunRecord) -> tuple[str, ...]:
    verdicts = ("; ".join(wording.cell(mistake.row(variant), record)) for variant in Variant)
    seen = (wording.triggered(mistake), wording.found(mistake))
    numbers = ("; ".join(lines) for lines in seen)
    return (mistake.name, str(mistake.cwe), *verdicts, *numbers, wording.fidelity_text(mistake))


def _legend(record: RunRecord) -> Iterable[str]:
    yield from bullets(f"{rung}: {wording.MEANINGS[rung]}" for rung in wording.occurring(record))


def _compared(record: RunRecord) -> Iterable[str]:
    made = comparisons(record)
    return ["## How soon it is found, compared", "", *bullets(map(wording.comparison, made))] if made else []


def _claims(record: RunRecord) -> Iterable[str]:
    if record.claims:
        yield "## What is said, and what these rows say of it"
        yield ""
        yield from table(claims_text.HEADINGS, map(claims_text.cells, record.claims))
        yield from bullets(text for claim in record.claims for text in claims_text.evidence(claim))


def _agreed(record: RunRecord, stored: Stored) -> Iterable[str]:
    found = clean.cleaned(agreed.agreed(record, stored))
    yield "## Do the twins agree?"
    yield ""
    if found:
        yield from table(agreed.HEADINGS, map(agreed.cells, found))
        yield from bullets(one.report for one in found)
    else:
        yield safe(agreed.silence(found))
        yield ""


def _not_run(record: RunRecord) -> Iterable[str]:
    counted = Counter((row.variant.value, *each) for row in record.rows for each in not_run(row))
    lines = [f"{tool} on {variant} ({count} rows): {why}" for (variant, tool, why), count in counted.items()]
    return ["## Not run", "", *bullets(lines)] if lines else []


def _controls(numbers: Totals) -> Iterable[str]:
    yield f"Controls: {numbers.controls_passed} passed, {numbers.controls_failed} failed."
    yield ""


def _costs(record: RunRecord, numbers: Totals) -> Iterable[str]:
    yield "## What it cost"
    yield ""
    stages = [(stage.stage, *wording.costs(stage)) for stage in record.stages]
    yield from table(("stage", *wording.COSTS), [*stages, ("all", *wording.costs(numbers))])


def _about(record: RunRecord) -> Iterable[str]:
    chain = record.toolchain
    yield "## What was used"
    yield ""
    versions = ", ".join(f"{name} {version}" for name, version in chain.versions)
    facts = {
        "run": f"{record.run_id}, started {record.started}, fuzzpair {record.version}",
        "profile and backend": f"{record.profile}, {record.backend}",
        "budgets": ", ".join(f"{name} {value}" for name, value in record.budgets),
        "toolchain": f"{chain.fingerprint} ({chain.triple}): {versions}",
    }
    yield from bullets(f"{name}: {value}" for name, value in facts.items())


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterable[str]:
    # The untrusted text of a cell is escaped here, once, so that no caller can forget it.
    for number, cells in enumerate([headings, *rows]):
        yield f"| {' | '.join(map(_cell, cells))} |"
        if not number:
            yield f"|{' --- |' * len(headings)}"
    yield ""


def _cell(text: str) -> str:
    return safe(clean.line(text, CELL_LIMIT)) or " "


def bullets(texts: Iterable[str]) -> Iterable[str]:
    lines = [f"- {safe(text)}" for text in texts]
    return [*lines, ""] if lines else []
