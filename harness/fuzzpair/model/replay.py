"""One input on one build."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from fuzzpair.model.crash_report import CrashReport


class Ending(StrEnum):
    """How one process ended on one input; the closed table that tells them apart is in tally.py."""

    CLEAN = "clean"
    STOPPED = "stopped"
    CRASHED = "crashed"
    DETECTED = "detected"
    LEAK = "leak"
    HANG = "hang"
    OUT_OF_MEMORY = "out of memory"
    STACK_EXHAUSTION = "stack exhaustion"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """One process, one input, one build."""

    input: str  # sha256
    exit_code: int | None
    signal: int | None
    timed_out: bool
    oom_killed: bool
    stdout: str  # sha256 of the blob
    log: str  # sha256 of the blob
    report: CrashReport | None
    reached: int = 0  # canary flavour only: how often the predicate was evaluated
    triggered: int = 0  # canary flavour only: how often it was true
    duration_s: float = 0.0
