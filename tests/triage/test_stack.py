"""Frames of every form, and whose they are."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzzpair.model.crash_report import Frame
from fuzzpair.triage.ignored import is_ignored, own_frames, top_own_function
from fuzzpair.triage.stack import position, rust_backtrace, stacks


def frame(line: str) -> Frame:
    ((_, frames),) = stacks([line])
    return frames[0]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "    #0 0x55d1 in dns::parse(int, char const*) /src/dns.cpp:12:7",
            Frame(function="dns::parse(int, char const*)", file="/src/dns.cpp", line=12, column=7),
        ),
        ("#1 0x55d1 in f /src/a b/c.cpp:3", Frame(function="f", file="/src/a b/c.cpp", line=3)),
        ("#2 0x55d1 in f src/c.cpp:3:1", Frame(function="f", file="src/c.cpp", line=3, column=1)),
        ("#3 0x55d1 in f /src/c.cpp:0", Frame(function="f", file="/src/c.cpp")),
        (
            "#4 0x7f01 in __libc_start_main (/lib/libc.so.6+0x27304) (BuildId: 93ac)",
            Frame(function="__libc_start_main", module="/lib/libc.so.6", offset=0x27304),
        ),
        ("#5 0x7f01  (/lib/libc.so.6+0x27249)", Frame(function=None, module="/lib/libc.so.6", offset=0x27249)),
        ("#6 0x000000000000  (<unknown module>)", Frame(function=None)),
        # ThreadSanitizer
        (
            "    #0 bump /src/thread.cpp:14:59 (thread+0xeb552) (BuildId: 2116)",
            Frame(function="bump", file="/src/thread.cpp", line=14, column=59, module="thread", offset=0xEB552),
        ),
        ("#6 <null> <null> (libstdc++.so.6+0xd44a2)", Frame(function=None, module="libstdc++.so.6", offset=0xD44A2)),
        (
            "#0 operator new(unsigned long) <null> (a+0x1)",
            Frame(function="operator new(unsigned long)", module="a", offset=1),
        ),
        # Rust under a C++ symbolizer
        (
            "#1 0x5624 in <*const u32>::read_volatile /usr/src/rustc-1.96.0/library/core/src/ptr/const_ptr.rs:1192:18",
            Frame(
                function="<*const u32>::read_volatile",
                file="/usr/src/rustc-1.96.0/library/core/src/ptr/const_ptr.rs",
                line=1192,
                column=18,
            ),
        ),
    ],
)
def test_frame_forms(line: str, expected: Frame) -> None:
    assert frame(line) == expected


def test_text_between_two_frames_does_not_split_a_stack() -> None:
    found = stacks(
        [
            "READ of size 1",
            "#0 0x1 in a /a.c:1",
            "other thread prints",
            "#1 0x2 in b /b.c:2",
            "",
            "freed by thread T0 here:",
            "#0 0x3 in free",
        ]
    )
    assert [(label, [one.function for one in frames]) for label, frames in found] == [
        ("READ of size 1", ["a", "b"]),
        ("freed by", ["free"]),
    ]


def test_a_rust_backtrace_has_its_places_on_lines_of_their_own() -> None:
    lines = [
        "   0: __rustc::rust_begin_unwind",
        "             at /rustc/0123/library/std/src/panicking.rs:689:5",
        "   1:     0x55d1 - dns::parse::h0123456789abcdef",
        "                               at ./src/lib.rs:9:11",
        "   2: <unknown>",
        "note: Some details are omitted",
    ]
    assert rust_backtrace(lines) == (
        Frame(
            function="__rustc::rust_begin_unwind", file="/rustc/0123/library/std/src/panicking.rs", line=689, column=5
        ),
        Frame(function="dns::parse::h0123456789abcdef", file="./src/lib.rs", line=9, column=11),
        Frame(function=None),
    )


@pytest.mark.parametrize(
    ("place", "parts"),
    [
        ("/repository/src/a.c:7:5", ("src/a.c", 7, 5)),  # of a user's pair, by the path in its repository
        ("a.rs:1:2", ("a.rs", 1, 2)),
        ("a.rs:1", ("a.rs", 1, None)),
        ("a.rs", ("a.rs", None, None)),
        ("C:\\a.rs:1:2", ("C:\\a.rs", 1, 2)),
        ("", (None, None, None)),
    ],
)
def test_position(place: str, parts: tuple[str | None, int | None, int | None]) -> None:
    assert position(place) == parts


@given(st.text("a:1\u0664\u00b2 0", max_size=24))
def test_a_position_is_a_path_and_up_to_two_numbers_behind_it(place: str) -> None:
    match = re.fullmatch(r"(.*?)(?::(\d{1,9}))?(?::(\d{1,9}))?", place)
    assert match is not None
    parts = (match[1], int(match[2] or 0) or None, int(match[3] or 0) or None) if match[1] else (None, None, None)
    assert position(place) == parts


@pytest.mark.parametrize("name", ["string_copy", "read", "strict_parse", "memory_of", "main", "LLVMFuzzerTestOneInput"])
def test_a_target_may_use_any_name_where_its_file_is_known(name: str) -> None:
    assert not is_ignored(Frame(function=name, file="/job/src/dns.cpp", line=1))


@pytest.mark.parametrize(
    "ignored",
    [
        Frame(function="memcpy"),
        Frame(function="__asan_memcpy", module="/out/a", offset=1),
        Frame(function="operator delete(void*, unsigned long)"),
        Frame(function="std::vector<int>::at", file="/usr/include/c++/12/bits/stl_vector.h", line=1),
        Frame(function="core::panicking::panic_fmt", file="/rustc/0123abc/library/core/src/panicking.rs", line=1),
        Frame(function="std[e28293b1aa0f68bd]::panicking::begin_panic"),
        Frame(function="fuzzer::Fuzzer::RunOne(unsigned char const*, unsigned long)"),
        Frame(function="gsignal", module="/lib/x86_64-linux-gnu/libc.so.6", offset=1),
        Frame(function=None, module="/out/a", offset=1),
        Frame(function=None),
    ],
)
def test_ignored_frames(ignored: Frame) -> None:
    assert is_ignored(ignored)


def test_the_main_of_libfuzzer_is_not_the_targets() -> None:
    entry = Frame(function="LLVMFuzzerTestOneInput", file="/src/fuzz.cpp", line=3)
    call = Frame(function="fuzzer::Fuzzer::ExecuteCallback(unsigned char const*, unsigned long)")
    assert own_frames((entry, call, Frame(function="main"))) == (entry,)
    assert top_own_function((call, Frame(function="main"))) is None
    assert top_own_function((Frame(function="main"),)) == "main"


def test_rust_s_own_library_without_line_tables_is_known_by_its_unit_of_code_generation() -> None:
    one = frame("    #11 0x560fcc82b9ab in __rust_try.llvm.3855821537838149136 std.28d8bd86c3d38d26-cgu.09")
    assert (one.function, one.file) == ("__rust_try.llvm.3855821537838149136", "std.28d8bd86c3d38d26-cgu.09")
    assert is_ignored(one)
    own = frame("    #3 0x560fcc82b9ab in dns::text::append (.llvm.38) dns.28d8bd86c3d38d26-cgu.09")
    assert own.function == "dns::text::append (.llvm.38)"
    assert not is_ignored(own)
