"""How many examples a property draws: what it asks for, and a share of that in `nox` (conftest.py, profile quick)."""

from __future__ import annotations

from hypothesis import settings

ORDINARY = 100  # what hypothesis draws where nothing else is said


def examples(number: int) -> int:
    return max(1, number * settings().max_examples // ORDINARY)
