"""A pair of one's own with its image, for tests that build and check it in containers."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from fuzzpair.backends import Backend
from fuzzpair.backends.docker import DockerBackend
from fuzzpair.config import Config, load_config
from fuzzpair.jobs import Batch, Job, Outcome, Worker, run_batch
from fuzzpair.model.command import Limits
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language
from fuzzpair.model.pair import Checkup, SideBuild, TargetProgram
from fuzzpair.own_pair.builds import side_build, side_jobs
from fuzzpair.own_pair.checkup import checkup_job
from fuzzpair.own_pair.sources import image_addition, read_side
from fuzzpair.store import Store

LIMITS = Limits()


@dataclass(frozen=True)
class Bench:
    """A pair with its prepared backend: what its builds and checks come to."""

    config: Config
    worker: Worker

    @property
    def store(self) -> Store:
        return self.worker.store

    def done(self, job: Job) -> Outcome:
        return run_batch(Batch((job,), job.label), self.worker)[job]

    def build(self, language: Language, flavour: Flavour) -> SideBuild:
        sources = read_side(self.config.own_pair, language, self.config.root, self.store)
        (job,) = (one for one in side_jobs(self.config.own_pair, sources) if one.flavour is flavour)
        return side_build(job, self.done(job), sources, self.store)

    def check(self, program: TargetProgram) -> Checkup:
        outcome = self.done(checkup_job(program, LIMITS, self.store))
        assert isinstance(outcome.result, Checkup), outcome.error
        return outcome.result


def bench(pipeline: Path, store: Path, backend: Backend | None = None) -> Bench:
    """Prepare the image of a pair: the first time that takes minutes, and needs network."""
    config = load_config(pipeline)
    used = backend or DockerBackend(os.environ, print)
    toolchain = used.prepare(config.image, image_addition(config.own_pair))
    return Bench(
        config, Worker(backend=used, store=Store(str(store)), fingerprint=toolchain.fingerprint, limits=LIMITS)
    )
