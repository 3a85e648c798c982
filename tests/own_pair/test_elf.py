"""ELF files, and what only looks like one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzzpair.own_pair.elf import defined, is_program, section
from tiny_elf import TARGET, elf


def test_what_it_defines_and_what_it_only_asks_for() -> None:
    content = elf({"main": 0x40, "target_main": 0x80}, undefined=("malloc",))
    assert defined(content, ("main", "malloc", "absent")) == {"main": 0x40}
    assert is_program(content)


def test_a_name_that_is_the_end_of_another() -> None:
    # Linkers keep "open" as the end of "reopen": its offset is then inside the longer string.
    content = elf({"reopen": 1, "open": 2})
    assert defined(content, ("open",)) == {"open": 2}


def test_a_library_is_no_program() -> None:
    assert not is_program(elf({"main": 1}, is_program=False))


def test_the_interpreter_that_runs_this_is_a_program() -> None:
    assert is_program(Path(sys.executable).resolve().read_bytes())


def test_a_section_by_its_name() -> None:
    content = Path(sys.executable).resolve().read_bytes()
    found = section(content, ".interp")
    assert found is not None
    at, size = found
    assert content[at % (1 << 20) :][:size].startswith(b"/lib")  # loaded at a multiple of it, where it is no PIE
    assert section(content, ".no-such-section") is None


@pytest.mark.parametrize("content", [b"", b"\x7fELF", b"#!/bin/sh\n", b"\x7fELF\x01\x01" + bytes(200)])
def test_what_is_none(content: bytes) -> None:
    assert not is_program(content)
    assert defined(content, ("main",)) == {}
    assert section(content, ".text") is None


@settings(deadline=None)
@given(st.integers(0, len(TARGET)), st.binary(max_size=40))
def test_a_damaged_one_is_read_or_is_none(at: int, octets: bytes) -> None:
    damaged = TARGET[:at] + octets + TARGET[at + len(octets) :]
    assert set(defined(damaged, ("__asan_init",))) <= {"__asan_init"}
    assert is_program(damaged) in (True, False)
    assert isinstance(section(damaged, "main"), tuple | None)
