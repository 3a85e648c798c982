"""Charts over runs: on which rungs their rows are, and what became of their findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from markupsafe import Markup

from fuzzpair.model.past_run import PastRun
from fuzzpair.model.verdict import Rung
from fuzzpair.report.charts import RUNG_COLOURS, Chart, Json, coloured, counted, svg
from fuzzpair.report.moves import FindingMoves, finding_trend

NIGHTS: Final = 40  # runs in one drawing
_STANDINGS: Final = {
    "still there": "var(--no-effect)",
    "new": "var(--crashed)",
    "reopened": "var(--detected)",
    "fixed": "var(--stopped)",
}


def nights(runs: Sequence[PastRun]) -> Chart | None:
    """How many rows each run found on each rung, in default; None where there is nothing to compare with."""
    if len(runs) < 2:
        return None
    counts = [Counter(row.rung for row in run.rows if row.rung) for run in runs[-NIGHTS:]]
    ordered = [tuple((rung.value, each[rung.value]) for rung in Rung if each[rung.value]) for each in counts]
    numbered = list(enumerate(ordered, len(runs) - len(ordered) + 1))
    values = [
        {"run": place, "what": rung, "n": count, "order": list(RUNG_COLOURS).index(rung)}
        for place, found in numbered
        for rung, count in found
    ]
    described = "; ".join(f"run {place}: {counted(found)}" for place, found in numbered)
    caption = "How many rows of each run are first caught on each rung, in the default flavour; this run is the last."
    return Chart("Over time", caption, described, by_run(values, RUNG_COLOURS, "rows"))


def findings_over_nights(runs: Sequence[PastRun]) -> Chart | None:
    """How many findings of each run are new, still there or reopened, and below the line those no longer found."""
    if len(runs) < 2 or not any(run.findings for run in runs):
        return None
    return findings_by_run(
        finding_trend(runs),
        "What the campaigns of each run crashed on, by its same-bug signature: new, still there, reopened, "
        "and below the line what was open and is no longer found. This run is the last.",
    )


def findings_by_run(moves: Sequence[FindingMoves], caption: str) -> Chart:
    numbered = list(enumerate(moves, 1))[-NIGHTS:]
    values = [
        {"run": place, "what": what, "n": count, "order": order}
        for place, found in numbered
        for order, (what, count) in enumerate(
            zip(_STANDINGS, (found.still, found.new, found.reopened, -found.fixed), strict=True)
        )
    ]
    described = "; ".join(
        f"run {place}: {found.new} new, {found.still} still there, {found.reopened} reopened, {found.fixed} fixed"
        for place, found in numbered
    )
    return Chart("Findings over nights", caption, described, by_run(values, _STANDINGS, "findings"))


def by_run(values: Sequence[Mapping[str, Any]], colours: Mapping[str, str], unit: str) -> Markup:
    """A stacked bar for each run."""
    layer: Json = {
        "mark": {"type": "bar"},
        "encoding": {
            "x": {"field": "run", "type": "ordinal", "axis": {"title": "run", "labelAngle": 0}},
            "y": {
                "field": "n",
                "type": "quantitative",
                "stack": "zero",
                "axis": {"title": unit, "tickMinStep": 1, "format": "~s"},
            },
            "color": coloured(values, colours),
            "order": {"field": "order", "type": "quantitative"},
        },
    }
    return svg(values, {"height": 180}, layer)
