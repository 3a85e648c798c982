"""A pair of its own for each test, behind a clean run: what a test changes is run anew, and all that rests on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tiny_pair import TinyPair


@pytest.fixture
def pair(pair_after_run: TinyPair) -> TinyPair:
    return pair_after_run


@pytest.fixture
def new_pair(tmp_path: Path) -> TinyPair:
    """For tools that fail on what the clean run has done."""
    return TinyPair(tmp_path)
