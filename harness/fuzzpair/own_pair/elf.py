"""What an ELF file says of itself: whether it is a program, its names, its sections. Strangers wrote it: total."""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterator

HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
SEGMENT = struct.Struct("<IIQQQQQQ")
SECTION = struct.Struct("<IIQQQQIIQQ")
SYMBOL = struct.Struct("<IBBHQQ")
IS_64_LITTLE = b"\x7fELF\x02\x01"
EXECUTABLE, SHARED = 2, 3
INTERPRETER = 3
SYMBOL_TABLES = (2, 11)  # .symtab, .dynsym
TABLES_LIMIT = 2  # linkers write one of each; a file may claim thousands, all of them the whole file


def is_program(content: bytes) -> bool:
    """Whether it can be started: an executable, and no library (which asks for no interpreter)."""
    try:
        kind, segments, size, count = _segments(content)
        if kind == EXECUTABLE:
            return True
        starts = (segments + size * number for number in range(count))
        return kind == SHARED and any(SEGMENT.unpack_from(content, at)[0] == INTERPRETER for at in starts)
    except (struct.error, ValueError, OverflowError):
        return False


def _segments(content: bytes) -> tuple[int, int, int, int]:
    head = HEADER.unpack_from(content)
    if not content.startswith(IS_64_LITTLE) or head[9] < SEGMENT.size:
        raise ValueError("no ELF file of 64 bits")
    return head[1], head[5], head[9], head[10]


def defined(content: bytes, names: Collection[str]) -> dict[str, int]:
    """Those of the names that its symbol tables define -> their value (an address before it is loaded).

    None of them where its tables were stripped off, or where it is no ELF file of 64 bits.
    """
    found: dict[str, int] = {}
    try:
        for table, strings in _tables(content):
            wanted = {at: name for name in names for at in _places(strings, name.encode() + b"\0")}
            for at, _, _, section, value, _ in SYMBOL.iter_unpack(table):
                if at in wanted and section:
                    found.setdefault(wanted[at], value)
    except (struct.error, ValueError, OverflowError):
        pass
    return found


def section(content: bytes, name: str) -> tuple[int, int] | None:
    """Where a section is loaded (an address in the file's own terms), and its octets; None where there is none."""
    try:
        sections = _sections(content)
        names = _part(content, sections[HEADER.unpack_from(content)[13]], 1)
        wanted = set(_places(names, name.encode() + b"\0"))
        return next(((one[3], one[5]) for one in sections if one[0] in wanted), None)
    except (struct.error, ValueError, OverflowError, IndexError):
        return None


def _sections(content: bytes) -> list[tuple[int, ...]]:
    head = HEADER.unpack_from(content)
    if not content.startswith(IS_64_LITTLE) or head[11] < SECTION.size:
        raise ValueError("no ELF file of 64 bits")
    return [SECTION.unpack_from(content, head[6] + head[11] * number) for number in range(head[12])]


def _tables(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Each symbol table with its strings."""
    sections = _sections(content)
    tables = [one for one in sections if one[1] in SYMBOL_TABLES and one[6] < len(sections)]
    for one in tables[:TABLES_LIMIT]:
        yield _part(content, one, SYMBOL.size), _part(content, sections[one[6]], 1)


def _part(content: bytes, of: tuple[int, ...], unit: int) -> bytes:
    start, size = of[4], of[5]
    part = content[start : start + size]
    return part[: len(part) // unit * unit]


def _places(strings: bytes, name: bytes) -> Iterator[int]:
    """Where a name stands in a string table; also as the end of a longer one, which linkers share."""
    at = strings.find(name)
    while at >= 0:
        yield at
        at = strings.find(name, at + 1)
