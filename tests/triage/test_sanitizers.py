"""Reports that no program here can make on this machine, written by hand, and what all reports share."""

from __future__ import annotations

import pytest

from fuzzpair.model.crash_report import Access
from fuzzpair.model.tool import Tool
from fuzzpair.triage import first_report, parse_log
from fuzzpair.triage.ubsan import kind_of

# Hand-made: x86-64 without LAM cannot run HWAddressSanitizer.
TAGGED = """\
==1==ERROR: HWAddressSanitizer: tag-mismatch on address 0xffe0 at pc 0x5561
WRITE of size 4 at 0xffe0 tags: 01/02 (ptr/mem) in thread T0
    #0 0x5561 in dns::store /src/dns.cpp:3:7
Cause: use-after-free
freed by thread T0 here:
    #0 0x5562 in free
SUMMARY: HWAddressSanitizer: tag-mismatch /src/dns.cpp:3:7 in dns::store
"""


def test_the_cause_of_a_tag_mismatch_is_its_kind() -> None:
    report = first_report(TAGGED)
    assert report is not None
    assert (report.tool, report.kind, report.bug_class) == (Tool.HWADDRESS, "use-after-free", "use-after-free")
    assert (report.access, report.size) == (Access.WRITE, 4)
    assert [label for label, _ in report.other_stacks] == ["freed by"]


@pytest.mark.parametrize("sanitizer", ["UndefinedBehavior", "Memory", "Thread", "Leak"])
def test_a_signal_is_no_finding_of_the_runtime_that_prints_it(sanitizer: str) -> None:
    text = f"==1==ERROR: {sanitizer}Sanitizer: SEGV on unknown address 0x5bad00000000 (pc 0x1 bp 0x2 sp 0x3 T0)"
    report = first_report(text)
    assert report is not None
    assert (report.tool, report.kind, report.bug_class) == (Tool.SIGNAL, "SEGV", None)
    assert report.message == "SEGV on address 0x5bad00000000"


@pytest.mark.parametrize(
    ("address", "slug", "said"),
    [
        ("0x000000000000", "null-dereference", "in the zero page"),
        ("0x000000000fff", "null-dereference", "in the zero page"),
        ("0x000000001000", None, "0x1000"),
        ("0xdeadbeefdeadbeef", None, "beyond user space"),
    ],
)
def test_only_the_zero_page_is_a_null_dereference(address: str, slug: str | None, said: str) -> None:
    report = first_report(f"==1==ERROR: AddressSanitizer: SEGV on unknown address {address} (pc 0x1 bp 0x2 sp 0x3 T0)")
    assert report is not None
    assert (report.tool, report.kind, report.bug_class) == (Tool.ADDRESS, "SEGV", slug)
    assert said in report.message


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("==1==ERROR: AddressSanitizer failed to allocate 0x1000 (4096) bytes of x (error code: 12)", "out-of-memory"),
        ("==1==ERROR: AddressSanitizer: allocator is out of memory trying to allocate 0x1000 bytes", "out-of-memory"),
        ("==1==ERROR: AddressSanitizer: specified RSS limit exceeded, currently set to soft", "rss-limit-exceeded"),
        ("==1==ERROR: AddressSanitizer: odr-violation (0x5561):", "odr-violation"),
        (
            "==1==ERROR: AddressSanitizer: initialization-order-fiasco on address 0x55 at pc 0x1",
            "initialization-order-fiasco",
        ),
        (
            "==1==ERROR: AddressSanitizer: strcpy-param-overlap: memory ranges [1,2) and [1,2) overlap",
            "strcpy-param-overlap",
        ),
    ],
)
def test_headers(text: str, kind: str) -> None:
    report = first_report(text)
    assert report is not None
    assert (report.tool, report.kind) == (Tool.ADDRESS, kind)
    assert report.bug_class is not None


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("left shift of 1 by 31 places cannot be represented in type 'int'", "invalid-shift-base"),
        ("left shift of negative value -1", "invalid-shift-base"),
        ("index -1 out of bounds for type 'int[4]'", "out-of-bounds-index"),
        ("store to null pointer of type 'int'", "null-pointer-use"),
        ("reference binding to null pointer of type 'int'", "null-pointer-use"),
        (
            "member access within misaligned address 0x1 for type 'A', which requires 8 byte alignment",
            "misaligned-pointer-use",
        ),
        ("assumption of 32 byte alignment for pointer of type 'int *' failed", "alignment-assumption"),
        ("load of address 0x1 with insufficient space for an object of type 'int'", "insufficient-object-size"),
        ("downcast of address 0x1 which does not point to an object of type 'B'", "dynamic-type-mismatch"),
        ("load of value 3, which is not a valid value for type '_Bool'", "invalid-bool-load"),
        ("null pointer returned from function declared to never return null", "invalid-null-return"),
        ("applying zero offset to null pointer", "nullptr-with-offset"),
        ("applying non-zero offset to non-null pointer 0x4 produced null pointer", "nullptr-after-nonzero-offset"),
        ("pointer index expression with base 0x1 overflowed to 0x0", "pointer-overflow"),
        ("subtraction of unsigned offset from 0x1 overflowed to 0xf", "pointer-overflow"),
        ("negation of 1 cannot be represented in type 'unsigned int'", "unsigned-integer-overflow"),
        ("control flow integrity check for type 'A' failed during virtual call", "cfi-bad-type"),
        ("something that a later clang says", "undefined-behavior"),
        ("implicit conversion of a form that a later clang has", "undefined-behavior"),
    ],
)
def test_undefined_behaviour_messages(message: str, kind: str) -> None:
    assert kind_of(message) == kind


