"""A pair of its own for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tiny_pair import TinyPair


@pytest.fixture
def pair(tmp_path: Path) -> TinyPair:
    return TinyPair(tmp_path)
