"""A patch applies exactly at its place, or not at all."""

from __future__ import annotations

import contextlib
import difflib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzzpair.errors import PatchError
from fuzzpair.patches import Applied, apply_patch, parse_patch

FILE = "src/name.cpp"
OLD = "".join(f"line {number}\n" for number in range(1, 21))
PATCH = """\
The title

Bug-Class: off-by-one

diff --git a/src/name.cpp b/src/name.cpp
index 1111111..2222222 100644
--- a/src/name.cpp
+++ b/src/name.cpp
@@ -3,5 +3,5 @@ void parse() {
 line 3
 line 4
-line 5
+line five
 line 6
 line 7
"""
HEAD = "--- a/src/name.cpp\n+++ b/src/name.cpp\n"


def applied(patch: str, old: str = OLD) -> Applied:
    return apply_patch(parse_patch(patch, "one.patch"), {FILE: old, "src/other.cpp": "other\n"})


def problem_of(patch: str, old: str = OLD) -> str:
    with pytest.raises(PatchError) as caught:
        applied(patch, old)
    assert caught.value.message.startswith("one.patch")
    return caught.value.message


def diff_of(old: str, new: str, context: int) -> str:
    lines = difflib.unified_diff(
        old.splitlines(keepends=True), new.splitlines(keepends=True), f"a/{FILE}", f"b/{FILE}", n=context
    )
    return "".join(lines)


def test_a_patch_applies_at_its_place() -> None:
    done = applied(PATCH)
    assert done.tree[FILE] == OLD.replace("line 5\n", "line five\n")
    assert done.tree["src/other.cpp"] == "other\n"
    # Line 4 stays as it was: a message about it alone is no evidence.
    assert done.changed == {FILE: frozenset({5})}


def test_a_deletion_is_told_by_its_neighbours() -> None:
    assert applied(f"{HEAD}@@ -5,1 +4,0 @@\n-line 5\n").changed == {FILE: frozenset({4, 5})}


def test_an_insertion_without_context_goes_behind_its_line() -> None:
    done = applied(f"{HEAD}@@ -2,0 +3,2 @@\n+new\n+newer\n")
    assert done.tree[FILE].split("\n")[1:5] == ["line 2", "new", "newer", "line 3"]
    assert done.changed == {FILE: frozenset({3, 4})}


def test_the_words_in_front_are_the_header() -> None:
    patch = parse_patch(PATCH, "one.patch")
    assert patch.header == "The title\n\nBug-Class: off-by-one\n"
    assert patch.diff.startswith("diff --git ")


def test_an_empty_context_line_may_have_lost_its_space() -> None:
    assert applied(f"{HEAD}@@ -1,2 +1,2 @@\n\n-b\n+c\n", "\nb\n").tree[FILE] == "\nc\n"


@pytest.mark.parametrize(
    ("patch", "said"),
    [
        (PATCH.replace("-3,5 +3,5", "-4,5 +4,5"), "src/name.cpp:4 is 'line 4', the patch expects 'line 3'"),
        (PATCH.replace(" line 6", " line 6 "), "is 'line 6', the patch expects 'line 6 '"),
        (PATCH.replace(" line 6", "  line 6"), "expects ' line 6'"),
        (PATCH.replace("-3,5 +3,5", "-18,5 +18,5"), "expects 'line 3'"),
        (PATCH.replace("line 3\n line 4\n", "line 19\n line 20\n").replace("-3,5", "-19,5"), "expects 'line 5'"),
        (PATCH.replace("\n", "\r\n"), r"expects 'line 3\r'"),
        (f"{HEAD}@@ -500,0 +501 @@\n+x\n", "has no line 500"),
        (f"{HEAD}@@ -0,1 +1 @@\n-line 1\n+x\n", "overlap"),
    ],
)
def test_nothing_is_moved_to_fit(patch: str, said: str) -> None:
    assert said in problem_of(patch)


