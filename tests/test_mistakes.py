"""Patches and their trailers become trees; what cannot become one says why. The pair's own patches all can."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from fuzzpair.bug_classes import BUG_CLASSES
from fuzzpair.errors import PatchError
from fuzzpair.mistakes import Mistake, Planted, load_mistake, mistake_names, read_tree
from fuzzpair.model.language import Language, Variant

REPOSITORY = Path(__file__).parent.parent
CPP, RUST = REPOSITORY / "targets-cpp" / "dns", REPOSITORY / "targets-rust" / "dns"
REAL = mistake_names(CPP, RUST)

TRAILERS = """\
Copy the label without a look at its length

Words about it.

Bug-Class: heap-buffer-overflow-write
CWE: 787
Born-In: C++
Imitates: CVE-2020-0001
Function: parse
Canary-At: src/name.cpp: copy(a, b);
Canary: a.size()
  > b.size()
"""
CPP_DIFF = "\n--- a/src/name.cpp\n+++ b/src/name.cpp\n@@ -2,2 +2 @@\n-    check(a);\n     copy(a, b);\n"
CPP_FIXED = "--- a/src/name.cpp\n+++ b/src/name.cpp\n@@ -2 +2 @@\n-    check(a);\n+    check(a, b);\n"
RUST_PATCH = "The same\n\nFunction: parse\n\n--- a/src/name.rs\n+++ b/src/name.rs\n@@ -2 +2 @@\n-    1\n+    2\n"
RUST_WITH_FACTS = TRAILERS.partition("Canary-At")[0] + RUST_PATCH.partition("Function: parse\n")[2]


class Pair:
    """A made-up pair whose patches a test writes."""

    def __init__(self, root: Path) -> None:
        self.cpp, self.rust = root / "targets-cpp" / "tiny", root / "targets-rust" / "tiny"
        write(self.cpp / "src/name.cpp", "void parse() {\n    check(a);\n    copy(a, b);\n}\n")
        write(self.rust / "src/name.rs", "fn parse() {\n    1\n}\n")
        write(self.rust / "fuzz/fuzz_targets/message.rs", "fuzz\n")
        write(self.rust / "target/src/built.rs", "not a source\n")
        write(self.rust / "src/notes.md", "not a source\n")
        self.plant("cpp", "slip", TRAILERS + CPP_DIFF)
        self.plant("rust", "slip", RUST_PATCH)

    def plant(self, language: str, name: str, text: str) -> None:
        folder = self.cpp if language == "cpp" else self.rust
        write(folder / "mistakes" / f"{name}.patch", text)

    def load(self, name: str = "slip") -> Mistake:
        return load_mistake(name, self.cpp, self.rust)

    def planted(self, variant: Variant = Variant.CPP) -> Planted:
        one = self.load().variant(variant)
        assert one is not None
        return one

    def problem(self, variant: Variant = Variant.CPP) -> str:
        one = self.planted(variant)
        assert one.problem is not None
        assert (one.tree, one.canary_tree, one.fixed_tree) == ({}, None, None), "a broken patch must not be built"
        return one.problem


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return Pair(tmp_path)


def test_the_sources_of_a_twin(pair: Pair) -> None:
    assert set(read_tree(pair.rust)) == {"src/name.rs", "fuzz/fuzz_targets/message.rs"}


def test_a_mistake_is_its_trailers_and_its_variants(pair: Pair) -> None:
    mistake = pair.load()
    facts = (mistake.bug_class, mistake.cwe, mistake.born_in, mistake.imitates, mistake.target)
    assert facts == ("heap-buffer-overflow-write", 787, Language.CPP, "CVE-2020-0001", "message")
    assert mistake.title == "Copy the label without a look at its length"
    assert [one.variant for one in mistake.planted] == [Variant.CPP, Variant.RUST]
    assert [one.problem for one in mistake.planted] == [None, None]


def test_a_planted_tree_differs_in_the_patch_and_its_canary_in_the_overlay(pair: Pair) -> None:
    planted = pair.planted()
    assert planted.tree["src/name.cpp"] == "void parse() {\n    copy(a, b);\n}\n"
    assert planted.canary_tree is not None
    assert planted.canary_tree["src/name.cpp"].split("\n")[1:4] == [
        "::fuzzpair_canary((a.size()",
        "> b.size()) ? 1 : 0);",
        "    copy(a, b);",
    ]
    assert (planted.functions, planted.fixed_tree) == (frozenset({"parse"}), None)
    assert pair.planted(Variant.RUST).canary_tree is None


def test_next_and_unsafe_variants_are_read_where_they_are(pair: Pair) -> None:
    pair.plant("rust", "slip.next", RUST_PATCH.replace("+    2", "+    3"))
    pair.plant("rust", "slip.unsafe", RUST_PATCH.replace("+    2", "+    4"))
    trees = {one.variant: one.tree["src/name.rs"] for one in pair.load().planted if one.variant is not Variant.CPP}
    assert {variant: text.split("\n")[1].strip() for variant, text in trees.items()} == {
        Variant.RUST: "2",
        Variant.RUST_NEXT: "3",
        Variant.RUST_UNSAFE: "4",
    }


def test_a_fixed_counterpart_is_a_tree_of_its_own_and_part_of_the_digest(pair: Pair) -> None:
    before = pair.planted().digest
    pair.plant("cpp", "slip.fixed", CPP_FIXED)
    planted = pair.planted()
    assert planted.fixed_tree is not None
    assert "check(a, b)" in planted.fixed_tree["src/name.cpp"]
    assert planted.digest != before


@pytest.mark.parametrize("variant", [Variant.CPP, Variant.RUST])
def test_a_patch_that_is_taken_away_is_told(pair: Pair, variant: Variant) -> None:
    pair.plant("rust", "slip", RUST_WITH_FACTS)
    folder = pair.cpp if variant is Variant.CPP else pair.rust
    (folder / "mistakes/slip.patch").unlink()
    assert pair.problem(variant) == f"there is no patch targets-{variant}/tiny/mistakes/slip.patch"
    other = pair.planted(Variant.RUST if variant is Variant.CPP else Variant.CPP)
    assert other.problem is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (TRAILERS + CPP_DIFF.replace("check(a)", "check(b)"), "does not apply: src/name.cpp:2"),
        (TRAILERS.replace("Function: parse", "Function: gone") + CPP_DIFF, "`Function: gone` names no function"),
        (TRAILERS.replace("Function: parse\n", "") + CPP_DIFF, "names no function of a patched file"),
        (TRAILERS.replace("copy(a, b);", "copy(b);") + CPP_DIFF, "occurs 0 times"),
    ],
)
def test_a_broken_patch_is_told_and_the_other_variants_go_on(pair: Pair, text: str, said: str) -> None:
    pair.plant("cpp", "slip", text)
    assert said in pair.problem()
    assert "targets-cpp/tiny/mistakes/slip.patch" in pair.problem()
    assert pair.planted(Variant.RUST).problem is None


@pytest.mark.parametrize(
    "text", ["", CPP_FIXED.replace("check(a);", "check();"), CPP_DIFF.replace("@@ -2,2", "@@ -3,2")]
)
def test_a_broken_counterpart_is_not_taken_for_none(pair: Pair, text: str) -> None:
    pair.plant("cpp", "slip.fixed", text)
    assert "slip.fixed.patch" in pair.problem()


@pytest.mark.parametrize("name", ["slip", "slip.fixed"])
def test_what_cannot_be_read_is_told_by_its_own_name(pair: Pair, name: str) -> None:
    pair.plant("rust", "slip", RUST_WITH_FACTS)
    path = pair.cpp / "mistakes" / f"{name}.patch"
    path.write_bytes(b"\xff\xfe")
    assert pair.problem() == f"targets-cpp/tiny/mistakes/{name}.patch: is not UTF-8 text"
    path.unlink()
    path.mkdir()
    assert f"mistakes/{name}.patch: cannot be read: " in pair.problem()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("Born-In: C++", "Born-In: C", "should be C++ or Rust"),
        ("CWE: 787", "CWE: CWE-787", "should be a number"),
        ("CWE: 787\n", "", "no patch states `CWE:`"),
        ("heap-buffer-overflow-write", "heap-bufer-overflow-write", "perhaps you meant heap-buffer-overflow-write"),
    ],
)
def test_facts_that_cannot_be_read_are_the_patch_s_problem(pair: Pair, old: str, new: str, said: str) -> None:
    pair.plant("cpp", "slip", TRAILERS.replace(old, new) + CPP_DIFF)
    with pytest.raises(PatchError) as caught:
        pair.load()
    assert said in caught.value.message
    assert caught.value.message.startswith("slip: ")


def test_trailers_may_not_contradict_each_other(pair: Pair) -> None:
    pair.plant("rust", "slip", RUST_PATCH.replace("Function:", "CWE: 125\nFunction:"))
    with pytest.raises(PatchError, match=r"disagree on `CWE:` \('787' and '125'\)"):
        pair.load()


def test_a_misspelt_trailer_is_a_broken_patch_and_other_prose_is_not(pair: Pair) -> None:
    pair.plant("rust", "slip", RUST_PATCH.replace("Function:", "Traget: stream\nFunction:"))
    assert "`Traget:` is not known; perhaps you meant `Target:`" in pair.problem(Variant.RUST)
    pair.plant("rust", "slip", RUST_PATCH.replace("Function:", "Reviewed-By: somebody\nFunction:"))
    assert pair.planted(Variant.RUST).problem is None


def test_a_trailer_that_is_stated_twice_is_a_broken_patch(pair: Pair) -> None:
    pair.plant("rust", "slip", RUST_PATCH.replace("Function:", "Function: other\nFunction:"))
    assert "`Function:` is stated twice" in pair.problem(Variant.RUST)


def test_a_mistake_with_no_patch_at_all_says_which_are_missing(pair: Pair) -> None:
    with pytest.raises(PatchError, match=r"no patch states `Bug-Class:`.*there is no patch .*/gone.patch"):
        pair.load("gone")


@pytest.mark.parametrize("name", ["Slip", "../slip", "slip_two", "", "slip.next"])
def test_a_name_is_words_joined_by_hyphens(pair: Pair, name: str) -> None:
    with pytest.raises(PatchError, match="no mistake's name"):
        pair.load(name)


def test_names_are_of_every_patch_in_either_twin(pair: Pair) -> None:
    pair.plant("rust", "only-rust.next", RUST_PATCH)
    assert mistake_names(pair.cpp, pair.rust) == ["only-rust", "slip"]


# --- the pair's own --------------------------------------------------------------------------------


@cache
def real(name: str) -> Mistake:
    """Each is read once a process: its two trees and all of its patches cost more than what is asked of it."""
    return load_mistake(name, CPP, RUST)


# One test a rule, which names every mistake that breaks it.


def test_every_patch_of_the_pair_can_be_planted() -> None:
    assert REAL
    planted = {(name, one.variant): one.problem for name in REAL for one in real(name).planted}
    problems = [f"{name} {variant}: {problem}" for (name, variant), problem in planted.items() if problem]
    assert not problems, "\n".join(problems)
    assert {real(name).bug_class for name in REAL} <= BUG_CLASSES.keys()
    assert [name for name in REAL if not real(name).title] == []


def test_whatever_is_sure_to_compile_has_a_canary() -> None:
    # Plain Rust may be rejected, and has one only where it is not; the compiler alone can say that.
    sure = [(name, one) for name in REAL for one in real(name).planted if one.variant is not Variant.RUST]
    without = [f"{name} {one.variant}" for name, one in sure if one.canary_tree is None]
    assert not without, "\n".join(without)


def test_every_file_beside_the_patches_is_one_that_is_read() -> None:
    paths = [path for folder in (CPP, RUST) for path in folder.glob("mistakes/*")]
    assert len(paths) >= len(REAL)
    wrong = sorted(filter(None, map(unread, paths)))
    assert not wrong, "\n".join(wrong)


def unread(path: Path) -> str:
    """What is wrong with a file's name; empty where nothing is."""
    variants = ("", ".next", ".unsafe") if path.is_relative_to(RUST) else ("",)
    name = path.name.split(".")[0]
    suffix = path.name.removeprefix(name)
    if suffix not in {f"{variant}{fixed}.patch" for variant in variants for fixed in ("", ".fixed")}:
        return f"{path}: no such variant"
    mistake = path.with_name(f"{name}{suffix.replace('.fixed', '')}")
    return "" if mistake.is_file() else f"{path}: a counterpart of nothing"


