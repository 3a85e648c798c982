"""Curves over fuzzing time: how soon mistakes are found, and how the coverage of both twins grows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from markupsafe import Markup

from fuzzpair.model.campaign import Growth
from fuzzpair.model.evidence import Found
from fuzzpair.model.language import Language, Variant
from fuzzpair.model.run_record import RunRecord
from fuzzpair.report.charts import Chart, Json, svg
from fuzzpair.report.survival import UNITS, SurvivalPoint, curve, measured
from fuzzpair.report.totals import is_undone
from fuzzpair.report.wording import VARIANTS

Stroke = tuple[str, Sequence[int]]  # colour, dashes
HEIGHT: Final = 240
_LANGUAGES: Final = {Language.CPP: "C++", Language.RUST: "Rust"}
# Told apart by their dashes as well: a reader may see no colour, and paper has none.
_STROKES: Final[Mapping[str, Stroke]] = {
    VARIANTS[Variant.CPP]: ("var(--detected)", (1, 0)),
    VARIANTS[Variant.RUST]: ("var(--rejected)", (5, 2)),
    _LANGUAGES[Language.RUST]: ("var(--rejected)", (5, 2)),
    VARIANTS[Variant.RUST_NEXT]: ("var(--not-seen)", (7, 3)),
    VARIANTS[Variant.RUST_UNSAFE]: ("var(--crashed)", (2, 2)),
}


# --- how soon mistakes are found -----------------------------------------------------------------


def survivals(record: RunRecord) -> tuple[Chart, ...]:
    """The share of campaigns that have not found their mistake yet, over executions and over seconds.

    Kaplan and Meier's estimate over all mistakes of a variant: a campaign that ended with its budget counts for as long
    as it ran. Nothing is drawn where no campaign found anything.
    """
    samples = {
        name: [
            each
            for row in record.rows
            if VARIANTS[row.variant] == name and not is_undone(row)
            for each in row.evidence.found
        ]
        for name in VARIANTS.values()
    }
    fuzzed = {name: found for name, found in samples.items() if found}
    if not any(each.found for found in fuzzed.values() for each in found):
        return ()
    return tuple(_survival(fuzzed, unit) for unit in UNITS)


def _survival(samples: Mapping[str, Sequence[Found]], unit: str) -> Chart:
    curves = {name: curve(measured(found, unit)) for name, found in samples.items()}
    # A log scale has no place for 0, where all of them are still alive.
    first = min((point.at for points in curves.values() for point in points if point.at > 0), default=2.0)
    start = max(1.0, first / 2) if unit == "executions" else first / 2
    values = [
        {"what": name, "x": max(at, start), "y": share}
        for name, points in curves.items()
        for at, share in ((start, 1.0), *((point.at, point.survival) for point in points))
    ]
    y: Json = {
        "field": "y",
        "type": "quantitative",
        "scale": {"domain": [0, 1]},
        "axis": {"title": "have not found it", "format": "%"},
    }
    return Chart(
        f"Mistakes that survive, over {unit}",
        "Of all campaigns on the mistakes of this list, the share that has not found its mistake after so long "
        "(Kaplan and Meier's estimate: what ended with its budget counts for as long as it ran). "
        "Samples: they set no rung.",
        "; ".join(_survival_in_words(samples, curves, unit)),
        lines(values, unit, y, _strokes(curves)),
    )


def _survival_in_words(
    samples: Mapping[str, Sequence[Found]], curves: Mapping[str, Sequence[SurvivalPoint]], unit: str
) -> Iterable[str]:
    for name, found in samples.items():
        last = curves[name][-1]
        hits = sum(each.found for each in found)
        yield (
            f"{name}: {hits} of {len(found)} campaigns found their mistake, "
            f"{last.survival:.0%} by the estimate have not after {last.at:,.6g} {unit}"
        )


# --- how coverage grows --------------------------------------------------------------------------


def coverages(record: RunRecord) -> tuple[Chart, ...]:
    """For each target, the share of instrumented edges that both unpatched twins have covered, on one axis."""
    targets = dict.fromkeys(each.target for each in record.growth)
    drawn = (_coverage(target, [each for each in record.growth if _is_drawn(each, target)]) for target in targets)
    return tuple(chart for chart in drawn if chart is not None)


def _is_drawn(growth: Growth, target: str) -> bool:
    return growth.target == target and growth.instrumented > 0 and bool(growth.points)


def _coverage(target: str, campaigns: Sequence[Growth]) -> Chart | None:
    if not campaigns:
        return None
    values = [
        {
            "what": _LANGUAGES[each.language],
            "campaign": f"{each.language} {each.flavour} {each.seed}",
            "x": max(1, executions),
            "y": edges / each.instrumented,
        }
        for each in campaigns
        for executions, edges in each.points
    ]
    y: Json = {"field": "y", "type": "quantitative", "axis": {"title": "of its edges covered", "format": "%"}}
    names = [_LANGUAGES[one] for one in Language if any(each.language is one for each in campaigns)]
    return Chart(
        f"Coverage of both twins, target {target}",
        "The share of its instrumented edges that a campaign on each unpatched twin has covered, one line a campaign. "
        "What the compilers make edges of differs, so the shapes compare, not the heights.",
        "; ".join(map(_growth_in_words, campaigns)),
        lines(values, "executions", y, _strokes(names)),
    )


def _growth_in_words(growth: Growth) -> str:
    (first, begun), (last, ended) = growth.points[0], growth.points[-1]
    return (
        f"{_LANGUAGES[growth.language]} {growth.flavour}, seed {growth.seed}: {begun:,} of {growth.instrumented:,} "
        f"edges after {first:,} executions, {ended:,} after {last:,}"
    )


def _strokes(names: Iterable[str]) -> Mapping[str, Stroke]:
    return {name: _STROKES[name] for name in names}


def lines(values: Sequence[Mapping[str, Any]], unit: str, y: Json, strokes: Mapping[str, Stroke]) -> Markup:
    """A line for each `what` (and `campaign`) over `unit` on a log scale."""
    names = list(strokes)
    colours, dashes = [colour for colour, _ in strokes.values()], [dash for _, dash in strokes.values()]
    legend: Json = {"title": None, "orient": "top", "symbolType": "stroke"}
    encoding: Json = {
        "x": {"field": "x", "type": "quantitative", "scale": {"type": "log"}, "axis": {"title": unit, "format": "~s"}},
        "y": y,
        "color": {"field": "what", "type": "nominal", "scale": {"domain": names, "range": colours}, "legend": legend},
        "strokeDash": {
            "field": "what",
            "type": "nominal",
            "scale": {"domain": names, "range": dashes},
            "legend": legend,
        },
    }
    if "campaign" in values[0]:
        encoding["detail"] = {"field": "campaign"}
    mark: Json = {"type": "line", "interpolate": "step-after", "strokeWidth": 2}
    return svg(values, {"height": HEIGHT}, {"mark": mark, "encoding": encoding})
