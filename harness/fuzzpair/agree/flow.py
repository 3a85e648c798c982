"""`fuzzpair agree` from its plan to its record. Stages are barriers: each plans its jobs from the results before it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from fuzzpair import __version__
from fuzzpair.agree.campaigns import CORPUS
from fuzzpair.agree.examination import Examination, ExamineJob, disagreements
from fuzzpair.agree.plan import AnySide, Compared, Plan
from fuzzpair.agree.sides import Side
from fuzzpair.agree.standing import Judge, Memory
from fuzzpair.agree.tasks import Campaign, Tasks
from fuzzpair.builds.sources import sources_digest
from fuzzpair.errors import EXIT_CLEAN, EXIT_GATE, EXIT_NOT_DONE
from fuzzpair.jobs import Batch
from fuzzpair.model.agreement import AgreementCampaign, AgreementRecord, AgreementRow, Disagreement
from fuzzpair.model.language import Language
from fuzzpair.model.run_facts import Control, Toolchain
from fuzzpair.model.standing import Standing
from fuzzpair.own_pair.known_issues import KnownIssue
from fuzzpair.report.agreement_json import SCHEMA
from fuzzpair.scheduler import Scheduler
from fuzzpair.state import new_run_id

MUTE = "it never printed a text, `fuzzpair: accepted` or `fuzzpair: refused`: nothing was compared (docs/agreement.md)"
SIDES, FUZZ, EXAMINE, COUNTERPART = "make the sides", "compare", "read again", "on the unpatched twins"


@dataclass(frozen=True, slots=True, kw_only=True)
class Engines:
    """Which engines are asked, each with the scheduler of the image it runs in; and that of the compilers."""

    sides: Scheduler
    schedulers: Mapping[str, Scheduler]

    def names(self) -> tuple[str, ...]:
        return tuple(self.schedulers)


@dataclass(kw_only=True)
class Agree:
    """One comparison of everything that is planned, by every engine that is asked."""

    pair: str
    described_by: tuple[tuple[str, str], ...]  # language -> the file that a side's answers come from
    tasks: Tasks
    planner: Plan
    engines: Engines
    toolchain: Toolchain
    backend: str
    mistakes: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()  # on which both sides are compared as they stand
    memory: Memory = field(default_factory=Memory)
    issues: tuple[KnownIssue, ...] = ()
    undone: tuple[str, ...] = ()  # what could not be done before anything was compared: a build
    notes: tuple[tuple[str, str], ...] = ()  # said beside the budgets
    compared: list[Compared] = field(default_factory=list)
    campaigns: dict[tuple[str, str, str], list[Campaign]] = field(default_factory=dict)
    examinations: dict[tuple[str, str, str], ExamineJob | None] = field(default_factory=dict)
    checks: dict[tuple[str, str, str], ExamineJob] = field(default_factory=dict)

    def run(self) -> AgreementRecord:
        started, clock = datetime.now(UTC), time.monotonic()
        self.compared = [*(self.planner.twins(self.targets)), *self.planner.mistakes(self.mistakes)]
        self.engines.sides.run_stage(SIDES, self._plan_sides())
        for engine, scheduler in self.engines.schedulers.items():
            scheduler.run_stage(FUZZ, self._plan_campaigns(engine))
            scheduler.run_stage(EXAMINE, self._plan_examinations(engine))
            if self.mistakes:
                scheduler.run_stage(COUNTERPART, self._plan_checks(engine))
        return self._record(started, time.monotonic() - clock)

    def _schedulers(self) -> tuple[Scheduler, ...]:
        return (self.engines.sides, *self.engines.schedulers.values())

    # --- the plans -----------------------------------------------------------------------------

    def _plan_sides(self) -> Iterator[Batch]:
        sound = [one for one in self.compared if not one.problem]
        asked = [*(one.side(language) for one in sound for language in Language), *self.planner.unpatched.values()]
        for job in dict.fromkeys(asked):
            if job is not None:
                yield Batch((job,), job.label)

    def _plan_campaigns(self, engine: str) -> Iterator[Batch]:
        for one in self.compared:
            sides = self._sides(one)
            if sides is None:
                continue
            jobs = self.tasks.campaigns(engine, one, sides)
            self.campaigns[one.subject, one.target, engine] = jobs
            for job in jobs:
                yield Batch((job,), job.label)

    def _plan_examinations(self, engine: str) -> Iterator[Batch]:
        for one in self.compared:
            place, sides = (one.subject, one.target, engine), self._sides(one)
            done = self._done(place, engine)
            if sides is None or not done:
                continue
            job = self.tasks.examination(engine, one, sides, done, self._again(engine, one))
            self.examinations[place] = job
            if job is not None:
                yield Batch((job,), job.label)

    def _plan_checks(self, engine: str) -> Iterator[Batch]:
        """On what a mistake parted them, the unpatched twins agree, or it was not the mistake."""
        unpatched = [self._side(one) for one in self.planner.unpatched.values()]
        for one in self.compared:
            place = (one.subject, one.target, engine)
            done = self._done(place, engine)
            if not one.mistake or not done or None in unpatched:
                continue
            cpp, rust = (side for side in unpatched if side is not None)
            job = self.tasks.examination(engine, one, (cpp, rust), done)
            if job is not None:
                self.checks[place] = job
                yield Batch((job,), f"{job.label} unpatched")

    def _again(self, engine: str, one: Compared) -> tuple[str, ...]:
        """Where nothing is planted, the inputs (sha256) of what earlier comparisons found."""
        return () if one.mistake else self.memory.inputs(one.target, engine)

    # --- what they came to ---------------------------------------------------------------------

    def _side(self, job: AnySide | None) -> Side | None:
        result = self.engines.sides.outcomes.result(job) if job is not None else None
        return result if isinstance(result, Side) and result.archive is not None else None

    def _sides(self, one: Compared) -> tuple[Side, Side] | None:
        cpp, rust = self._side(one.cpp), self._side(one.rust)
        return None if one.problem or cpp is None or rust is None else (cpp, rust)

    def _done(self, place: tuple[str, str, str], engine: str) -> list[AgreementCampaign]:
        outcomes = self.engines.schedulers[engine].outcomes
        results = (outcomes.result(job) for job in self.campaigns.get(place, ()))
        # What was stored says what it was called then: the name is no part of a job's key.
        return [replace(one, subject=place[0]) for one in results if isinstance(one, AgreementCampaign)]

    def _row(self, one: Compared, engine: str) -> AgreementRow:
        place, outcomes = (one.subject, one.target, engine), self.engines.schedulers[engine].outcomes
        done = self._done(place, engine)
        examination = self.examinations.get(place)
        read = outcomes.result(examination) if examination is not None else None
        spoiled = self._parted_unpatched(place, engine)
        found: list[Disagreement] = []
        if isinstance(read, Examination):
            own = Examination(examined=tuple(each for each in read.examined if each.found not in spoiled))
            known: set[str] = set()
            again = self._again(engine, one)
            for campaign in done:
                parted = disagreements(own, campaign, self.tasks.store, again)
                fresh = [each for each in parted if each.key not in known]
                known |= {each.key for each in fresh}
                found.extend(fresh)
        return AgreementRow(
            subject=one.subject,
            mistake=one.mistake,
            patched=one.patched,
            target=one.target,
            engine=engine,
            campaigns=tuple(done),
            disagreements=tuple(found),
            problem=self._problem(one, engine, place),
        )

    def _parted_unpatched(self, place: tuple[str, str, str], engine: str) -> set[str]:
        check = self.checks.get(place)
        read = self.engines.schedulers[engine].outcomes.result(check) if check is not None else None
        return {each.found for each in read.examined} if isinstance(read, Examination) else set()

    def _problem(self, one: Compared, engine: str, place: tuple[str, str, str]) -> str:
        if one.problem:
            return one.problem
        for language in Language:
            job = one.side(language)
            outcome = self.engines.sides.outcomes.of(job) if job is not None else None
            if outcome is not None and outcome.error is not None:
                return outcome.error.message
            if outcome is not None and isinstance(outcome.result, Side) and outcome.result.problem:
                return outcome.result.problem
        asked = [*self.campaigns.get(place, ()), self.examinations.get(place), self.checks.get(place)]
        outcomes = self.engines.schedulers[engine].outcomes
        errors = [outcome.error for job in asked if job and (outcome := outcomes.of(job)) and outcome.error]
        return errors[0].message if errors else ""

    def _record(self, started: datetime, duration_s: float) -> AgreementRecord:
        stamp = started.strftime("%Y-%m-%dT%H:%M:%SZ")
        judge = Judge(memory=self.memory, issues=self.issues, now=stamp)
        rows = tuple(judge.judged(self._row(one, engine)) for one in self.compared for engine in self.engines.names())
        controls = tuple(_controls(rows))
        exit_code, reasons = verdict(rows, controls, self.undone)
        return AgreementRecord(
            schema=SCHEMA,
            run_id=new_run_id(started),
            version=__version__,
            started=stamp,
            duration_s=duration_s,
            pair=self.pair,
            backend=self.backend,
            toolchain=self.toolchain,
            reference=self.tasks.agreement.reference,
            described_by=self.described_by,
            budgets=(
                ("executions of a campaign", f"{self.tasks.budget.runs:,}"),
                ("seconds of a campaign", f"{self.tasks.budget.seconds:g}"),
                (f"campaigns of {self.planner.subject}, a target and an engine", str(self.tasks.budget.slices)),
                *self.notes,
            ),
            rows=rows,
            controls=controls,
            stages=tuple(cost for one in self._schedulers() for cost in one.costs),
            exit_code=exit_code,
            reasons=reasons,
            twins=tuple((one.value, sources_digest(job.sources)) for one, job in self.planner.unpatched.items()),
            gone=judge.gone(rows),
            known_issues=judge.to_look_at(rows),
        )


def _controls(rows: tuple[AgreementRow, ...]) -> Iterator[Control]:
    """Every campaign executed and saw edges (an engine that sees none compares what nobody guided it to), the corpus
    was read as a whole, and each side said something: what never says a word agrees with nobody."""
    for row in rows:
        for campaign in row.campaigns:
            name = f"{row.subject} {row.target} {row.engine} seed {campaign.seed}"
            # One that stops at a seed has not come to its first line of figures.
            guided = campaign.complete if row.engine == CORPUS else campaign.edges > 0 or bool(campaign.sightings)
            detail = f"{campaign.executions:,} executions, {campaign.edges:,} edges"
            if row.engine == CORPUS:
                detail = f"{campaign.executions:,} of {campaign.budget_runs:,} units were read"
            yield Control(name=name, passed=guided, detail=detail)
            for voice, answered in campaign.answered:
                if not answered:
                    yield Control(name=f"{name}: {voice.shown} says something", passed=False, detail=MUTE)


def verdict(
    rows: tuple[AgreementRow, ...], controls: tuple[Control, ...], before: Sequence[str] = ()
) -> tuple[int, tuple[str, ...]]:
    """3 where something could not be done, 1 where sides part in which nothing is planted, and nobody accepted that, or
    a mistake was found by no engine."""
    undone = [*before, *(f"{row.subject} {row.target} {row.engine}: {row.problem}" for row in rows if row.problem)]
    undone += [f"{one.name}: {one.detail}" for one in controls if not one.passed]
    parted = [
        f"{row.subject} {row.target} {row.engine}: {one.key} ({one.signature}, {one.standing})"
        for row in rows
        if not row.mistake
        for one in row.disagreements
        if one.standing is not Standing.ACCEPTED
    ]
    planted = dict.fromkeys(row.subject for row in rows if row.mistake)
    found = {row.subject for row in rows if row.mistake and row.is_found}
    missed = [f"{subject}: no engine found a disagreement" for subject in planted if subject not in found]
    if not rows:
        return EXIT_NOT_DONE, (*before, "nothing was compared")
    code = EXIT_NOT_DONE if undone else EXIT_GATE if parted or missed else EXIT_CLEAN
    return code, (*undone, *parted, *missed)
