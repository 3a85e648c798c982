"""Charts as inline SVG, drawn by Vega off the network: only what the record holds, in the page's own colours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import vl_convert
from markupsafe import Markup

from fuzzpair.agreement_model import AgreementRecord
from fuzzpair.model.language import Variant
from fuzzpair.model.past_run import PastRun
from fuzzpair.model.run_record import RunRecord
from fuzzpair.model.verdict import Rung
from fuzzpair.report.moves import finding_trend
from fuzzpair.report.totals import Counts, Totals, is_undone
from fuzzpair.report.wording import VARIANTS

Json = dict[str, Any]

WIDTH: Final = 560
NIGHTS: Final = 40  # runs in one drawing
LINES: Final = 8
POINTS: Final = 2_000  # a drawing of more is a smear, and its octets are the page's
# A CSS variable goes through Vega as it is, so that one drawing fits light, dark and paper.
_INK: Final = "var(--ink)"
_CONFIG: Final[Json] = {
    "background": None,
    "font": "sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelColor": _INK,
        "titleColor": _INK,
        "gridColor": "var(--line)",
        "domainColor": "var(--line)",
        "tickColor": "var(--line)",
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "labelLimit": 220,
    },
    "legend": {"labelColor": _INK, "titleColor": _INK, "labelFontSize": 12, "columnPadding": 28},
    # Vega measures text in a narrow font of its own; a reader's may need more at the left.
    "padding": {"left": 48, "right": 12, "top": 5, "bottom": 5},
}


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing, its caption, and the same numbers as words for whoever cannot see it."""

    title: str
    caption: str
    described: str
    svg: Markup


def ladder(numbers: Totals) -> Chart | None:
    """How many mistakes are first caught on each rung, for each variant in both production flavours."""
    bars = [*_bars(numbers.rungs, "default"), *_bars(numbers.hardened, "hardened")]
    bars.sort(key=lambda bar: (list(VARIANTS.values()).index(bar[0]), bar[1]))
    if not bars:
        return None
    values = [
        {"bar": f"{name}, {flavour}", "rung": rung, "n": count, "order": Rung(rung).position}
        for name, flavour, counts in bars
        for rung, count in counts
    ]
    longest = max(sum(count for _, count in counts) for _, _, counts in bars)
    axis: Json = {"title": "mistakes", "tickCount": min(10, longest), "format": "d"}  # no half mistakes
    x: Json = {"field": "n", "type": "quantitative", "stack": "zero", "axis": axis}
    y: Json = {"field": "bar", "type": "nominal", "sort": None, "axis": {"title": None}}
    order: Json = {"field": "order", "type": "quantitative"}
    colour = _colours([rung.value for rung in Rung if any(each["rung"] == rung.value for each in values)])
    numbers_on_bars: Json = {"type": "text", "color": "var(--on-fill)", "fontSize": 11, "fontWeight": "bold"}
    drawn = svg(
        values,
        {"height": {"step": 26}},
        {"mark": {"type": "bar"}, "encoding": {"x": x, "y": y, "color": colour, "order": order}},
        {
            "mark": numbers_on_bars,
            "encoding": {
                "x": {**x, "bandPosition": 0.5},
                "y": y,
                "order": order,
                "detail": {"field": "rung"},
                "text": {"field": "n"},
            },
        },
    )
    described = "; ".join(f"{name}, {flavour}: {_counted(counts)}" for name, flavour, counts in bars)
    return Chart(
        "The ladder",
        "How many mistakes of this list are first caught on each rung, from the earliest on the left.",
        described,
        drawn,
    )


def _bars(rungs: Iterable[tuple[Variant, Counts]], flavour: str) -> Iterable[tuple[str, str, Counts]]:
    return ((VARIANTS[variant], flavour, counts) for variant, counts in rungs)


def _counted(counts: Counts) -> str:
    return ", ".join(f"{count} {word}" for word, count in counts)


def _colours(rungs: Sequence[str]) -> Json:
    scale = {"domain": rungs, "range": [f"var(--{rung.replace(' ', '-')})" for rung in rungs]}
    legend = {"title": None, "orient": "top", "columns": 4}
    return {"field": "rung", "type": "nominal", "scale": scale, "legend": legend}