# --- the list as a whole ---------------------------------------------------------------------------

# Classes that reports are read into, and no slip of this pair is made of.
NOT_PLANTED = {
    "invalid-builtin-argument": "the parser counts no bits",
    "const-input-written": "libFuzzer's own check of a target, not of a parser",
    "pure-virtual-call": "call-on-freed-object is the slip that leads to it",
    "mutex-misuse": "double-lock and lock-order-inversion are the slips that lead to it",
    "thread-leak": "the threads are joined where they are started",
    "signal-unsafe-call": "the pair handles no signal",
    "explicit-panic": "unchecked-unwrap and reachable-assertion are the slips that lead to it",
}


def test_every_class_has_its_mistake_or_a_reason() -> None:
    planted = {real(name).bug_class for name in REAL}
    assert planted.isdisjoint(NOT_PLANTED)
    assert planted | NOT_PLANTED.keys() == BUG_CLASSES.keys()


def test_both_languages_have_mistakes_of_their_own() -> None:
    born = [real(name).born_in for name in REAL]
    assert born.count(Language.CPP) >= 45
    assert born.count(Language.RUST) >= 10


def test_a_leak_is_no_call_that_is_made_for_leaking() -> None:
    leaks = [real(name) for name in REAL if real(name).bug_class in ("memory-leak", "reference-cycle")]
    assert leaks
    added = [
        f"{one.name}: {line}"
        for one in leaks
        for planted in one.planted
        for line in planted.patch_text.splitlines()
        if line.startswith("+")
    ]
    calls = [line for line in added if re.search(r"\b(forget|leak)\(", line)]
    assert not calls, "\n".join(calls)
