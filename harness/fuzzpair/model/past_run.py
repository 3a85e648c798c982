"""Runs as the history keeps them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRow:
    """A row as the history keeps it: its rung in both production flavours, empty where it could not be done."""

    row: str
    bug_class: str
    rung: str
    hardened: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRun:
    """A run as the history keeps it."""

    run_id: str
    started: str  # RFC 3339, UTC
    pair: str
    profile: str
    fingerprint: str
    versions: str
    complete: bool
    gate: str
    rows: tuple[PastRow, ...]
    findings: tuple[tuple[str, str], ...] = ()  # (row, same-bug signature) of what its campaigns crashed on