def nights(runs: Sequence[PastRun]) -> Chart | None:
    """How many rows each run found on each rung, in default; None where there is nothing to compare with."""
    if len(runs) < 2:
        return None
    counted = [Counter(row.rung for row in run.rows if row.rung) for run in runs[-NIGHTS:]]
    first = len(runs) - len(counted) + 1
    values = [
        {"run": place, "rung": rung.value, "n": counts[rung.value], "order": rung.position}
        for place, counts in enumerate(counted, first)
        for rung in Rung
        if counts[rung.value]
    ]
    layer: Json = {
        "mark": {"type": "bar"},
        "encoding": {
            "x": {"field": "run", "type": "ordinal", "axis": {"title": "run", "labelAngle": 0}},
            "y": {"field": "n", "type": "quantitative", "stack": "zero", "axis": {"title": "rows", "tickMinStep": 1}},
            "color": _colours([rung.value for rung in Rung if any(counts[rung.value] for counts in counted)]),
            "order": {"field": "order", "type": "quantitative"},
        },
    }
    described = "; ".join(f"run {place}: {_counted(_ordered(counts))}" for place, counts in enumerate(counted, first))
    caption = "How many rows of each run are first caught on each rung, in the default flavour; this run is the last."
    return Chart("Over time", caption, described, svg(values, {"height": 180}, layer))


_STANDINGS: Final = ("still there", "new", "reopened", "fixed")
_STANDING_COLOURS: Final = ("var(--no-effect)", "var(--crashed)", "var(--detected)", "var(--stopped)")


def findings_over_nights(runs: Sequence[PastRun]) -> Chart | None:
    """How many findings of each run are new, still there or reopened, and below the line those no longer found."""
    counted = list(enumerate(finding_trend(runs), 1))[-NIGHTS:]
    if len(runs) < 2 or not any(run.findings for run in runs):
        return None
    values = [
        {"run": place, "what": what, "n": count, "order": _STANDINGS.index(what)}
        for place, found in counted
        for what, count in zip(_STANDINGS, (found.still, found.new, found.reopened, -found.fixed), strict=True)
    ]
    colours: Json = {"domain": _STANDINGS, "range": _STANDING_COLOURS}
    layer: Json = {
        "mark": {"type": "bar"},
        "encoding": {
            "x": {"field": "run", "type": "ordinal", "axis": {"title": "run", "labelAngle": 0}},
            "y": {"field": "n", "type": "quantitative", "axis": {"title": "findings", "tickMinStep": 1, "format": "d"}},
            "color": {"field": "what", "type": "nominal", "scale": colours, "legend": {"title": None, "orient": "top"}},
            "order": {"field": "order", "type": "quantitative"},
        },
    }
    caption = (
        "What the campaigns of each run crashed on, by its same-bug signature: new, still there, reopened, "
        "and below the line what was open and is no longer found. This run is the last."
    )
    described = "; ".join(
        f"run {place}: {found.new} new, {found.still} still there, {found.reopened} reopened, {found.fixed} fixed"
        for place, found in counted
    )
    return Chart("Findings over nights", caption, described, svg(values, {"height": 180}, layer))


def _ordered(counts: Mapping[str, int]) -> Counts:
    return tuple((rung.value, counts[rung.value]) for rung in Rung if counts.get(rung.value))


def searches(record: RunRecord) -> tuple[Chart, ...]:
    """What fuzzing as a user would took to find each mistake, in executions and in seconds; samples, on log scales."""
    made = []
    for unit, field in (("executions", "executions"), ("seconds", "seconds")):
        values = [
            {"bar": VARIANTS[row.variant], "x": amount, "found": "found" if each.found else "not found"}
            for row in record.rows
            if not is_undone(row)
            for each in row.evidence.found
            if (amount := getattr(each, field)) > 0  # a log scale has no place for 0
        ]
        if values:
            made.append(_search(values, unit))
    return tuple(made)


