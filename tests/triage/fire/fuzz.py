"""Fuzz one of our own log parsers with atheris: `fuzz.py TARGET CORPUS [libFuzzer's options]`; docs/parser-fuzzing.md.

The seeds are the real logs of tests/logs, read where they lie. What is new goes to CORPUS, which is made; where it is a
file, that one input is run again and nothing else.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

LOGS = Path(__file__).parents[2] / "logs"

with atheris.instrument_imports(include=["fuzzpair", "triage"]):
    from triage.fire.properties import CHECKS


def main(argv: list[str]) -> None:
    """Exits with 1 where the target or the corpus is not named; else with libFuzzer's own code, 77 for a finding."""
    if len(argv) < 3 or argv[1] not in CHECKS or argv[2].startswith("-"):
        sys.exit(f"usage: fuzz.py TARGET CORPUS [libFuzzer's options]; targets: {' '.join(CHECKS)}")
    program, target, corpus, *options = argv
    check = CHECKS[target]

    def run_one(octets: bytes) -> None:
        # What is no UTF-8 becomes half of a surrogate pair: the widest text that a parser can be given.
        check(octets.decode("utf-8", "surrogateescape"))

    atheris.Setup([program, *options, *_inputs(Path(corpus))], run_one)
    atheris.Fuzz()


def _inputs(corpus: Path) -> list[str]:
    if corpus.is_file():
        return [str(corpus)]
    corpus.mkdir(parents=True, exist_ok=True)
    # libFuzzer writes to the first folder only, so the tracked logs stay as they are.
    folders = (folder for folder in sorted(LOGS.iterdir()) if folder.is_dir() and folder.name != "programs")
    return [str(corpus), *map(str, folders)]


if __name__ == "__main__":
    main(sys.argv)