def test_unknown_checks_are_reported_without_a_class() -> None:
    report = first_report("dns.cpp:3:7: runtime error: something that a later clang says\n")
    assert report is not None
    assert (report.tool, report.kind, report.bug_class) == (Tool.UNDEFINED, "undefined-behavior", None)
    assert (report.stack[0].file, report.stack[0].line) == ("dns.cpp", 3)


def test_a_leak_of_a_cycle_only_has_indirect_leaks() -> None:
    text = (
        "==1==ERROR: LeakSanitizer: detected memory leaks\n\n"
        "Indirect leak of 8 byte(s) in 1 object(s) allocated from:\n    #0 0x1 in a /a.c:1\n\n"
        "Direct leak of 4 byte(s) in 1 object(s) allocated from:\n    #0 0x1 in b /b.c:1\n\n"
        "SUMMARY: AddressSanitizer: 12 byte(s) leaked in 2 allocation(s).\n"
    )
    report = first_report(text)
    assert report is not None
    assert (report.kind, report.bug_class, report.size) == ("direct leak", "memory-leak", 4)
    assert report.message == "2 places leak 12 octets"
    assert [label for label, _ in report.other_stacks] == ["indirect leak"]


def test_a_leak_report_cut_off_below_its_header() -> None:
    report = first_report("==1==ERROR: LeakSanitizer: detected memory leaks\n")
    assert report is not None
    assert (report.kind, report.bug_class, report.size, report.stack) == ("leak", "memory-leak", None, ())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "all 17 messages parsed\n",
        "UndefinedBehaviorSanitizer:DEADLYSIGNAL\n",
        "==1==ERROR: NewSanitizer: an unknown tool\n",
        "Direct leak of 8 byte(s) in 1 object(s) allocated from:\n",
        "LeakSanitizer has encountered a fatal error.\n",
        "ThreadSanitizer: reported 1 warnings\n",
        "SUMMARY: AddressSanitizer: heap-use-after-free\n",
        "INFO: Seed: 1\n#2\tINITED cov: 7 ft: 7 corp: 1/1b exec/s: 0 rss: 31Mb\n",
    ],
)
def test_other_text_is_no_report(text: str) -> None:
    assert parse_log(text) == ()
    assert first_report(text) is None
