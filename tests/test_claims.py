"""Answers to claims: each kind of row decides as it should, and what was not judged never turns an answer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzzpair.bug_classes import BUG_CLASSES
from fuzzpair.claims import answer_claims
from fuzzpair.claims_file import Claim, parse_claims
from fuzzpair.model.claim_answer import ClaimAnswer, Reply
from fuzzpair.model.diagnostic import Diagnostic, RejectionLabel
from fuzzpair.model.evidence import Evidence, Load
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Variant
from fuzzpair.model.run_facts import Control
from fuzzpair.model.run_record import Row, RunRecord
from fuzzpair.model.tool import Tool
from fuzzpair.model.verdict import Rung, Verdict
from fuzzpair.rows.assembly import _warned_or
from report.records import judgement, passing_record, rejection, row

COMMITTED = {one.id: one for one in parse_claims((Path(__file__).parent.parent / "claims.yml").read_bytes())}


def planted(mistake: str, variant: Variant, shown: str | None, hardened: str = "", bug_class: str = "") -> Row:
    """A row as rows/ makes it; "observed leak" is a rung with its detail, None could not be done."""
    made = replace(row(mistake, variant, Rung.STOPPED), bug_class=bug_class or mistake, evidence=Evidence())
    if shown is None:
        return replace(made, verdict=None, hardened=None, problem="the patch does not apply")
    return replace(made, verdict=verdict(shown), hardened=verdict(hardened or shown))


def verdict(shown: str) -> Verdict:
    rung = next(one for one in Rung if shown.startswith(one))
    return Verdict(rung=rung, detail=shown.removeprefix(rung).strip() or "said so", k=12, n=12)


def mistake(name: str, bug_class: str, *, cpp: str = "detected", **shown: str | None) -> list[Row]:
    """A mistake's rows; keywords are variants: rust, rust_next, rust_unsafe."""
    rows = [planted(name, Variant.CPP, cpp, bug_class=bug_class)]
    variants = ((Variant(key.replace("_", "-")), word) for key, word in shown.items())
    return rows + [planted(name, variant, word, bug_class=bug_class) for variant, word in variants]


def record(*rows: Row) -> RunRecord:
    return replace(passing_record(), rows=rows)


def answered(claim: str | Claim, *rows: Row, selected: bool = False) -> ClaimAnswer:
    asked = COMMITTED[claim] if isinstance(claim, str) else claim
    return answer_claims([asked], record(*rows), selected=selected)[0]


def simple(text: str = "", *, to_hold: int = 1, limits: str = "", with_limits: float = 0.5) -> Claim:
    """A claim about use after free, with one question of the rust variant."""
    return parse_claims(
        f"""
version: 1
claims:
  - id: it
    claim: it is so
    source: somebody
    about: {{ classes: [use-after-free] }}
    core: [{{ says: so, variant: rust, {text or "for: [rejected]"} }}]
    limits: [{limits}]
    mistakes: {{ to_hold: {to_hold}, to_refute: 1 }}
    share: {{ to_hold: 1.0, with_limits: {with_limits} }}
""".encode()
    )[0]


def rust(name: str, shown: str | None, hardened: str = "") -> Row:
    return planted(name, Variant.RUST, shown, hardened, bug_class="use-after-free")


def test_it_holds_when_every_mistake_shows_it() -> None:
    answer = answered(simple(), rust("a", "rejected"), rust("b", "rejected"))
    assert (answer.answer, answer.rust.support, answer.rust.mistakes) == (Reply.HOLDS, 2, 2)
    assert [one.row for one in answer.support] == ["a/rust", "b/rust"]
    assert "of this list" in answer.why


@pytest.mark.parametrize(
    ("shown", "wanted"),
    [
        (("rejected", "stopped"), Reply.WITH_LIMITS),
        (("rejected", "stopped", "stopped"), Reply.DOES_NOT_HOLD),
        (("rejected", None), Reply.WITH_LIMITS),
        (("rejected", None, None), Reply.CANNOT_TELL),
        (("stopped", None), Reply.CANNOT_TELL),
        (("stopped", "stopped", None), Reply.DOES_NOT_HOLD),
        (("not seen not reached",), Reply.CANNOT_TELL),
        ((), Reply.CANNOT_TELL),
    ],
)
def test_what_was_not_judged_counts_neither_way(shown: tuple[str | None, ...], wanted: Reply) -> None:
    rows = [rust(f"m{number}", word) for number, word in enumerate(shown)]
    assert answered(simple(), *rows).answer is wanted


