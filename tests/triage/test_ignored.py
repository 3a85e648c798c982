"""Each entry of the table leaves out what it is for, and nothing that a target may call its own."""

from __future__ import annotations

import re

import pytest

from fuzzpair.model.crash_report import Frame
from fuzzpair.triage.ignored import TABLE, Part, blamed_frames, is_harness, is_ignored

ENTRY = Frame(function="LLVMFuzzerTestOneInput", file="/src/fuzz.cpp", line=3)
PARSE = Frame(function="dns::parse(int)", file="/src/dns.cpp", line=9)


def test_every_entry_has_a_reason_and_a_pattern_of_its_own() -> None:
    assert all(len(entry.reason) > 20 for entry in TABLE)
    assert len({(entry.part, entry.pattern) for entry in TABLE}) == len(TABLE)
    assert {entry.part for entry in TABLE} == set(Part)
    assert all(re.compile(entry.pattern) for entry in TABLE)


@pytest.mark.parametrize(
    "name",
    [
        *("__interceptor_memcpy", "__asan::ReportGenericError", "__asan_report_load4", "__ubsan_handle_out_of_bounds"),
        *("fuzzer::Fuzzer::CrashCallback()", "_ZN6fuzzer6Fuzzer4LoopERSt6vector", "tsan_interceptors_posix.cpp.o"),
        *(
            "operator new[](unsigned long)",
            "cfree",
            "strncasecmp",
            "memmem",
            "vsnprintf",
            "__rg_alloc",
            "__rdl_dealloc",
        ),
        *("abort", "__stack_chk_fail", "__memcpy_chk", "__assert_fail", "__libc_start_main", "pthread_create"),
        *("std::terminate()", "__gnu_cxx::__verbose_terminate_handler()", "__cxa_throw", "_Unwind_Resume"),
        *("core::panicking::panic_fmt", "__rust_start_panic", "rust_begin_unwind", "alloc::vec::Vec<T>::push"),
    ],
)
def test_machinery_is_left_out(name: str) -> None:
    assert is_ignored(Frame(function=name))


@pytest.mark.parametrize(
    "name",
    ["dns::read_name", "fuzzer_for_dns", "my_malloc", "standard::read", "coreutils::cat", "dns.cpp", "strip", "reader"],
)
def test_a_targets_own_name_stays(name: str) -> None:
    assert not is_ignored(Frame(function=name))


@pytest.mark.parametrize(
    "name",
    [
        *("main", "dns::main", "LLVMFuzzerTestOneInput", "LLVMFuzzerCustomMutator", "rust_fuzzer_test_input"),
        "message::_::__libfuzzer_sys_run::h0123456789abcdef",
    ],
)
def test_the_harness_is_known_and_never_ignored(name: str) -> None:
    frame = Frame(function=name, file="/src/fuzz_targets/message.rs", line=1)
    assert is_harness(frame)
    assert not is_ignored(frame)


def test_the_harness_is_blamed_only_where_nothing_else_is_left() -> None:
    copy = Frame(function="__asan_memcpy", module="/out/fuzz", offset=1)
    assert blamed_frames((copy, PARSE, ENTRY)) == (PARSE,)
    assert blamed_frames((copy, ENTRY)) == (ENTRY,)
    assert blamed_frames((copy,)) == ()
