"""Who was heard, who was not, and what counts of it."""

from __future__ import annotations

import pytest

from fuzzpair.model.flavour import Flavour
from fuzzpair.model.verdict import Rung
from one_row import MORE, judgement, problem_of, row_of
from tiny_pair import TinyPair, Tools, cpp_patch, rows_of, rust_patch


def test_a_detected_row_has_who_saw_it_on_what_and_how_to_see_it_again(pair: TinyPair) -> None:
    row = row_of(pair, "stale/cpp")
    seen = judgement(row.evidence, Flavour.ADDRESS)
    assert (seen.tool, seen.k, seen.n, seen.touches_patch) == ("AddressSanitizer", 3, 3, True)
    assert seen.counterpart_clean
    assert "heap-use-after-free" in seen.excerpt
    assert row.evidence.canary is not None
    assert (seen.example_input in row.evidence.canary.inputs, row.evidence.canary.triggered) == (True, 3)
    assert seen.reproduce == f"./fuzzpair replay stale/cpp --flavour address --input {seen.example_input}"
    assert judgement(row.evidence, Flavour.DEFAULT).tool == "none"
    (found,) = row.evidence.found
    assert (found.found, found.executions, found.kind) == (True, 77, "heap-use-after-free")


def test_a_counterpart_that_has_the_slip_itself(pair: TinyPair) -> None:
    pair.plant("rust", "wrong.fixed", rust_patch('slip("panic"); check();'))
    rows = rows_of(pair.run())
    assert "its fixed counterpart is not clean in the default flavour on input " in rows["wrong/rust"]
    # The C++ counterpart is another one.
    assert rows["wrong/cpp"] == "observed"


@pytest.mark.parametrize("flavour", ["hardened", "canary", "address"])
def test_silence_of_a_flavour_that_was_not_run_is_none(pair: TinyPair, flavour: str) -> None:
    # Only the replays of that flavour fail: its absence must not read as "not seen" or "not the same slip".
    pair.plant("rust", "stale.unsafe", rust_patch('slip("silent");', canary=True))
    problem = problem_of(pair, "stale/rust-unsafe", Tools(unheard=(flavour, 'slip("silent")')))
    assert problem == f"the {flavour} flavour was not run: a link came out"


def test_a_judge_that_was_not_run_takes_no_earlier_rung_away(new_pair: TinyPair) -> None:
    row = row_of(new_pair, "wrong/rust", Tools(unheard=("address", 'slip("panic")')))
    assert row.verdict is not None
    assert row.verdict.rung is Rung.STOPPED
    missing = judgement(row.evidence, Flavour.ADDRESS)
    assert (missing.tool, missing.kinds) == ("not run", (("a link came out", 0),))


def test_a_counterpart_that_was_not_run_vouches_for_nothing(pair: TinyPair) -> None:
    pair.plant("rust", "wrong.fixed", rust_patch('check("well");'))
    assert problem_of(pair, "wrong/rust", Tools(unheard=("default", 'check("well")'))) == (
        "its fixed counterpart was not run in the default flavour"
    )


def test_what_may_be_legal_sets_no_rung_and_is_shown(pair: TinyPair) -> None:
    pair.write("pipeline.yml", MORE)
    pair.plant("cpp", "wrap", cpp_patch('slip("wrapped");', bug_class="unsigned-wrap"))
    row = row_of(pair, "wrap/cpp")
    assert row.verdict is not None
    assert row.verdict.rung is Rung.NO_EFFECT
    assert row.tools == ("integer: UndefinedBehaviorSanitizer 3/3 (may be legal C++)",)
    assert judgement(row.evidence, Flavour.INTEGER).k == 3


def test_a_counterpart_that_does_legal_things_as_well_is_no_problem_and_nothing_is_caught(pair: TinyPair) -> None:
    pair.write("pipeline.yml", MORE)
    pair.plant("cpp", "wrap", cpp_patch('slip("wrapped");', bug_class="unsigned-wrap"))
    pair.plant("cpp", "wrap.fixed", cpp_patch('slip("wrapped");', "meant();", canary=False))
    row = row_of(pair, "wrap/cpp")
    assert row.problem is None
    assert row.tools == ()