def test_both_flavours_have_to_show_it() -> None:
    claim = simple("for: [stopped]")
    assert answered(claim, rust("a", "stopped", "stopped")).answer is Reply.HOLDS
    answer = answered(claim, rust("a", "stopped", "detected"))
    assert answer.answer is Reply.DOES_NOT_HOLD
    assert [(one.row, one.flavour) for one in answer.against] == [("a/rust", Flavour.HARDENED)]


def test_too_few_mistakes_are_no_answer_and_one_can_refute() -> None:
    assert answered(simple(to_hold=2), rust("a", "rejected")).answer is Reply.CANNOT_TELL
    assert answered(simple(to_hold=2), rust("a", "stopped")).answer is Reply.DOES_NOT_HOLD


def test_a_limit_s_rows_are_named_and_one_that_is_not_asked_limits_too() -> None:
    claim = simple(limits="{ says: unsafe too, variant: rust-unsafe, for: [rejected] }")
    unsafe = planted("a", Variant.RUST_UNSAFE, "detected", bug_class="use-after-free")
    limited = answered(claim, rust("a", "rejected"), unsafe)
    assert limited.answer is Reply.WITH_LIMITS
    assert [one.row for one in limited.limits[0].rows] == ["a/rust-unsafe"]
    assert answered(claim, rust("a", "rejected")).answer is Reply.WITH_LIMITS
    unsafe = planted("a", Variant.RUST_UNSAFE, "rejected", bug_class="use-after-free")
    assert answered(claim, rust("a", "rejected"), unsafe).answer is Reply.HOLDS


def test_one_input_is_enough_against() -> None:
    some = replace(judgement(), flavour=Flavour.HARDENED, endings=(("clean", 11), ("stopped", 1)))
    going_on = rust("a", "observed wrong output")
    claim = simple("against: [stopped]")
    assert answered(claim, going_on).answer is Reply.HOLDS
    answer = answered(claim, replace(going_on, evidence=Evidence(judgements=(some,))))
    assert answer.answer is Reply.DOES_NOT_HOLD
    assert answer.against[0].flavour is Flavour.HARDENED


def test_what_happens_behind_a_warning_is_asked() -> None:
    warning = Diagnostic(tool=Tool.RUSTC, level="warning", code="unused", message="", spans=(), rendered="")
    for behind, wanted in (
        ("stopped", Reply.HOLDS),
        ("observed leak", Reply.DOES_NOT_HOLD),
        ("not seen", Reply.CANNOT_TELL),
    ):
        said = _warned_or(verdict(behind), [warning])
        assert said.rung is Rung.WARNED
        warned = replace(rust("a", "stopped"), verdict=said, hardened=said)
        assert answered(simple("for: [stopped]"), warned).answer is wanted
        assert answered(simple("against: [observed leak]"), warned).answer is wanted
        assert answered(simple("for: [warned]"), warned).answer is Reply.HOLDS


@pytest.mark.parametrize("label", list(RejectionLabel))
def test_a_rejection_is_asked_for_its_reason_where_a_query_names_one(label: RejectionLabel) -> None:
    refused = replace(rust("a", "rejected E0515"), evidence=Evidence(rejection=rejection(label)))
    whole = answered(simple(), refused)
    assert whole.answer is Reply.HOLDS
    assert whole.support[0].outcome == f"rejected E0515 ({label})"
    inexpressible = answered(simple("against: [rejected inexpressible]"), refused).answer
    assert inexpressible is (Reply.DOES_NOT_HOLD if label is RejectionLabel.INEXPRESSIBLE else Reply.HOLDS)


def test_a_verdict_beside_a_problem_is_none() -> None:
    broken = replace(rust("a", "rejected"), problem="fidelity failed")
    assert answered(simple(), broken).answer is Reply.CANNOT_TELL


@pytest.mark.parametrize(
    "changes",
    [
        {"complete": False},
        {"controls": (Control(name="known-bad", passed=False, detail="silent"),)},
        {"rows": (rust("a", "rejected"), planted("b", Variant.CPP, None, bug_class="unknown"))},
    ],
)
def test_a_run_that_is_no_result_answers_nothing(changes: dict[str, object]) -> None:
    good = record(rust("a", "rejected"))
    assert answer_claims([simple()], good, selected=False)[0].answer is Reply.HOLDS
    broken = replace(good, **changes)  # type: ignore[arg-type]
    for answer in answer_claims([simple(), *COMMITTED.values()], broken, selected=False):
        assert answer.answer is Reply.CANNOT_TELL
        assert answer.why


def test_some_mistakes_are_not_the_list() -> None:
    assert answered(simple(), rust("a", "rejected"), selected=True).answer is Reply.CANNOT_TELL


