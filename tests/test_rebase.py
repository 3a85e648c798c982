"""Patches follow the parser to the one place that fits; where a person has to look, they are left as they were."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzzpair.errors import PatchError
from fuzzpair.patches import apply_patch, parse_patch
from fuzzpair.rebase import rebase
from tiny_cli import Here

LINES = [f"    statement_number_{number}();" for number in range(30)]
TREE = {"src/a.cpp": "\n".join([*LINES, ""])}
PATCH = """\
Leave one out

Function: parse

diff --git a/src/a.cpp b/src/a.cpp
--- a/src/a.cpp
+++ b/src/a.cpp
@@ -9,5 +9,5 @@
     statement_number_8();
     statement_number_9();
-    statement_number_10();
+    slip();
     statement_number_11();
     statement_number_12();
@@ -20,4 +20,5 @@
     statement_number_19();
     statement_number_20();
+    another_slip();
     statement_number_21();
     statement_number_22();
"""


def rebased(tree: dict[str, str]) -> str:
    return rebase(parse_patch(PATCH, "one.patch"), tree)


def planted(lines: list[str]) -> list[str]:
    """What the two hunks mean, whatever stands around them."""
    at = lines.index(LINES[10])
    done = [*lines[:at], "    slip();", *lines[at + 1 :]]
    at = done.index(LINES[20]) + 1
    return [*done[:at], "    another_slip();", *done[at:]]


EDITS = st.lists(st.tuples(st.integers(0, 30), st.sampled_from(["    more();", "", "}", "    statement_number_3();"])))


@given(edits=EDITS)
def test_it_plants_the_same_lines_or_says_that_it_cannot(edits: list[tuple[int, str]]) -> None:
    lines = list(LINES)
    for at, text in edits:
        lines.insert(min(at, len(lines)), text)
    tree = {"src/a.cpp": "\n".join([*lines, ""])}
    try:
        text = rebased(tree)
    except PatchError:
        return
    applied = apply_patch(parse_patch(text, "one.patch"), tree).tree["src/a.cpp"].split("\n")
    assert [line for line in applied if "slip" in line] == ["    slip();", "    another_slip();"]
    assert applied[applied.index("    slip();") - 1] != LINES[10]
    assert LINES[10] not in applied
    assert sorted(applied) == sorted(planted([*lines, ""]))


@given(above=st.lists(st.sampled_from(["", "// words", "int more;"]), max_size=40))
def test_what_is_moved_whole_keeps_its_words_and_its_meaning(above: list[str]) -> None:
    lines = [*above, *LINES, ""]
    text = rebased({"src/a.cpp": "\n".join(lines)})
    assert text.startswith("Leave one out\n\nFunction: parse\n\ndiff --git")
    applied = apply_patch(parse_patch(text, "one.patch"), {"src/a.cpp": "\n".join(lines)})
    assert applied.tree["src/a.cpp"].split("\n") == planted(lines)


def test_context_that_changed_is_left_out() -> None:
    lines = [LINES[8].replace("8", "eight") if line == LINES[8] else line for line in LINES]
    tree = {"src/a.cpp": "\n".join([*lines, ""])}
    applied = apply_patch(parse_patch(rebased(tree), "one.patch"), tree)
    assert applied.tree["src/a.cpp"].split("\n") == planted([*lines, ""])


@pytest.mark.parametrize(
    "lines",
    [
        [line for line in LINES if line != LINES[10]],
        [*LINES, *LINES],
        [line.replace("_10()", "_10(1)") for line in LINES],
    ],
    ids=["the patched line is gone", "it stands there twice", "it changed"],
)
def test_what_needs_a_hand(lines: list[str]) -> None:
    with pytest.raises(PatchError, match=r"one\.patch:8: the hunk at .* has no place of its own"):
        rebased({"src/a.cpp": "\n".join([*lines, ""])})


def test_a_file_that_is_gone() -> None:
    with pytest.raises(PatchError, match=r"no file src/a\.cpp in the target any more"):
        rebased({"src/b.cpp": ""})


def test_the_verb_writes_what_it_can_and_names_the_rest(here: Here) -> None:
    path = here.pair.root / "targets-cpp/tiny/src/name.cpp"
    path.write_text("// a line more\n" + path.read_text())
    here.pair.write("targets-rust/tiny/src/lib.rs", "pub fn parse() {\n    check_twice();\n}\n")
    assert here("rebase") == 3
    assert "re-based: " in here.out
    assert "stale.patch" in here.out
    assert "needs a hand: " in here.out
    assert here("rebase", "wrong") == 3, "what has a place is re-based once, the rest is still named"
    assert "re-based" not in here.out
    here.pair.write("targets-rust/tiny/src/lib.rs", "pub fn parse() {\n    check();\n}\n")
    assert here("rebase") == 0
    assert here("run") == 0
