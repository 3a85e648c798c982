"""The escape in front of all reporters: what it lets through can be shown anywhere."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzzpair.report import clean
from report.records import HOSTILE, full_record, hostile_text, judgement, records


@given(hostile_text())
def test_a_line_is_one_printable_line(text: str) -> None:
    assert clean.line(text).isprintable()


@given(hostile_text(), st.integers(min_value=1, max_value=50))
def test_a_cap_holds_after_escaping(text: str, limit: int) -> None:
    assert len(clean.line(text, limit)) <= limit


@given(st.text(st.characters(exclude_categories=("C", "Z")), max_size=40))
def test_harmless_text_stays_as_it_is(text: str) -> None:
    assert clean.line(text) == text == clean.block(text)


@pytest.mark.parametrize(
    ("char", "shown"),
    [
        ("\x1b", "\\x1b"),
        ("\u202e", "\\u202e"),
        ("\udc80", "\\udc80"),
        ("\U000e0041", "\\U000e0041"),
        ("\n", "\\n"),
    ],
)
def test_what_is_escaped_is_still_told_apart(char: str, shown: str) -> None:
    assert clean.line(f"a{char}b") == f"a{shown}b"


@pytest.mark.slow
def test_a_huge_line_says_how_much_is_missing() -> None:
    assert clean.line("x" * 100_000_000).endswith("… (100,000,000 characters)")


def test_a_block_keeps_lines_and_says_how_many_are_missing() -> None:
    shown = clean.block("\n".join(map(str, range(50))), clean.Cap(lines=10, width=80))
    assert shown.split("\n") == [*map(str, range(9)), "… 41 more lines"]


@given(hostile_text())
def test_doing_it_twice_changes_nothing(text: str) -> None:
    assert clean.line(clean.line(text)) == clean.line(text)
    assert clean.block(clean.block(text)) == clean.block(text)


@given(hostile_text())
def test_markdown_reads_nothing_as_markup(text: str) -> None:
    shown = clean.markdown(text)
    assert not re.search(r"[`*|<\[\]\\~$]|://|www\.|(?<!\w)_|@\w|^[-+=># ]|^\d+[.)]( |$)", shown, re.ASCII)
    assert html.unescape(shown) == clean.line(text)


@given(hostile_text())
def test_nothing_ends_a_fence_early(text: str) -> None:
    shown = clean.fenced(f"````\n{text}\n```")
    fence, *inside, end = shown.split("\n")
    assert fence == end
    assert not any(line.strip().startswith(fence) for line in inside)


@given(records())
def test_cleaning_a_record_changes_nothing_the_second_time(record: object) -> None:
    once = clean.cleaned(record)
    assert clean.cleaned(once) == once


def test_only_a_block_of_text_keeps_its_line_breaks() -> None:
    record = full_record()
    forged = "fine\nControls: 99 passed"
    evidence = replace(record.rows[0].evidence, judgements=(judgement(tool=forged, excerpt=forged),))
    row = replace(record.rows[0], problem=forged, evidence=evidence)
    cleaned = clean.cleaned(replace(record, rows=(row,))).rows[0]
    assert cleaned.problem == "fine\\nControls: 99 passed" == cleaned.evidence.judgements[0].tool
    assert cleaned.evidence.judgements[0].excerpt == forged


def test_every_hostile_sample_is_harmless_in_json() -> None:
    for text in HOSTILE:
        clean.without_surrogates(text).encode()
