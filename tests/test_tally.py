"""The closed table of endings, and the rung that each mixture of them is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzzpair.model.crash_report import CrashReport, Frame
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Variant
from fuzzpair.model.replay import Ending, Replay
from fuzzpair.model.tool import Tool
from fuzzpair.model.verdict import Rung, Verdict
from fuzzpair.tally import Runs, catches, ending_of, runtime_verdict, tools_that_catch, touches, wrong_outputs
from fuzzpair.triage import first_report

LOGS = Path(__file__).parent / "logs"
HERE = (Frame(function="memcpy"), Frame(function="dns::Parser<unsigned char>::read_txt(int)", file="/job/src/txt.cpp"))
ELSEWHERE = (Frame(function="dns::read_mx(int)", file="/job/src/mx.cpp", line=8),)
CHANGED = {"src/txt.cpp": frozenset({40, 41})}


def report(
    tool: Tool, kind: str = "kind", bug_class: str | None = None, stack: tuple[Frame, ...] = HERE
) -> CrashReport:
    return CrashReport(tool=tool, kind=kind, bug_class=bug_class, stack=stack)


def ran(name: str = "a", exit_code: int | None = 0, stdout: str = "same", **changes: Any) -> Replay:
    made = Replay(
        input=name,
        exit_code=exit_code,
        signal=None,
        timed_out=False,
        oom_killed=False,
        stdout=stdout,
        log="",
        report=None,
    )
    return replace(made, **changes)


def said(tool: Tool, kind: str = "kind", bug_class: str | None = None, name: str = "a", **changes: Any) -> Replay:
    return ran(name, **{"exit_code": 1, "report": report(tool, kind, bug_class), **changes})


ASAN, PANIC, LEAK = said(Tool.ADDRESS), said(Tool.RUST_PANIC, exit_code=101), said(Tool.LEAK)
SEGV = ran(exit_code=None, signal=11)
HANG = ran(exit_code=None, timed_out=True)
OVERFLOW = said(Tool.ADDRESS, "stack-overflow", "unbounded-recursion")
CLEAN = ran()


def named(one: Replay, name: str) -> Replay:
    return replace(one, input=name)


def runs_of(
    default: Sequence[Replay], judges: Mapping[Flavour, Sequence[Replay]] | None = None, **changes: Any
) -> Runs:
    """Replays of C++ code whose counterpart is clean on every input, unless a test says otherwise."""
    own = {Flavour.DEFAULT: default, **(judges or {})}
    made = Runs(
        variant=Variant.CPP,
        undefined=True,
        latent=False,
        functions=frozenset({"read_txt"}),
        changed=CHANGED,
        own=own,
        counterpart={flavour: [ran(one.input) for one in replays] for flavour, replays in own.items()},
    )
    return replace(made, **changes)


def verdict_of(*default: Replay, judges: Mapping[Flavour, Sequence[Replay]] | None = None, **changes: Any) -> Verdict:
    return runtime_verdict(runs_of(default, judges, **changes), Flavour.DEFAULT)


WRAP = said(Tool.UNDEFINED, "unsigned-integer-overflow", "unsigned-wrap")


@pytest.mark.parametrize("flavour", [one for one in Flavour if one.flags_legal])
def test_a_judge_of_legal_code_sets_no_rung(flavour: Flavour) -> None:
    said_of = runs_of([CLEAN], {flavour: [WRAP]}, undefined=False)
    assert runtime_verdict(said_of, Flavour.DEFAULT).rung is Rung.NO_EFFECT
    assert tools_that_catch(said_of) == (f"{flavour}: UndefinedBehaviorSanitizer 1/1 (may be legal C++)",)
    assert runtime_verdict(runs_of([CLEAN], {flavour: [WRAP]}), Flavour.DEFAULT).rung is Rung.NOT_SEEN


def test_a_judge_of_legal_code_does_not_speak_against_an_exhausted_stack() -> None:
    judges = {Flavour.ADDRESS: [OVERFLOW], Flavour.INTEGER: [WRAP]}
    assert verdict_of(SEGV, judges=judges).rung is Rung.OBSERVED


# --- endings ---------------------------------------------------------------------------------------

BY_TOOL = {
    Tool.CLANG: Ending.UNKNOWN,
    Tool.RUSTC: Ending.UNKNOWN,
    Tool.CLANG_ANALYZER: Ending.UNKNOWN,
    Tool.CLANG_TIDY: Ending.UNKNOWN,
    Tool.CLIPPY: Ending.UNKNOWN,
    Tool.CLIPPY_PEDANTIC: Ending.UNKNOWN,
    Tool.ADDRESS: Ending.DETECTED,
    Tool.LEAK: Ending.LEAK,
    Tool.UNDEFINED: Ending.DETECTED,
    Tool.MEMORY: Ending.DETECTED,
    Tool.THREAD: Ending.DETECTED,
    Tool.TYPE: Ending.DETECTED,
    Tool.HWADDRESS: Ending.DETECTED,
    Tool.LIBFUZZER: Ending.CRASHED,
    Tool.RUST_PANIC: Ending.STOPPED,
    Tool.RUST_ABORT: Ending.STOPPED,
    Tool.CXX_EXCEPTION: Ending.STOPPED,
    Tool.CXX_LIBRARY: Ending.STOPPED,
    Tool.ASSERT: Ending.STOPPED,
    Tool.FORTIFY: Ending.STOPPED,
    Tool.STACK_PROTECTOR: Ending.CRASHED,
    Tool.GLIBC_HEAP: Ending.CRASHED,
    Tool.SIGNAL: Ending.CRASHED,
    Tool.TIMEOUT: Ending.HANG,
    Tool.OUT_OF_MEMORY: Ending.OUT_OF_MEMORY,
    Tool.CANARY: Ending.UNKNOWN,
    Tool.COMPARISON: Ending.UNKNOWN,
}


def test_every_tool_s_report_has_its_ending() -> None:
    assert {tool: ending_of(said(tool)) for tool in Tool} == BY_TOOL


@pytest.mark.parametrize(
    ("one", "ending"),
    [
        (CLEAN, Ending.CLEAN),
        (SEGV, Ending.CRASHED),
        *((ran(exit_code=None, signal=number), Ending.CRASHED) for number in (4, 5, 6, 7, 8)),
        (ran(exit_code=None, signal=9), Ending.UNKNOWN),
        (ran(exit_code=101), Ending.STOPPED),
        (ran(exit_code=3), Ending.UNKNOWN),
        (HANG, Ending.HANG),
        (ran(exit_code=None, signal=9, oom_killed=True), Ending.OUT_OF_MEMORY),
        # The log before the code: an abort that a library check made is a stop.
        (said(Tool.CXX_LIBRARY, exit_code=None, signal=6), Ending.STOPPED),
        (said(Tool.ADDRESS, "SEGV"), Ending.CRASHED),
        (said(Tool.ADDRESS, "SEGV", "null-dereference"), Ending.CRASHED),
        (said(Tool.LIBFUZZER, "timeout", "endless-loop"), Ending.HANG),
        # No memory fault, whoever says it: the same ending in both languages.
        (OVERFLOW, Ending.STACK_EXHAUSTION),
        (said(Tool.RUST_ABORT, "stack overflow", "unbounded-recursion"), Ending.STACK_EXHAUSTION),
        (said(Tool.LEAK, "leak", "memory-leak"), Ending.LEAK),
        (said(Tool.LEAK, "leak", "reference-cycle"), Ending.LEAK),
    ],
)
def test_an_ending(one: Replay, ending: Ending) -> None:
    assert ending_of(one) is ending


@pytest.mark.parametrize(
    ("log", "ending"),
    [
        ("address/heap_over_read", Ending.DETECTED),
        ("address/double_free", Ending.DETECTED),
        ("leak/cycle", Ending.LEAK),
        ("undefined/signed_add", Ending.DETECTED),
        ("panics/unwrap_none", Ending.STOPPED),
        ("panics/recursion", Ending.STACK_EXHAUSTION),
        ("production/stack_smashed", Ending.CRASHED),
        ("production/double_free", Ending.CRASHED),
        ("production/fortified_copy", Ending.STOPPED),
        ("production/vector_index", Ending.STOPPED),
        ("production/out_of_range", Ending.STOPPED),
        ("production/assertion", Ending.STOPPED),
    ],
)
def test_real_logs_end_as_the_table_says(log: str, ending: Ending) -> None:
    found = first_report((LOGS / f"{log}.log").read_text())
    assert found is not None
    assert ending_of(ran(exit_code=1, report=found)) is ending


# --- does it count ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stack", "counts"),
    [
        (HERE, True),
        (ELSEWHERE, False),
        ((*ELSEWHERE, *HERE), True),
        ((Frame(function=None, file="/job/src/txt.cpp", line=41),), True),
        ((Frame(function=None, file="/job/src/name.cpp", line=41),), False),
        ((Frame(function="read_txt_again"),), False),
        ((Frame(function="<dns::rdata::Txt as dns::Rdata>::read_txt"),), True),
        # Nothing is known of the place, or of the function that it lies in: the canary has to speak.
        ((), True),
        ((Frame(function=None, file="/job/src/txt.cpp", line=42),), True),
        ((Frame(function="std::optional<int>::operator*()", file="/usr/include/c++/12/optional", line=447),), True),
        ((Frame(function=None, module="libc.so.6", offset=8),), True),
    ],
)
def test_a_report_counts_where_a_stack_touches_the_patch(stack: tuple[Frame, ...], counts: bool) -> None:
    assert touches(report(Tool.ADDRESS, stack=stack), frozenset({"read_txt"}), CHANGED) is counts
    judged = {Flavour.ADDRESS: [replace(ASAN, report=report(Tool.ADDRESS, stack=stack))]}
    assert bool(catches(runs_of([CLEAN], judged), Flavour.ADDRESS)) is counts
    assert verdict_of(CLEAN, judges=judged).rung is (Rung.DETECTED if counts else Rung.NOT_SEEN)


def test_the_stack_of_an_allocation_counts_too() -> None:
    freed = replace(report(Tool.ADDRESS, stack=ELSEWHERE), other_stacks=(("freed by", HERE),))
    assert touches(freed, frozenset({"read_txt"}), {})


@pytest.mark.parametrize("counterpart", [[], [ASAN], [SEGV], [named(CLEAN, "b")]])
def test_nothing_counts_where_the_counterpart_is_not_clean(counterpart: list[Replay]) -> None:
    runs = runs_of([CLEAN], {Flavour.ADDRESS: [ASAN]})
    runs = replace(runs, counterpart={Flavour.DEFAULT: [CLEAN], Flavour.ADDRESS: counterpart})
    assert catches(runs, Flavour.ADDRESS) == {}
    assert runtime_verdict(runs, Flavour.DEFAULT).rung is Rung.NOT_SEEN


# --- rungs -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "rung", "detail"),
    [
        (PANIC, Rung.STOPPED, "rust panic"),
        (ran(exit_code=101), Rung.STOPPED, "stopped"),
        (SEGV, Rung.CRASHED, "signal 11"),
        (said(Tool.GLIBC_HEAP, exit_code=None, signal=6), Rung.CRASHED, "glibc heap check"),
        (HANG, Rung.OBSERVED, "hang"),
        (ran(exit_code=None, oom_killed=True, signal=9), Rung.OBSERVED, "out of memory"),
        (said(Tool.RUST_ABORT, "stack overflow", "unbounded-recursion"), Rung.OBSERVED, "stack exhaustion"),
        (ran(exit_code=3), Rung.CRASHED, "unknown"),
    ],
)
def test_production_that_ends_decides_the_rung(one: Replay, rung: Rung, detail: str) -> None:
    verdict = verdict_of(one, named(one, "b"), judges={Flavour.ADDRESS: [ASAN, named(ASAN, "b")]})
    assert (verdict.rung, verdict.detail, verdict.k, verdict.n) == (rung, detail, 2, 2)


def test_the_worst_input_decides_and_the_others_are_told() -> None:
    verdict = verdict_of(PANIC, named(PANIC, "b"), named(SEGV, "c"))
    assert verdict == Verdict(rung=Rung.CRASHED, detail="signal 11; stopped 2/3", k=1, n=3)
    verdict = verdict_of(PANIC, named(SEGV, "b"), named(HANG, "c"))
    assert verdict == Verdict(rung=Rung.OBSERVED, detail="hang; stopped 1/3; crashed 1/3", k=1, n=3)


def test_one_input_on_which_production_goes_on_decides_over_those_that_end() -> None:
    others = [named(SEGV, name) for name in "bcd"]
    verdict = verdict_of(CLEAN, *others, judges={Flavour.ADDRESS: [ASAN, *(named(ASAN, name) for name in "bcd")]})
    assert verdict == Verdict(rung=Rung.DETECTED, detail="AddressSanitizer; crashed 3/4", k=1, n=1)
    # "Not seen" must not hide that production died on the other inputs.
    assert verdict_of(CLEAN, *others).detail == "triggered but undetected; crashed 3/4"


@pytest.mark.parametrize("tool", [Tool.ADDRESS, Tool.UNDEFINED, Tool.MEMORY, Tool.THREAD, Tool.TYPE])
def test_production_goes_on_and_a_judge_sees_it(tool: Tool) -> None:
    flavour = Flavour(tool.removesuffix("Sanitizer").removesuffix("Behavior").lower())
    verdict = verdict_of(CLEAN, named(CLEAN, "b"), judges={flavour: [said(tool), named(CLEAN, "b")]})
    assert verdict == Verdict(rung=Rung.DETECTED, detail=str(tool), k=1, n=2)


def test_a_judge_that_dies_detects_and_says_so() -> None:
    verdict = verdict_of(CLEAN, judges={Flavour.THREAD: [SEGV]})
    assert (verdict.rung, verdict.detail) == (Rung.DETECTED, "signal 11 in the thread build")


@pytest.mark.parametrize("one", [HANG, OVERFLOW, ran(exit_code=None, oom_killed=True)])
def test_what_only_a_slower_build_cannot_finish_is_no_detection(one: Replay) -> None:
    assert verdict_of(CLEAN, judges={Flavour.ADDRESS: [one]}).rung is Rung.NOT_SEEN


def test_the_canary_and_the_other_production_flavour_are_no_judges() -> None:
    verdict = verdict_of(CLEAN, judges={Flavour.CANARY: [ASAN], Flavour.HARDENED: [PANIC]})
    assert verdict.rung is Rung.NOT_SEEN


def test_a_leak_is_observed() -> None:
    assert verdict_of(CLEAN, judges={Flavour.ADDRESS: [LEAK]}) == Verdict(rung=Rung.OBSERVED, detail="leak", k=1, n=1)
    # A memory fault on another input of the same mistake comes first.
    both = {Flavour.ADDRESS: [LEAK, named(ASAN, "b")]}
    assert verdict_of(CLEAN, named(CLEAN, "b"), judges=both).rung is Rung.DETECTED


@pytest.mark.parametrize("judge", [OVERFLOW, said(Tool.RUST_ABORT, "stack overflow", "unbounded-recursion")])
def test_a_bare_segfault_is_the_stack_where_some_build_says_so(judge: Replay) -> None:
    verdict = verdict_of(SEGV, judges={Flavour.ADDRESS: [judge]})
    assert (verdict.rung, verdict.detail) == (Rung.OBSERVED, "stack exhaustion")
    # On that input only.
    assert verdict_of(SEGV, judges={Flavour.ADDRESS: [named(judge, "b")]}).rung is Rung.CRASHED


def test_wrong_output_is_observed() -> None:
    wrong = ran(stdout="other")
    verdict = verdict_of(wrong, named(CLEAN, "b"))
    assert verdict == Verdict(rung=Rung.OBSERVED, detail="wrong output", k=1, n=2)
    assert verdict_of(wrong, variant=Variant.RUST, undefined=False).rung is Rung.OBSERVED


def test_wrong_output_needs_the_counterpart_s_answer() -> None:
    runs = runs_of([ran(stdout="other")], {Flavour.HARDENED: [ran(stdout="other")]})
    assert wrong_outputs(replace(runs, counterpart={}), Flavour.DEFAULT) == set()
    assert wrong_outputs(replace(runs, counterpart={Flavour.DEFAULT: [SEGV]}), Flavour.DEFAULT) == set()
    # A counterpart that was not asked in the hardened flavour answers there as in the default one.
    asked_once = replace(runs, counterpart={Flavour.DEFAULT: [CLEAN]})
    assert runtime_verdict(asked_once, Flavour.HARDENED).detail == "wrong output"


@pytest.mark.parametrize(
    ("variant", "undefined", "rung"),
    [
        (Variant.CPP, True, Rung.NOT_SEEN),
        (Variant.RUST_UNSAFE, True, Rung.NOT_SEEN),
        (Variant.RUST, True, Rung.NO_EFFECT),
        (Variant.RUST_NEXT, True, Rung.NO_EFFECT),
        (Variant.CPP, False, Rung.NO_EFFECT),
    ],
)
def test_silence_is_no_effect_only_where_nothing_can_be_undefined(
    variant: Variant, undefined: bool, rung: Rung
) -> None:
    verdict = verdict_of(CLEAN, judges={Flavour.ADDRESS: [CLEAN]}, variant=variant, undefined=undefined)
    assert verdict.rung is rung
    assert "safe" not in verdict.detail


def test_a_stack_pointer_that_was_written_over_is_no_stack_that_ran_out() -> None:
    """TSan calls a jump to nowhere a stack overflow where it happens near the stack."""
    exhausted = said(Tool.THREAD, "stack-overflow", "unbounded-recursion")
    faulty = said(Tool.ADDRESS, "stack-buffer-overflow", "stack-buffer-overflow")
    judges = {Flavour.THREAD: [exhausted], Flavour.ADDRESS: [faulty]}
    assert verdict_of(SEGV, judges=judges).rung is Rung.CRASHED
    assert verdict_of(SEGV, judges={Flavour.THREAD: [exhausted]}).rung is Rung.OBSERVED
    smashed = said(Tool.STACK_PROTECTOR, "stack smashing detected", "stack-buffer-overflow")
    assert verdict_of(smashed, judges={Flavour.THREAD: [exhausted]}).rung is Rung.CRASHED


@pytest.mark.parametrize("variant", Variant)
def test_a_harm_outside_of_one_run_is_not_seen_in_any_language(variant: Variant) -> None:
    assert verdict_of(CLEAN, variant=variant, undefined=False, latent=True).rung is Rung.NOT_SEEN


def test_without_replays_nothing_is_seen() -> None:
    assert verdict_of() == Verdict(rung=Rung.NOT_SEEN, detail="no triggering input was replayed")


def test_everybody_who_catches_it_is_listed_in_the_flavours_order() -> None:
    runs = runs_of(
        [ran(stdout="other"), named(CLEAN, "b")],
        {
            Flavour.THREAD: [CLEAN, named(CLEAN, "b")],
            Flavour.ADDRESS: [ASAN, named(SEGV, "b")],
            Flavour.HARDENED: [PANIC, named(PANIC, "b")],
            Flavour.CANARY: [ASAN],
        },
    )
    assert tools_that_catch(runs) == (
        "default: wrong output 1/2",
        "hardened: rust panic 2/2",
        "address: AddressSanitizer 1/2",
        "address: signal 11 1/2",
    )


# --- any evidence at all ---------------------------------------------------------------------------

REPORTS = st.none() | st.builds(
    report,
    tool=st.sampled_from(Tool),
    kind=st.sampled_from(["SEGV", "kind"]),
    bug_class=st.sampled_from([None, "unbounded-recursion", "memory-leak", "endless-loop", "double-free"]),
    stack=st.sampled_from([HERE, ELSEWHERE, ()]),
)
REPLAYS = st.builds(
    Replay,
    input=st.sampled_from("abc"),
    exit_code=st.none() | st.sampled_from([0, 0, 1, 101]),
    signal=st.none() | st.integers(1, 31),
    timed_out=st.booleans(),
    oom_killed=st.booleans(),
    stdout=st.sampled_from("xy"),
    log=st.just(""),
    report=REPORTS,
)
BY_FLAVOUR = st.dictionaries(st.sampled_from(Flavour), st.lists(REPLAYS, max_size=4, unique_by=lambda one: one.input))
RUNS = st.builds(
    Runs,
    variant=st.sampled_from(Variant),
    undefined=st.booleans(),
    latent=st.booleans(),
    functions=st.just(frozenset({"read_txt"})),
    changed=st.just(CHANGED),
    own=BY_FLAVOUR,
    counterpart=BY_FLAVOUR,
)


@given(RUNS, st.sampled_from([Flavour.DEFAULT, Flavour.HARDENED]), st.randoms())
def test_any_evidence_has_one_verdict_whatever_its_order(runs: Runs, flavour: Flavour, order: Any) -> None:
    verdict = runtime_verdict(runs, flavour)
    mixed = replace(
        runs,
        own={
            one: order.sample(runs.own[one], len(runs.own[one])) for one in order.sample(list(runs.own), len(runs.own))
        },
    )
    assert runtime_verdict(mixed, flavour) == verdict
    assert tools_that_catch(mixed) == tools_that_catch(runs)
    assert 0 <= verdict.k <= verdict.n <= len(runs.own.get(flavour, ()))
    assert verdict.rung not in (Rung.REJECTED, Rung.WARNED), "those are the compiler's"


@given(RUNS, st.sampled_from([Flavour.DEFAULT, Flavour.HARDENED]))
def test_stopped_means_every_input(runs: Runs, flavour: Flavour) -> None:
    stopped = runtime_verdict(runs, flavour).rung is Rung.STOPPED
    endings = {ending_of(one) for one in runs.own.get(flavour, ())}
    assert stopped is (endings == {Ending.STOPPED})
