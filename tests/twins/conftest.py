"""The twins as the comparison sees them: the programs that the experiment judges, run where it runs them."""

from __future__ import annotations

import os

import pytest

from fuzzpair.backends.docker import DockerBackend
from fuzzpair.builds.job import build_job
from fuzzpair.builds.record import JUDGE
from fuzzpair.builds.sources import put_sources
from fuzzpair.jobs import Batch, Job, Worker, run_batch, stored_outcome
from fuzzpair.mistakes import read_tree
from fuzzpair.model.command import Limits
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language as Twin
from fuzzpair.state import locked_state
from twins.compare import Twins
from twins.container_twins import REPOSITORY, ContainerTwins

TARGETS = ("message", "stream")


@pytest.fixture(scope="session")
def twins() -> Twins:
    backend = DockerBackend(os.environ, print)
    toolchain = backend.prepare(REPOSITORY / "docker/toolchain")
    with locked_state(REPOSITORY / ".fuzzpair/tests") as store:
        worker = Worker(backend=backend, store=store, fingerprint=toolchain.fingerprint, limits=Limits())
        programs = {str(language): _program(language, worker) for language in Twin}
    return ContainerTwins(worker, programs)


def _program(language: Twin, worker: Worker) -> str:
    """The unpatched twin's default build: the experiment's own job, so that one of the two makes it for both."""
    sources = put_sources(read_tree(REPOSITORY / f"targets-{language}/dns"), worker.store)
    job: Job = build_job(language, Flavour.DEFAULT, sources, TARGETS, subject=f"unpatched {language}")
    outcome = stored_outcome(job, worker.store, worker.fingerprint) or run_batch(Batch((job,), job.label), worker)[job]
    if outcome.error is not None:
        raise outcome.error
    program: str = outcome.result.program(JUDGE)
    return program
