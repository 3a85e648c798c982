"""Somebody else's verdicts, measured again here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Checked(StrEnum):
    """What checking one verdict of somebody else's run came to."""

    CONFIRMED = "confirmed"
    CHANGED = "changed"
    NOT_CHECKED = "could not be checked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One row of a bundle, and what was measured here. Rungs are written as in a baseline."""

    row: str
    stated: str
    measured: str
    answer: Checked
    why: str = ""  # it could not be checked
