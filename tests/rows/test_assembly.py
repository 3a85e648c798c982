"""One row at a time: its verdict, or why there is none. A row never prints a verdict that was not measured."""

from __future__ import annotations

from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Variant
from fuzzpair.model.verdict import Rung
from one_row import MORE, problem_of, row_of
from tiny_pair import TinyPair, cpp_patch, rows_of, rust_patch


def test_a_stopped_row_and_an_observed_one(pair: TinyPair) -> None:
    rows = {row.name: row for row in pair.run().rows}
    stopped, observed = rows["wrong/rust"].verdict, rows["wrong/cpp"].verdict
    assert stopped is not None
    assert observed is not None
    assert (stopped.rung, stopped.k, stopped.n) == (Rung.STOPPED, 3, 3)
    assert (observed.rung, observed.detail) == (Rung.OBSERVED, "wrong output")
    assert [one.found for one in rows["wrong/cpp"].evidence.found] == [False]


def test_a_warning_comes_first_and_what_follows_it_is_told(pair: TinyPair) -> None:
    pair.plant("cpp", "wrong", cpp_patch("doubtful();", 'slip("wrong");', bug_class="off-by-one"))
    row = row_of(pair, "wrong/cpp")
    assert row.verdict is not None
    assert (row.verdict.rung, row.verdict.detail) == (Rung.WARNED, "-Wunused; then observed: wrong output 3/3")
    assert (row.verdict.behind_rung, row.verdict.behind_detail) == (Rung.OBSERVED, "wrong output")
    assert row.tools[0] == "clang: -Wunused"


def test_a_patch_that_is_taken_away(pair: TinyPair) -> None:
    (pair.root / "targets-rust/tiny/mistakes/wrong.patch").unlink()
    assert problem_of(pair, "wrong/rust") == "there is no patch targets-rust/tiny/mistakes/wrong.patch"


def test_a_patch_that_does_not_apply(pair: TinyPair) -> None:
    pair.plant("rust", "stale.next", rust_patch('slip("panic");').replace("-    check();", "-    checks();"))
    assert "stale.next.patch:7: does not apply: src/lib.rs:2" in problem_of(pair, "stale/rust-next")


def test_a_rejection_needs_what_is_typed_next(pair: TinyPair) -> None:
    (pair.root / "targets-rust/tiny/mistakes/stale.next.patch").unlink()
    # That the row has a verdict of its own would be a claim that nobody measured.
    assert "there is no patch stale.next.patch" in problem_of(pair, "stale/rust-next")


def test_a_mistake_whose_facts_cannot_be_read(pair: TinyPair) -> None:
    pair.plant("cpp", "wrong", cpp_patch('slip("wrong");', bug_class="off-by-two"))
    assert "there is no bug class 'off-by-two'; perhaps you meant off-by-one" in problem_of(pair, "wrong/cpp")


def test_a_mistake_that_was_repaired_is_reached_and_never_triggered(pair: TinyPair) -> None:
    pair.plant("cpp", "stale", cpp_patch('check("again");'))
    row = row_of(pair, "stale/cpp")
    assert row.verdict is not None
    assert (row.verdict.rung, row.verdict.detail) == (Rung.NOT_SEEN, "reached, never triggered in 1001 executions")
    assert row.evidence.judgements == ()
    # What was found for the mistake as it was must not stand in for it.
    assert rows_of(pair.run())["stale/rust-next"] == "not seen"


def test_rows_stand_in_the_order_of_the_variants(pair: TinyPair) -> None:
    assert [row.variant for row in pair.run().rows if row.mistake == "stale"] == list(Variant)


def test_each_further_production_flavour_has_its_verdict(pair: TinyPair) -> None:
    pair.write("pipeline.yml", MORE)
    pair.plant("cpp", "index", cpp_patch('slip("index");', bug_class="index-out-of-bounds"))
    row = row_of(pair, "index/cpp")
    assert row.verdict is not None
    assert row.verdict == row.hardened
    assert row.verdict.rung is Rung.NOT_SEEN
    assert [(one.flavour, one.verdict.rung) for one in row.further] == [(Flavour.LIBCXX_FAST, Rung.STOPPED)]


def test_a_profile_of_two_production_flavours_has_no_further_verdict(pair: TinyPair) -> None:
    assert row_of(pair, "stale/cpp").further == ()
