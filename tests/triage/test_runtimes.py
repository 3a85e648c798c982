"""glibc, the C++ runtime and library: forms that this image's libraries do not print are written by hand."""

from __future__ import annotations

import pytest

from fuzzpair.model.crash_report import Frame
from fuzzpair.model.tool import Tool
from fuzzpair.triage import first_report, parse_log


@pytest.mark.parametrize(
    ("line", "kind", "slug"),
    [
        ("*** Error in `./dns': free(): invalid pointer: 0x000055d1 ***", "free(): invalid pointer", "invalid-free"),
        ("double free or corruption (fasttop)", "double free or corruption (fasttop)", "double-free"),
        ("corrupted size vs. prev_size", "corrupted size vs. prev_size", "heap-buffer-overflow-write"),
        ("malloc(): invalid size (unsorted)", "malloc(): invalid size (unsorted)", "heap-buffer-overflow-write"),
        ("malloc(): something a later glibc says", "malloc(): something a later glibc says", None),
    ],
)
def test_heap_checks(line: str, kind: str, slug: str | None) -> None:
    report = first_report(f"output of the program\n{line}\nAborted\n")
    assert report is not None
    assert (report.tool, report.kind, report.bug_class) == (Tool.GLIBC_HEAP, kind, slug)
    assert report.excerpt == line


@pytest.mark.parametrize(
    "line",
    [
        "Fatal glibc error: malloc assertion failure in sysmalloc: (old_top == initial_top (av) && old_size == 0)",
        "Fatal glibc error: malloc.c:2599 (sysmalloc): assertion failed: (old_top == initial_top (av))",
    ],
)
def test_the_heap_s_assertion_in_its_later_words(line: str) -> None:
    report = first_report(line)
    assert report is not None
    assert (report.tool, report.kind) == (Tool.GLIBC_HEAP, "sysmalloc(): assertion")


def test_an_assertion_inside_malloc_is_a_heap_check() -> None:
    report = first_report("dns: malloc.c:2617: sysmalloc: Assertion `(old_top == initial_top (av))' failed.")
    assert report is not None
    assert (report.tool, report.kind) == (Tool.GLIBC_HEAP, "sysmalloc(): assertion")


def test_fortify_of_a_format() -> None:
    report = first_report("*** %n in writable segment detected ***\n")
    assert report is not None
    assert (report.tool, report.bug_class) == (Tool.FORTIFY, "format-string")


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("terminate called after throwing an instance of 'dns::Error'\n  what():  loop\n", "dns::Error", "loop"),
        ("terminate called after throwing an instance of 'int'\n", "int", None),
        ("terminate called recursively\n", "unknown exception", None),
        (
            "libc++abi: terminating due to uncaught exception of type dns::Error: name: loop\n",
            "dns::Error",
            "name: loop",
        ),
        (
            "libc++abi: terminating with uncaught exception of type std::bad_alloc: std::bad_alloc\n",
            "std::bad_alloc",
            None,
        ),
        ("libc++abi: terminating with unexpected exception of type int\n", "int", None),
    ],
)
def test_exceptions(text: str, kind: str, message: str | None) -> None:
    report = first_report(text)
    assert report is not None
    assert (report.tool, report.kind) == (Tool.CXX_EXCEPTION, kind)
    assert report.bug_class in ("uncaught-exception", "impossible-allocation")
    assert message is None or report.message == message


@pytest.mark.parametrize(
    ("line", "frame", "expression"),
    [
        (
            "dns: src/a.cpp:91: void f(int): Assertion `n == 1 && \"it's one\"' failed.",
            ("void f(int)", "src/a.cpp", 91),
            None,
        ),
        ("a.c:7: Assertion `0' failed.", (None, "a.c", 7), "0"),
    ],
)
def test_assert(line: str, frame: tuple[str | None, str, int], expression: str | None) -> None:
    report = first_report(line)
    assert report is not None
    assert (report.tool, report.kind, report.bug_class) == (Tool.ASSERT, "assertion failed", "reachable-assertion")
    assert report.stack == (Frame(function=frame[0], file=frame[1], line=frame[2]),)
    assert expression is None or report.message == expression


def test_a_library_assertion_of_gcc() -> None:
    line = (
        "/usr/include/c++/12/bits/stl_vector.h:1123: std::vector<_Tp>::reference "
        "std::vector<_Tp>::operator[](size_type) [with _Tp = int; size_type = long unsigned int]: "
        "Assertion '__n < this->size()' failed."
    )
    report = first_report(line)
    assert report is not None
    assert (report.tool, report.bug_class) == (Tool.CXX_LIBRARY, "index-out-of-bounds")
    assert report.stack[0].function == "std::vector<_Tp>::reference std::vector<_Tp>::operator[](size_type)"


def test_a_libcxx_assertion_of_clang_17() -> None:
    report = first_report(
        "/usr/include/c++/v1/vector:1393: assertion __n < size() failed: vector[] index out of bounds"
    )
    assert report is not None
    assert (report.kind, report.bug_class) == ("hardening assertion failed", "index-out-of-bounds")


def test_words_about_assertions_are_none() -> None:
    assert parse_log("the note said: Assertion `x\nno assertion was made at a:1: assertion of mine\n") == ()
