"""What one input shows to several tools: each rule that makes a link, and each that refuses one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fuzzpair.model.crash_report import Access, CrashReport, Frame
from fuzzpair.model.tool import Tool
from fuzzpair.triage.families import BOUNDS, INTEGER_OVERFLOW, LEAK, LIFETIME, LOCK, RACE, UNINITIALISED, may_be_one
from fuzzpair.triage.grouping import Item, group
from fuzzpair.triage.links import MOST_BUGS


def frames(stack: str) -> tuple[Frame, ...]:
    """`f < g`: f called by g."""
    return tuple(Frame(function=name, file="/src/a.cpp", line=1) for name in stack.split(" < ") if name)


def told(
    name: str,
    tool: Tool,
    kind: str,
    stack: str = "f < g < h",
    *,
    given: str = "one",
    known: bool = True,
    access: Access | None = None,
    **others: str,
) -> Item:
    report = CrashReport(
        tool=tool,
        kind=kind,
        bug_class=kind if known else None,
        access=access,
        stack=frames(stack),
        other_stacks=tuple((label.replace("_", " "), frames(text)) for label, text in others.items()),
    )
    return Item(name=name, report=report, digest=f"{name} {given}", input=given)


def members(*items: Item) -> list[list[str]]:
    return sorted(list(finding.items) for finding in group(items).findings)


WRITTEN = told("asan", Tool.ADDRESS, "heap-buffer-overflow-write", access=Access.WRITE)


# --- in one function -----------------------------------------------------------------------------


def test_a_race_is_seen_elsewhere_as_damage_and_as_nothing_else() -> None:
    race = told("tsan", Tool.THREAD, "data-race", previous_access="f < g < h")
    assert members(race, told("asan", Tool.ADDRESS, "use-after-free")) == [["asan", "tsan"]]
    assert members(race, told("abort", Tool.RUST_ABORT, "reached-unreachable")) == [["abort"], ["tsan"]]


def test_a_leak_or_a_lock_is_nothing_else_in_its_function() -> None:
    assert not may_be_one(LEAK, BOUNDS)
    assert not may_be_one(LOCK, LIFETIME)
    assert may_be_one(UNINITIALISED, BOUNDS)
    assert may_be_one(RACE, RACE)
    assert not may_be_one(INTEGER_OVERFLOW, RACE)


def test_two_bugs_of_one_tool_in_one_function_stay_two_and_the_other_tool_goes_with_the_nearer() -> None:
    ends = told("end", Tool.ADDRESS, "use-after-free")
    msan = told("msan", Tool.MEMORY, "use-after-free")
    assert members(WRITTEN, ends, msan) == [["asan"], ["end", "msan"]]
    unset = told("msan", Tool.MEMORY, "uninitialised-read")
    assert members(WRITTEN, ends, unset) == [["asan"], ["end"], ["msan"]], "as near to either, so neither's"


# --- of one family, on one stack -----------------------------------------------------------------


def test_what_its_caller_is_blamed_for_is_one_bug_where_the_family_is_one() -> None:
    inlined = told("msan", Tool.MEMORY, "use-after-free", "g < h")
    assert members(told("asan", Tool.ADDRESS, "use-after-free"), inlined) == [["asan", "msan"]]


def test_the_release_may_be_what_the_other_tool_names() -> None:
    released = told("asan", Tool.ADDRESS, "use-after-free", freed_by="drop_all < h")
    assert members(released, told("tsan", Tool.THREAD, "use-after-free", "drop_all < h")) == [["asan", "tsan"]]


def test_of_two_families_a_common_caller_says_nothing() -> None:
    overflow = told("ubsan", Tool.UNDEFINED, "signed-overflow", "g < h")
    assert members(WRITTEN, overflow) == [["asan"], ["ubsan"]]


# --- echoes --------------------------------------------------------------------------------------


def test_a_wild_signal_follows_the_harm_that_a_sanitizer_saw_on_that_input() -> None:
    signal = told("tsan", Tool.SIGNAL, "SEGV", "size < g < h", known=False)
    assert members(WRITTEN, signal) == [["asan", "tsan"]]
    assert members(WRITTEN, told("tsan", Tool.SIGNAL, "SEGV", "", known=False)) == [["asan", "tsan"]]
    assert members(WRITTEN, told("tsan", Tool.SIGNAL, "SEGV", "size", given="two", known=False)) == [["asan"], ["tsan"]]


def test_a_null_pointer_is_a_bug_of_its_own() -> None:
    assert members(WRITTEN, told("tsan", Tool.SIGNAL, "null-dereference", "size < g < h")) == [["asan"], ["tsan"]]


def test_a_heap_found_damaged_was_written_to_or_released() -> None:
    damaged = told("glibc", Tool.GLIBC_HEAP, "heap-corruption", "")
    assert members(WRITTEN, damaged) == [["asan", "glibc"]]
    reads = told("asan", Tool.ADDRESS, "heap-buffer-overflow-read", access=Access.READ)
    assert members(reads, damaged) == [["asan"], ["glibc"]]


def test_a_signal_that_the_sanitizer_saw_itself_is_no_echo() -> None:
    own = told("own", Tool.ADDRESS, "SEGV", "size < g < h", known=False)
    other = told("tsan", Tool.SIGNAL, "SEGV", "size < g < h", known=False)
    assert members(WRITTEN, own, other) == [["asan"], ["own", "tsan"]]


def test_an_echo_goes_with_what_shares_more_of_its_stack() -> None:
    far = told("far", Tool.ADDRESS, "heap-buffer-overflow-write", "p < q < h", access=Access.WRITE)
    signal = told("tsan", Tool.SIGNAL, "SEGV", "size < g < h", known=False)
    assert members(WRITTEN, far, signal) == [["asan", "tsan"], ["far"]]
    lost = told("tsan", Tool.SIGNAL, "SEGV", "", known=False)
    assert members(WRITTEN, far, lost) == [["asan"], ["far"], ["tsan"]]


def test_an_echo_of_two_bugs_is_neithers() -> None:
    def signal(given: str) -> Item:
        return told(f"signal {given}", Tool.SIGNAL, "SEGV", "size < g < h", known=False, given=given)

    far = told("far", Tool.ADDRESS, "heap-buffer-overflow-write", "p < g < h", access=Access.WRITE, given="two")
    found = members(WRITTEN, far, signal("one"), signal("two"))
    assert found == [["asan"], ["far"], ["signal one", "signal two"]]


def test_a_null_pointer_that_the_caller_of_the_harm_uses_next_is_an_echo() -> None:
    assert members(WRITTEN, told("tsan", Tool.SIGNAL, "null-dereference", "g < h")) == [["asan", "tsan"]]
    assert members(WRITTEN, told("ubsan", Tool.UNDEFINED, "null-dereference", "g < h")) == [["asan", "ubsan"]]
    own = told("own", Tool.ADDRESS, "null-dereference", "g < h")
    assert members(WRITTEN, own, told("tsan", Tool.SIGNAL, "null-dereference", "g < h")) == [["asan"], ["own", "tsan"]]


def test_behind_what_is_undefined_any_signal_may_follow() -> None:
    fell = told("ubsan", Tool.UNDEFINED, "reached-unreachable")
    assert members(fell, told("tsan", Tool.SIGNAL, "SEGV", "", known=False)) == [["tsan", "ubsan"]]


def test_a_check_that_only_one_build_has_comes_before_the_signal_of_the_others() -> None:
    check = told("address", Tool.RUST_PANIC, "signed-overflow")
    assert members(check, told("msan", Tool.SIGNAL, "SEGV", "f < g < h", known=False)) == [["address", "msan"]]


def test_what_is_seen_at_its_use_leads_to_an_echo_in_the_same_function_alone() -> None:
    used = told("msan", Tool.MEMORY, "use-after-free")
    assert members(used, told("ubsan", Tool.SIGNAL, "SEGV", known=False)) == [["msan", "ubsan"]]
    assert members(used, told("ubsan", Tool.SIGNAL, "SEGV", "size < g < h", known=False)) == [["msan"], ["ubsan"]]


def test_an_unset_value_that_only_the_harness_sees_goes_with_the_harm() -> None:
    handed_out = told("msan", Tool.MEMORY, "uninitialised-read", "main")
    assert members(WRITTEN, handed_out) == [["asan", "msan"]]
    from_elsewhere = told("msan", Tool.MEMORY, "uninitialised-read", "main", origin="p < h")
    assert members(WRITTEN, from_elsewhere) == [["asan"], ["msan"]]


def test_two_libraries_word_one_throw_in_two_ways() -> None:
    def thrown(name: str, words: str, kind: str = "std::length_error") -> Item:
        report = CrashReport(tool=Tool.CXX_EXCEPTION, kind=kind, bug_class="impossible-allocation", message=words)
        return Item(name=name, report=report, digest=name, input="one")

    assert members(thrown("gnu", "vector::reserve"), thrown("llvm", "vector")) == [["gnu", "llvm"]]
    assert members(thrown("gnu", "vector::reserve"), thrown("llvm", "basic_string")) == [["gnu"], ["llvm"]]
    of_range = thrown("llvm", "vector", "std::out_of_range")
    assert members(thrown("gnu", "vector::reserve"), of_range) == [["gnu"], ["llvm"]]


# --- closures, order, bounds ---------------------------------------------------------------------


def test_a_closure_without_a_name_is_held_by_the_next_function_of_its_file() -> None:
    inlined = told("asan", Tool.ADDRESS, "use-after-free", "{closure#0} < read < h", given="")
    whole = told("other", Tool.ADDRESS, "use-after-free", "read::{closure#0} < read < h", given="")
    assert members(inlined, whole) == [["asan", "other"]]


ITEMS = [
    WRITTEN,
    told("far", Tool.ADDRESS, "heap-buffer-overflow-write", "p < q < h", access=Access.WRITE),
    told("signal", Tool.SIGNAL, "SEGV", "size < g < h", known=False),
    told("glibc", Tool.GLIBC_HEAP, "heap-corruption", ""),
    told("msan", Tool.MEMORY, "uninitialised-read", "p < q < h"),
    told("signal two", Tool.SIGNAL, "SEGV", "size < g < h", known=False, given="two"),
]


@given(st.permutations(ITEMS))
def test_the_order_of_what_is_shown_changes_nothing(items: list[Item]) -> None:
    assert members(*items) == [["asan", "signal", "signal two"], ["far", "msan"], ["glibc"]]


def test_an_input_that_shows_everything_links_nothing() -> None:
    shown = [told(f"{tool} {n}", tool, "use-after-free", f"f{n} < h") for n in range(MOST_BUGS) for tool in TOOLS]
    assert len(members(*shown)) == MOST_BUGS, "of one key are those of one function all the same"
    assert len(members(*shown, WRITTEN, told("msan", Tool.MEMORY, "uninitialised-read"))) == MOST_BUGS + 2


TOOLS = (Tool.ADDRESS, Tool.THREAD)
