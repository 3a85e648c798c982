"""Campaigns in rounds: each program of each target a slice, what it found into the state, and again.

A round is what makes one corpus of all: a unit that one side or flavour found is in every other's next slice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from fuzzpair.jobs import Batch
from fuzzpair.model.command import Limits
from fuzzpair.model.pair import CampaignCrash, OpenCampaign, TargetProgram
from fuzzpair.own_pair.campaign import Harvest, Merged, MergeJob, Slice, SliceJob, units_of
from fuzzpair.own_pair.corpora import Corpus
from fuzzpair.scheduler import Flow, Scheduler, Step
from fuzzpair.store import Store

FUZZ, TRY, PRUNE = "fuzz", "try on the others", "prune"
LEAST_S = 10  # of a program's whole budget: less is its start alone
FIRST_SLICE_S, LONGEST_SLICE_S = 60, 300  # a later slice is longer: its start costs the more the larger the corpus is

MOST_FAILED = 2  # slices in a row: a sandbox may break once, and the night goes on

TakeCrashes = Callable[[TargetProgram, Iterable[CampaignCrash]], None]


@dataclass
class Rounds:
    """The campaigns of a run. `take_crashes` keeps what crashed before anything else is done."""

    programs: tuple[TargetProgram, ...]
    corpora: Mapping[str, Corpus]
    scheduler: Scheduler
    store: Store
    limits: Limits
    seed: int
    take_crashes: TakeCrashes
    longest_slice_s: float = LONGEST_SLICE_S
    slices: dict[str, list[Slice]] = field(default_factory=dict)  # by program
    new_units: dict[str, int] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)  # the first of each program
    failed: dict[str, int] = field(default_factory=dict)  # slices in a row, by program
    crashes: dict[str, dict[str, CampaignCrash]] = field(default_factory=dict)
    last_packs: dict[str, int] = field(default_factory=dict)  # by target: how many packs the last slices began with
    number: int = 0

    def fuzz(self, seconds: float) -> None:
        """Spend so many seconds of fuzzing, the same for each program."""
        left = max(seconds / max(len(self.programs), 1), LEAST_S)
        longest = min(FIRST_SLICE_S, self.longest_slice_s)
        while left > 0:
            running = [one for one in self.programs if self.failed.get(one.name, 0) < MOST_FAILED]
            if not running:
                return
            # A rest that is shorter than its own start is given to the slice before it.
            length = left if left < longest + LEAST_S else longest
            left -= self._round(running, length)
            longest = min(2 * longest, self.longest_slice_s)

    def _round(self, running: Iterable[TargetProgram], seconds: float) -> float:
        """One slice of each; how long the longest took."""
        self.number += 1
        self.last_packs = {target: len(corpus.packs) for target, corpus in self.corpora.items()}
        jobs = {one.name: (one, self._slice_job(one, seconds)) for one in running}
        flows = [Flow(name, iter([Step(FUZZ, [Batch((job,), job.label)])])) for name, (_, job) in jobs.items()]
        self.scheduler.run_flows(flows, lambda name: self._harvest(*jobs[name]))
        ended = [self.slices[name][-1].seconds for name in jobs if self.slices.get(name)]
        return max([seconds, *ended])

    def _slice_job(self, program: TargetProgram, seconds: float) -> SliceJob:
        return SliceJob(
            program=program,
            packs=tuple(self.corpora[program.target].packs),
            seconds=max(1, round(seconds)),
            seed=(self.seed + self.number) % (1 << 31) or 1,
            limits=self.limits,
            number=self.number,
        )

    def _harvest(self, program: TargetProgram, job: SliceJob) -> None:
        """As soon as one slice is done: whatever is killed from now on, this is kept."""
        outcome = self.scheduler.outcomes.of(job)
        if outcome is None or not isinstance(outcome.result, Slice):
            why = outcome.error.message if outcome is not None and outcome.error is not None else "it was not run"
            self.problems.setdefault(program.name, why)
            self.failed[program.name] = self.failed.get(program.name, 0) + 1
            return
        made: Slice = outcome.result
        self.failed[program.name] = 1 if made.problem else 0
        self.slices.setdefault(program.name, []).append(made)
        self._keep(program, made.harvest)
        if made.problem:
            self.problems.setdefault(program.name, made.problem)

    def _keep(self, program: TargetProgram, harvest: Harvest) -> None:
        self.take_crashes(program, harvest.crashes)
        self.crashes.setdefault(program.name, {}).update({one.artifact: one for one in harvest.crashes})
        added = self.corpora[program.target].add(units_of(harvest, self.store))
        self.new_units[program.name] = self.new_units.get(program.name, 0) + added

    def try_last(self) -> None:
        """The units of the last round on every program: those of all rounds before were in the next one's slices."""
        new = {target: corpus.packs[self.last_packs.get(target, 0) :] for target, corpus in self.corpora.items()}
        self._merge(TRY, {one.name: tuple(new[one.target]) for one in self.programs if new[one.target]})

    def merge_all(self) -> dict[str, set[str] | None]:
        """By target, the units that some program needs; None where that is not known of every program."""
        packs = {one.name: tuple(self.corpora[one.target].packs) for one in self.programs}
        merged = self._merge(PRUNE, {name: given for name, given in packs.items() if given})
        needed: dict[str, set[str] | None] = {target: set() for target in self.corpora}
        for program in self.programs:
            result = merged.get(program.name)
            so_far = needed[program.target]
            needed[program.target] = None if result is None or so_far is None else so_far | set(result.needed)
        return needed

    def _merge(self, stage: str, packs: Mapping[str, tuple[str, ...]]) -> dict[str, Merged]:
        by_name = {one.name: one for one in self.programs}
        jobs: dict[str, MergeJob] = {}
        for name, given in packs.items():
            units = len(self.corpora[by_name[name].target].sizes)
            fuse = 300.0 + units / 10
            number = 0 if stage == TRY else 1
            jobs[name] = MergeJob(program=by_name[name], packs=given, fuse_s=fuse, limits=self.limits, number=number)
        outcomes = self.scheduler.run_stage(stage, [Batch((job,), job.label) for job in jobs.values()])
        merged = {name: made for name, job in jobs.items() if isinstance(made := outcomes.result(job), Merged)}
        for name, made in merged.items():
            self._keep(by_name[name], made.harvest)
        return merged

    def campaigns(self) -> tuple[OpenCampaign, ...]:
        """Every program's slices as one campaign, also of those that came to nothing."""
        return tuple(self._campaign(one) for one in self.programs)

    def _campaign(self, program: TargetProgram) -> OpenCampaign:
        slices = self.slices.get(program.name, [])
        seconds = sum(one.seconds for one in slices)
        executions = sum(one.executions for one in slices)
        growth: list[tuple[float, int, int]] = []
        for number, one in enumerate(slices):
            before = slices[:number]
            at, done = sum(each.seconds for each in before), sum(each.executions for each in before)
            growth += [(round(at + second, 1), done + count, edges) for second, count, edges in one.growth]
        last = slices[-1] if slices else None
        return OpenCampaign(
            target=program.target,
            language=program.language,
            flavour=program.flavour,
            seconds=seconds,
            executions=executions,
            executions_per_s=executions / seconds if seconds else 0.0,
            edges=max((one.edges for one in slices), default=0),
            corpus_before=self.corpora[program.target].at_start,
            new_units=self.new_units.get(program.name, 0),
            crashes=tuple(self.crashes.get(program.name, {}).values()),
            growth=thinned(growth),
            log=last.log if last else "",
            command=last.command if last else "",
            problem=self.problems.get(program.name, "" if slices else "it was not run"),
            notes=last.notes if last else (),
        )


def thinned(growth: list[tuple[float, int, int]], most: int = 200) -> tuple[tuple[float, int, int], ...]:
    """Points enough for a curve, the first and the last among them."""
    if len(growth) <= most:
        return tuple(growth)
    step = (len(growth) - 1) / (most - 1)
    return tuple(growth[round(number * step)] for number in range(most))
