"""Crash inputs on a stored build: run again to k of n, and made smaller. Grouping what they show is findings'."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from fuzzpair.findings import Tried
from fuzzpair.jobs import Batch, Outcomes
from fuzzpair.minimise import TRIES, Minimised, MinimiseJob, minimise_job
from fuzzpair.model.finding import Finding, Reproduction, Smaller
from fuzzpair.reproduce import TIMES, Judge, ReproduceJob, Shown, reproduce_job, shown_by
from fuzzpair.scheduler import Scheduler
from fuzzpair.store import Store

INPUTS_A_JOB: Final = 16  # a sandbox takes longer to start than some inputs to run, and a core should not be idle


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBuild:
    """A program that a run has built, as `fuzzpair replay` names it."""

    row: str
    judge: Judge
    options: tuple[str, ...] = ()  # what `fuzzpair replay` has to be told besides, to find it

    def command(self, name: str) -> str:
        """The one line that runs a stored input on it again."""
        words = ("replay", self.row, "--flavour", self.judge.flavour, "--input", name, *self.options)
        return f"./fuzzpair {shlex.join(words)}"


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of the inputs, by their names: nothing was to be seen of one that is None."""

    tried: Mapping[str, Tried | None]
    failed: Mapping[str, str]  # why one could not be run


def try_inputs(
    contents: Mapping[str, bytes], build: StoredBuild, scheduler: Scheduler, store: Store, *, times: int = TIMES
) -> Trial:
    """Run each input again, `times` times. Raises what Scheduler.run_stage raises."""
    names = {name: store.put_blob(content) for name, content in contents.items()}
    distinct = list(dict.fromkeys(names.values()))
    jobs = [
        reproduce_job(build.judge, distinct[start : start + INPUTS_A_JOB], times=times, subject=build.row)
        for start in range(0, len(distinct), INPUTS_A_JOB)
    ]
    outcomes = scheduler.run_stage("reproduce", alone(jobs))
    shown = _all_shown(jobs, outcomes, store)
    tried = {
        name: tried_again(name, len(contents[name]), one, build) if (one := shown[input_]) else None
        for name, input_ in names.items()
        if input_ in shown
    }
    why = "; ".join(scheduler.failures) or "it was not run"
    return Trial(tried=tried, failed={name: why for name, input_ in names.items() if input_ not in shown})


def tried_again(name: str, octets: int, shown: Shown, build: StoredBuild) -> Tried:
    reproduction = Reproduction(
        name=name,
        input=shown.input,
        octets=octets,
        bug="" if shown.signature.is_unknown else shown.signature.bug,
        k=shown.k,
        n=shown.n,
        log=shown.log,
        command=build.command(shown.input),
    )
    return Tried(report=shown.report, digest=shown.digest, reproduction=reproduction)


@dataclass(kw_only=True)
class Minimising:
    """One build's findings on their way to smaller inputs, in two stages: each plans from the results before it.

    Of each finding the first input is made smaller, with `tries` candidates, within `fuse_s` seconds. What comes out
    is run again as often as the input was, and counts only where it shows the same bug.
    """

    findings: tuple[Finding, ...]
    build: StoredBuild
    fuse_s: float
    tries: int = TRIES
    _jobs: dict[str, MinimiseJob] = field(default_factory=dict)
    _again: dict[str, ReproduceJob] = field(default_factory=dict)

    def plan(self) -> Iterable[MinimiseJob]:
        judge, row = self.build.judge, self.build.row
        self._jobs = {
            finding.key: minimise_job(judge, finding.inputs[0], tries=self.tries, fuse_s=self.fuse_s, subject=row)
            for finding in self.findings
            if finding.inputs and finding.inputs[0].bug and finding.inputs[0].k
        }
        return self._jobs.values()

    def plan_again(self, outcomes: Outcomes) -> Iterable[ReproduceJob]:
        for finding in self.findings:
            found = self._found(finding, outcomes)
            if found and found.input != finding.inputs[0].input:
                times, row = finding.inputs[0].n, self.build.row
                self._again[finding.key] = reproduce_job(self.build.judge, [found.input], times=times, subject=row)
        return self._again.values()

    def done(self, outcomes: Outcomes, store: Store) -> tuple[Finding, ...]:
        return tuple(self._with_smaller(finding, outcomes, store) for finding in self.findings)

    def _found(self, finding: Finding, outcomes: Outcomes) -> Minimised | None:
        """What came out; None where the input did not show its bug even once more, so that nothing was tried."""
        job = self._jobs.get(finding.key)
        result = outcomes.result(job) if job else None
        return result if isinstance(result, Minimised) and result.tries else None

    def _with_smaller(self, finding: Finding, outcomes: Outcomes, store: Store) -> Finding:
        found = self._found(finding, outcomes)
        if found is None:
            return finding
        first, *others = finding.inputs
        k, n = first.k, first.n
        again = self._again.get(finding.key)
        if again is not None:
            shown = shown_by(again, outcomes, store).get(found.input)
            if shown is None or shown.signature.bug != first.bug:
                return finding
            k, n = shown.k, shown.n
        smaller = Smaller(input=found.input, octets=found.octets, k=k, n=n, is_minimal=found.is_minimal)
        made = replace(first, smaller=smaller, command=self.build.command(found.input))
        return replace(finding, inputs=(made, *others))


def alone(jobs: Iterable[ReproduceJob | MinimiseJob]) -> Iterator[Batch]:
    """Each job in a sandbox of its own."""
    return (Batch((job,), job.label) for job in jobs)


def _all_shown(jobs: Iterable[ReproduceJob], outcomes: Outcomes, store: Store) -> dict[str, Shown | None]:
    return {name: shown for job in jobs for name, shown in shown_by(job, outcomes, store).items()}
