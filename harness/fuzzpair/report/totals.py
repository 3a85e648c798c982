"""The numbers of a run, counted once, so that every reporter says the same ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from fuzzpair.model.diagnostic import RejectionLabel
from fuzzpair.model.gate import Difference
from fuzzpair.model.language import Variant
from fuzzpair.model.run_record import Row, RunRecord
from fuzzpair.model.verdict import Fidelity, Rung

Counts = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One line of the matrix: a mistake in each variant that was written for it."""

    name: str
    title: str
    bug_class: str
    cwe: int
    rows: tuple[Row, ...]

    def row(self, variant: Variant) -> Row | None:
        return next((row for row in self.rows if row.variant is variant), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    mistakes: int
    rows: int
    could_not_be_done: int
    rungs: tuple[tuple[Variant, Counts], ...]  # per variant, in the ladder's order, nothing that is 0
    hardened: tuple[tuple[Variant, Counts], ...]
    rejection_labels: Counts
    controls_passed: int
    controls_failed: int
    differences: int
    jobs_run: int
    jobs_reused: int
    jobs_failed: int
    wall_s: float
    cpu_s: float


def mistakes(record: RunRecord) -> tuple[Mistake, ...]:
    """The rows gathered per mistake, in the order in which the run lists them."""
    grouped: dict[str, list[Row]] = {}
    for row in record.rows:
        grouped.setdefault(row.mistake, []).append(row)
    return tuple(
        Mistake(name=name, title=first.title, bug_class=first.bug_class, cwe=first.cwe, rows=(first, *others))
        for name, (first, *others) in grouped.items()
    )


def totals(record: RunRecord) -> Totals:
    rows, stages = record.rows, record.stages
    judged = [row for row in rows if not is_undone(row)]
    passed = sum(control.passed for control in record.controls)
    return Totals(
        mistakes=len({row.mistake for row in rows}),
        rows=len(rows),
        could_not_be_done=len(rows) - len(judged),
        rungs=_rungs((row.variant, row.verdict.rung) for row in judged if row.verdict),
        hardened=_rungs((row.variant, row.hardened.rung) for row in judged if row.hardened),
        rejection_labels=_labels(judged),
        controls_passed=passed,
        controls_failed=len(record.controls) - passed,
        differences=len(record.gate.differences),
        jobs_run=sum(stage.jobs_run for stage in stages),
        jobs_reused=sum(stage.jobs_reused for stage in stages),
        jobs_failed=sum(stage.jobs_failed for stage in stages),
        wall_s=record.duration_s,  # not the sum: stages of different mistakes run side by side
        cpu_s=sum(stage.cpu_s for stage in stages),
    )


def is_undone(row: Row) -> bool:
    """Whether the row is a failure to judge; a verdict beside a problem is not shown as one."""
    return row.problem is not None or row.verdict is None


def problem(row: Row) -> str:
    return row.problem or "the run gave no verdict and no reason"


def difference(record: RunRecord, row: Row) -> Difference | None:
    return next((each for each in record.gate.differences if each.row == row.name), None)


def fidelity(mistake: Mistake) -> tuple[Fidelity, str] | None:
    """The mistake's fidelity and why: a failure anywhere comes first, then the unsafe twin's word."""
    order = (Variant.RUST_UNSAFE, Variant.CPP, Variant.RUST_NEXT, Variant.RUST)
    rows = sorted(mistake.rows, key=lambda row: order.index(row.variant))
    said = [(row.evidence.fidelity, row.evidence.fidelity_why) for row in rows if row.evidence.fidelity]
    return next((each for each in said if each[0] is Fidelity.FAILED), said[0] if said else None)


def not_run(row: Row) -> tuple[tuple[str, str], ...]:
    """(flavour, reason) of each judge that did not run; its silence is no evidence."""
    return tuple(
        (judgement.flavour.value, ", ".join(kind for kind, _ in judgement.kinds) or "no reason given")
        for judgement in row.evidence.judgements
        if judgement.tool == "not run"
    )


def _rungs(pairs: Iterable[tuple[Variant, Rung]]) -> tuple[tuple[Variant, Counts], ...]:
    counted = Counter(pairs)
    per_variant = (
        (variant, tuple((rung.value, counted[variant, rung]) for rung in Rung if counted[variant, rung]))
        for variant in Variant
    )
    return tuple((variant, counts) for variant, counts in per_variant if counts)


def _labels(judged: Iterable[Row]) -> Counts:
    rejected = [row for row in judged if row.verdict and row.verdict.rung is Rung.REJECTED]
    counted = Counter(row.evidence.rejection.label for row in rejected if row.evidence.rejection)
    return tuple((label.value, counted[label]) for label in RejectionLabel if counted[label])
