"""Leads: inputs that crashed, run again on programs until it is known what they show there, and how often."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from fuzzpair.fuzz.libfuzzer import SLOW_PREFIXES
from fuzzpair.jobs import Batch
from fuzzpair.model.command import Limits
from fuzzpair.model.pair import TargetProgram
from fuzzpair.model.replay import Replay
from fuzzpair.own_pair.again import TargetReproduceJob
from fuzzpair.reproduce import TIMES, Repeats, Shown, shown_by
from fuzzpair.scheduler import Scheduler
from fuzzpair.store import Store

INPUTS_A_JOB: Final = 16
IN_FULL: Final = 3  # inputs of one bug that are run TIMES times; the others once
SLOW_TIMES: Final = 2  # of an input that takes as long as the time limit allows, or as much memory
MOST_SLOW: Final = 3  # such inputs of one program in one run
FLAKY_TIMES: Final = 20  # before a bug that shows itself now and then is called fixed
MOST: Final = 400  # inputs of one program in one run; the others wait for the next one


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """One input, and a program that is to show what it does."""

    program: TargetProgram
    name: str  # the engine's, crash-<sha1>
    input: str  # sha256
    octets: int
    times: int = 0  # replays at once, of what an earlier run knows; 0: first once
    log: str = ""  # sha256 of the campaign's that it crashed; empty: none did

    @property
    def is_slow(self) -> bool:
        return self.name.startswith(SLOW_PREFIXES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A lead and what came of it. `shown` is None where each of its n replays ended cleanly."""

    lead: Lead
    shown: Shown | None
    n: int
    replay: Replay  # one that shows it, or the first


@dataclass
class Leads:
    """All leads of a run. What was tried once is not tried again, whoever else finds the same input."""

    scheduler: Scheduler
    store: Store
    limits: Limits
    tried: dict[tuple[str, str], Tried] = field(default_factory=dict)  # by program and input
    waiting: int = 0  # inputs that this run had no time for
    failed: list[str] = field(default_factory=list)

    def run(self, stage: str, leads: Iterable[Lead]) -> None:
        """Run each lead: once first, then those that stand for a bug as often as it takes to say k of n."""
        new = self._within_bounds(one for one in leads if (one.program.name, one.input) not in self.tried)
        at_once = [one for one in new if one.times]
        once = [one for one in new if not one.times]
        for times, asked in _by_times(at_once).items():
            self._replay(stage, asked, times)
        self._replay(stage, once, 1)
        again = list(self._worth_more(once))
        for times, asked in _by_times(again).items():
            self._replay(stage, asked, times)

    def _within_bounds(self, leads: Iterable[Lead]) -> list[Lead]:
        """The smallest first, and few of those that are slow."""
        by_program: defaultdict[str, list[Lead]] = defaultdict(list)
        for lead in sorted(set(leads), key=lambda one: (one.is_slow, one.octets, one.name)):
            by_program[lead.program.name].append(lead)
        chosen: list[Lead] = []
        for of_one in by_program.values():
            quick = [one for one in of_one if not one.is_slow or one.times]
            slow = [one for one in of_one if one.is_slow and not one.times]
            taken = [*quick[:MOST], *slow[:MOST_SLOW]]
            self.waiting += len(of_one) - len(taken)
            chosen += taken
        return chosen

    def _replay(self, stage: str, leads: Sequence[Lead], times: int) -> None:
        by_program: defaultdict[TargetProgram, dict[str, Lead]] = defaultdict(dict)
        for lead in leads:
            by_program[lead.program][lead.input] = lead
        jobs = [
            (job, asked) for program, asked in by_program.items() for job in self._jobs(program, list(asked), times)
        ]
        outcomes = self.scheduler.run_stage(stage, [Batch((job,), job.label) for job, _ in jobs])
        for job, asked in jobs:
            shown = shown_by(job, outcomes, self.store)
            outcome = outcomes.of(job)
            if outcome is not None and outcome.error is not None:
                self.failed.append(outcome.error.message)
            result = outcomes.result(job)
            replays = dict(zip(job.inputs, result.replays, strict=True)) if isinstance(result, Repeats) else {}
            for name, one in shown.items():
                first = next((each for each in replays[name] if _is_bad(each)), replays[name][0])
                made = Tried(lead=asked[name], shown=one, n=times, replay=first)
                self.tried[job.program.name, name] = made

    def _jobs(self, program: TargetProgram, inputs: Sequence[str], times: int) -> Iterator[TargetReproduceJob]:
        for start in range(0, len(inputs), INPUTS_A_JOB):
            chunk = tuple(inputs[start : start + INPUTS_A_JOB])
            yield TargetReproduceJob(program=program, inputs=chunk, limits=self.limits, times=times)

    def _worth_more(self, leads: Iterable[Lead]) -> Iterator[Lead]:
        """The smallest few of each bug; and what showed nothing at once, which may show it yet."""
        counts: defaultdict[tuple[str, str], int] = defaultdict(int)
        for lead in leads:  # the smallest first
            made = self.tried.get((lead.program.name, lead.input))
            if made is None:
                continue
            kind = (lead.program.name, made.shown.signature.bug if made.shown else "")
            counts[kind] += 1
            if counts[kind] <= IN_FULL:
                yield lead

    def of(self, program: TargetProgram, name: str) -> Tried | None:
        return self.tried.get((program.name, name))


def _is_bad(replay: Replay) -> bool:
    return replay.exit_code != 0 or replay.timed_out


def _by_times(leads: Iterable[Lead]) -> Mapping[int, list[Lead]]:
    sorted_out: defaultdict[int, list[Lead]] = defaultdict(list)
    for lead in leads:
        sorted_out[lead.times or (SLOW_TIMES if lead.is_slow else TIMES)].append(lead)
    return sorted_out
