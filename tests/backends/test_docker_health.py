"""The engine of this machine, looked at."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fuzzpair.backends.docker_health import DockerHealth
from fuzzpair.backends.trial import try_sandbox
from fuzzpair.config import shipped_recipe
from fuzzpair.errors import BackendError
from fuzzpair.model.command import Limits


def test_no_engine_is_a_backend_error(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match="No container engine answers"):
        DockerHealth({"DOCKER_HOST": f"unix://{tmp_path}/none.sock"}).facts()


@pytest.mark.container
@pytest.mark.usefixtures("prepared")
def test_an_engine_says_what_it_is_and_a_sandbox_passes_its_trial() -> None:
    health = DockerHealth(os.environ)
    facts = health.facts()
    assert facts.cpus > 0
    assert facts.memory_mb > 0
    toolchain, pair = health.images(shipped_recipe("toolchain"), None)
    assert toolchain is not None
    assert pair == toolchain
    with health.sandbox(toolchain, Limits(memory_mb=1024, pids=64)) as sandbox:
        trial = try_sandbox(sandbox)
    assert trial.silent == ()
    assert trial.networks == ()
    assert trial.pids_max in ("64", "")
    assert trial.memory_max in (str(1 << 30), "")


@pytest.mark.container
def test_an_image_of_another_recipe_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM nothing\n")
    assert DockerHealth(os.environ).images(tmp_path, None) == (None, None)


@pytest.mark.container
@pytest.mark.usefixtures("prepared")
def test_a_network_that_leads_nowhere_is_said() -> None:
    health = DockerHealth({**os.environ, "http_proxy": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"})
    toolchain, _ = health.images(shipped_recipe("toolchain"), None)
    assert toolchain is not None
    assert "ended with" in health.try_network(toolchain)
