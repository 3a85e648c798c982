"""Statistics of `found` against published figures, and what they must not say."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzzpair.model.evidence import Evidence, Found
from fuzzpair.model.language import Variant
from fuzzpair.model.run_record import RunRecord
from fuzzpair.model.verdict import Rung
from fuzzpair.report import json_report, markdown
from fuzzpair.report.survival import comparisons, curve, holm, log_rank, share_interval, sooner, survival
from report.records import found, full_record, row

# Weeks of remission of two groups of 21 patients (Freireich and others, Blood 21, 1963), the usual example: of the
# first, 12 were censored. Its curve and its log-rank test (chi-squared 16.79) are in many textbooks.
TREATED = [(at, True) for at in (6, 6, 6, 7, 10, 13, 16, 22, 23)] + [
    (at, False) for at in (6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35)
]
UNTREATED = [(at, True) for at in (1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23)]
samples = st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=1, max_size=12)


def test_the_curve_of_a_published_sample() -> None:
    steps = {point.at: round(point.survival, 3) for point in curve(TREATED) if point.found}
    assert steps == {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}
    first = curve(TREATED)[0]
    assert (first.at_risk, first.found, first.censored) == (21, 3, 1)


def test_the_log_rank_test_of_a_published_sample() -> None:
    assert log_rank(TREATED, UNTREATED) == pytest.approx(4.17e-5, rel=0.01)  # chi-squared 16.79, one degree


@given(samples, samples)
def test_no_answer_depends_on_who_is_named_first(ones: list[tuple[int, bool]], others: list[tuple[int, bool]]) -> None:
    assert log_rank(ones, others) == pytest.approx(log_rank(others, ones))
    assert sooner(ones, others) == pytest.approx(1 - sooner(others, ones))


@given(samples)
def test_a_curve_accounts_for_every_sample_and_never_rises(ones: list[tuple[int, bool]]) -> None:
    points = curve(ones)
    assert sum(point.found + point.censored for point in points) == len(ones)
    shares = [1.0, *(point.survival for point in points)]
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] >= -1e-9


def test_two_equal_samples_do_not_differ() -> None:
    assert log_rank(UNTREATED, UNTREATED) == pytest.approx(1.0)
    assert sooner(UNTREATED, UNTREATED) == 0.5


def test_what_censoring_leaves_open_counts_half() -> None:
    assert sooner([(5, True)], [(4, False)]) == 0.5  # the other ended before this one's find
    assert sooner([(5, True)], [(5, False)]) == 1.0
    assert sooner([(9, True)], [(5, True)]) == 0.0
    assert sooner([(5, False)], [(9, False)]) == 0.5


def test_holm_in_the_order_of_the_question() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


def test_an_interval_of_a_handful_of_seeds_is_wide_and_never_closed_by_zero_finds() -> None:
    low, high = share_interval([found(found=False)] * 3)
    assert low == pytest.approx(0)
    assert 0.5 < high < 0.6


def test_a_median_needs_over_half() -> None:
    hit, miss = found(executions=100), found(found=False, executions=60_000)
    half = survival([hit, miss])
    most = survival([found(executions=9), hit, miss])
    assert half is not None
    assert most is not None
    assert (half.median_executions, half.median_seconds) == (None, None)
    assert most.median_executions == 100
    assert survival([]) is None


@given(st.integers(1, 12).flatmap(lambda n: st.tuples(st.just(n), st.integers(n // 2 + 1, n))), st.data())
def test_over_half_found_always_has_a_median(counts: tuple[int, int], data: st.DataObject) -> None:
    n, k = counts
    places = data.draw(st.lists(st.integers(1, 9), min_size=n, max_size=n))
    said = survival([found(seed=i, found=i < k, executions=at) for i, at in enumerate(places)])
    assert said is not None
    assert said.median_executions is not None


def seeds(count: int, first: int, *, hits: bool = True) -> Evidence:
    many = (found(seed=i, found=hits, executions=first + i, seconds=1.0 + i) for i in range(count))
    return Evidence(found=tuple(many))


def compared(cpp: Evidence, rust: Evidence) -> RunRecord:
    rows = (
        row("use-after-free", Variant.CPP, Rung.DETECTED, evidence=cpp),
        row("use-after-free", Variant.RUST_UNSAFE, Rung.DETECTED, evidence=rust),
    )
    return replace(full_record(), rows=rows)


def test_languages_are_compared_with_ten_seeds_each() -> None:
    both = comparisons(compared(seeds(10, 100), seeds(10, 10_000)))
    assert [one.unit for one in both] == ["executions", "seconds"]
    by_executions, by_seconds = both
    assert by_executions.cpp_sooner == 1.0
    assert by_executions.p < 0.001
    assert by_executions.p_corrected == pytest.approx(2 * by_executions.p)
    assert by_seconds.cpp_sooner == 0.5


@pytest.mark.parametrize(
    ("cpp", "rust"),
    [
        (seeds(10, 100), seeds(9, 100)),
        (seeds(9, 100), seeds(10, 100)),
        (seeds(10, 100, hits=False), seeds(10, 100, hits=False)),
    ],
)
def test_too_few_seeds_or_no_find_at_all_compare_nothing(cpp: Evidence, rust: Evidence) -> None:
    assert not comparisons(compared(cpp, rust))


def test_what_is_incomplete_or_could_not_be_done_compares_nothing() -> None:
    record = compared(seeds(10, 100), seeds(10, 100))
    assert comparisons(record)
    assert not comparisons(replace(record, complete=False))
    broken = replace(record.rows[1], problem="it broke")
    assert not comparisons(replace(record, rows=(record.rows[0], broken)))


def test_the_record_and_the_summary_carry_it() -> None:
    record = compared(seeds(10, 100), seeds(10, 10_000))
    document = json.loads(json_report.render(record))
    cpp = document["rows"][0]["survival"]
    assert (cpp["seeds"], cpp["found"], len(cpp["by_executions"])) == (10, 10, 10)
    assert cpp["median_executions"] == 104
    assert [one["unit"] for one in document["comparisons"]] == ["executions", "seconds"]
    assert "C++ sooner than Rust unsafe in 100% of pairs of seeds (10 and 10)" in markdown.render(record)
    assert "compared" not in markdown.render(full_record())


def test_a_row_that_was_not_fuzzed_has_no_curve() -> None:
    record = replace(full_record(), rows=(row("use-after-free", Variant.CPP, Rung.DETECTED, evidence=Evidence()),))
    assert json.loads(json_report.render(record))["rows"][0]["survival"] is None


def test_the_sample_is_what_it_is_called() -> None:
    one: Found = found()
    said = survival([one])
    assert said is not None
    assert [(point.at, point.survival) for point in said.by_seconds] == [(one.seconds, 0.0)]
