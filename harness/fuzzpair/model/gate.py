"""Verdicts held against the baseline."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A verdict that is not what the baseline holds."""

    row: str
    expected: str
    measured: str


class GateStatus(StrEnum):
    PASSED = "passed"
    BREACHED = "breached"
    ERROR = "error"
    NO_BASELINE = "no baseline"
    DRIFT = "drift"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    status: GateStatus
    exit_code: int
    differences: tuple[Difference, ...] = ()
    reasons: tuple[str, ...] = ()
