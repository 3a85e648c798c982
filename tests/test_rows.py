"""One row at a time: its verdict, or why there is none. A row never prints a verdict that was not measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from fuzzpair.model.diagnostic import RejectionLabel
from fuzzpair.model.evidence import Evidence, Judgement
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Variant
from fuzzpair.model.run_record import Row
from fuzzpair.model.verdict import Fidelity, Rung
from tiny_pair import PIPELINE, TinyPair, Tools, cpp_patch, rows_of, rust_patch


@pytest.fixture
def pair(tmp_path: Path) -> TinyPair:
    return TinyPair(tmp_path)


def row_of(pair: TinyPair, name: str, tools: Tools | None = None) -> Row:
    return next(row for row in pair.run(tools).rows if row.name == name)


def problem_of(pair: TinyPair, name: str, tools: Tools | None = None) -> str:
    record = pair.run(tools)
    row = next(one for one in record.rows if one.name == name)
    assert row.problem is not None
    assert (row.verdict, row.hardened, record.gate.exit_code) == (None, None, 3)
    others = {one.name: one.problem for one in record.rows if one.mistake != row.mistake}
    assert set(others.values()) == {None}, "the rows of other mistakes are kept"
    return row.problem


def judgement(evidence: Evidence, flavour: Flavour) -> Judgement:
    return next(one for one in evidence.judgements if one.flavour is flavour)


def test_a_rejected_row_has_the_compiler_s_words_and_no_run_time_evidence(pair: TinyPair) -> None:
    row = row_of(pair, "stale/rust")
    assert row.verdict == row.hardened
    assert row.verdict is not None
    assert row.verdict.detail.startswith("E0382")
    assert row.evidence.rejection is not None
    assert row.evidence.rejection.label is RejectionLabel.OWNERSHIP
    assert row.evidence.rejection.diagnostics[0].spans[0].file == "src/lib.rs"
    assert (row.evidence.judgements, row.evidence.found, row.tools) == ((), (), ("rustc: E0382",))
    assert "rustc" in row.evidence.compiler_command


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


def test_a_stopped_row_and_an_observed_one(pair: TinyPair) -> None:
    rows = {row.name: row for row in pair.run().rows}
    stopped, observed = rows["wrong/rust"].verdict, rows["wrong/cpp"].verdict
    assert stopped is not None
    assert observed is not None
    assert (stopped.rung, stopped.k, stopped.n) == (Rung.STOPPED, 3, 3)
    assert (observed.rung, observed.detail) == (Rung.OBSERVED, "wrong output")
    assert [one.found for one in rows["wrong/cpp"].evidence.found] == [False]


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


def test_a_warning_comes_first_and_what_follows_it_is_told(pair: TinyPair) -> None:
    pair.plant("cpp", "wrong", cpp_patch("doubtful();", 'slip("wrong");', bug_class="off-by-one"))
    row = row_of(pair, "wrong/cpp")
    assert row.verdict is not None
    assert (row.verdict.rung, row.verdict.detail) == (Rung.WARNED, "-Wunused; then observed: wrong output 3/3")
    assert row.tools[0] == "clang: -Wunused"


def test_a_warning_that_the_counterpart_has_too_is_none(pair: TinyPair) -> None:
    pair.plant("cpp", "wrong", cpp_patch("doubtful();", 'slip("wrong");', bug_class="off-by-one"))
    pair.plant("cpp", "wrong.fixed", cpp_patch("doubtful();", "check();", bug_class="off-by-one"))
    assert rows_of(pair.run())["wrong/cpp"] == "observed"


# --- no verdict ------------------------------------------------------------------------------------


def test_a_patch_that_is_taken_away(pair: TinyPair) -> None:
    (pair.root / "targets-rust/tiny/mistakes/wrong.patch").unlink()
    assert problem_of(pair, "wrong/rust") == "there is no patch targets-rust/tiny/mistakes/wrong.patch"


def test_a_patch_that_does_not_apply(pair: TinyPair) -> None:
    pair.plant("rust", "stale.next", rust_patch('slip("panic");').replace("-    check();", "-    checks();"))
    assert "stale.next.patch:7: does not apply: src/lib.rs:2" in problem_of(pair, "stale/rust-next")


def test_a_patch_with_a_slip_of_the_pen_is_not_rejected(pair: TinyPair) -> None:
    pair.plant("rust", "stale", rust_patch("misspelt();"))
    assert problem_of(pair, "stale/rust") == ("the patch is broken, not rejected: E0425 here (src/lib.rs:2)")


def test_an_error_outside_of_the_patch_is_no_rejection(pair: TinyPair) -> None:
    pair.write("targets-rust/tiny/src/main.rs", "fn main() { refused(); }\n")
    rows = rows_of(pair.run())
    assert "no error lies on a line that the patch changes" in rows["stale/rust-next"]


def test_a_rejection_needs_a_counterpart_that_compiles(pair: TinyPair) -> None:
    pair.plant("rust", "stale.fixed", rust_patch("refused(); refused();"))
    assert "its fixed counterpart does not compile either" in problem_of(pair, "stale/rust")


def test_a_rejection_needs_what_is_typed_next(pair: TinyPair) -> None:
    (pair.root / "targets-rust/tiny/mistakes/stale.next.patch").unlink()
    # That the row has a verdict of its own would be a claim that nobody measured.
    assert "there is no patch stale.next.patch" in problem_of(pair, "stale/rust-next")


def test_a_mistake_whose_facts_cannot_be_read(pair: TinyPair) -> None:
    pair.plant("cpp", "wrong", cpp_patch('slip("wrong");', bug_class="off-by-two"))
    assert "there is no bug class 'off-by-two'; perhaps you meant off-by-one" in problem_of(pair, "wrong/cpp")


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


def with_analyzers(pair: TinyPair, *names: str) -> None:
    key = f"    analyzers: [{', '.join(names)}]\n"
    pair.write("pipeline.yml", PIPELINE.replace("    seeds: [1]\n", f"{key}    seeds: [1]\n"))


def test_what_an_analyzer_says_of_the_slip_alone_is_its_first_rung(pair: TinyPair) -> None:
    with_analyzers(pair, "clang-tidy", "clippy")
    pair.plant("cpp", "wrong", cpp_patch("suspect();", 'slip("wrong");', bug_class="off-by-one"))
    row = row_of(pair, "wrong/cpp")
    assert row.verdict is not None
    assert row.verdict.rung is Rung.WARNED
    assert row.tools[0].startswith("clang-tidy: bugprone-")
    assert "observed" in row.verdict.detail, "what happens behind the warning is told as well"


def test_what_an_analyzer_says_of_the_counterpart_too_is_no_warning(pair: TinyPair) -> None:
    with_analyzers(pair, "clang-tidy", "clippy")
    pair.plant("cpp", "wrong", cpp_patch("suspect();", 'slip("wrong");', bug_class="off-by-one"))
    pair.plant("cpp", "wrong.fixed", cpp_patch("suspect();", "check();", bug_class="off-by-one"))
    assert rows_of(pair.run())["wrong/cpp"] == "observed"


def test_the_pedantic_decide_nothing(pair: TinyPair) -> None:
    with_analyzers(pair, "clippy-pedantic")
    pair.plant("rust", "wrong", rust_patch("suspect();", 'slip("panic");'))
    row = row_of(pair, "wrong/rust")
    assert row.verdict is not None
    assert row.verdict.rung is Rung.STOPPED
    assert row.tools[0] == "clippy pedantic: clippy::suspicious"


def test_an_analyzer_that_fails_is_no_silence(pair: TinyPair) -> None:
    with_analyzers(pair, "clang-tidy", "clippy")
    rows = rows_of(pair.run(Tools(blunt="clang-tidy")))
    assert "clang-tidy was not run on it or on its counterpart" in rows["wrong/cpp"]
    assert rows["wrong/rust"] == "stopped"


@pytest.mark.parametrize("patch", ["check();  // as it was", "check(); // a slip in words only"])
def test_a_patch_that_plants_nothing(pair: TinyPair, patch: str) -> None:
    pair.plant("cpp", "wrong", cpp_patch(patch, bug_class="off-by-one"))
    assert "the patch plants nothing" in problem_of(pair, "wrong/cpp")


def test_a_counterpart_that_has_the_slip_itself(pair: TinyPair) -> None:
    pair.plant("rust", "wrong.fixed", rust_patch('slip("panic"); check();'))
    rows = rows_of(pair.run())
    assert "its fixed counterpart is not clean in the default flavour on input " in rows["wrong/rust"]
    # The C++ counterpart is another one.
    assert rows["wrong/cpp"] == "observed"


def test_a_build_that_fails_is_not_a_rejection(pair: TinyPair) -> None:
    assert "`clang++` ended with exit code 1: ld.lld: undefined symbol" in problem_of(
        pair, "wrong/cpp", Tools(unlinked='slip("wrong")')
    )


@pytest.mark.parametrize("flavour", ["hardened", "canary", "address"])
def test_silence_of_a_flavour_that_was_not_run_is_none(pair: TinyPair, flavour: str) -> None:
    # Only the replays of that flavour fail: its absence must not read as "not seen" or "not the same slip".
    pair.plant("rust", "stale.unsafe", rust_patch('slip("silent");', canary=True))
    problem = problem_of(pair, "stale/rust-unsafe", Tools(unheard=(flavour, 'slip("silent")')))
    assert problem == f"the {flavour} flavour was not run: a link came out"


def test_a_judge_that_was_not_run_takes_no_earlier_rung_away(pair: TinyPair) -> None:
    row = row_of(pair, "wrong/rust", Tools(unheard=("address", 'slip("panic")')))
    assert row.verdict is not None
    assert row.verdict.rung is Rung.STOPPED
    missing = judgement(row.evidence, Flavour.ADDRESS)
    assert (missing.tool, missing.kinds) == ("not run", (("a link came out", 0),))


def test_a_counterpart_that_was_not_run_vouches_for_nothing(pair: TinyPair) -> None:
    pair.plant("rust", "wrong.fixed", rust_patch('check("well");'))
    assert problem_of(pair, "wrong/rust", Tools(unheard=("default", 'check("well")'))) == (
        "its fixed counterpart was not run in the default flavour"
    )


def test_a_mistake_without_a_canary_has_no_triggers(pair: TinyPair) -> None:
    pair.plant("cpp", "wrong", cpp_patch('slip("wrong");', bug_class="off-by-one", canary=False))
    record = pair.run()
    assert "targets-cpp/tiny/mistakes/wrong.patch states no canary" in rows_of(record)["wrong/cpp"]
    assert "no triggering inputs" in rows_of(record)["wrong/rust"]


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


# --- flavours that not every profile asks for ------------------------------------------------------


MORE = PIPELINE.replace("cpp: [default, hardened, ", "cpp: [default, hardened, libcxx-fast, integer, ")


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
