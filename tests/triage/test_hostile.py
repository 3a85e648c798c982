"""A target may print anything: nothing raises, and time stays linear."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examples import examples
from fuzzpair.triage import own_frames, parse_log, run_statistics
from fuzzpair.triage.names import normalise

MARKERS = [
    "==1==ERROR: AddressSanitizer: ",
    "==1==ERROR: LeakSanitizer: detected memory leaks\n",
    "Direct leak of 3 byte(s) in 1 object(s) allocated from:\n",
    "WARNING: ThreadSanitizer: data race (pid=1)\n  Write of size 4 at 0x1 by main thread:\n",
    "==1==WARNING: MemorySanitizer: use-of-uninitialized-value\n",
    "a.cpp:1:2: runtime error: ",
    "implicit conversion from type 'int' of value 1 (32-bit, signed) ",
    "==1== ERROR: libFuzzer: out-of-memory (malloc(",
    "thread 'main' (1) panicked at ",
    "src/a.rs:1:1:\n",
    "panicked at '",
    "stack backtrace:\n   0: ",
    "  at ",
    "has overflowed its stack",
    "memory allocation of 9 bytes failed",
    "fatal runtime error: ",
    "*** stack smashing detected ***",
    "free(): invalid ",
    "terminate called after throwing an instance of '",
    "libc++abi: terminating due to uncaught exception of type ",
    "Error: attempt to ",
    "a:1: f: Assertion `",
    "a:1: libc++ Hardening assertion ",
    "' failed.",
    "    #0 0x1 in ",
    "(BuildId: ",
    "SUMMARY: ",
    "SEGV on unknown address 0x",
    "READ of size ",
    "#1\tNEW cov: ",
    "\x1b[1m",
    "\x1b]",
    "\n",
    "9" * 30,
]


@given(st.lists(st.sampled_from(MARKERS) | st.text(max_size=20), max_size=30).map("".join))
@settings(max_examples=examples(400), deadline=None)
def test_nothing_raises(text: str) -> None:
    for report in parse_log(text):
        assert report.kind
        assert len(report.excerpt.encode("utf-8", "replace")) <= 8 << 10
        own_frames(report.stack)
    run_statistics(text)


@given(st.text(max_size=300))
def test_nothing_raises_on_any_text(text: str) -> None:
    parse_log(text)
    run_statistics(text)


def test_lone_surrogates_are_text_as_well() -> None:
    (report,) = parse_log("a.cpp:1:2: runtime error: \udcff of value")
    report.excerpt.encode()


SIZE = 1 << 16
WEIRD = [
    *MARKERS,
    " ",
    "(",
    ")",
    "<",
    "[",
    "a:1: ",
    "' failed: ",
    " assertion ",
    ": Assertion '",
    "::",
    "0x",
    "'",
    ":1:1",
    "-bit, signed)",
]


@pytest.mark.slow
@pytest.mark.parametrize("piece", WEIRD)
@pytest.mark.parametrize(
    "start", ["", "a.cpp:1:2: runtime error: ", "    #0 0x1 in ", "a:1: Assertion '", "panicked at '"]
)
def test_time_is_linear(piece: str, start: str) -> None:
    line = start + piece * (SIZE // len(piece))
    before = time.process_time()
    parse_log(line)
    parse_log(line.replace("9", "\n9")[:SIZE])
    # Cut into lines of the greatest length that is read.
    parse_log("\n".join(start + piece * (4000 // len(piece)) for _ in range(SIZE // 4000)))
    assert time.process_time() - before < 1.5


@pytest.mark.parametrize("piece", ["<", "(", "operator", " ", "[a]", "$_1", "{closure#1}", "<a as ", "::", "operator<"])
def test_long_names_are_cut(piece: str) -> None:
    before = time.process_time()
    normalise(piece * 5000)
    assert time.process_time() - before < 1.0
