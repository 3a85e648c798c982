"""Fuzz one of our own log parsers with atheris: `fuzz.py TARGET CORPUS [libFuzzer's options]`; docs/parser-fuzzing.md.

The seeds are the real logs of tests/logs, read where they lie. What is new goes to CORPUS, which is made.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

LOGS = Path(__file__).parents[2] / "logs"

with atheris.instrument_imports(include=["fuzzpair", "triage"]):
    from triage.fire.properties import CHECKS


def main(argv: list[str]) -> None:
    """Exits with 1 where the target or the corpus is missing; else with libFuzzer's own code, 77 for a finding."""
    if len(argv) < 3 or argv[1] not in CHECKS or argv[2].startswith("-"):
        sys.exit(f"usage: fuzz.py TARGET CORPUS [libFuzzer's options]; targets: {' '.join(CHECKS)}")
    program, target, corpus, *options = argv
    Path(corpus).mkdir(parents=True, exist_ok=True)
    check = CHECKS[target]

    def run_one(octets: bytes) -> None:
        # What is no UTF-8 becomes half of a surrogate pair: the widest text that a parser can be given.
        check(octets.decode("utf-8", "surrogateescape"))

    # libFuzzer writes to the first folder only, so the tracked logs stay as they are.
    seeds = [str(folder) for folder in sorted(LOGS.iterdir()) if folder.is_dir() and folder.name != "programs"]
    atheris.Setup([program, *options, corpus, *seeds], run_one)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv)