def growth(record: AgreementRecord) -> Chart | None:
    """Edges over executions, a line for each engine and target: of the unpatched twins, else of the mistakes."""
    rows = [row for row in record.rows if not row.mistake] or list(record.rows)
    lines = [(f"{row.engine} {row.target}", row.campaigns[0].growth) for row in rows if row.campaigns][:LINES]
    values = [{"bar": name, "x": x, "y": y} for name, points in lines for x, y in points if x > 0]
    if not values:
        return None
    x: Json = {"field": "x", "type": "quantitative", "scale": {"type": "log"}}
    x["axis"] = {"title": "executions", "format": "~s"}
    y: Json = {"field": "y", "type": "quantitative", "axis": {"title": "edges"}}
    dash: Json = {
        "field": "bar",
        "type": "nominal",
        "legend": {"title": None, "orient": "top", "symbolStrokeColor": _INK},
    }
    mark: Json = {"type": "line", "color": "var(--accent)", "interpolate": "step-after"}
    layer = {"mark": mark, "encoding": {"x": x, "y": y, "strokeDash": dash}}
    last = "; ".join(f"{name}: {points[-1][1]:,} edges" for name, points in lines if points)
    return Chart(
        "Edges over executions",
        "Of both twins together, and under atheris of the reference as well. One campaign each, the first.",
        last,
        svg(values[:POINTS], {"height": 260}, layer),
    )


def _search(values: Sequence[Mapping[str, Any]], unit: str) -> Chart:
    shown = list(values[:POINTS])
    x: Json = {"field": "x", "type": "quantitative", "scale": {"type": "log"}, "axis": {"title": unit, "format": "~s"}}
    y: Json = {"field": "bar", "type": "nominal", "sort": list(VARIANTS.values()), "axis": {"title": None}}
    shape: Json = {
        "field": "found",
        "type": "nominal",
        "scale": {"domain": ["found", "not found"], "range": ["circle", "cross"]},
        "legend": {"title": None, "orient": "top", "symbolStrokeColor": _INK},
    }
    points: Json = {"type": "point", "color": "var(--accent)", "size": 40, "opacity": 0.7}
    layers = [{"mark": points, "encoding": {"x": x, "y": y, "shape": shape}}]
    for name, middle in _medians(values):
        tick: Json = {"type": "tick", "color": _INK, "thickness": 3, "size": 22}
        median = {"values": [{"bar": name, "x": middle}]}
        layers.append({"data": median, "mark": tick, "encoding": {"x": x, "y": y}})
    cut = f" The first {POINTS:,} of {len(values):,} are drawn." if len(values) > POINTS else ""
    return Chart(
        f"Until found, in {unit}",
        f"Each point is one campaign with one seed. A cross ended with its budget and found nothing. A bar is the "
        f"median, only where over half found. Samples: they set no rung, and with one seed compare no languages.{cut}",
        "; ".join(_in_words(values, unit)),
        svg(shown, {"height": {"step": 34}}, *layers),
    )


def _medians(values: Sequence[Mapping[str, Any]]) -> Iterable[tuple[str, float]]:
    for name in VARIANTS.values():
        own = sorted((each["found"] != "found", each["x"]) for each in values if each["bar"] == name)
        if own and not own[len(own) // 2][0] and sum(not missed for missed, _ in own) * 2 > len(own):
            yield name, own[(len(own) - 1) // 2][1]


def _in_words(values: Sequence[Mapping[str, Any]], unit: str) -> Iterable[str]:
    medians = dict(_medians(values))
    for name in VARIANTS.values():
        own = [each for each in values if each["bar"] == name]
        if own:
            hits = sum(each["found"] == "found" for each in own)
            middle = f", median {medians[name]:,.6g} {unit}" if name in medians else ""
            yield f"{name}: {hits} of {len(own)} campaigns found it{middle}"


def svg(values: Sequence[Mapping[str, Any]], size: Json, *layers: Json) -> Markup:
    """These values drawn by Vega-Lite layers in the page's own colours."""
    spec: Json = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "data": {"values": list(values)},
        "width": WIDTH,
        "layer": list(layers),
        "config": _CONFIG,
        **size,
    }
    # No address is allowed, so that nothing is ever fetched for a drawing. Vega escapes what it prints.
    return Markup(vl_convert.vegalite_to_svg(spec, allowed_base_urls=[]))  # noqa: S704