# --- the committed claims ----------------------------------------------------------------------

DANGLING = ("use-after-free", "dangling-view", "iterator-invalidation")


def dangling(next_one: str | None, cpp: str = "detected") -> list[Row]:
    rows: list[Row] = []
    for slug in DANGLING:
        rows += mistake(slug, slug, cpp=cpp, rust="rejected", rust_next=next_one, rust_unsafe="detected")
    return rows


def test_rejected_alone_is_no_answer_what_is_typed_next_decides() -> None:
    assert answered("uaf-impossible", *dangling("no effect")).answer is Reply.WITH_LIMITS
    assert answered("uaf-impossible", *dangling("detected")).answer is Reply.DOES_NOT_HOLD
    assert answered("uaf-impossible", *dangling(None)).answer is Reply.CANNOT_TELL


def test_a_needed_class_without_a_mistake_is_no_answer() -> None:
    rows = [one for one in dangling("no effect") if one.mistake != "dangling-view"]
    answer = answered("uaf-impossible", *rows)
    assert answer.answer is Reply.CANNOT_TELL
    assert "dangling-view" in answer.why
    assert "dangling-view" in answer.classes_without_mistake


def test_a_needed_class_that_nobody_judged_is_no_answer_however_many_others_were() -> None:
    rows = dangling("no effect")
    for number in range(20):
        rows += mistake(f"m{number}", "use-after-free", rust="rejected", rust_next="no effect", rust_unsafe="detected")
    assert answered("uaf-impossible", *rows).answer is Reply.WITH_LIMITS
    undone = [replace(one, problem="it hung") if one.bug_class == "dangling-view" else one for one in rows]
    assert answered("uaf-impossible", *undone).answer is Reply.CANNOT_TELL


def test_hardened_cpp_is_asked_the_same_in_its_hardened_flavour() -> None:
    crash = planted("a", Variant.CPP, "crashed", "observed leak", bug_class="null-dereference")
    answer = answered("no-crash", crash, planted("a", Variant.RUST, "stopped", bug_class="null-dereference"))
    assert (answer.hardened_cpp.support, answer.rust.support) == (1, 0)
    assert answered("uaf-impossible", *dangling("no effect", cpp="stopped")).hardened_cpp.against == 3


def test_one_leak_refutes_forever() -> None:
    assert answered("leaks-vanish", *mistake("l", "memory-leak", rust="observed leak")).answer is Reply.DOES_NOT_HOLD


def under_load(row: Row, *, killed: bool) -> Row:
    load = Load(
        variant=row.variant,
        flavour=Flavour.DEFAULT,
        memory_mb=64,
        input="ab" * 32,
        budget=1000,
        parses=100,
        killed=killed,
        max_rss_kb=1,
        counterpart_parses=100,
        counterpart_killed=False,
        counterpart_max_rss_kb=1,
    )
    return replace(row, evidence=replace(row.evidence, loads=(load,)))


def test_a_kill_is_answered_from_what_was_run_under_load_and_from_no_rung() -> None:
    leak = mistake("l", "memory-leak", cpp="observed leak", rust="observed leak")
    assert answered("oom-kill", *leak).answer is Reply.CANNOT_TELL
    killed = mistake("l", "memory-leak", cpp="observed out of memory", rust="observed out of memory")
    assert answered("oom-kill", *killed).answer is Reply.CANNOT_TELL
    assert answered("oom-kill", *(under_load(row, killed=True) for row in leak)).answer is Reply.HOLDS
    cpp_alone = [under_load(row, killed=row.variant is Variant.CPP) for row in leak]
    said = answered("oom-kill", *cpp_alone)
    assert said.answer is Reply.DOES_NOT_HOLD
    assert said.against[0].outcome == "not killed in 100 parses under 64 MiB"


def weights(*rows: Row) -> ClaimAnswer:
    return answered("seventy-percent", *rows)


def of_the_list(**shown: str) -> list[Row]:
    """One mistake for every class of the cited list."""
    weighed = COMMITTED["seventy-percent"].weighed
    assert weighed is not None
    return [
        one
        for entry in weighed.entries
        for slug in entry.classes
        for one in mistake(slug, slug, cpp="detected", **shown)
    ]


