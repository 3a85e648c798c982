"""A run's own findings: what its campaigns crashed on, run again, grouped row by row, with severity and CWE."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from fuzzpair.common import Common
from fuzzpair.crash_inputs import Minimising, StoredBuild, tried_again
from fuzzpair.findings import Judging, Tried, findings_of
from fuzzpair.flavours import FUZZED
from fuzzpair.jobs import Outcomes
from fuzzpair.minimise import MinimiseJob
from fuzzpair.model.campaign import Campaign, CrashInput
from fuzzpair.model.crash_report import CrashReport
from fuzzpair.model.finding import Finding
from fuzzpair.reproduce import TIMES, CountJob, Counts, Judge, ReproduceJob, Shown, count_job, reproduce_job, shown_by
from fuzzpair.rows.work import VariantWork
from fuzzpair.store import Store
from fuzzpair.triage import parse_log
from fuzzpair.triage.grouping import Item, UnusedRuling, group
from fuzzpair.triage.signature import cause, signature

Again = ReproduceJob | CountJob


def crashes_of(work: VariantWork, outcomes: Outcomes) -> Iterator[tuple[str, CrashInput]]:
    """What the campaigns of a variant crashed on, whether or not it is of its mistake, by the campaign's name."""
    for job in work.campaigns:
        result = outcomes.result(job)
        if isinstance(result, Campaign) and result.crash is not None:
            yield job.label, result.crash


class RunFindings:
    """What the campaigns of one mistake crashed on, on its way to findings: run again, made smaller if asked for."""

    def __init__(self, common: Common) -> None:
        self._common = common
        self._again: list[tuple[VariantWork, StoredBuild, Again]] = []
        self._minimising: dict[Again, Minimising] = {}
        self.unused = frozenset(group((), common.rulings).unused)  # rulings that no crash so far was one of

    def plan(self, work: VariantWork) -> Iterator[Again]:
        """A variant's crash inputs on the build that was fuzzed, as it is judged: strict options, one process each.

        In full where something smaller is looked for, as that compares signatures; else only counted.
        """
        outcomes, store = self._common.outcomes, self._common.worker.store
        build = self._fuzzed_build(work)
        known = {crash.input: _report(crash, store) for _, crash in crashes_of(work, outcomes)}
        if build is not None and known:
            in_full = bool(self._common.profile.minimise_tries)
            judge, row = build.judge, build.row
            job: Again = (
                reproduce_job(judge, list(known), subject=row) if in_full else count_job(judge, known, subject=row)
            )
            self._again.append((work, build, job))
            yield job

    def plan_minimising(self) -> Iterator[MinimiseJob]:
        tries, fuse_s = self._common.profile.minimise_tries, self._common.profile.fuse_s
        for work, build, again in self._again:
            found = self._row_findings(work, build, again)
            self._minimising[again] = Minimising(findings=found, build=build, tries=tries, fuse_s=fuse_s)
            yield from self._minimising[again].plan()

    def plan_minimised(self) -> Iterator[ReproduceJob]:
        for one in self._minimising.values():
            yield from one.plan_again(self._common.outcomes)

    def all(self) -> Iterator[Finding]:
        """Row by row, the worst of a row first."""
        for work, build, again in self._again:
            minimised = self._minimising.get(again)
            if minimised is not None:
                yield from minimised.done(self._common.outcomes, self._common.worker.store)
            else:
                yield from self._row_findings(work, build, again)

    def _fuzzed_build(self, work: VariantWork) -> StoredBuild | None:
        """The build that campaigns fuzz, as the program that judges one input; None where it was refused or failed."""
        common = self._common
        program = work.subject.program(FUZZED, common.outcomes) if work.subject else None
        if program is None:
            return None
        judge = Judge(
            program=program,
            flavour=FUZZED,
            target=work.mistake.target,
            limits=common.worker.limits,
            wall_timeout_s=common.profile.replay_timeout_s,
        )
        return StoredBuild(row=f"{work.mistake.name}/{work.planted.variant}", judge=judge)

    def _row_findings(self, work: VariantWork, build: StoredBuild, again: Again) -> tuple[Finding, ...]:
        judging = Judging(overrides=self._common.config.overrides, rulings=self._common.rulings)
        found, unused = row_findings(work, again, build, judging, self._common.outcomes, self._common.worker.store)
        self.unused &= frozenset(unused)
        return found


def row_findings(
    work: VariantWork, again: Again, build: StoredBuild, judging: Judging, outcomes: Outcomes, store: Store
) -> tuple[tuple[Finding, ...], tuple[UnusedRuling, ...]]:
    """The findings of one variant, the worst first. A crash that did not come again is kept, with 0 of n."""
    shown = _shown_again(again, outcomes, store)
    tried = {
        name: _tried(name, crash, shown.get(crash.input), build, store) for name, crash in crashes_of(work, outcomes)
    }
    crashed_on = {name: crash.input for name, crash in crashes_of(work, outcomes)}
    items = [
        Item(name=name, report=one.report, digest=one.digest, input=crashed_on[name]) for name, one in tried.items()
    ]
    findings, unused = findings_of(items, judging, {name: one.reproduction for name, one in tried.items()})
    return tuple(replace(finding, row=build.row) for finding in findings), unused


def _shown_again(again: Again, outcomes: Outcomes, store: Store) -> Mapping[str, Shown | int | None]:
    """By input: what it showed in full, or in how many replays it showed what was known."""
    if isinstance(again, ReproduceJob):
        return shown_by(again, outcomes, store)
    result = outcomes.result(again)
    counts = result.k if isinstance(result, Counts) else (0,) * len(again.inputs)
    return dict(zip((name for name, _ in again.inputs), counts, strict=True))


def _tried(name: str, crash: CrashInput, shown: Shown | int | None, build: StoredBuild, store: Store) -> Tried:
    octets = len(store.get_blob(crash.input))
    if isinstance(shown, Shown):
        return tried_again(name, octets, shown, build)
    # The campaign's own log stands for the crash, also where it never came again.
    report = _report(crash, store)
    own = Shown(
        input=crash.input,
        report=report,
        signature=signature(report, crash.input),
        digest=crash.input,
        log=crash.log,
        k=shown or 0,
        n=TIMES,
    )
    return tried_again(name, octets, own, build)


def _report(crash: CrashInput, store: Store) -> CrashReport | None:
    return cause(parse_log(store.get_blob(crash.log).decode(errors="replace")))
