"""The table of bug classes is closed, complete and without doubles."""

from __future__ import annotations

import pickle
import re

import pytest

from fuzzpair.bug_classes import BUG_CLASSES, GROUPS, bug_class, candidates, classify
from fuzzpair.errors import UsageError
from fuzzpair.model.crash_report import Access
from fuzzpair.model.tool import Tool


def test_slugs_are_unique_across_groups() -> None:
    rows = [row for group in GROUPS.values() for row in group]
    assert len(rows) == len(BUG_CLASSES) >= 75


@pytest.mark.parametrize("slug", BUG_CLASSES)
def test_every_row_is_complete(slug: str) -> None:
    known = bug_class(slug)
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", slug)
    assert known.title
    assert known.cwe_name
    assert known.group in GROUPS
    assert all(kinds for kinds in known.tool_names.values())
    assert pickle.loads(pickle.dumps(known)) == known


def test_a_wrong_name_gets_a_hint() -> None:
    with pytest.raises(UsageError) as caught:
        bug_class("use-after-fre")
    assert "perhaps you meant" in caught.value.next_step
    assert "use-after-free" in caught.value.next_step


def test_a_name_like_no_other_gets_the_place_of_the_list() -> None:
    with pytest.raises(UsageError) as caught:
        bug_class("zzz")
    assert "bug_classes.py" in caught.value.next_step


@pytest.mark.parametrize(
    ("tool", "kind", "access", "slug"),
    [
        (Tool.ADDRESS, "heap-buffer-overflow", Access.READ, "heap-buffer-overflow-read"),
        (Tool.ADDRESS, "heap-buffer-overflow", Access.WRITE, "heap-buffer-overflow-write"),
        (Tool.ADDRESS, "stack-buffer-underflow", Access.WRITE, "stack-buffer-overflow"),
        (Tool.ADDRESS, "heap-use-after-free", Access.READ, "use-after-free"),
        (Tool.ADDRESS, "stack-use-after-return", Access.READ, "use-after-return"),
        (Tool.ADDRESS, "stack-use-after-scope", Access.READ, "use-after-scope"),
        (Tool.ADDRESS, "stack-overflow", None, "unbounded-recursion"),
        (Tool.ADDRESS, "SEGV", Access.READ, None),
        (Tool.SIGNAL, "FPE", None, "division-by-zero"),
        (Tool.UNDEFINED, "dynamic-type-mismatch", None, "bad-downcast"),
        (Tool.MEMORY, "use-of-uninitialized-value", None, "uninitialised-read"),
        (Tool.THREAD, "data race", Access.WRITE, "data-race"),
        (Tool.TYPE, "type-aliasing-violation", Access.READ, "strict-aliasing"),
        (Tool.LIBFUZZER, "timeout", None, "endless-loop"),
        (Tool.LIBFUZZER, "deadly signal", None, None),
        (Tool.RUST_PANIC, "index out of bounds", None, "index-out-of-bounds"),
        (Tool.CXX_EXCEPTION, "dns::Error", None, "uncaught-exception"),
        (Tool.CXX_EXCEPTION, "std::bad_alloc", None, "impossible-allocation"),
        (Tool.CXX_LIBRARY, "library assertion failed", None, None),
        (Tool.CANARY, "anything", None, None),
    ],
)
def test_classify(tool: Tool, kind: str, access: Access | None, slug: str | None) -> None:
    assert classify(tool, kind, access) == slug


def test_a_report_may_be_about_more_than_it_shows() -> None:
    slugs = candidates(Tool.ADDRESS, "heap-use-after-free", Access.READ)
    assert slugs[0] == "use-after-free"
    assert {"iterator-invalidation", "dangling-view", "call-on-freed-object"} <= set(slugs)


def test_controls_and_logic_are_named_by_no_tool() -> None:
    groups = ("controls", "logic")
    assert all(not known.tool_names for known in BUG_CLASSES.values() if known.group in groups)
