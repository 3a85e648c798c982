"""Sandboxes of every kind, for tests that hold for all of them and for one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from fuzzpair.backends import Sandbox
from fuzzpair.backends.docker import DockerBackend
from fuzzpair.backends.local import LocalBackend
from fuzzpair.model.command import Limits
from fuzzpair.model.run_facts import Toolchain

RECIPE = Path(__file__).parents[2] / "docker/toolchain"


@pytest.fixture(scope="session")
def prepared() -> tuple[DockerBackend, Toolchain]:
    """The backend on the toolchain image, which the first run builds."""
    backend = DockerBackend(os.environ, print)
    return backend, backend.prepare(RECIPE)


@pytest.fixture
def docker_backend(prepared: tuple[DockerBackend, Toolchain]) -> DockerBackend:
    return prepared[0]


@pytest.fixture(params=["local", pytest.param("docker", marks=pytest.mark.container)])
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A sandbox of each kind that runs real processes; both have to give the same answers."""
    if request.param == "docker":
        backend: DockerBackend | LocalBackend = request.getfixturevalue("docker_backend")
    else:
        backend = LocalBackend(os.environ)
    with backend.session(Limits(memory_mb=256)) as fresh:
        yield fresh
