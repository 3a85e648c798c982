"""Groups: over the real logs as their truth has it, under rulings, and in whatever order the items come."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzzpair.errors import ConfigError
from fuzzpair.model.crash_report import CrashReport, Frame
from fuzzpair.model.tool import Tool
from fuzzpair.triage.grouping import Grouping, Item, UnusedRuling, group
from fuzzpair.triage.rulings import Join, Rulings, Split, parse_rulings
from fuzzpair.triage.signature import signature
from grouped_logs import (
    by_frames,
    by_same_bug,
    every_changed_log,
    every_log,
    function_of,
    grouped_per_s,
    named_logs,
    precision_and_recall,
    slips,
    wrong_pairs,
)


def item(name: str, at: str = "f", caller: str = "g", family: str = "double-free") -> Item:
    frames = tuple(Frame(function=function, file="/src/a.cpp", line=1) for function in (at, caller))
    report = CrashReport(tool=Tool.ADDRESS, kind=family, bug_class=family, stack=frames)
    return Item(name=name, report=report, digest=name)


def bug(one: Item) -> str:
    return signature(one.report, one.digest).bug


def crash(one: Item) -> str:
    return signature(one.report, one.digest).crash


def members(grouping: Grouping) -> list[list[str]]:
    return sorted(list(finding.items) for finding in grouping.findings)


# --- one input under several tools ---------------------------------------------------------------


def told(name: str, tool: Tool, kind: str, at: str = "f", given: str = "one") -> Item:
    stack = (Frame(function=at, file="/src/a.cpp", line=1),) if at else ()
    report = CrashReport(tool=tool, kind=kind, bug_class=kind, stack=stack)
    return Item(name=name, report=report, digest=name, input=given)


OVERFLOW = told("address", Tool.ADDRESS, "heap-buffer-overflow-read")
FREED = told("thread", Tool.THREAD, "use-after-free")
UNSET = told("memory", Tool.MEMORY, "uninitialised-read")


@given(st.permutations([OVERFLOW, FREED, UNSET]))
def test_one_input_in_one_function_is_one_bug_whatever_each_tool_calls_it(items: list[Item]) -> None:
    (found,) = group(items).findings
    assert found.items == ("address", "memory", "thread")
    assert found.key == bug(OVERFLOW), "the tool that can tell the most names it, in any order"


def test_without_the_input_or_on_another_only_the_class_decides() -> None:
    assert len(group([replace(one, input="") for one in (OVERFLOW, FREED, UNSET)]).findings) == 3
    assert len(group([OVERFLOW, replace(FREED, input="two")]).findings) == 2


def test_one_input_that_shows_two_functions_may_be_two_bugs() -> None:
    elsewhere = told("undefined", Tool.UNDEFINED, "signed-overflow", at="g")
    assert len(group([OVERFLOW, elsewhere]).findings) == 2
    assert len(group([OVERFLOW, told("undefined", Tool.UNDEFINED, "index-out-of-bounds", at="g")]).findings) == 2


def test_a_report_without_a_place_goes_with_its_family_on_the_same_input() -> None:
    nameless = told("production", Tool.GLIBC_HEAP, "double-free", at="")
    assert len(group([told("address", Tool.ADDRESS, "double-free"), nameless]).findings) == 1
    assert len(group([OVERFLOW, nameless]).findings) == 2
    # Of two functions of one family nobody can say which it is.
    two = [told(at, Tool.ADDRESS, "double-free", at=at) for at in ("f", "g")]
    assert len(group([*two, nameless]).findings) == 3


def test_what_one_input_links_other_inputs_share() -> None:
    items = [OVERFLOW, FREED, replace(FREED, name="second", input="two"), replace(OVERFLOW, name="third", input="")]
    assert members(group(items)) == [["address", "second", "third", "thread"]]


def test_a_ruling_on_any_of_the_linked_signatures_holds() -> None:
    elsewhere = told("else", Tool.ADDRESS, "memory-leak", at="h", given="three")
    join = Join(line=1, signatures=(bug(FREED), bug(elsewhere)), reason="one slip")
    (found,) = group([OVERFLOW, FREED, elsewhere], Rulings(joins=(join,))).findings
    assert found.key == min(bug(FREED), bug(elsewhere)), "of those that a person wrote down"
    assert found.rulings == ("one slip",)
    split = Split(line=1, signature=crash(FREED), reason="its own")
    assert members(group([OVERFLOW, FREED], Rulings(splits=(split,)))) == [["address"], ["thread"]]


# --- the real logs -----------------------------------------------------------------------------


def test_no_two_slips_are_joined() -> None:
    assert wrong_pairs(every_log(), by_same_bug(every_log()))[0] == set()
    assert precision_and_recall(every_changed_log(), by_same_bug(every_changed_log()))[0] == 1


def test_slips_are_parted_only_where_a_log_shows_no_place() -> None:
    parted = wrong_pairs(every_log(), by_same_bug(every_log()))[1]
    assert [pair for pair in parted if all(map(function_of, pair.split()))] == []
    assert precision_and_recall(named_logs(), by_same_bug(named_logs())) == (1, 1)


@pytest.mark.parametrize("count", [3, None])
def test_the_usual_states_are_worse(count: int | None) -> None:
    ours, usual = (precision_and_recall(named_logs(), way(named_logs())) for way in (by_same_bug, by_frames(count)))
    assert ours > usual


def test_the_truth_knows_slips_seen_by_several_builds() -> None:
    assert slips()["panics/other_thread"] == slips()["panics_v0/index_past_slice"]
    assert slips()["undefined_quiet/two_findings"] == slips()["undefined/signed_add"]
    assert slips()["fuzz_plain/null_write"] != slips()["leak/null_write"]


# --- groups ------------------------------------------------------------------------------------


def test_a_finding_holds_its_crashes() -> None:
    grouping = group([item("1"), item("2", caller="h"), item("3"), item("4", at="x")])
    assert members(grouping) == [["1", "2", "3"], ["4"]]
    finding = next(finding for finding in grouping.findings if len(finding.items) == 3)
    assert finding.key == bug(item("1"))
    assert sorted(crash.items for crash in finding.crashes) == [("1", "3"), ("2",)]


def test_unknown_logs_never_meet() -> None:
    unknown = [Item(name=str(number), report=None, digest=str(number)) for number in range(3)]
    bare = CrashReport(tool=Tool.SIGNAL, kind="SEGV", bug_class=None)
    assert len(group([*unknown, Item(name="4", report=bare, digest="0")]).findings) == 4


AN_ITEM = st.builds(
    item,
    st.text("abc", min_size=1, max_size=3),
    st.sampled_from("fgh"),
    st.sampled_from("fgh"),
    st.sampled_from(["double-free", "use-after-free", "memory-leak"]),
)


@given(st.lists(AN_ITEM, max_size=12), st.data())
@settings(deadline=None)
def test_the_order_of_items_changes_nothing_and_none_is_lost(items: list[Item], data: st.DataObject) -> None:
    known = [bug(one) for one in items] or [bug(item("1"))]
    joined = data.draw(st.lists(st.sampled_from(known), min_size=2, max_size=3))
    split = data.draw(st.lists(st.sampled_from([crash(one) for one in items] or ["none"]), max_size=2, unique=True))
    rulings = Rulings(
        joins=(Join(signatures=tuple(joined), reason="one slip", line=1),),
        splits=tuple(Split(signature=key, reason="two slips", line=2) for key in split),
    )
    shuffled = data.draw(st.permutations(items))
    assert group(shuffled, rulings) == group(items, rulings)
    assert sorted(name for finding in group(items, rulings).findings for name in finding.items) == sorted(
        one.name for one in items
    )


def test_time_is_linear() -> None:
    # Pairwise comparison would be five times slower per log; chance on a busy machine is not.
    assert max(grouped_per_s(10) for _ in range(3)) > grouped_per_s(2) / 3


# --- rulings -----------------------------------------------------------------------------------


def test_a_join_makes_one_finding_and_says_why() -> None:
    one, other = item("1"), item("2", at="x")
    rulings = Rulings(joins=(Join(signatures=(bug(one), bug(other)), reason="one slip", line=2),))
    (finding,) = group([one, other], rulings).findings
    assert (finding.items, finding.rulings) == (("1", "2"), ("one slip",))
    # The key is the same on a night that sees only one of them.
    assert [group([seen], rulings).findings[0].key for seen in (one, other)] == [finding.key] * 2


def test_joins_that_share_a_signature_are_one() -> None:
    items = [item(str(number), at=f"f{number}") for number in range(4)]
    keys = [bug(one) for one in items]
    joins = [Join(signatures=(keys[a], keys[b]), reason=f"{a}{b}", line=1) for a, b in ((2, 3), (0, 1), (1, 2))]
    assert len(group(items, Rulings(joins=tuple(joins))).findings) == 1


def test_a_split_sets_one_crash_apart_and_a_join_may_put_it_elsewhere() -> None:
    one, other, third = item("1"), item("2", caller="h"), item("3", at="x")
    split = Split(signature=crash(other), reason="another slip", line=1)
    parted = group([one, other, third], Rulings(splits=(split,)))
    assert members(parted) == [["1"], ["2"], ["3"]]
    assert {finding.key: finding.rulings for finding in parted.findings}[crash(other)] == ("another slip",)
    join = Join(signatures=(crash(other), bug(third)), reason="seen in x", line=2)
    assert members(group([one, other, third], Rulings(joins=(join,), splits=(split,)))) == [["1"], ["2", "3"]]


def test_a_ruling_that_matches_nothing_is_reported() -> None:
    one, gone = item("1"), item("2", at="x")
    join = Join(signatures=(bug(one), bug(gone)), reason="one slip", line=3)
    split = Split(signature=crash(gone), reason="another", line=7)
    assert group([one], Rulings(joins=(join,), splits=(split,))).unused == (
        UnusedRuling(line=3, signature=bug(gone), reason="one slip"),
        UnusedRuling(line=7, signature=crash(gone), reason="another"),
    )


BUG, BUG2, CRASH = "bug3-00112233445566aa", "bug3-00112233445566bb", "crash3-00112233445566cc"
GROUPS = f"""\
# reviewed on Mondays
join:
  - signatures: [{BUG}, {BUG2}]
    reason: the length is checked nowhere
