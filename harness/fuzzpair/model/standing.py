"""Where what was found stands against earlier runs."""

from __future__ import annotations

from enum import StrEnum


class Standing(StrEnum):
    """Where a finding stands against what was known before this run."""

    NEW = "new"
    KNOWN = "known"  # found in an earlier run, and still there
    REOPENED = "reopened"  # was fixed, and is back
    FIXED = "fixed"  # its inputs no longer show it
    ACCEPTED = "accepted"  # a known-issue entry names it and has not expired
    IN_BASE = "in base"  # of a change: the base revision shows it too
