"""Whether it is the same slip."""

from __future__ import annotations

import pytest

from fuzzpair.model.diagnostic import RejectionLabel
from fuzzpair.model.verdict import Fidelity
from one_row import problem_of, row_of
from tiny_pair import TinyPair, Tools, cpp_patch, rows_of, rust_patch


@pytest.mark.parametrize(
    ("variant", "fidelity"),
    [
        ("stale/cpp", None),
        ("stale/rust-next", Fidelity.CONFIRMED),
        ("stale/rust-unsafe", Fidelity.CONFIRMED),
        ("wrong/rust", Fidelity.NOT_CONFIRMABLE),
    ],
)
def test_fidelity(pair: TinyPair, variant: str, fidelity: Fidelity | None) -> None:
    assert row_of(pair, variant).evidence.fidelity is fidelity


def test_an_unsafe_variant_whose_predicate_stays_false_is_another_slip(pair: TinyPair) -> None:
    pair.plant("rust", "stale.unsafe", rust_patch('slip("elsewhere");', canary=True))
    tools = Tools(faithless="elsewhere")
    assert "fidelity failed: the predicate is true on 0 of 3" in problem_of(pair, "stale/rust-unsafe", tools)
    assert row_of(pair, "stale/rust-unsafe", tools).evidence.judgements, "what was measured is kept"


def test_a_safe_variant_whose_predicate_stays_false_was_kept_from_it(pair: TinyPair) -> None:
    pair.plant("rust", "stale.next", rust_patch('slip("panic");', "elsewhere();", canary=True))
    row = row_of(pair, "stale/rust-next", Tools(faithless="elsewhere"))
    assert (row.problem, row.evidence.fidelity) == (None, Fidelity.NOT_CONFIRMABLE)


def test_what_is_only_nearest_is_not_confirmed_and_a_rejection_of_it_is_no_borrow_checker_s(pair: TinyPair) -> None:
    for name, line in (("stale", "refused();"), ("wrong", 'slip("panic");')):
        pair.plant(
            "rust", name, rust_patch(line, canary=True).replace("Function: parse", "Fidelity: nearest\nFunction: parse")
        )
    rejection = row_of(pair, "stale/rust").evidence.rejection
    assert rejection is not None
    assert rejection.label is RejectionLabel.INEXPRESSIBLE
    evidence = row_of(pair, "wrong/rust").evidence
    assert (evidence.fidelity, evidence.fidelity_why) == (
        Fidelity.NOT_CONFIRMABLE,
        "rust cannot express the class, only what is nearest",
    )


@pytest.mark.parametrize(("language", "value"), [("rust", "near"), ("cpp", "nearest")])
def test_a_fidelity_that_nobody_can_state(pair: TinyPair, language: str, value: str) -> None:
    text = cpp_patch('slip("freed");') if language == "cpp" else rust_patch("refused();")
    pair.plant(language, "stale", text.replace("Function: parse", f"Fidelity: {value}\nFunction: parse"))
    assert "`Fidelity:" in problem_of(pair, f"stale/{language}")


def test_a_mistake_without_a_canary_has_no_triggers(pair: TinyPair) -> None:
    pair.plant("cpp", "wrong", cpp_patch('slip("wrong");', bug_class="off-by-one", canary=False))
    record = pair.run()
    assert "targets-cpp/tiny/mistakes/wrong.patch states no canary" in rows_of(record)["wrong/cpp"]
    assert "no triggering inputs" in rows_of(record)["wrong/rust"]
