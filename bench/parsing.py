"""How fast logs are parsed and grouped: logs a second, one huge line, growth on adversarial text, and a peer.

    PYTHONPATH=harness:tests python bench/parsing.py [--clusterfuzz PYTHON]

PYTHON is the interpreter of an environment that has the package `clusterfuzz`; its stack parser then reads the same
logs in the same run. All times are processor time of one core, the best of several rounds.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from fuzzpair.triage import parse_log
from grouped_logs import NAMES, by_kind, grouped_per_s
from triage.fire.growth import ADVERSARIAL, FACTOR, adversarial, growth

LOGS = Path(__file__).parent.parent / "tests" / "logs"
TYPICAL_OCTETS = range(2 << 10, 8 << 10)  # 4 KiB, give or take a factor of two
HUGE_OCTETS = 100 * 1000 * 1000
ROUNDS = 30  # of some 50 ms: what else runs on the machine takes from the cache of a single one
PEER_ROUNDS = 5  # of more than half a second
GROWTH_LENGTH = 1 << 16
GROUPED_LOGS = 2_000  # in one grouping, about so many: the real ones again and again
GROUPED_ROUNDS = 5

PARSE_HUGE = """
import resource, sys, time
from fuzzpair.triage import parse_log
text = "==1==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x1 " + {piece!r} * ({length} // {octets})
before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
found = len(parse_log(text))
print(time.process_time() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, before, found)
"""
# One parser for all logs, so that what it compiles once is not counted for each.
PEER = """
import json, sys, time
from clusterfuzz.stacktraces import StackParser
texts, parser, best = json.load(sys.stdin), StackParser(symbolized=True), float("inf")
for _ in range({rounds}):
    start = time.process_time()
    for text in texts:
        parser.parse(text)
    best = min(best, time.process_time() - start)
print(best)
"""


def typical_logs() -> list[str]:
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in sorted(LOGS.rglob("*.log"))]
    return [text for text in texts if len(text.encode()) in TYPICAL_OCTETS]


def best_seconds(function: Callable[[str], object], texts: Sequence[str]) -> float:
    def once() -> float:
        start = time.process_time()
        for text in texts:
            function(text)
        return time.process_time() - start

    return min(once() for _ in range(ROUNDS))


def print_speed(texts: Sequence[str], peer: Path | None) -> None:
    ours = best_seconds(parse_log, texts)
    octets = sum(len(text.encode()) for text in texts) / len(texts)
    print(f"typical logs: {len(texts)} of tests/logs, {octets:.0f} octets on average")
    print(f"fuzzpair      {len(texts) / ours:8.0f} logs/s")
    if peer is not None:
        theirs = float(run(peer, PEER.format(rounds=PEER_ROUNDS), json.dumps(texts)))
        print(f"clusterfuzz   {len(texts) / theirs:8.0f} logs/s; fuzzpair is {theirs / ours:.1f} times as fast")


def print_grouped() -> None:
    """Signatures are made from parsed reports and grouped; names that come again are normalised once, as in use."""
    print(f"grouped       {best_grouped():8.0f} signatures/s, all real logs; by kind:")
    for kind, names in by_kind().items():
        print(f"  {kind:24}{best_grouped(names):8.0f}")


def best_grouped(names: Sequence[str] = NAMES) -> float:
    times = max(1, GROUPED_LOGS // len(names))
    return max(grouped_per_s(times, names) for _ in range(GROUPED_ROUNDS))


def print_huge_line(what: str, piece: str) -> None:
    """In a process of its own: the peak of memory never falls again."""
    script = PARSE_HUGE.format(piece=piece, octets=len(piece), length=HUGE_OCTETS)
    seconds, peak, before, found = run(Path(sys.executable), script, "").split()
    print(
        f"one line of {HUGE_OCTETS / 1e6:.0f} MB, {what}: {float(seconds):.2f} s, peak {int(peak) / 1024:.0f} MiB "
        f"(text and Python alone: {int(before) / 1024:.0f} MiB), {found} report"
    )


def print_growth() -> None:
    print(f"time for {FACTOR * GROWTH_LENGTH} characters over that for {GROWTH_LENGTH} (linear: {FACTOR}):")
    for name in ADVERSARIAL:
        print(f"  {name:24}{growth(parse_log, partial(adversarial, name), GROWTH_LENGTH):6.2f}")


def run(python: Path, script: str, given: str) -> str:
    """What a script prints; CalledProcessError where it fails, with its own traceback above."""
    done = subprocess.run([python, "-c", script], input=given, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clusterfuzz", type=Path, metavar="PYTHON")
    peer: Path | None = parser.parse_args().clusterfuzz
    print_speed(typical_logs(), peer)
    print_grouped()
    print_huge_line("plain", "x")
    print_huge_line("coloured", "\x1b[1mx\x1b[0m")
    print_growth()


if __name__ == "__main__":
    main()