split:
  - signature: {CRASH}
    reason: "a second slip in read_name"
"""


def test_a_groups_file_is_read_with_its_lines() -> None:
    assert parse_rulings(GROUPS.encode()) == Rulings(
        joins=(Join(signatures=(BUG, BUG2), reason="the length is checked nowhere", line=4),),
        splits=(Split(signature=CRASH, reason="a second slip in read_name", line=6),),
    )


@pytest.mark.parametrize("content", [b"", b"# nothing yet\n", b"join: []\n", b"{}"])
def test_a_file_may_hold_no_rulings(content: bytes) -> None:
    assert parse_rulings(content) == Rulings()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("joins: []", "groups.yml:1: unknown key 'joins'; perhaps you meant 'join'"),
        (f"join:\n- signatures: [{BUG}, {BUG2}]\n", "groups.yml:2: 'join[0].reason' is missing"),
        (f"split:\n- signature: {CRASH}\n  reason: ' '\n", "groups.yml:3: "),
        (f"join:\n- signatures: [{BUG}]\n  reason: x\n", "groups.yml:2: "),
        (f"join:\n- signatures:\n  - {BUG}\n  - 12\n  - {BUG2}\n  reason: x\n", "groups.yml:4: "),
        (f"join:\n- signatures:\n  - {BUG}\n  - bug-7\n  reason: x\n", "groups.yml:4: 'bug-7' is not a signature"),
        (
            f"join:\n- reason: x\n  signatures: [{BUG}, {CRASH}]\n",
            f"groups.yml:3: {CRASH} is a same-crash signature: split it first",
        ),
        (f"split:\n- signature: {BUG}\n  reason: x\n", f"groups.yml:2: '{BUG}' is not a same-crash signature"),
        (
            f"split:\n- {{signature: {CRASH}, reason: x}}\n- {{signature: {CRASH}, reason: y}}\n",
            f"groups.yml:3: {CRASH} is split twice, first on line 2",
        ),
        ("join: [", "groups.yml:1: "),
        ("- a", "groups.yml:1: "),
        ('join: "\\e"', "groups.yml:1: "),
    ],
)
def test_a_wrong_file_is_named_with_its_line(content: str, message: str) -> None:
    with pytest.raises(ConfigError) as raised:
        parse_rulings(content.encode())
    assert raised.value.message.startswith(message)
    assert "docs/triage.md" in raised.value.next_step
    assert raised.value.message.isprintable() or "\n" in raised.value.message


def is_refused(content: bytes) -> bool:
    """Whether the file is refused, and then by a line of it; nothing else may be raised."""
    try:
        parse_rulings(content)
    except ConfigError as error:
        return error.message.startswith("groups.yml:")
    return False


@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "replace")))
@settings(deadline=None)
def test_text_that_is_no_ruling_never_becomes_one(content: bytes) -> None:
    assert is_refused(content) or parse_rulings(content) == Rulings()


@given(st.integers(0, len(GROUPS) - 1), st.sampled_from(["", "\t", ":", "- ", "[", "'", "bug3-"]))
@settings(deadline=None)
def test_a_damaged_file_is_read_or_refused(place: int, put: str) -> None:
    damaged = (GROUPS[:place] + put + GROUPS[place + 1 :]).encode()
    assert is_refused(damaged) or isinstance(parse_rulings(damaged), Rulings)
