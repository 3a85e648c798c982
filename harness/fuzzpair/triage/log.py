"""A log as clean lines, cut at the places where a report starts. Logs are hostile: nothing here may raise."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

MAX_LINE = 4096  # C++ templates write long lines; anything longer is an input that was printed
MAX_RAW_LINE = 4 * MAX_LINE  # the same with its colour codes; cut before these go, so that no huge line is copied
MAX_BLOCK_LINES = 4000
EXCERPT_OCTETS = 8 << 10

_ESCAPES = re.compile(r"\x1b(?:\[[0-9;:?]*[ -/]*[@-~]?|\][^\x07\x1b\n]*(?:\x07|\x1b\\)?|[()][A-Za-z0-9])|[\x00\x08]")
_ESCAPE_MARKS: Final = ("\x1b", "\x00", "\x08")

# What a report's first line holds, for every parser: a word, and the pattern that decides. The words are looked for
# in the whole log at once, the patterns only in the lines that have one. No pattern may run ahead: the time is linear
# in the log, whatever a hostile target prints.
_STARTS: Final = (
    (("ERROR: ", "WARNING: "), r"(?:ERROR|WARNING): (?:\w{1,24}Sanitizer|libFuzzer)\b"),
    ((": runtime error: ",), r": runtime error: "),
    (("panicked ",), r"\bpanicked (?:at|while processing panic|after panic::always_abort)\b"),
    (("has overflowed its stack",), r"has overflowed its stack"),
    (("memory allocation of ",), r"memory allocation of \d{1,20} bytes failed"),
    (("fatal runtime error: ",), r"fatal runtime error: (?!stack overflow)"),
    (("*** ",), r"\*\*\* (?:stack smashing|buffer overflow|%n in writable segment|invalid %N\$ use) detected \*\*\*"),
    (
        ("(): ",),
        (
            r"^(?:\*\*\* Error in .{1,512}: )?(?:free|malloc|realloc|calloc|munmap_chunk|malloc_consolidate"
            r"|mremap_chunk|tcache_thread_shutdown)\(\): \w"
        ),
    ),
    (("double free or corruption",), r"double free or corruption"),
    (("corrupted ",), r"corrupted size vs\. prev_size|corrupted double-linked list"),
    (("Fatal glibc error: malloc",), r"^Fatal glibc error: malloc"),
    (("terminate called ", "libc++abi: "), r"terminate called |libc\+\+abi: "),
    (("ure virtual ",), r"[Pp]ure virtual (?:method|function) called"),
    ((": Assertion ",), r": Assertion [`']"),
    ((" assertion ",), r":\d{1,9}: (?:libc\+\+ Hardening )?assertion "),
    (("Error: attempt to ",), r"^Error: attempt to "),
)
_WORDS: Final = tuple(word for words, _ in _STARTS for word in words)
_START: Final = re.compile("|".join(pattern for _, pattern in _STARTS))
_SUMMARY: Final = "SUMMARY: "

Block = tuple[str, ...]


def clean_lines(text: str) -> Block:
    """The lines without colour codes, each of bounded length."""
    lines = text.split("\n")
    if any(mark in text for mark in _ESCAPE_MARKS):
        # No escape crosses the end of a line, so it makes no difference which is done first.
        lines = [_ESCAPES.sub("", line[:MAX_RAW_LINE]) for line in lines]
    return tuple([line[:MAX_LINE].rstrip("\r") for line in lines])


def _marked(lines: Block) -> list[int]:
    """The numbers of the lines that hold one of the words, in order."""
    text = "\n".join(lines)
    places: list[int] = []
    for word in _WORDS:
        place = text.find(word)
        while place >= 0:
            places.append(place)
            end = text.find("\n", place)
            place = text.find(word, end) if end >= 0 else -1
    numbers: dict[int, None] = {}
    number = last = 0
    for place in sorted(places):
        number += text.count("\n", last, place)
        last = place
        numbers[number] = None
    return list(numbers)


@dataclass(frozen=True, slots=True)
class Log:
    """The lines of a log, and the numbers of those at which a report starts."""

    lines: Block
    starts: tuple[int, ...]

    @classmethod
    def of(cls, text: str) -> Log:
        lines = clean_lines(text)
        return cls(lines, tuple(number for number in _marked(lines) if _START.search(lines[number])))

    def blocks(self) -> Iterator[Block]:
        """Each report's lines: from its start to its summary, or to where the next one starts."""
        for start in self.starts:
            after = bisect_right(self.starts, start)
            end = self.starts[after] if after < len(self.starts) else len(self.lines)
            yield _up_to_summary(self.lines[start : min(end, start + MAX_BLOCK_LINES)])


def _up_to_summary(block: Block) -> Block:
    for number, line in enumerate(block):
        if line.startswith(_SUMMARY):
            return block[: number + 1]
    return block


def excerpt(block: Block) -> str:
    """The report's own text, at most 8 KiB of UTF-8, whole lines where they fit."""
    text = "\n".join(block).rstrip()
    octets = text.encode("utf-8", "replace")
    if len(octets) <= EXCERPT_OCTETS:
        return octets.decode("utf-8", "ignore")
    return octets[:EXCERPT_OCTETS].decode("utf-8", "ignore").rpartition("\n")[0] or text[: EXCERPT_OCTETS // 4]
