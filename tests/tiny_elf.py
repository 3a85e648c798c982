"""ELF files as small as they can be, with the symbols that a test wants."""

from __future__ import annotations

from collections.abc import Mapping

from fuzzpair.own_pair.elf import HEADER, INTERPRETER, SECTION, SEGMENT, SHARED, SYMBOL


def elf(symbols: Mapping[str, int], *, is_program: bool = True, undefined: tuple[str, ...] = ()) -> bytes:
    """A position-independent executable (or a library) that defines `symbols` and asks for `undefined`."""
    segment = SEGMENT.pack(INTERPRETER if is_program else 1, 0, 0, 0, 0, 0, 0, 0)
    strings, table = b"\0", SYMBOL.pack(0, 0, 0, 0, 0, 0)
    for name, value in (*symbols.items(), *((name, -1) for name in undefined)):
        table += SYMBOL.pack(len(strings), 0, 0, 0 if value < 0 else 1, max(value, 0), 0)
        strings += name.encode() + b"\0"
    at_table = HEADER.size + SEGMENT.size
    at_strings = at_table + len(table)
    at_sections = at_strings + len(strings)
    sections = (
        SECTION.pack(0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
        + SECTION.pack(0, 2, 0, 0, at_table, len(table), 2, 0, 8, SYMBOL.size)
        + SECTION.pack(0, 3, 0, 0, at_strings, len(strings), 0, 0, 1, 0)
    )
    header = HEADER.pack(
        b"\x7fELF\x02\x01\x01" + bytes(9), SHARED, 62, 1, 0, HEADER.size, at_sections, 0,
        HEADER.size, SEGMENT.size, 1, SECTION.size, 3, 2,
    )  # fmt: skip
    return header + segment + table + strings + sections


TARGET = elf({"LLVMFuzzerTestOneInput": 0x1230, "__asan_init": 0x10, "asan.module_ctor": 0x20})