@pytest.mark.parametrize(
    ("patch", "said"),
    [
        ("", "holds no diff"),
        ("only words\n", "holds no diff"),
        (HEAD, "changes no line"),
        (HEAD.replace("+++ b/", "+++ "), "expected `+++ b/<path>`"),
        ("--- a/src/name.cpp\n+++ /dev/null\n@@ -1 +0,0 @@\n-line 1\n", "neither made nor removed"),
        (f"--- a/{FILE}\n@@ -1 +1 @@\n-line 1\n+x\n", "in front of any"),
        (f"{HEAD}@@ -1 @@\n-line 1\n+x\n", "malformed hunk header"),
        (f"{HEAD}@@ -1,3 +1,3 @@\n-line 1\n+x\n", "ends too early"),
        (f"{HEAD}@@ -1,1 +1,2 @@\n-line 1\n-line 2\n+x\n+y\n", "other lines than its header counts"),
        (f"{HEAD}@@ -1 +1 @@\n-line 1\n+x\nand so on\n", "not part of a unified diff"),
        (f"{HEAD}rename from a\n", "not part of a unified diff"),
        ("diff --git a/x b/x\nBinary files a/x and b/x differ\n", "not part of a unified diff"),
        (f"{HEAD}@@ -1 +1 @@\n-line 1\n+line 1\n", "leaves the target as it was"),
    ],
)
def test_what_is_no_patch_is_told_by_its_line(patch: str, said: str) -> None:
    assert said in problem_of(patch)


@pytest.mark.parametrize("path", ["../outside.cpp", "src/../../outside.cpp", "/etc/passwd"])
def test_a_path_may_not_leave_the_target(path: str) -> None:
    said = problem_of(PATCH.replace("+++ b/src/name.cpp", f"+++ b/{path}"))
    assert said.startswith("one.patch:8: ")
    assert "leaves the target's folder" in said


def test_a_file_that_is_not_there_is_told() -> None:
    assert "there is no file src/gone.cpp" in problem_of(PATCH.replace("name.cpp", "gone.cpp"))


@pytest.mark.parametrize("second", ["@@ -5 +5 @@\n-line 5\n+y\n", "@@ -1 +1 @@\n-line 1\n+y\n"])
def test_hunks_may_not_overlap_nor_go_back(second: str) -> None:
    assert "overlap or are out of order" in problem_of(PATCH + second)
    assert "overlap or are out of order" in problem_of(PATCH + HEAD + second)


@pytest.mark.parametrize(
    "hunk",
    [
        "@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+c\n",
        "@@ -1,2 +1,2 @@\n a\n-b\n+c\n\\ No newline at end of file\n",
    ],
)
def test_a_file_without_its_last_newline_is_refused(hunk: str) -> None:
    # Applied without a look at that line, the newline would come or go in silence.
    assert "has no newline" in problem_of(HEAD + hunk, "a\nb")
    assert "has no newline" in problem_of(HEAD + hunk, "a\nb\n")


def test_a_file_of_two_patches_of_it_is_put_together() -> None:
    two = PATCH + HEAD + "@@ -18 +18 @@\n-line 18\n+line eighteen\n"
    assert applied(two).changed == {FILE: frozenset({5, 18})}


# Few distinct lines, so that a hunk would fit in more than one place.
TEXTS = st.lists(st.sampled_from(["", "a", " a", "b", "-b", "+c", "@@ -1 +1 @@", "--- a/x", "\\"]), max_size=14).map(
    lambda lines: "".join(f"{line}\n" for line in lines)
)


@given(old=TEXTS, new=TEXTS, context=st.integers(min_value=0, max_value=3))
def test_any_diff_applies_exactly_and_names_the_lines_that_differ(old: str, new: str, context: int) -> None:
    if old == new:
        return
    done = applied(diff_of(old, new, context), old)
    assert done.tree[FILE] == new
    assert done.changed[FILE] == changed_lines(old, new)


def changed_lines(old: str, new: str) -> frozenset[int]:
    """The lines that differ by difflib itself, whose hunks and ours could agree on a wrong place."""
    matcher = difflib.SequenceMatcher(None, old.splitlines(keepends=True), new.splitlines(keepends=True))
    lines: set[int] = set()
    for tag, _, _, first, end in matcher.get_opcodes():
        if tag == "delete":
            lines.update((first, first + 1))
        elif tag != "equal":
            lines.update(range(first + 1, end + 1))
    return frozenset(lines)


@given(old=TEXTS, new=TEXTS, other=TEXTS)
def test_a_diff_of_another_file_is_refused_or_changes_only_its_lines(old: str, new: str, other: str) -> None:
    try:
        done = applied(diff_of(old, new, 3), other)
    except PatchError:
        return
    kept = [line for number, line in enumerate(done.tree[FILE].split("\n"), 1) if number not in done.changed[FILE]]
    assert not set(kept) - set(other.split("\n"))


@given(st.text(st.sampled_from("ab \n-+@\\,0123/.\r\t"), max_size=80), st.booleans())
def test_arbitrary_text_is_refused_in_no_other_way(text: str, has_head: bool) -> None:
    with contextlib.suppress(PatchError):
        assert applied(f"{HEAD}{text}" if has_head else text).changed
