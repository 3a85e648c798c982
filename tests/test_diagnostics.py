"""What real compilers say (tests/compilers/make.sh), read and told apart: a rejection, or a broken patch."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzzpair.diagnostics import on_changed_lines, parse_clang, parse_rustc, read_rejection
from fuzzpair.model.diagnostic import Diagnostic, Rejection, RejectionLabel
from fuzzpair.model.language import Language
from fuzzpair.model.tool import Tool

COMPILERS = Path(__file__).parent / "compilers"


def said_of(source: str) -> tuple[Diagnostic, ...]:
    """What the compiler said of a file of compilers/src."""
    if source.endswith(".rs"):
        return parse_rustc((COMPILERS / f"{source}.jsonl").read_text())
    return parse_clang((COMPILERS / f"{source}.txt").read_text())


def rejection_of(source: str, *lines: int, file: str = "") -> Rejection | str:
    language = Language.RUST if source.endswith(".rs") else Language.CPP
    return read_rejection(said_of(source), {file or f"src/{source}": frozenset(lines)}, language)


def test_every_source_has_its_compiler_s_words() -> None:
    sources = {path.name for path in (COMPILERS / "src").iterdir() if path.suffix in (".rs", ".cpp")}
    assert sources == {path.stem for path in COMPILERS.iterdir() if path.suffix in (".jsonl", ".txt")}


@pytest.mark.parametrize(
    ("source", "line", "codes", "label"),
    [
        ("moved.rs", 3, ("E0382",), RejectionLabel.OWNERSHIP),
        ("lifetime.rs", 5, ("no code",), RejectionLabel.OWNERSHIP),
        ("uninitialised.rs", 6, ("E0381",), RejectionLabel.OWNERSHIP),
        ("mismatched.rs", 4, ("E0599",), RejectionLabel.TYPE),
        ("mismatched.rs", 6, ("E0308",), RejectionLabel.TYPE),
        ("not_send.rs", 4, ("E0277",), RejectionLabel.TYPE),
        ("needs_unsafe.rs", 2, ("E0133",), RejectionLabel.NEEDS_UNSAFE),
        ("forbidden.rs", 3, ("unsafe_code",), RejectionLabel.NEEDS_UNSAFE),
        ("mismatched.cpp", 4, ("no code",), RejectionLabel.TYPE),
        ("format.cpp", 4, ("-Wformat-security",), RejectionLabel.TYPE),
    ],
)
def test_a_rejection_has_its_codes_and_its_label(
    source: str, line: int, codes: tuple[str, ...], label: RejectionLabel
) -> None:
    rejection = rejection_of(source, line)
    assert isinstance(rejection, Rejection)
    assert (rejection.codes, rejection.label) == (codes, label)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("unknown_name.rs", "cannot find value `octest`"),
        ("syntax.rs", "expected `;`, found `first` (src/syntax.rs:3)"),
        ("unclosed.rs", "unclosed delimiter"),
        ("two_errors.rs", "cannot find function `missing`"),
        ("undeclared.cpp", "undeclared identifier 'txet' (src/undeclared.cpp:2)"),
        ("syntax.cpp", "expected ';'"),
    ],
)
def test_a_slip_of_the_pen_is_a_broken_patch_wherever_it_stands(source: str, said: str) -> None:
    why = rejection_of(source, *range(1, 10))
    assert isinstance(why, str)
    assert why.startswith("the patch is broken, not rejected: ")
    assert said in why


@pytest.mark.parametrize("source", ["moved.rs", "mismatched.cpp"])
def test_an_error_counts_only_on_lines_that_differ(source: str) -> None:
    why = rejection_of(source, 99)
    assert isinstance(why, str)
    assert why.startswith("does not compile, but no error lies on a line that the patch changes: ")
    assert rejection_of(source, 4, file="src/another.rs") == why


def test_an_error_counts_also_where_only_its_label_points_at_the_change() -> None:
    # The patch added the line that moves; rustc's error itself is on the later use.
    assert isinstance(rejection_of("moved.rs", 2), Rejection)
    assert isinstance(rejection_of("ambiguous.cpp", 2), Rejection)


def test_no_error_is_no_rejection() -> None:
    assert "no error was read" in str(rejection_of("warned.rs", 2))
    assert "no error was read" in str(read_rejection((), {}, Language.CPP))


def test_clang_finds_a_header_beside_itself_under_the_name_that_a_patch_uses() -> None:
    assert [span.file for one in said_of("in_header.cpp") for span in one.spans] == ["src/const.hpp"] * 2
    assert isinstance(rejection_of("in_header.cpp", 5, file="src/const.hpp"), Rejection)


def test_warnings_have_their_option_and_their_place() -> None:
    (dangling,) = said_of("dangling.cpp")
    assert (dangling.tool, dangling.level, dangling.code) == (Tool.CLANG, "warning", "-Wreturn-stack-address")
    assert dangling.message.endswith("'local' returned")
    assert on_changed_lines(dangling, {"src/dangling.cpp": frozenset({6})})
    assert not on_changed_lines(dangling, {"src/dangling.cpp": frozenset({5})})
    (unused,) = said_of("warned.rs")
    assert (unused.tool, unused.level, unused.code) == (Tool.RUSTC, "warning", "unused_variables")
    assert unused.spans[0].primary
    assert unused.rendered.startswith("warning: unused variable")


def test_notes_belong_to_the_message_above_them() -> None:
    (ambiguous,) = said_of("ambiguous.cpp")
    assert [(span.first_line, span.primary) for span in ambiguous.spans] == [(5, True), (1, False), (2, False)]
    assert ambiguous.rendered.count("candidate function") == 2


def test_rustc_s_summaries_are_no_errors() -> None:
    assert [one.code for one in said_of("mismatched.rs")] == ["E0599", "E0308"]


@given(st.text(max_size=200))
def test_arbitrary_text_is_read_as_nothing_or_as_diagnostics(text: str) -> None:
    parse_clang(text)
    parse_rustc(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
RECORDS = st.fixed_dictionaries(
    {"level": st.sampled_from(["error", "warning", "failure-note"]) | JSON},
    optional={"spans": st.lists(st.fixed_dictionaries({"file_name": JSON, "line_start": JSON})) | JSON, "code": JSON},
)


@given(RECORDS)
def test_a_record_that_rustc_would_not_write_is_left_out_or_read(record: dict[str, object]) -> None:
    found = parse_rustc(json.dumps(record))
    assert len(found) <= 1
    assert all(one.level == record["level"] for one in found)
