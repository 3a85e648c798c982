"""What comparing costs: executions a second of both twins in one program, of each alone, and under atheris.

    PYTHONPATH=harness python bench/agreement.py [--seconds 20] [--rounds 3] [--state FOLDER]

The same engine, seeds and coverage each time; one campaign at a time, the median of the rounds. A side alone writes its
text and nobody reads it.
"""

from __future__ import annotations

import argparse
import os
import statistics
from collections.abc import Callable
from functools import partial
from pathlib import Path

from fuzzpair.agree.campaigns import AtherisJob, NativeJob, Work, alone_job, native_job
from fuzzpair.agree.examination import shipped_modules
from fuzzpair.agree.plan import Planner
from fuzzpair.agree.wish import agreement_of
from fuzzpair.agreement_model import AgreementCampaign
from fuzzpair.backends.docker import DockerBackend
from fuzzpair.config import load_config
from fuzzpair.jobs import Batch, Worker, run_batch, stored_outcome
from fuzzpair.model.language import Language
from fuzzpair.reading import read_corpus
from fuzzpair.state import locked_state

ROOT = Path(__file__).parent.parent


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--state", type=Path, default=ROOT / ".fuzzpair/bench")
    asked = parser.parse_args()
    config = load_config(ROOT / "pipeline.yml")
    agreement = agreement_of(config)
    limits = config.limits.to_model()
    with locked_state(asked.state) as store:
        native, python = (DockerBackend(os.environ, print) for _ in range(2))
        fingerprint = native.prepare(config.image).fingerprint
        python.prepare(agreement.image or config.image, on=config.image)
        worker = Worker(backend=native, store=store, fingerprint=fingerprint, limits=limits)
        beside = Worker(backend=python, store=store, fingerprint=fingerprint, limits=limits)
        sides = {}
        for language, job in Planner(config, agreement, store).unpatched.items():
            made = stored_outcome(job, store, fingerprint) or run_batch(Batch((job,), job.label), worker)[job]
            sides[language] = made.result
        cpp, rust = sides[Language.CPP], sides[Language.RUST]

        def rate(make: Callable[[Work], NativeJob | AtherisJob], target: str, on: Worker) -> float:
            rates = []
            for seed in range(1, asked.rounds + 1):
                seeds = tuple(dict.fromkeys(map(store.put_blob, read_corpus(config, target))))
                work = Work(
                    target=target,
                    seeds=seeds,
                    seed=seed,
                    runs=1 << 40,
                    seconds=asked.seconds,
                    stop_at_first=False,
                    limits=limits,
                )
                job = make(work)
                outcome = run_batch(Batch((job,), job.label), on)[job]
                if not isinstance(outcome.result, AgreementCampaign):
                    raise SystemExit(f"{job.label}: {outcome.error}")
                rates.append(outcome.result.executions_per_s)
            return statistics.median(rates)

        own = tuple(
            (f"{agreement.modules.name}/{path.name}", store.put_blob(path.read_bytes()))
            for path in (sorted(agreement.modules.glob("*.py")) if agreement.modules else ())
            if agreement.modules
        )
        alone_jobs = {one: partial(alone_job, one, cpp.archive, rust.archive, store=store) for one in Language}
        for target in config.pair.targets:
            both = rate(lambda work: native_job(cpp.archive, rust.archive, work, store, "both"), target, worker)
            alone = {one: rate(make, target, worker) for one, make in alone_jobs.items()}
            expected = 1 / sum(1 / each for each in alone.values())
            print(
                f"{target}: both compared {both:,.0f}/s; C++ alone {alone[Language.CPP]:,.0f}/s, "
                f"Rust alone {alone[Language.RUST]:,.0f}/s; one after the other {expected:,.0f}/s: "
                f"comparing costs {expected / both - 1:+.0%}"
            )
            atheris = rate(
                lambda work: AtherisJob(
                    cpp=cpp.archive,
                    rust=rust.archive,
                    modules=(*shipped_modules(store), *own),
                    reference=agreement.reference,
                    inputs_class=agreement.inputs,
                    instrument=agreement.instrument,
                    work=work,
                ),
                target,
                beside,
            )
            print(f"{target}: atheris with the reference {atheris:,.0f}/s")


if __name__ == "__main__":
    main()
