"""Curves over fuzzing time: what they are made of, when nothing is drawn, and that they are the record's."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

from fuzzpair.model.campaign import Growth
from fuzzpair.model.evidence import Evidence, Found
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language, Variant
from fuzzpair.model.run_record import Row
from fuzzpair.model.verdict import Rung
from fuzzpair.report import curves, html
from report.records import found, passing_record, row


def fuzzed(variant: Variant, *samples: Found) -> Row:
    return row("x", variant, Rung.DETECTED, evidence=Evidence(found=samples))


def growth(language: Language, *points: tuple[int, int], seed: int = 1, instrumented: int = 1_000) -> Growth:
    return Growth(
        language=language,
        flavour=Flavour.ADDRESS,
        target="message",
        seed=seed,
        instrumented=instrumented,
        points=points,
    )


MISSED = found(found=False, executions=60_000, seed=2)
GROWN = (
    growth(Language.CPP, (51, 400), (900, 600), (60_000, 600)),
    growth(Language.RUST, (51, 700), (60_000, 900), instrumented=4_000),
)


def colours(svg: str) -> set[str | None]:
    return {each.get("stroke") for each in ET.fromstring(svg).iter()}


def test_survival_is_drawn_for_each_variant_that_was_fuzzed_in_both_units() -> None:
    rows = (fuzzed(Variant.CPP, found(executions=100), MISSED), fuzzed(Variant.RUST, MISSED))
    by_executions, by_seconds = curves.survivals(replace(passing_record(), rows=rows))
    assert by_executions.described == (
        "C++: 1 of 2 campaigns found their mistake, 50% by the estimate have not after 60,000 executions; "
        "Rust as written: 0 of 1 campaigns found their mistake, 100% by the estimate have not after 60,000 executions"
    )
    assert by_seconds.title == "Mistakes that survive, over seconds"
    assert {"var(--detected)", "var(--rejected)"} <= colours(by_executions.svg)


def test_a_find_at_once_has_a_place_on_a_log_scale() -> None:
    rows = (fuzzed(Variant.CPP, found(executions=0, seconds=0.0), found(executions=7, seconds=0.0)),)
    assert len(curves.survivals(replace(passing_record(), rows=rows))) == 2


def test_nothing_is_drawn_where_nothing_was_found_or_fuzzed() -> None:
    assert curves.survivals(replace(passing_record(), rows=(fuzzed(Variant.CPP, MISSED),))) == ()
    assert curves.survivals(replace(passing_record(), rows=())) == ()
    assert curves.coverages(passing_record()) == ()


def test_both_twins_grow_on_one_axis() -> None:
    (chart,) = curves.coverages(replace(passing_record(), growth=GROWN))
    assert chart.title == "Coverage of both twins, target message"
    assert chart.described == (
        "C++ address, seed 1: 400 of 1,000 edges after 51 executions, 600 after 60,000; "
        "Rust address, seed 1: 700 of 4,000 edges after 51 executions, 900 after 60,000"
    )
    assert {"var(--detected)", "var(--rejected)"} <= colours(chart.svg)


def test_a_campaign_that_says_nothing_of_edges_is_left_out() -> None:
    silent = (growth(Language.CPP, (1, 1), instrumented=0), growth(Language.RUST))
    assert curves.coverages(replace(passing_record(), growth=silent)) == ()
    (chart,) = curves.coverages(replace(passing_record(), growth=(*silent, GROWN[0])))
    assert "Rust" not in chart.described


def test_the_page_shows_them() -> None:
    made = html.render(replace(passing_record(), growth=GROWN, rows=(fuzzed(Variant.CPP, found()),)))
    assert "Mistakes that survive, over executions." in made
    assert "Coverage of both twins, target message." in made
