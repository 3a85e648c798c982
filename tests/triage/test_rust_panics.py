"""Panic headers of older compilers, written by hand: this toolchain's rustc prints only the newest form."""

from __future__ import annotations

import pytest

from fuzzpair.model.crash_report import Frame
from fuzzpair.model.tool import Tool
from fuzzpair.triage import first_report, parse_log

SAID = "index out of bounds: the len is 3 but the index is 7"
HEADERS = {
    "before 1.73": f"thread 'main' panicked at '{SAID}', src/a.rs:9:11",
    "from 1.73": f"thread 'main' panicked at src/a.rs:9:11:\n{SAID}",
    "from 1.95": f"thread 'main' (6451) panicked at src/a.rs:9:11:\n{SAID}",
    "unnamed": f"thread '<unnamed>' (1) panicked at src/a.rs:9:11:\n{SAID}",
    "without std": f"panicked at src/a.rs:9:11:\n{SAID}",
}


@pytest.mark.parametrize("form", HEADERS)
@pytest.mark.parametrize(
    "tail", ["", "\nnote: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n"]
)
def test_header_forms(form: str, tail: str) -> None:
    report = first_report(HEADERS[form] + tail)
    assert report is not None
    assert (report.tool, report.kind, report.bug_class) == (
        Tool.RUST_PANIC,
        "index out of bounds",
        "index-out-of-bounds",
    )
    assert report.message == SAID
    assert report.stack == (Frame(function=None, file="src/a.rs", line=9, column=11),)


def test_an_old_message_of_several_lines() -> None:
    text = (
        "thread 'main' panicked at 'assertion failed: `(left == right)`\n"
        "  left: `1`,\n"
        " right: `2`: it's odd', src/a.rs:2:5\n"
        "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n"
    )
    report = first_report(text)
    assert report is not None
    assert (report.kind, report.bug_class) == ("assertion failed", "reachable-assertion")
    assert report.message.endswith("`2`: it's odd")
    assert report.stack[0].line == 2


def test_an_old_legacy_backtrace() -> None:
    text = (
        "thread 'main' panicked at 'called `Option::unwrap()` on a `None` value', src/a.rs:9:11\n"
        "stack backtrace:\n"
        "   0: rust_begin_unwind\n"
        "             at /rustc/0123/library/std/src/panicking.rs:575:5\n"
        "   1: dns::parse::h0123456789abcdef\n"
        "             at ./src/a.rs:9:11\n"
        "note: Some details are omitted, run with `RUST_BACKTRACE=full` for a verbose backtrace.\n"
    )
    report = first_report(text)
    assert report is not None
    assert [frame.function for frame in report.stack] == ["rust_begin_unwind", "dns::parse::h0123456789abcdef"]
    assert report.other_stacks[0][0] == "panicked at"


@pytest.mark.parametrize(
    ("message", "kind", "slug"),
    [
        ("range start index 9 out of range for slice of length 3", "slice range out of bounds", "index-out-of-bounds"),
        ("attempt to calculate the remainder with a divisor of zero", None, "division-by-zero"),
        ("attempt to shift right with overflow", None, "shift-out-of-range"),
        ("already mutably borrowed: BorrowError", "already borrowed", "double-borrow"),
        ("not yet implemented: EDNS", "not implemented", "reachable-assertion"),
        ("byte index 1 is not a char boundary; it is inside 'é'", "not a char boundary", "index-out-of-bounds"),
        ("Hash table capacity overflow", "capacity overflow", "impossible-allocation"),
        ("explicit panic", "panic", "explicit-panic"),
    ],
)
def test_messages(message: str, kind: str | None, slug: str) -> None:
    report = first_report(f"thread 'main' panicked at src/a.rs:1:1:\n{message}\n")
    assert report is not None
    assert (report.kind, report.bug_class) == (kind or message, slug)


@pytest.mark.parametrize(
    ("promise", "slug"),
    [
        ("slice::get_unchecked requires that the index is within the slice", "index-out-of-bounds"),
        ("ptr::copy_nonoverlapping requires that both pointer arguments are aligned and non-null", "overlapping-copy"),
        ("hint::unreachable_unchecked must never be reached", "reached-unreachable"),
        ("NonNull::new_unchecked requires that the pointer is non-null", "null-dereference"),
    ],
)
def test_broken_promises_are_memory_findings(promise: str, slug: str) -> None:
    text = f"thread 'main' panicked at src/a.rs:1:1:\nunsafe precondition(s) violated: {promise}\n"
    report = first_report(text)
    assert report is not None
    assert (report.tool, report.kind, report.bug_class) == (Tool.RUST_ABORT, "unsafe precondition violated", slug)


def test_a_panic_while_panicking_is_an_abort_of_its_own() -> None:
    text = (
        "thread 'main' panicked at src/a.rs:1:1:\nfirst\n"
        "thread 'main' panicked at src/a.rs:2:2:\nsecond\n"
        "thread panicked while processing panic. aborting.\n"
    )
    assert [(one.tool, one.kind) for one in parse_log(text)] == [
        (Tool.RUST_PANIC, "panic"),
        (Tool.RUST_PANIC, "panic"),
        (Tool.RUST_ABORT, "panic while panicking"),
    ]


def test_a_message_without_text() -> None:
    report = first_report("thread 'main' panicked at src/a.rs:1:1:\n\nnext line of the program\n")
    assert report is not None
    assert (report.kind, report.message) == ("panic", "")


def test_a_header_cut_off_is_still_a_panic() -> None:
    report = first_report("thread 'main' panicked at src/a.r")
    assert report is not None
    assert (report.tool, report.stack) == (Tool.RUST_PANIC, ())
