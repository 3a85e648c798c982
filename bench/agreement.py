"""What comparing costs: executions a second of all voices in one program, and of each of them alone, by both engines.

    PYTHONPATH=harness python bench/agreement.py [--seconds 3] [--rounds 3] [--state FOLDER]

Some four minutes. A round runs every program of a target once, one at a time, each with the round's seed, so that what
else the machine does falls on all of them; the overhead is the median over the rounds of what a round's own rates give.
Rates are by the target's own clock, from its first execution. A voice alone writes its text, and nobody reads it.
"""

from __future__ import annotations

import argparse
import os
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fuzzpair.agree.campaigns import MOST_RUNS, AtherisJob, NativeJob, Work, alone_job, native_job
from fuzzpair.agree.examination import pair_modules
from fuzzpair.agree.plan import Planner
from fuzzpair.agree.sides import Side
from fuzzpair.agree.wish import agreement_of
from fuzzpair.agreement_model import AgreementCampaign, Voice
from fuzzpair.backends.docker import DockerBackend
from fuzzpair.config import Config, load_config
from fuzzpair.jobs import Batch, Worker, run_batch, stored_outcome
from fuzzpair.model.language import Language
from fuzzpair.reading import read_corpus
from fuzzpair.state import locked_state

ROOT = Path(__file__).parent.parent
TOGETHER = "compared"
Jobs = dict[str, NativeJob | AtherisJob]  # by what runs: TOGETHER, or a voice alone


@dataclass(frozen=True)
class Cost:
    """Of one engine on one target, each rate once a round."""

    target: str
    engine: str
    rates: Mapping[str, Sequence[float]]  # executions a second

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
        return f"{self.target:<10}{self.engine:<11}{rates}{absent}   {overhead}"


HEADING = f"{'target':<10}{'engine':<11}" + "".join(
    f"{what:>12}" for what in (TOGETHER, *(f"{voice.shown}" for voice in Voice))
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
        agreement, store = agreement_of(self.config), self.native.store
        made = {one: self._side(one) for one in Language}
        cpp, rust = made[Language.CPP], made[Language.RUST]
        for target in self.config.pair.targets:
            seeds = tuple(dict.fromkeys(map(store.put_blob, read_corpus(self.config, target))))
            native: list[Jobs] = []
            python: list[Jobs] = []
            for seed in range(1, self.rounds + 1):
                work = Work(
                    target=target,
                    seeds=seeds,
                    seed=seed,
                    runs=MOST_RUNS,
                    seconds=self.seconds,
                    stop_at_first=False,
                    limits=self.native.limits,
                )
                alone = {str(one): alone_job(one, cpp, rust, work, store) for one in Language}
                native.append({TOGETHER: native_job(cpp, rust, work, store, TOGETHER), **alone})
                asked = {TOGETHER: None, **{str(voice): voice for voice in Voice}}
                python.append(
                    {
                        what: AtherisJob(
                            cpp=cpp,
                            rust=rust,
                            modules=pair_modules(agreement.modules, store),
                            reference=agreement.reference,
                            inputs_class=agreement.inputs,
                            instrument=agreement.instrument,
                            work=work,
                            alone=voice,
                            subject=what,
                        )
                        for what, voice in asked.items()
                    }
                )
            yield Cost(target, "libfuzzer", _measured(native, self.native))
            yield Cost(target, "atheris", _measured(python, self.python))

    def _side(self, language: Language) -> str:
        job = Planner(self.config, agreement_of(self.config), self.native.store).unpatched[language]
        found = stored_outcome(job, self.native.store, self.native.fingerprint)
        outcome = found or run_batch(Batch((job,), job.label), self.native)[job]
        if not isinstance(outcome.result, Side) or outcome.result.archive is None:
            raise SystemExit(f"{job.label}: {outcome.error or outcome.result}")
        return outcome.result.archive


def _measured(rounds: Sequence[Jobs], worker: Worker) -> dict[str, list[float]]:
    """The rates of each program, a round after the other. SystemExit where one executed nothing."""
    rates: dict[str, list[float]] = {what: [] for what in rounds[0]}
    for jobs in rounds:
        for what, job in jobs.items():
            outcome = run_batch(Batch((job,), job.label), worker)[job]
            if not isinstance(outcome.result, AgreementCampaign) or not outcome.result.executions_per_s:
                raise SystemExit(f"{job.label}: {outcome.error or 'it executed nothing'}")
            done = outcome.result.executions / outcome.result.executions_per_s
            if done < job.work.seconds / 2:
                raise SystemExit(f"{job.label}: it ended after {done:.1f} s, before its time")
            rates[what].append(outcome.result.executions_per_s)
    return rates


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
