"""A log as clean lines, cut at the places where a report starts. Logs are hostile: nothing here may raise."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

MAX_LINE = 4096  # C++ templates write long lines; anything longer is an input that was printed
MAX_RAW_LINE = 4 * MAX_LINE  # the same with its colour codes; cut before these go, so that no huge line is copied
MAX_BLOCK_LINES = 4000
EXCERPT_OCTETS = 8 << 10

_ESCAPES = re.compile(r"\x1b(?:\[[0-9;:?]*[ -/]*[@-~]?|\][^\x07\x1b\n]*(?:\x07|\x1b\\)?|[()][A-Za-z0-9])|[\x00\x08]")

# One alternation per line, so that a log is read once. Every parser's first line has its marker here, and none
# of them may run ahead: the time is linear in the log, whatever a hostile target prints.
_STARTS = re.compile(
    r"(?:ERROR|WARNING): (?:\w{1,24}Sanitizer|libFuzzer)\b"
    r"|: runtime error: "
    r"|\bpanicked (?:at|while processing panic|after panic::always_abort)\b"
    r"|has overflowed its stack|memory allocation of \d{1,20} bytes failed|fatal runtime error: (?!stack overflow)"
    r"|\*\*\* (?:stack smashing|buffer overflow|%n in writable segment|invalid %N\$ use) detected \*\*\*"
    r"|^(?:\*\*\* Error in .{1,512}: )?(?:free|malloc|realloc|calloc|munmap_chunk|malloc_consolidate|mremap_chunk"
    r"|tcache_thread_shutdown)\(\): \w|double free or corruption|corrupted size vs\. prev_size"
    r"|corrupted double-linked list|^Fatal glibc error: malloc"
    r"|terminate called |libc\+\+abi: |[Pp]ure virtual (?:method|function) called"
    r"|: Assertion [`']|:\d{1,9}: (?:libc\+\+ Hardening )?assertion |^Error: attempt to "
)
_SUMMARY = re.compile(r"^SUMMARY: ")

Block = tuple[str, ...]


def clean_lines(text: str) -> Block:
    """The lines without colour codes, each of bounded length."""
    # No escape crosses the end of a line, so it makes no difference which is done first.
    return tuple(_ESCAPES.sub("", line[:MAX_RAW_LINE])[:MAX_LINE].rstrip("\r") for line in text.split("\n"))


@dataclass(frozen=True, slots=True)
class Log:
    """The lines of a log, and the numbers of those at which a report starts."""

    lines: Block
    starts: tuple[int, ...]

    @classmethod
    def of(cls, text: str) -> Log:
        lines = clean_lines(text)
        return cls(lines, tuple(number for number, line in enumerate(lines) if _STARTS.search(line)))

    def blocks(self) -> Iterator[Block]:
        """Each report's lines: from its start to its summary, or to where the next one starts."""
        for start in self.starts:
            after = bisect_right(self.starts, start)
            end = self.starts[after] if after < len(self.starts) else len(self.lines)
            yield _up_to_summary(self.lines[start : min(end, start + MAX_BLOCK_LINES)])


def _up_to_summary(block: Block) -> Block:
    for number, line in enumerate(block):
        if _SUMMARY.match(line):
            return block[: number + 1]
    return block


def excerpt(block: Block) -> str:
    """The report's own text, at most 8 KiB of UTF-8, whole lines where they fit."""
    text = "\n".join(block).rstrip()
    octets = text.encode("utf-8", "replace")
    if len(octets) <= EXCERPT_OCTETS:
        return octets.decode("utf-8", "ignore")
    return octets[:EXCERPT_OCTETS].decode("utf-8", "ignore").rpartition("\n")[0] or text[: EXCERPT_OCTETS // 4]
