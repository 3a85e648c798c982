"""Fuzz every target in turn until so many executions are made: `all.py FOLDER EXECUTIONS`; docs/parser-fuzzing.md.

FOLDER holds a corpus for each target and `executions.json`, from which the next run goes on. Each turn is a process of
its own, as libFuzzer ends with one. Exits with 1 at the first input that breaks a property, which is kept in FOLDER.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from triage.fire.properties import CHECKS

TURN_S = 120  # a process needs seconds to start: the seeds are read, and the parsers instrumented
MAX_OCTETS = {"normalise": 300}  # a long name already
LOG_OCTETS = 2048
_DONE = re.compile(r"^(?:Done (\d+) runs|stat::number_of_executed_units:\s*(\d+))", re.MULTILINE)


def turn(target: str, folder: Path, most: int) -> tuple[int, int]:
    """(executions, exit code) of one target for one turn of at most so many executions."""
    options = (
        f"-runs={most}",
        f"-max_total_time={TURN_S}",
        f"-max_len={MAX_OCTETS.get(target, LOG_OCTETS)}",
        "-timeout=20",
        f"-artifact_prefix={folder}/{target}-",
    )
    command = [sys.executable, str(Path(__file__).parent / "fuzz.py"), target, str(folder / target), *options]
    done = subprocess.run(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace", check=False
    )
    if done.returncode:
        sys.stderr.write(done.stderr[-4_000:])
    found = _DONE.search(done.stderr)
    return int(found[1] or found[2]) if found else 0, done.returncode


def main(argv: list[str]) -> int:
    if len(argv) != 3 or not argv[2].isdecimal():
        sys.exit("usage: all.py FOLDER EXECUTIONS")
    folder, wanted = Path(argv[1]), int(argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    tally = folder / "executions.json"
    made: dict[str, int] = json.loads(tally.read_text("utf-8")) if tally.exists() else dict.fromkeys(CHECKS, 0)
    while sum(made.values()) < wanted:
        for target in _fewest_first(made):
            executions, code = turn(target, folder, wanted - sum(made.values()))
            made[target] += executions
            tally.write_text(json.dumps(made, indent=1), encoding="utf-8")
            sys.stdout.write(f"{target}: {executions:,}; {sum(made.values()):,} in all\n")
            sys.stdout.flush()
            if code:
                return 1
            if sum(made.values()) >= wanted:
                break
    return 0


def _fewest_first(made: dict[str, int]) -> Iterable[str]:
    return sorted(made, key=lambda target: made[target])


if __name__ == "__main__":
    sys.exit(main(sys.argv))
