"""Signatures: what they join and part by rule, and that a rebuild of a real log's program changes neither level."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzzpair.bug_classes import BUG_CLASSES
from fuzzpair.model.crash_report import Access, CrashReport, Frame
from fuzzpair.model.tool import Tool
from fuzzpair.triage import parse_log
from fuzzpair.triage.families import FAMILIES, family_of
from fuzzpair.triage.signature import SCHEME, Signature, cause, signature
from fuzzpair.triage.wording import constant_part
from grouped_logs import CHANGES, NAMES, report_of, text_of


def stack(*functions: str) -> tuple[Frame, ...]:
    return tuple(Frame(function=name, file="/src/dns.cpp", line=number) for number, name in enumerate(functions))


def crash(
    bug_class: str | None = "use-after-free",
    at: tuple[str, ...] = ("dns::use",),
    tool: Tool = Tool.ADDRESS,
    kind: str = "heap-use-after-free",
    **beside: tuple[str, ...],
) -> CrashReport:
    others = tuple((label.replace("_", " "), stack(*names)) for label, names in beside.items())
    return CrashReport(tool=tool, kind=kind, bug_class=bug_class, stack=stack(*at), other_stacks=others)


def panic(message: str, kind: str = "panic", at: tuple[str, ...] = ("dns::name",)) -> CrashReport:
    report = crash("explicit-panic", at, Tool.RUST_PANIC, kind, panicked_at=("",))
    return replace(report, message=message)


def of(name: str) -> Signature:
    return signature(report_of(text_of(name)), name)


def is_one_bug(*reports: CrashReport) -> bool:
    return len({signature(report, str(number)).bug for number, report in enumerate(reports)}) == 1


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_rebuild_changes_nothing(change: Callable[[str], str]) -> None:
    changed = {name: change(text_of(name)) for name in NAMES}
    assert sum(text != text_of(name) for name, text in changed.items()) > 5, "the change finds nothing to change"
    different = [name for name, text in changed.items() if signature(report_of(text), name) != of(name)]
    assert different == []


def test_lines_hold_no_line_and_no_address() -> None:
    lines = [(name, line) for name in NAMES for line in (*of(name).bug_lines, *of(name).crash_lines)]
    assert lines
    place = re.compile(r":\d+\b|(?<!\+)0x[0-9a-f]{6,}|\x1b")
    wrong = [f"{name}: {line}" for name, line in lines if place.search(line.replace(name, ""))]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("address/global_over_read", "address_and_undefined/global_over_read"),
        ("address/virtual_call_on_freed", "address_and_undefined/virtual_call_on_freed"),
        ("panics_v0/in_closure", "panics_legacy/in_closure"),
        ("panics_v0/index_past_slice", "panics_legacy/index_past_slice"),
        ("panics/other_thread", "panics/index_past_slice"),
        ("undefined/signed_add", "undefined/two_findings"),
        ("fuzz/aborts", "fuzz_plain/aborts"),
    ],
)
def test_one_slip_by_two_tools_or_builds_is_one_bug(one: str, other: str) -> None:
    assert of(one).bug == of(other).bug


def test_v0_and_legacy_names_are_the_same_crash() -> None:
    assert of("panics_v0/in_closure").crash == of("panics_legacy/in_closure").crash


@pytest.mark.parametrize(
    "name", ["fuzz/coverage", "panics/recursion", "production/double_free", "production/stack_smashed"]
)
def test_the_unknown_is_one_of_a_kind(name: str) -> None:
    report = report_of(text_of(name))
    assert signature(report, "1").bug != signature(report, "2").bug
    assert signature(report, "1").bug_lines[0].startswith("unknown: ")


def test_no_report_and_a_report_without_facts_differ() -> None:
    bare = CrashReport(tool=Tool.SIGNAL, kind="SEGV", bug_class=None)
    assert signature(None, "1").bug_lines == ("unknown: no report", "digest 1")
    assert signature(bare, "1").bug_lines == ("unknown: out of bounds", "digest 1")


def in_file(file: str, function: str = "dns::parse") -> CrashReport:
    return replace(crash(), stack=(Frame(function=function, file=file),))


def test_an_inlined_function_that_lost_its_namespace_is_the_same_place() -> None:
    # What clang prints of one function, inlined or not, with line tables alone.
    whole, bare = (
        replace(crash(), stack=(Frame(function=name, file="/src/a.cpp"),)) for name in ("dns::B::f(int)", "f")
    )
    assert signature(whole, "").bug == signature(bare, "").bug
    assert signature(whole, "").crash == signature(bare, "").crash


def test_two_functions_of_one_name_are_told_by_their_files() -> None:
    one, other = (
        replace(crash(), stack=(Frame(function="dns::parse", file=f"/src/{file}"),)) for file in ("a.cpp", "b.cpp")
    )
    assert signature(one, "").bug != signature(other, "").bug


def test_a_unit_of_code_generation_is_no_file() -> None:
    units = ("dns.28d8bd86c3d38d26-cgu.08", "dns.0123456789abcdef-cgu.2")
    one, other = map(in_file, units)
    assert signature(one, "").bug_lines == ("lifetime", "in parse")
    assert signature(one, "").bug == signature(other, "").bug


def test_a_bug_of_the_harness_has_a_place_of_its_own() -> None:
    one, other = crash(at=("LLVMFuzzerTestOneInput",)), crash(at=("main",))
    assert signature(one, "").bug_lines == ("lifetime", "in LLVMFuzzerTestOneInput (dns.cpp)")
    assert not is_one_bug(one, other)


def test_callers_part_crashes_and_not_bugs() -> None:
    one, other = crash(at=("dns::use", "dns::a", "main")), crash(at=("dns::use", "dns::b", "main"))
    assert is_one_bug(one, other)
    assert signature(one, "").crash != signature(other, "").crash


def test_two_families_in_one_function_are_two_bugs() -> None:
    assert not is_one_bug(crash(), crash("memory-leak", kind="direct leak", tool=Tool.LEAK))


def test_the_place_of_the_release_parts_bugs() -> None:
    one, other = crash(freed_by=("dns::clear",)), crash(freed_by=("dns::evict",))
    assert not is_one_bug(one, other)


def test_a_destructor_is_no_place_of_release() -> None:
    assert is_one_bug(crash(), crash(freed_by=("dns::Table::~Table", "dns::use")))
    assert signature(crash(freed_by=("dns::Table::~Table",)), "").bug_lines[-1] == "released in ~Table (dns.cpp)"


def test_use_and_second_release_are_two_ends_of_one_slip() -> None:
    late, twice = crash(freed_by=("dns::clear",)), crash("double-free", kind="double-free", freed_by=("dns::clear",))
    assert is_one_bug(late, twice)
    assert signature(late, "").crash != signature(twice, "").crash


def test_the_release_is_the_same_for_three_sanitizers() -> None:
    address = crash(freed_by=("dns::clear",))
    memory = crash(tool=Tool.MEMORY, kind="use-of-uninitialized-value", origin=("dns::clear",))
    thread = crash(tool=Tool.THREAD, previous_access=("dns::clear",))
    assert is_one_bug(address, memory, thread)


def test_the_sides_of_a_race_have_no_order() -> None:
    facts: tuple[str, Tool, str] = ("data-race", Tool.THREAD, "data race")
    one = crash(facts[0], ("dns::add", "dns::run"), *facts[1:], previous_access=("dns::find",))
    other = crash(facts[0], ("dns::find",), *facts[1:], previous_access=("dns::add", "dns::run"))
    assert signature(one, "") == signature(other, "")
    assert signature(one, "").bug_lines == ("race", "between add (dns.cpp) and find (dns.cpp)")


def test_an_uninitialised_value_is_known_by_its_origin() -> None:
    facts: tuple[Tool, str] = (Tool.MEMORY, "use-of-uninitialized-value")
    one = crash("uninitialised-read", ("dns::a",), *facts, origin=("dns::make",))
    other = crash("uninitialised-read", ("dns::b",), *facts, origin=("dns::make",))
    without = crash("uninitialised-read", ("dns::a",), *facts)
    assert is_one_bug(one, other)
    assert signature(without, "").bug_lines == ("uninitialised", "in a (dns.cpp)")


def test_two_variables_of_one_function_are_two_origins() -> None:
    made = [report_of(text_of("memory/stack_value")), report_of(text_of("memory/stack_value"))]
    assert made[0] is not None
    other = replace(made[0], message=made[0].message.replace("'local'", "'second'"))
    assert not is_one_bug(made[0], other)


def test_a_leak_is_known_by_its_allocation_and_the_caller() -> None:
    facts: tuple[Tool, str] = (Tool.LEAK, "direct leak")
    one = crash("memory-leak", ("dns::make", "dns::a"), *facts)
    assert not is_one_bug(one, crash("memory-leak", ("dns::make", "dns::b"), *facts))
    assert is_one_bug(one, crash("reference-cycle", ("dns::make", "dns::a", "dns::c"), *facts))


def test_a_recursion_is_its_cycle_however_deep_and_wherever_it_ends() -> None:
    facts: tuple[Tool, str] = (Tool.ADDRESS, "stack-overflow")
    name = "unbounded-recursion"
    one = crash(name, ("leaf", *(("a", "b") * 50), "start"), *facts)
    other = crash(name, ("b", *(("a", "b") * 70), "start"), *facts)
    assert signature(one, "").bug_lines == ("recursion", "recursion of a (dns.cpp), b (dns.cpp)")
    assert is_one_bug(one, other)
    deeper = crash(name, ("leaf", *(("a", "b") * 60), "start"), *facts)
    assert signature(one, "") == signature(deeper, "")


def test_panics_are_known_by_place_and_words() -> None:
    assert is_one_bug(panic("label 3 is too long"), panic("label 64 is too long"))
    assert not is_one_bug(panic("label 3 is too long"), panic("name 3 is too long"))
    assert not is_one_bug(panic("bad", at=("dns::a",)), panic("bad", at=("dns::b",)))
    unwraps = (f"called `Result::unwrap()` on an `Err` value: {error}" for error in ("Truncated", "BadLabel"))
    assert is_one_bug(*(panic(text, "unwrap on Err") for text in unwraps))


def test_a_closure_is_its_function() -> None:
    assert is_one_bug(
        crash(at=("dns::use::$_0::operator()(int) const",)), crash(at=("dns::use::{{closure}}",)), crash()
    )


def test_a_log_without_a_place_takes_the_one_of_its_signal() -> None:
    reports = parse_log(text_of("fuzz/throws"))
    alone, whole = signature(reports[0], ""), signature(cause(reports), "")
    assert alone.bug_lines == ("uncaught exception", "saying std::runtime_error: truncated")
    assert whole.bug_lines == ("uncaught exception", "in throws (fuzz.cpp)", "from fuzz.cpp", alone.bug_lines[-1])
    assert cause(()) is None


def test_keys_name_their_level_and_scheme() -> None:
    made = signature(crash(), "")
    assert re.fullmatch(rf"bug{SCHEME}-[0-9a-f]{{16}}", made.bug)
    assert re.fullmatch(rf"crash{SCHEME}-[0-9a-f]{{16}}", made.crash)


def test_every_class_has_its_family_and_no_class_has_two() -> None:
    assert set(FAMILIES) == set(BUG_CLASSES)
    assert family_of(crash(None, kind="ILL")) == "ILL"
    assert family_of(crash("pointer-overflow", kind="nullptr-with-nonzero-offset")) == "null"
    assert family_of(crash("of-a-later-version")) == "of-a-later-version"


@pytest.mark.parametrize(
    ("message", "constant"),
    [
        ("index 5 of 0x7ffd10, 1_000 and 1.5e3", "index <n> of <n>, <n> and <n>e<n>"),
        ("can't read 'a' or \"b \\\" c\" here", "can't read <text> or <text> here"),
        ("bad: Error { kind: Inner { at: 3 } }", "bad: Error <fields>"),
        ("\n\n  first\nsecond", "first"),
        ("", ""),
    ],
)
def test_constant_part(message: str, constant: str) -> None:
    assert constant_part(message) == constant


@given(st.text(st.sampled_from("ab'\"\\{}0x9., \n<>") | st.characters(), max_size=80))
@settings(deadline=None)
def test_the_constant_part_stays(message: str) -> None:
    assert constant_part(constant_part(message)) == constant_part(message)


WORDS = st.text(max_size=12) | st.sampled_from(
    ["main", "malloc", "dns::f", "a::$_0::operator()", "/src/a.cpp", "'", "\ud800"]
)
MAYBE = st.none() | WORDS
NUMBERS = st.none() | st.integers(0, 1 << 64)
FRAMES = st.builds(Frame, function=MAYBE, file=MAYBE, line=NUMBERS, column=NUMBERS, module=MAYBE, offset=NUMBERS)
STACKS = st.lists(FRAMES, max_size=5).map(tuple)
LABELS = st.sampled_from(
    ["freed by", "allocated by", "origin", "previous access", "panicked at", "live allocation", ""]
)
REPORTS = st.builds(
    CrashReport,
    tool=st.sampled_from(Tool),
    kind=WORDS | st.sampled_from(["SEGV", "panic", "data race", "deadly signal"]),
    bug_class=st.none() | st.sampled_from(sorted(BUG_CLASSES)),
    message=WORDS,
    access=st.none() | st.sampled_from(Access),
    stack=STACKS,
    other_stacks=st.lists(st.tuples(LABELS, STACKS), max_size=4).map(tuple),
)


@given(REPORTS, REPORTS)
@settings(deadline=None)
def test_any_report_has_a_signature_and_the_same_crash_is_the_same_bug(one: CrashReport, other: CrashReport) -> None:
    first, second = signature(one, "1"), signature(other, "1")
    assert signature(one, "1") == first
    assert first.crash != second.crash or first.bug == second.bug
    assert cause((one, other)) is not None


@given(REPORTS, st.integers(1, 1 << 20))
@settings(deadline=None)
def test_positions_do_not_count(report: CrashReport, by: int) -> None:
    moved = tuple(replace(frame, line=by, column=by) for frame in report.stack)
    assert signature(replace(report, stack=moved), "1") == signature(report, "1")
