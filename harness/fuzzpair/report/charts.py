"""Charts as inline SVG, drawn by Vega off the network: only what the record holds, in the page's own colours."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import vl_convert
from markupsafe import Markup

from fuzzpair.model.agreement import AgreementRecord
from fuzzpair.model.language import Variant
from fuzzpair.model.run_record import RunRecord
from fuzzpair.model.verdict import Rung
from fuzzpair.report.totals import Counts, Totals, is_undone
from fuzzpair.report.wording import VARIANTS

Json = dict[str, Any]

WIDTH: Final = 560
LINES: Final = 8
POINTS: Final = 2_000  # a drawing of more is a smear, and its octets are the page's
DRAWINGS: Final = 32  # kept; more than a page has
RUNG_COLOURS: Final = {rung.value: f"var(--{rung.value.replace(' ', '-')})" for rung in Rung}
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
    drawn = stacked([(f"{name}, {flavour}", counts) for name, flavour, counts in bars], RUNG_COLOURS, "mistakes")
    described = "; ".join(f"{name}, {flavour}: {counted(counts)}" for name, flavour, counts in bars)
    return Chart(
        "The ladder",
        "How many mistakes of this list are first caught on each rung, from the earliest on the left.",
        described,
        drawn,
    )


def _bars(rungs: Iterable[tuple[Variant, Counts]], flavour: str) -> Iterable[tuple[str, str, Counts]]:
    return ((VARIANTS[variant], flavour, counts) for variant, counts in rungs)


def stacked(bars: Sequence[tuple[str, Counts]], colours: Mapping[str, str], unit: str) -> Markup:
    """A bar for each name, in pieces of these colours, in their order, each with its number on it."""
    order = list(colours)
    values = [
        {"bar": name, "what": what, "n": count, "order": order.index(what)}
        for name, counts in bars
        for what, count in counts
    ]
    longest = max(sum(count for _, count in counts) for _, counts in bars)
    axis: Json = {"title": unit, "tickCount": min(10, longest), "format": ",d"}  # no half mistakes
    x: Json = {"field": "n", "type": "quantitative", "stack": "zero", "axis": axis}
    y: Json = {"field": "bar", "type": "nominal", "sort": None, "axis": {"title": None}}
    by: Json = {"field": "order", "type": "quantitative"}
    numbers_on_bars: Json = {"type": "text", "color": "var(--on-fill)", "fontSize": 11, "fontWeight": "bold"}
    number: Json = {
        "x": {**x, "bandPosition": 0.5},
        "y": y,
        "order": by,
        "detail": {"field": "what"},
        "text": {"field": "n", "format": ",d"},
    }
    bar: Json = {"x": x, "y": y, "color": coloured(values, colours), "order": by}
    return svg(
        values,
        {"height": {"step": 26}},
        {"mark": {"type": "bar"}, "encoding": bar},
        {"mark": numbers_on_bars, "encoding": number},
    )


def counted(counts: Counts) -> str:
    return ", ".join(f"{count} {word}" for word, count in counts)


def coloured(values: Iterable[Mapping[str, Any]], colours: Mapping[str, str]) -> Json:
    """The encoding of what each value's `what` is coloured as, with a legend of what there is."""
    there = {each["what"] for each in values}
    used = {what: colour for what, colour in colours.items() if what in there}
    scale = {"domain": list(used), "range": list(used.values())}
    legend = {"title": None, "orient": "top", "columns": 4}
    return {"field": "what", "type": "nominal", "scale": scale, "legend": legend}


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


def growth(record: AgreementRecord) -> tuple[Chart, ...]:
    """Edges over executions, of what is compared as it stands, else of the mistakes: of all voices together, a line
    for each engine and target; then a drawing of each campaign in which the voices' own counters were told apart."""
    rows = [row for row in record.rows if not row.mistake] or list(record.rows)
    first = [(f"{row.engine} {row.target}", row.campaigns[0]) for row in rows if row.campaigns][:LINES]
    together = _edges(
        "Edges over executions",
        "Of both sides together, and under atheris of the reference as well. One campaign each, the first.",
        [(name, one.growth, 0) for name, one in first],
    )
    apart = [
        _edges(
            f"Edges over executions, of each voice: {name}",
            "By the counters of each side, and by those of the reference's bytecode. What runs only while a module is "
            "imported is not covered.",
            [(each.voice.shown, each.points, each.instrumented) for each in one.voices],
        )
        for name, one in first
    ]
    return tuple(chart for chart in (together, *apart) if chart)


def _edges(title: str, caption: str, lines: Sequence[tuple[str, Sequence[tuple[int, int]], int]]) -> Chart | None:
    """Of (name, (executions, edges) as they grew, edges there are or 0)."""
    values = [{"bar": name, "x": x, "y": y} for name, points, _ in lines for x, y in points if x > 0]
    if not values:
        return None
    x: Json = {"field": "x", "type": "quantitative", "scale": {"type": "log"}}
    x["axis"] = {"title": "executions", "format": "~s"}
    y: Json = {"field": "y", "type": "quantitative", "axis": {"title": "edges"}}
    dash: Json = {
        "field": "bar",
        "type": "nominal",
        "legend": {"title": None, "orient": "top", "symbolStrokeColor": _INK, "columns": 3},
    }
    mark: Json = {"type": "line", "color": "var(--accent)", "interpolate": "step-after"}
    layer = {"mark": mark, "encoding": {"x": x, "y": y, "strokeDash": dash}}
    told = (
        f"{name}: {points[0][1]:,} edges after {points[0][0]:,} executions, {points[-1][1]:,} after {points[-1][0]:,}"
        + (f", of {there:,}" if there else "")
        for name, points, there in lines
        if points
    )
    return Chart(title, caption, "; ".join(told), svg(values[:POINTS], {"height": 260}, layer))


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
    return Markup(_drawn(json.dumps(spec)))  # noqa: S704 - Vega escapes what it prints


@lru_cache(maxsize=DRAWINGS)
def _drawn(spec: str) -> str:
    """Vega takes most of the time that a page takes; whoever renders one again has the same drawings again."""
    # No address is allowed, so that nothing is ever fetched for a drawing.
    return str(vl_convert.vegalite_to_svg(json.loads(spec), allowed_base_urls=[]))
