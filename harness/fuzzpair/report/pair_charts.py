"""Charts of a pair's run: what the other side does, how coverage grows on both, executions, findings over nights."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from fuzzpair.model.language import Language
from fuzzpair.model.pair import OnTwin, OpenCampaign, PairRecord
from fuzzpair.model.standing import Standing
from fuzzpair.report.charts import Chart, Json, counted, stacked
from fuzzpair.report.curves import Stroke, lines
from fuzzpair.report.moves import FindingMoves
from fuzzpair.report.over_time import NIGHTS, by_run, findings_by_run
from fuzzpair.report.pair_text import SIDES, on_other_side

_STROKES: Final[dict[Language, Stroke]] = {
    Language.CPP: ("var(--detected)", (1, 0)),
    Language.RUST: ("var(--rejected)", (5, 2)),
}
_SIDE_COLOURS: Final = {SIDES[language]: colour for language, (colour, _) in _STROKES.items()}
_OUTCOME_COLOURS: Final = {  # from the worst to the best, as in pair_judging.WORST_FIRST
    OnTwin.SAME_CRASH.value: "var(--crashed)",
    OnTwin.OTHER_CRASH.value: "var(--detected)",
    OnTwin.OUT_OF_MEMORY.value: "var(--observed)",
    OnTwin.HANG.value: "var(--warned)",
    OnTwin.PANIC.value: "var(--stopped)",
    OnTwin.ACCEPTED.value: "var(--not-seen)",
    OnTwin.REFUSED.value: "var(--rejected)",
    OnTwin.CLEAN.value: "var(--no-effect)",
    OnTwin.NOT_RUN.value: "var(--undone)",
}
_STILL: Final = (Standing.KNOWN, Standing.ACCEPTED, Standing.IN_BASE)


def across(record: PairRecord) -> Chart | None:
    """Of each side's findings, what the other side does with the same inputs; None where there is no finding."""
    bars = []
    for language in Language:
        counts = Counter(on_other_side(one).value for one in record.findings if one.language is language)
        if counts:
            ordered = tuple((outcome, counts[outcome]) for outcome in _OUTCOME_COLOURS if counts[outcome])
            bars.append((f"found in {SIDES[language]}", ordered))
    if not bars:
        return None
    return Chart(
        "The same inputs on the other side",
        "Of each side's findings, the worst that the other side does with the same inputs. That it does not crash on "
        "them says nothing of what it would crash on.",
        "; ".join(f"{name}: {counted(counts)}" for name, counts in bars),
        stacked(bars, _OUTCOME_COLOURS, "findings"),
    )


def coverages(record: PairRecord) -> tuple[Chart, ...]:
    """For each target, the share of their edges that both sides' campaigns have covered, on one axis."""
    edges = {name: checkup.edges for name, checkup in record.checkups}
    drawn = [(one, edges.get(_name(one), 0)) for one in record.campaigns if one.growth]
    by_target: dict[str, list[tuple[OpenCampaign, int]]] = {}
    for one, total in drawn:
        if total:
            by_target.setdefault(one.target, []).append((one, total))
    return tuple(_coverage(target, campaigns) for target, campaigns in by_target.items())


def _coverage(target: str, campaigns: Sequence[tuple[OpenCampaign, int]]) -> Chart:
    values = [
        {
            "what": SIDES[one.language],
            "campaign": _name(one),
            "x": max(1, executions),
            "y": edges / total,
        }
        for one, total in campaigns
        for _, executions, edges in one.growth
    ]
    y: Json = {"field": "y", "type": "quantitative", "axis": {"title": "of its edges covered", "format": "%"}}
    there = {one.language for one, _ in campaigns}
    return Chart(
        f"Coverage of both sides, target {target}",
        "The share of its edges that each program has covered, one line a program. Both sides share one corpus. What "
        "the compilers make edges of differs, so the shapes compare, not the heights.",
        "; ".join(
            f"{_name(one)}: {one.growth[0][2]:,} of {total:,} edges after {one.growth[0][1]:,} executions, "
            f"{one.growth[-1][2]:,} after {one.growth[-1][1]:,}"
            for one, total in campaigns
        ),
        lines(values, "executions", y, {SIDES[one]: _STROKES[one] for one in Language if one in there}),
    )


def executions(record: PairRecord) -> Chart | None:
    """What each program executed; None where nothing was fuzzed."""
    ran = [one for one in record.campaigns if one.executions]
    if not ran:
        return None
    return Chart(
        "Executions",
        "How many inputs each program of this run executed in its share of the time.",
        "; ".join(f"{_name(one)}: {one.executions:,}, {one.executions_per_s:,.0f} a second" for one in ran),
        stacked([(_name(one), ((SIDES[one.language], one.executions),)) for one in ran], _SIDE_COLOURS, "executions"),
    )


def over_nights(runs: Sequence[PairRecord]) -> tuple[Chart, ...]:
    """Findings and executions of the runs that the state keeps, this one last; none where it is the only one."""
    if len(runs) < 2:
        return ()
    return (
        findings_by_run(
            [_moves(run) for run in runs],
            "Findings by where they stood in each run: new, still there (also those that are accepted), reopened, "
            "and below the line those that were fixed. This run is the last.",
        ),
        _executions_by_run(runs),
    )


def _moves(run: PairRecord) -> FindingMoves:
    stood = Counter(one.standing for one in run.findings)
    return FindingMoves(
        still=sum(stood[one] for one in _STILL),
        new=stood[Standing.NEW],
        reopened=stood[Standing.REOPENED],
        fixed=stood[Standing.FIXED],
    )


def _executions_by_run(runs: Sequence[PairRecord]) -> Chart:
    sums = [
        [(language, sum(one.executions for one in run.campaigns if one.language is language)) for language in Language]
        for run in runs
    ]
    numbered = list(enumerate(sums, 1))[-NIGHTS:]
    values = [
        {"run": place, "what": SIDES[language], "n": count, "order": order}
        for place, by_side in numbered
        for order, (language, count) in enumerate(by_side)
    ]
    described = "; ".join(
        f"run {place}: {', '.join(f'{count:,} {SIDES[language]}' for language, count in by_side)}"
        for place, by_side in numbered
    )
    return Chart(
        "Executions over nights",
        "How many inputs each run executed, on both sides. Runs differ in their time; a fall that nobody meant is one "
        "to look into.",
        described,
        by_run(values, _SIDE_COLOURS, "executions"),
    )


def _name(one: OpenCampaign) -> str:
    return f"{one.target}/{one.language} {one.flavour}"
