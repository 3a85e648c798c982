from __future__ import annotations

from pathlib import Path

import pytest

from fuzzpair.backends.select import open_backend
from fuzzpair.errors import BackendError

NOWHERE = {"DOCKER_HOST": "unix:///nonexistent/docker.sock"}


def test_auto_without_an_engine_is_local_and_says_why() -> None:
    told: list[str] = []
    assert open_backend("auto", NOWHERE, told.append).name == "local"
    assert "/nonexistent/docker.sock" in told[0]


def test_docker_without_an_engine_is_an_error_with_a_next_step() -> None:
    with pytest.raises(BackendError) as caught:
        open_backend("docker", NOWHERE)
    assert "/nonexistent/docker.sock" in caught.value.message
    assert "backend: local" in caught.value.next_step


def test_local_asks_no_engine() -> None:
    assert open_backend("local", NOWHERE).name == "local"


@pytest.mark.container
def test_auto_prefers_containers(tmp_path: Path) -> None:
    assert open_backend("auto", {}).name == "docker"
