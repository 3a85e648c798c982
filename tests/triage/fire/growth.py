"""How time grows with the length of a text, without a word on how fast the machine is; shared with bench/parsing.py."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

# Starts of a report, and pieces that are repeated behind them: what a pattern could try again from every place.
ADVERSARIAL: Final = {
    "one line of spaces": ("a.cpp:1:2: runtime error: ", " "),
    "open brackets": ("    #0 0x1 in ", "("),
    "open templates": ("    #0 0x1 in ", "<a as "),
    "closed brackets": ("==1==ERROR: AddressSanitizer: SEGV on ", ")"),
    "colons": ("", "a:1: "),
    "unfinished escapes": ("", "\x1b]"),
    "assertions": ("a:1: f: Assertion `", "' failed: "),
    "headers": ("", "==1==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x1\n"),
    "summaries": ("==1==ERROR: AddressSanitizer: x\n", "SUMMARY: \n"),
    "frames": ("==1==ERROR: AddressSanitizer: x\n", "    #0 0x1 in f a.c:1:2\n"),
    "headings": ("==1==ERROR: AddressSanitizer: x\n", "freed by thread\n"),
    "leaks": (
        "==1==ERROR: LeakSanitizer: detected memory leaks\n",
        "Direct leak of 3 byte(s) in 1 object(s) allocated from:\n    #0 0x1 in f\n",
    ),
    "undefined": ("", "a.cpp:1:2: runtime error: load of value 2, which is not a valid value for type 'bool'\n"),
    "old panics": ("thread 'main' panicked at 'a", "\n"),
    "panics": ("", "thread 'main' (1) panicked at src/a.rs:1:1:\n"),
    "backtraces": ("thread 'main' (1) panicked at src/a.rs:1:1:\nx\nstack backtrace:\n", "   0: f\n  at a.rs:1:1\n"),
    "exceptions": ("", "terminate called after throwing an instance of 'x'\n  what():  y\n"),
    "implicit conversions": ("a.cpp:1:2: runtime error: implicit conversion ", "(32-bit, signed"),
}
FACTOR: Final = 4
# 4 is linear and 16 quadratic; n log n stays below 6 at these lengths.
GREATEST_GROWTH: Final = 8.0

_SHORTEST_S: Final = 0.004  # of processor time; below this the clock's own steps show


def adversarial(name: str, length: int) -> str:
    start, piece = ADVERSARIAL[name]
    return start + piece * max(1, (length - len(start)) // len(piece))


def growth(function: Callable[[str], object], text: Callable[[int], str], length: int) -> float:
    """The time for a text FACTOR times as long over the time for one of this length: the best of five each."""
    short, long = text(length), text(FACTOR * length)
    times = 1
    while _seconds(function, short, times) < _SHORTEST_S:
        times *= 2
    before = min(_seconds(function, short, times) for _ in range(5))
    return min(_seconds(function, long, times) for _ in range(5)) / before


def _seconds(function: Callable[[str], object], text: str, times: int) -> float:
    start = time.process_time()
    for _ in range(times):
        function(text)
    return time.process_time() - start
