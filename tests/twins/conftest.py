"""The twins as the comparison sees them: the programs that the experiment judges, run where it runs them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from fuzzpair.backends.docker import DockerBackend
from fuzzpair.build import JUDGE, build_job, put_sources
from fuzzpair.jobs import Batch, Job, Worker, run_batch, stored_outcome
from fuzzpair.mistakes import read_tree
from fuzzpair.model import Command, Completed, Flavour, Limits
from fuzzpair.model import Language as Twin
from fuzzpair.state import locked_state
from twins.compare import Language, Target, Twins

REPOSITORY = Path(__file__).parents[2]
TARGETS = ("message", "stream")
TIMEOUT_S = 10.0
AT_ONCE = 250  # inputs in one round trip


@dataclass(frozen=True, slots=True)
class ContainerTwins:
    """One process an input, in a sandbox of the experiment's own backend."""

    worker: Worker
    programs: dict[str, str]  # language -> sha256 of the default flavour's program

    def describe(self, language: Language, target: Target, inputs: list[bytes]) -> list[bytes]:
        answers: list[bytes] = []
        with self.worker.backend.session(self.worker.limits) as sandbox:
            sandbox.put({"judge": self.worker.store.get_blob(self.programs[language])})
            for start in range(0, len(inputs), AT_ONCE):
                chunk = inputs[start : start + AT_ONCE]
                sandbox.put({f"inputs/{number}": content for number, content in enumerate(chunk)})
                commands = [
                    Command(argv=("./judge", target, f"inputs/{number}"), timeout_s=TIMEOUT_S)
                    for number in range(len(chunk))
                ]
                answers.extend(_answer(done) for done in sandbox.run_all(commands))
        return answers


def _answer(done: Completed) -> bytes:
    return done.stdout if done.ok else b"failed: %r\n" % done.exit_code + done.stderr


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
