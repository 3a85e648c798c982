"""Lines and blocks."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzzpair.triage.log import _START, _STARTS, EXCERPT_OCTETS, MAX_LINE, Log, clean_lines, excerpt

WORDS = st.sampled_from([word for words, _ in _STARTS for word in words])
LINES = st.lists(st.lists(st.one_of(WORDS, st.text(max_size=5)), max_size=4).map("".join), max_size=6)


def test_colours_titles_and_carriage_returns_go() -> None:
    text = "\x1b[1m\x1b[31m==8==ERROR:\x1b[0m x\r\n\x1b]0;title\x07next\x1b(B\x00"
    assert clean_lines(text) == ("==8==ERROR: x", "next")


def test_an_unfinished_escape_swallows_no_line() -> None:
    assert clean_lines("\x1b]0;title\n==8==ERROR: AddressSanitizer: x") == ("", "==8==ERROR: AddressSanitizer: x")


def test_lines_have_a_bound() -> None:
    assert [len(line) for line in clean_lines("x" * 10_000)] == [MAX_LINE]


def test_a_line_is_bounded_before_its_colours_go() -> None:
    coloured = "\x1b[1mx" * MAX_LINE
    (line,) = clean_lines(coloured)
    assert line == "x" * len(line)
    assert MAX_LINE // 2 < len(line) <= MAX_LINE


@given(st.text("\x1b[]()0;m\n\r\x07\\ax", max_size=200))
def test_no_escape_crosses_the_end_of_a_line(text: str) -> None:
    apart = [line for part in text.split("\n") for line in clean_lines(part)]
    assert list(clean_lines(text)) == apart


@pytest.mark.parametrize(("words", "pattern"), _STARTS, ids=[words[0] for words, _ in _STARTS])
@given(data=st.data())
def test_a_line_that_starts_a_report_holds_one_of_its_words(
    words: tuple[str, ...], pattern: str, data: st.DataObject
) -> None:
    line = data.draw(st.from_regex(pattern))
    assert any(word in line for word in words)


@given(LINES, st.data())
def test_words_are_looked_for_in_all_lines_at_once_and_none_is_missed(lines: list[str], data: st.DataObject) -> None:
    starting = [data.draw(st.from_regex(pattern)) for _, pattern in data.draw(st.lists(st.sampled_from(_STARTS)))]
    log = Log.of("\n".join(data.draw(st.permutations([*lines, *starting]))))
    assert list(log.starts) == [number for number, line in enumerate(log.lines) if re.search(_START, line)]


def test_a_block_ends_at_its_summary() -> None:
    text = "noise\n==8==ERROR: AddressSanitizer: a\n#0\nSUMMARY: AddressSanitizer: a\nShadow bytes\n"
    assert list(Log.of(text).blocks()) == [
        ("==8==ERROR: AddressSanitizer: a", "#0", "SUMMARY: AddressSanitizer: a"),
    ]


def test_a_block_ends_where_the_next_starts() -> None:
    text = "a.cpp:1:2: runtime error: one\na.cpp:3:4: runtime error: two"
    assert [block[0][-3:] for block in Log.of(text).blocks()] == ["one", "two"]


def test_excerpts_are_whole_lines_and_bounded() -> None:
    lines = ("é" * 100,) * 200
    text = excerpt(lines)
    assert len(text.encode()) <= EXCERPT_OCTETS
    assert set(text.split("\n")) == {"é" * 100}


def test_one_endless_line_still_gives_an_excerpt() -> None:
    assert 0 < len(excerpt(("x" * 20_000,)).encode()) <= EXCERPT_OCTETS
    assert 0 < len(excerpt(("é" * 20_000,)).encode()) <= EXCERPT_OCTETS
