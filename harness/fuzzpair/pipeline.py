"""The experiment from start to end. Read this file first; `mistake_flow.py` behind it has one mistake's stages."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from fuzzpair import __version__
from fuzzpair.builds.sources import put_sources, sources_digest
from fuzzpair.claims import answer_claims
from fuzzpair.common import Common
from fuzzpair.config import Config, Profile
from fuzzpair.controls import campaign_controls, corpus_controls, known_bad_controls, load_controls
from fuzzpair.errors import BackendError, PatchError
from fuzzpair.flavours import SPEAKS
from fuzzpair.fuzz.campaign import CampaignJob
from fuzzpair.fuzz.triggers import Triggers
from fuzzpair.gate import Course, judge_run, read_baseline
from fuzzpair.jobs import Batch, Worker
from fuzzpair.known_bad import KnownBadJob, known_bad_job
from fuzzpair.load import LOAD_LIMITS
from fuzzpair.mistake_flow import (
    ANALYZE,
    BUILD,
    BUILD_FIXED,
    FUZZ,
    LOAD,
    MINIMISE,
    REPLAY,
    REPLAY_FIXED,
    REPRODUCE,
    MistakeFlow,
)
from fuzzpair.mistakes import load_mistake, read_tree
from fuzzpair.model.campaign import Campaign, Growth
from fuzzpair.model.finding import Finding
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language, Variant
from fuzzpair.model.run_facts import Control, Toolchain
from fuzzpair.model.run_record import Row, RunRecord
from fuzzpair.progress import Observer
from fuzzpair.reading import mistakes_to_run, read_claims, read_corpus, read_groups
from fuzzpair.replay import RACE_TRIES, ReplayJob
from fuzzpair.rows.assembly import Assembly, in_order
from fuzzpair.scheduler import Flow, Scheduler, Step
from fuzzpair.state import new_run_id
from fuzzpair.subjects import Subject, starting_subjects, unpatched_subject
from fuzzpair.triage import coverage_growth
from fuzzpair.triage.grouping import group
from fuzzpair.triage.rulings import GROUPS

SCHEMA = "fuzzpair/run/1"
UNPATCHED = "the unpatched twins"  # no mistake's name: it has a space
KNOWN_BAD, BUILD_TWINS = "known-bad programs", "build the unpatched twins"
# What a run's cost is counted under, in the order in which it is told.
STAGES = (
    KNOWN_BAD,
    BUILD_TWINS,
    BUILD,
    ANALYZE,
    FUZZ,
    REPLAY,
    LOAD,
    BUILD_FIXED,
    REPLAY_FIXED,
    MINIMISE,
    REPRODUCE,
)


@dataclass
class Experiment:
    """One run's state. Each step plans its jobs from the results before it; jobs never schedule jobs."""

    config: Config
    profile_name: str
    toolchain: Toolchain
    worker: Worker
    executor: Executor
    observer: Observer
    slots: int = 1  # how many batches the executor does at once
    selected: tuple[str, ...] = ()  # mistakes asked for on the command line; empty: the profile's
    given: Mapping[str, Triggers] | None = None  # a bundle's triggering inputs: nothing is fuzzed, they are replayed
    mistakes: dict[str, MistakeFlow] = field(default_factory=dict)  # by name
    unreadable: list[Row] = field(default_factory=list)
    unpatched: dict[Language, Subject] = field(default_factory=dict)
    starts: dict[Variant, Subject] = field(default_factory=dict)
    known_bad: list[KnownBadJob] = field(default_factory=list)
    corpus_replays: list[tuple[Subject, str, ReplayJob]] = field(default_factory=list)  # the unpatched twins'
    clean_campaigns: list[tuple[Subject, CampaignJob]] = field(default_factory=list)  # theirs, too
    judged: dict[str, list[Row]] = field(default_factory=dict)  # by mistake, as soon as its last step is done
    interrupted: bool = False
    broken: BackendError | None = None

    def __post_init__(self) -> None:
        self.scheduler = Scheduler(self.executor, self.worker, self.observer, slots=self.slots)
        self.profile: Profile = self.config.profile(self.profile_name)
        self.started = datetime.now(UTC)
        self._clock = time.monotonic()

    # --- the run -------------------------------------------------------------------------------

    def run(self) -> RunRecord:
        """All steps, then the record. Ctrl-C ends them; what they had found is in the record."""
        self.read_pair()
        try:
            self.scheduler.run_stage(KNOWN_BAD, self.plan_known_bad())
            self.scheduler.run_stage(BUILD_TWINS, self.plan_unpatched())
            self.scheduler.run_flows(self.flows(), self._judge)
        except KeyboardInterrupt:
            self.interrupted = True
            self.observer.message("interrupted: what was found so far follows; the next run goes on from here")
        except BackendError as error:
            self.broken = error
            self.observer.message(f"stopped: {error.message}; what was found so far follows")
        return self.record()

    def read_pair(self) -> None:
        """Read the twins, the corpus and every mistake. Raises FuzzpairError where nothing can be run at all."""
        pair, store = self.config.pair, self.worker.store
        self.claims = read_claims(self.config)  # before the first row is known: an edit now changes no answer
        contents = {target: read_corpus(self.config, target) for target in pair.targets}
        self.common = Common(
            config=self.config,
            profile=self.profile,
            worker=self.worker,
            outcomes=self.scheduler.outcomes,
            trees={language: read_tree(pair.folder(language)) for language in Language},
            unpatched=self.unpatched,
            starts=self.starts,
            seeds={target: tuple(dict.fromkeys(map(store.put_blob, seeds))) for target, seeds in contents.items()},
            given=self.given,
            rulings=read_groups(self.config),
        )
        for name in mistakes_to_run(self.config, self.profile, self.selected):
            try:
                mistake = load_mistake(name, pair.cpp, pair.rust)
            except PatchError as error:
                self.unreadable.append(Assembly.unreadable(name, error.message))
            else:
                self.mistakes[name] = MistakeFlow(mistake=mistake, common=self.common)

    def flows(self) -> Iterator[Flow]:
        """One for each mistake, from its builds to its rows; and one for the twins that have none."""
        yield Flow(UNPATCHED, self.unpatched_steps())
        for name, mistake in self.mistakes.items():
            yield Flow(name, mistake.steps())

    def unpatched_steps(self) -> Iterator[Step]:
        if self.given is None:
            yield Step(FUZZ, self.plan_clean_campaigns())
        yield Step(REPLAY, self.plan_corpus())

    # --- what all mistakes need ----------------------------------------------------------------

    def plan_known_bad(self) -> Iterator[Batch]:
        """A sanitizer that is silent about a known fault would be silent about the mistakes."""
        for language in Language:
            for flavour in self._flavours(language):
                if flavour in SPEAKS:
                    job = known_bad_job(language, flavour, self.worker.store)
                    self.known_bad.append(job)
                    yield Batch((job,), job.label)

    def plan_unpatched(self) -> Iterator[Batch]:
        targets = tuple(self.config.pair.targets)
        for language in Language:
            tree, flavours = self.common.trees[language], self._flavours(language)
            subject = unpatched_subject(language, tree, targets, flavours, self.worker.store)
            self.unpatched[language] = subject
        tree, flavours = self.common.trees[Language.RUST], self.profile.flavours.of(Variant.RUST_UNSAFE)
        store, fingerprint = self.worker.store, self.worker.fingerprint
        self.starts |= starting_subjects(self.unpatched, tree, flavours, store, fingerprint)
        planted = {one.variant for flow in self.mistakes.values() for one in flow.mistake.planted}
        for language, subject in self.unpatched.items():
            # One that itself starts from the unpatched twin is built right behind it.
            starts = [self.starts[one] for one in Variant if one.language is language and one in planted]
            for flavour, job in subject.builds:
                behind = (one.job(flavour) for one in starts if one is not subject)
                yield Batch((job, *(one for one in behind if one is not None)), job.label)

    def plan_clean_campaigns(self) -> Iterator[Batch]:
        """What holds no mistake is fuzzed as a user would fuzz."""
        for subject in self.unpatched.values():
            for target in subject.targets:
                for job in self.common.campaigns(subject, target):
                    self.clean_campaigns.append((subject, job))
                    yield Batch((job,), job.label)

    def plan_corpus(self) -> Iterator[Batch]:
        """The unpatched twins answer the whole corpus, cleanly and alike."""
        for subject in self.unpatched.values():
            for target in subject.targets:
                jobs = tuple(self.common.replays(subject, target, self.common.seeds[target]).values())
                self.corpus_replays.extend((subject, target, job) for job in jobs)
                if jobs:
                    yield Batch(jobs, f"{subject.name} corpus")

    def _flavours(self, language: Language) -> tuple[Flavour, ...]:
        """Every flavour that some variant of a language is built in."""
        lists = [self.profile.flavours.of(one) for one in Variant if one.language is language]
        return tuple(flavour for flavour in Flavour if any(flavour in one for one in lists))

    # --- the record ----------------------------------------------------------------------------

    def _judge(self, name: str) -> None:
        """A mistake's last step is done: its rows, and whoever watches is told."""
        if name in self.mistakes:
            self.judged[name] = self.mistakes[name].rows()
            self.observer.mistake_judged(self.judged[name], len(self.judged), len(self.mistakes))

    def _rows(self) -> Iterator[Row]:
        yield from self.unreadable
        for name, mistake in self.mistakes.items():
            # One that was interrupted has a row all the same, which says so.
            yield from self.judged.get(name) or mistake.rows()

    def record(self) -> RunRecord:
        rows, trees = in_order(self._rows()), self.common.trees.items()
        controls = tuple(self._controls())
        costs = tuple(sorted(self.scheduler.costs, key=lambda cost: STAGES.index(cost.stage)))
        path = self.config.baseline_of(self.profile)
        baseline = read_baseline(path) if path else None
        selected = bool(self.selected) or self.profile.mistakes != "all"
        course = Course(
            fingerprint=self.toolchain.fingerprint,
            interrupted=self.interrupted,
            broken=f"{self.broken.message} ({self.broken.next_step})" if self.broken else "",
            failures=tuple(self.scheduler.failures),
            selected=selected,
        )
        started = self.started.strftime("%Y-%m-%dT%H:%M:%SZ")
        record = RunRecord(
            schema=SCHEMA,
            run_id=new_run_id(self.started),
            version=__version__,
            started=started,
            duration_s=time.monotonic() - self._clock,
            pair=self.config.pair.name,
            profile=self.profile_name,
            backend=self.worker.backend.name,
            complete=not self.interrupted and self.broken is None,
            toolchain=self.toolchain,
            budgets=self._budgets(),
            rows=rows,
            controls=controls,
            stages=costs,
            gate=judge_run(rows, controls, baseline, course),
            findings=self._findings(),
            folders=tuple((one.value, self._shown_folder(one)) for one in Language),
            corpus=tuple(self.common.seeds.items()),
            growth=tuple(self._growth()),
            twins=tuple((one.value, sources_digest(put_sources(tree, self.worker.store))) for one, tree in trees),
        )
        return replace(record, claims=answer_claims(self.claims, record, selected=selected))

    def _findings(self) -> tuple[Finding, ...]:
        """Every row's. A ruling that none of their crashes was one of may be mistyped: it is told of."""
        found = tuple(finding for one in self.mistakes.values() for finding in one.findings.all())
        unused = frozenset(group((), self.common.rulings).unused)
        unused = unused.intersection(*(one.findings.unused for one in self.mistakes.values()))
        for one in sorted(unused, key=lambda each: each.line):
            self.observer.message(f"{GROUPS}:{one.line}: no finding has {one.signature} ({one.reason})")
        return found

    def _growth(self) -> Iterator[Growth]:
        """What the clean campaigns' own logs say of the edges that they covered."""
        outcomes, store = self.scheduler.outcomes, self.worker.store
        for subject, job in self.clean_campaigns:
            result = outcomes.result(job)
            if not isinstance(result, Campaign) or not result.log:
                continue
            instrumented, points = coverage_growth(store.get_blob(result.log).decode(errors="replace"))
            yield Growth(
                language=subject.language,
                flavour=job.flavour,
                target=job.program_name.removeprefix("fuzz_"),
                seed=job.seed,
                instrumented=instrumented,
                points=points,
            )

    def _shown_folder(self, language: Language) -> str:
        """Where a twin is, as a path in the repository: what an annotation of a line needs."""
        return self.config.pair.folder(language).relative_to(self.config.root).as_posix()

    def _controls(self) -> Iterator[Control]:
        outcomes, mistakes = self.scheduler.outcomes, self.mistakes.values()
        replays = [*self.corpus_replays, *(replay for one in mistakes for replay in one.corpus_replays)]
        campaigns = [*self.clean_campaigns, *(campaign for one in mistakes for campaign in one.clean_campaigns)]
        yield from known_bad_controls(self.known_bad, outcomes)
        yield from corpus_controls(replays, self.unpatched, outcomes, self.worker.store)
        yield from campaign_controls(campaigns, outcomes)
        yield from load_controls([one.load for one in mistakes if one.load], outcomes)

    def _budgets(self) -> tuple[tuple[str, str], ...]:
        profile = self.profile
        return (
            *((f"trigger_runs {one}", str(profile.trigger_runs_for(one))) for one in self.config.pair.targets),
            ("trigger_inputs", str(profile.trigger_inputs)),
            *((f"found_runs {one}", str(profile.found_runs_for(one))) for one in self.config.pair.targets),
            ("seeds", ", ".join(map(str, profile.seeds))),
            ("analyzers", ", ".join(profile.analyzers) or "not run"),
            ("sandbox memory_mb", str(self.worker.limits.memory_mb)),
            ("sandbox pids", str(self.worker.limits.pids)),
            (
                "load",
                f"{profile.load_parses:,} parses under {LOAD_LIMITS.memory_mb} MiB"
                if profile.load_parses
                else "not run",
            ),
            ("tries of a race", ", ".join(f"{flavour} {tries}" for flavour, tries in RACE_TRIES.items())),
        )
