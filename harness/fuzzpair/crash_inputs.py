"""Crash inputs on a stored build: run again to k of n, and made smaller. Grouping what they show is findings'."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from fuzzpair.findings import Tried
from fuzzpair.jobs import Batch, Outcomes
from fuzzpair.model import Finding, Reproduction, Smaller
from fuzzpair.reproduce import (
    TIMES,
    Judge,
    Minimised,
    MinimiseJob,
    ReproduceJob,
    Shown,
    minimise_job,
    reproduce_job,
    shown_by,
)
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
    outcomes = scheduler.run_stage("reproduce", _alone(jobs))
    shown = _all_shown(jobs, outcomes, store)
    tried = {
        name: _tried(name, len(contents[name]), one, build) if (one := shown[input_]) else None
        for name, input_ in names.items()
        if input_ in shown
    }
    why = "; ".join(scheduler.failures) or "it was not run"
    return Trial(tried=tried, failed={name: why for name, input_ in names.items() if input_ not in shown})


def _tried(name: str, octets: int, shown: Shown, build: StoredBuild) -> Tried:
    return Tried(
        report=shown.report,
        digest=shown.digest,
        reproduction=Reproduction(
            name=name,
            input=shown.input,
            octets=octets,
            bug="" if shown.signature.is_unknown else shown.signature.bug,
            k=shown.k,
            n=shown.n,
            log=shown.log,
            command=build.command(shown.input),
        ),
    )


def minimise_findings(
    findings: Sequence[Finding], build: StoredBuild, scheduler: Scheduler, store: Store, *, fuse_s: float
) -> tuple[Finding, ...]:
    """Make the first input of each finding smaller, within `fuse_s` seconds each.

    What comes out is run again as often as its input was, and counts only where it shows the same bug.
    """
    jobs = {
        finding.key: minimise_job(build.judge, finding.inputs[0], fuse_s=fuse_s, subject=build.row)
        for finding in findings
        if finding.inputs and finding.inputs[0].bug
    }
    outcomes = scheduler.run_stage("minimise", _alone(jobs.values()))
    times = {finding.key: finding.inputs[0].n for finding in findings if finding.key in jobs}
    smaller = {key: found for key, job in jobs.items() if (found := _smaller(job, outcomes))}
    again = [
        reproduce_job(build.judge, [found.input], times=times[key], subject=build.row) for key, found in smaller.items()
    ]
    shown = _all_shown(again, scheduler.run_stage("reproduce the minimised", _alone(again)), store)
    return tuple(
        _with_smaller(finding, smaller[finding.key], shown.get(smaller[finding.key].input), build)
        if finding.key in smaller
        else finding
        for finding in findings
    )


def _smaller(job: MinimiseJob, outcomes: Outcomes) -> Minimised | None:
    result = outcomes.result(job)
    return result if isinstance(result, Minimised) and result.input != job.input else None


def _with_smaller(finding: Finding, found: Minimised, shown: Shown | None, build: StoredBuild) -> Finding:
    first, *others = finding.inputs
    if shown is None or shown.signature.bug != first.bug:
        return finding
    smaller = Smaller(input=found.input, octets=found.octets, k=shown.k, n=shown.n, is_minimal=found.is_minimal)
    made = replace(first, smaller=smaller, command=build.command(found.input))
    return replace(finding, inputs=(made, *others))


def _alone(jobs: Iterable[ReproduceJob | MinimiseJob]) -> Iterator[Batch]:
    return (Batch((job,), job.label) for job in jobs)


def _all_shown(jobs: Iterable[ReproduceJob], outcomes: Outcomes, store: Store) -> dict[str, Shown | None]:
    return {name: shown for job in jobs for name, shown in shown_by(job, outcomes, store).items()}
