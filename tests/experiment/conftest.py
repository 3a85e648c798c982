"""One real run of the whole matrix, shared by everything that asks for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from experiment.running import Checkout, Finished, copied, the_repository


@pytest.fixture(scope="session")
def first_run() -> Finished:
    """`./fuzzpair run --profile ci` in this checkout. The whole list takes longer than a change may wait."""
    return the_repository().run("--profile", "ci")


@pytest.fixture
def checkout(first_run: Finished, tmp_path: Path) -> Checkout:
    """A copy of the pair that a test may spoil."""
    return copied(tmp_path)
