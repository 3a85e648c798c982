"""What comparing costs: executions a second of a campaign that compares, and the overhead on the same inputs.

    PYTHONPATH=harness python bench/agreement.py [--seconds 3] [--rounds 3] [--state FOLDER]

Some four minutes. First a campaign by each engine, as a user would run it: its rate. Campaigns of different voices
explore different inputs and say nothing of the overhead: that is measured on the seeds, which every program runs
equally often, one at a time. A round runs all of them, so that what else the machine does falls on each; the overhead
is the median over the rounds of what a round's own rates give. A voice alone writes its text, and nobody reads it; what
the engine does for an execution it does once for all voices together, and once for each that runs alone. Rates are by
the target's own clock, from its first execution.
"""

from __future__ import annotations

import argparse
import os
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from fuzzpair.agree.campaigns import MOST_RUNS, NativeJob, Work, alone_job, native_job
from fuzzpair.agree.examination import pair_modules
from fuzzpair.agree.in_python import AtherisJob
from fuzzpair.agree.plan import Planner
from fuzzpair.agree.sides import Asked, Side
from fuzzpair.agree.wish import agreement_of
from fuzzpair.backends.docker import DockerBackend
from fuzzpair.config import Config, load_config
from fuzzpair.jobs import Batch, Worker, run_batch, stored_outcome
from fuzzpair.model.agreement import AgreementCampaign, Voice
from fuzzpair.model.language import Language
from fuzzpair.reading import read_corpus
from fuzzpair.state import locked_state

ROOT = Path(__file__).parent.parent
TOGETHER = "compared"
Jobs = dict[str, NativeJob | AtherisJob]  # by what runs: TOGETHER, or a voice alone


@dataclass(frozen=True)
class Cost:
    """Of one engine on one target."""

    target: str
    engine: str
    campaign: float  # executions a second
    rates: Mapping[str, Sequence[float]]  # executions a second on the seeds, once a round

    def rounds(self) -> Iterator[float]:
        """How much longer an execution takes than those of the voices alone, one after the other."""
        alone = [rates for what, rates in self.rates.items() if what != TOGETHER]
        for number, together in enumerate(self.rates[TOGETHER]):
            yield (1 / together) / sum(1 / rates[number] for rates in alone) - 1

    def line(self) -> str:
        costs = sorted(self.rounds())
        rates = "".join(f"{statistics.median(rates):>12,.0f}" for rates in self.rates.values())
        absent = " " * 12 * (1 + len(Voice) - len(self.rates))
        overhead = f"{statistics.median(costs):+.0%} ({costs[0]:+.0%} to {costs[-1]:+.0%})"
        return f"{self.target:<10}{self.engine:<11}{self.campaign:>12,.0f}{rates}{absent}   {overhead}"


HEADING = f"{'target':<10}{'engine':<11}" + "".join(
    f"{what:>12}" for what in ("campaign", TOGETHER, *(voice.shown for voice in Voice))
)


@dataclass
class Bench:
    """Both engines on every target of a pair."""

    config: Config
    native: Worker
    python: Worker
    seconds: float
    rounds: int

    def costs(self) -> Iterator[Cost]:
        made = {one: self._side(one) for one in Language}
        sides = Asked(cpp=made[Language.CPP], rust=made[Language.RUST])
        agreement, store = agreement_of(self.config), self.native.store

        def native(work: Work) -> Jobs:
            alone = {str(one): alone_job(one, sides, work, store) for one in Language}
            return {TOGETHER: native_job(sides, work, store, TOGETHER), **alone}

        def python(work: Work) -> Jobs:
            together = AtherisJob(
                asked=replace(sides, modules=pair_modules(agreement.modules, store), reference=agreement.reference),
                inputs_class=agreement.inputs,
                instrument=agreement.instrument,
                work=work,
                subject=TOGETHER,
            )
            alone = {str(voice): replace(together, alone=voice, subject=f"{voice} alone") for voice in Voice}
            return {TOGETHER: together, **alone}

        for target in self.config.pair.targets:
            work = self._work(target)
            yield self._cost("libfuzzer", work, native, self.native)
            yield self._cost("atheris", work, python, self.python)

    def _work(self, target: str) -> Work:
        store = self.native.store
        return Work(
            target=target,
            seeds=tuple(dict.fromkeys(map(store.put_blob, read_corpus(self.config, target)))),
            seed=1,
            runs=MOST_RUNS,
            seconds=self.seconds,
            stop_at_first=False,
            limits=self.native.limits,
        )

    def _cost(self, engine: str, work: Work, make: Callable[[Work], Jobs], on: Worker) -> Cost:
        """The campaign's rate says how often the seeds are run to take about as long."""
        rate = _rate(make(work)[TOGETHER], on)
        jobs = make(replace(work, each=max(1, round(self.seconds * rate / len(work.seeds)))))
        rates: dict[str, list[float]] = {what: [] for what in jobs}
        for _ in range(self.rounds):
            for what, job in jobs.items():
                rates[what].append(_rate(job, on))
        return Cost(work.target, engine, rate, rates)

    def _side(self, language: Language) -> str:
        job = Planner(self.config, agreement_of(self.config), self.native.store).unpatched[language]
        found = stored_outcome(job, self.native.store, self.native.fingerprint)
        outcome = found or run_batch(Batch((job,), job.label), self.native)[job]
        if not isinstance(outcome.result, Side) or outcome.result.archive is None:
            raise SystemExit(f"{job.label}: {outcome.error or outcome.result}")
        return outcome.result.archive


def _rate(job: NativeJob | AtherisJob, worker: Worker) -> float:
    """Executions a second by the target's own clock. SystemExit where it did less than it was told to."""
    outcome = run_batch(Batch((job,), job.label), worker)[job]
    done = outcome.result
    if not isinstance(done, AgreementCampaign) or not done.rate:
        raise SystemExit(f"{job.label}: {outcome.error or 'it did not tell its rate'}")
    wanted = job.work.each * len(job.work.seeds) or round(done.rate * job.work.seconds / 2)
    if done.executions < wanted:
        raise SystemExit(f"{job.label}: it ended after {done.executions:,} executions, before its time")
    return done.rate


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=3.0, help="of one campaign")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--state", type=Path, default=ROOT / ".fuzzpair/bench")
    asked = parser.parse_args()
    config = load_config(ROOT / "pipeline.yml")
    limits = config.limits.to_model()
    with locked_state(asked.state) as store:
        native, python = (DockerBackend(os.environ, print) for _ in range(2))
        fingerprint = native.prepare(config.image).fingerprint
        python.prepare(agreement_of(config).image or config.image, on=config.image)
        on, beside = (
            Worker(backend=one, store=store, fingerprint=fingerprint, limits=limits) for one in (native, python)
        )
        print(f"{asked.rounds} rounds of {asked.seconds:g} s; load {os.getloadavg()[0]:.1f} at the start")
        print(f"{HEADING}   overhead of comparing: median (least to most)")
        for cost in Bench(config, on, beside, asked.seconds, asked.rounds).costs():
            print(cost.line(), flush=True)
        print(f"load {os.getloadavg()[0]:.1f} at the end, which this bench is a part of")


if __name__ == "__main__":
    main()
