"""The pair that is compared here."""

from __future__ import annotations

from pathlib import Path

import pytest

from agree_pair import make_pair


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_pair(tmp_path)
