"""Benches that tests share: an image is prepared once a session."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from own_pair_bench import Bench, bench


@pytest.fixture(scope="session")
def open_bench(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Bench]:
    made: dict[Path, Bench] = {}

    def open_one(pipeline: Path) -> Bench:
        if pipeline not in made:
            made[pipeline] = bench(pipeline, tmp_path_factory.mktemp("store"))
        return made[pipeline]

    return open_one