def test_the_seventy_percent_are_a_range_over_variants() -> None:
    answer = weights(*of_the_list(rust="rejected", rust_next="no effect", rust_unsafe="crashed"))
    assert answer.weighed is not None
    assert (answer.answer, answer.weighed.worst) == (Reply.WITH_LIMITS, 0)
    assert answer.weighed.best == pytest.approx(1)
    written, shipped, unsafe, hardened = answer.weighed.shares
    for whole in (written.rejected, shipped.otherwise_avoided, unsafe.not_prevented, hardened.not_prevented):
        assert whole == pytest.approx(1)
    assert weights(*of_the_list(rust="stopped", rust_unsafe="stopped")).answer is Reply.HOLDS
    assert weights(*of_the_list(rust="detected", rust_unsafe="detected")).answer is Reply.DOES_NOT_HOLD


def test_in_rust_the_worse_flavour_counts_and_of_cpp_the_hardened_one() -> None:
    rows = of_the_list(rust="stopped", rust_unsafe="stopped")
    worse = [replace(one, hardened=verdict("detected")) if one.variant is Variant.RUST else one for one in rows]
    assert weights(*worse).against[0].flavour is Flavour.HARDENED
    stopped = [replace(one, hardened=verdict("stopped")) if one.variant is Variant.CPP else one for one in rows]
    for listed, share in ((rows, 0), (stopped, 1)):
        answer = weights(*listed)
        assert answer.weighed is not None
        assert answer.weighed.shares[-1].stopped == pytest.approx(share)
        assert answer.hardened_cpp.support == share * answer.hardened_cpp.mistakes


def test_rejected_lines_alone_avoid_no_weight() -> None:
    answer = weights(*of_the_list(rust="rejected", rust_unsafe="detected"))
    assert answer.weighed is not None
    assert (answer.answer, answer.weighed.best) == (Reply.CANNOT_TELL, 0)


def test_one_bad_row_takes_its_entry_s_weight_and_one_not_judged_leaves_it_unmeasured() -> None:
    rows = of_the_list(rust="stopped", rust_unsafe="stopped")
    for shown, field in (("detected", "not_prevented"), (None, "not_measured"), ("not seen", "not_measured")):
        answer = weights(*rows, *mistake("extra", "use-after-free", rust=shown))
        assert answer.weighed is not None
        shipped = answer.weighed.shares[1]
        assert getattr(shipped, field) == pytest.approx(10.19 / answer.weighed.part)
        assert answer.answer is not Reply.HOLDS


# --- any run -----------------------------------------------------------------------------------

SHOWN = st.sampled_from(
    [None, "rejected", "warned", "stopped", "crashed", "detected", "observed leak", "no effect", "not seen"]
)
LISTS = st.lists(
    st.tuples(st.sampled_from(sorted(BUG_CLASSES)), st.dictionaries(st.sampled_from(list(Variant)), SHOWN)),
    max_size=12,
)
ORDER = [Reply.DOES_NOT_HOLD, Reply.CANNOT_TELL, Reply.WITH_LIMITS, Reply.HOLDS]


def rows_of(listed: list[tuple[str, dict[Variant, str | None]]]) -> list[Row]:
    return [
        planted(f"m{number}", variant, word, bug_class=slug)
        for number, (slug, variants) in enumerate(listed)
        for variant, word in variants.items()
    ]


@given(LISTS)
def test_counts_add_up_and_every_share_is_of_this_list(listed: list[tuple[str, dict[Variant, str | None]]]) -> None:
    for answer in answer_claims(COMMITTED.values(), record(*rows_of(listed)), selected=False):
        assert answer.why
        assert "%" not in answer.why or "of this list" in answer.why
        assert answer.answer is Reply.CANNOT_TELL or answer.rust.support + answer.rust.against > 0
        if answer.weighed:
            for share in answer.weighed.shares:
                assert share.avoided + share.not_prevented + share.not_measured == pytest.approx(1)
            assert answer.weighed.worst <= answer.weighed.best <= answer.weighed.best_if_all_measured_well


@given(st.lists(st.tuples(st.booleans(), SHOWN), min_size=1, max_size=10), st.floats(0.1, 1))
def test_no_outcome_of_what_was_not_judged_would_turn_an_answer(
    shown: list[tuple[bool, str | None]], with_limits: float
) -> None:
    """Judge later what could not be judged now: an answer that was given may get clearer, and never turns round."""
    claim = simple(with_limits=with_limits)
    before = [rust(f"m{number}", word if judged else None) for number, (judged, word) in enumerate(shown)]
    after = [rust(f"m{number}", word) for number, (_, word) in enumerate(shown)]
    first, then = answered(claim, *before).answer, answered(claim, *after).answer
    if first is Reply.DOES_NOT_HOLD:
        assert then is Reply.DOES_NOT_HOLD
    if first in (Reply.HOLDS, Reply.WITH_LIMITS):
        assert ORDER.index(then) >= ORDER.index(first)
