"""The experiment from start to end. Read this file first: `Experiment.run` is the list of stages, in their order."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from fuzzpair import __version__
from fuzzpair.analysis import AnalysisJob, analysis_job, sources_that_see
from fuzzpair.bug_classes import bug_class
from fuzzpair.build import put_sources
from fuzzpair.claims import answer_claims
from fuzzpair.claims_file import Claim, parse_claims
from fuzzpair.config import Config, Profile
from fuzzpair.config_problems import perhaps
from fuzzpair.controls import campaign_controls, corpus_controls, known_bad_controls
from fuzzpair.errors import BackendError, ConfigError, FuzzpairError, PatchError, UsageError
from fuzzpair.flavours import RECIPES, SPEAKS
from fuzzpair.fuzz.campaign import CampaignJob
from fuzzpair.fuzz.triggers import TriggerJob, Triggers
from fuzzpair.gate import Course, judge_run, read_baseline
from fuzzpair.jobs import Batch, Job, Scheduler, Worker, batched
from fuzzpair.mistakes import Mistake, Planted, load_mistake, mistake_names, read_tree
from fuzzpair.model import Analyzer, Control, Ending, Flavour, Language, Row, RunRecord, Toolchain, Variant
from fuzzpair.progress import Observer
from fuzzpair.replay import RACE_TRIES, KnownBadJob, ReplayJob, Replays, for_race, known_bad_job, replay_job
from fuzzpair.rows import Assembly, VariantWork
from fuzzpair.store import digest
from fuzzpair.subjects import Subject, fixed_subject, planted_subject, unpatched_subject
from fuzzpair.tally import ending_of

SCHEMA = "fuzzpair/run/1"
# A counterpart is compared in default and fuzzed in address whatever the mistake does.
COUNTERPART_FIRST = (Flavour.DEFAULT, Flavour.ADDRESS)


def check_wish(config: Config, profile: Profile, selected: Sequence[str]) -> None:
    """Raise FuzzpairError where a run would end for what can be read at once, before an image is built for it."""
    mistakes_to_run(config, profile, selected)
    for target in config.pair.targets:
        read_corpus(config, target)
    read_claims(config)


def read_claims(config: Config) -> tuple[Claim, ...]:
    """The claims that pipeline.yml names. Raises ConfigError; a file that is named and absent would answer nothing."""
    if config.claims is None:
        return ()
    try:
        content = config.claims.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"{config.claims.name}:1: cannot be read: {error.strerror} ({config.claims})",
            next_step="restore it, or take the key 'claims' out of pipeline.yml",
        ) from None
    return parse_claims(content, config.claims.name)


def mistakes_to_run(config: Config, profile: Profile, selected: Sequence[str]) -> list[str]:
    """The names asked for. Raises UsageError on one that neither the pair nor the baseline has."""
    there = mistake_names(config.pair.cpp, config.pair.rust)
    path = config.baseline_of(profile)
    baseline = read_baseline(path) if path else None
    known = {row.split("/")[0] for row in baseline.rows} if baseline else set()
    for name in selected:
        if name not in known and name not in there:
            raise UsageError(
                f"there is no mistake {name!r}{perhaps(name, there)}",
                next_step=f"one of {', '.join(there)}" if there else "the pair has no patches yet",
            )
    if selected:
        return sorted(set(selected))
    # A mistake whose patches were all taken away is told of, not forgotten.
    return sorted(set(there) | known if profile.mistakes == "all" else set(profile.mistakes))


def read_corpus(config: Config, target: str) -> list[bytes]:
    """A target's seeds. Raises FuzzpairError when there is none."""
    folder: Path = config.pair.corpus / target
    contents = [path.read_bytes() for path in sorted(folder.glob("*")) if path.is_file()] if folder.is_dir() else []
    if not contents:
        raise FuzzpairError(
            f"the corpus of target {target!r} is empty: {folder}",
            next_step="put at least one input file there; fuzzing from nothing proves nothing",
        )
    return contents


@dataclass
class Experiment:
    """One run's state. Each stage plans its jobs from the results before it; jobs never schedule jobs."""

    config: Config
    profile_name: str
    toolchain: Toolchain
    worker: Worker
    executor: Executor
    observer: Observer
    selected: tuple[str, ...] = ()  # mistakes asked for on the command line; empty: the profile's
    given: Mapping[str, Triggers] | None = None  # a bundle's triggering inputs: nothing is fuzzed, they are replayed
    mistakes: list[Mistake] = field(default_factory=list)
    unreadable: list[Row] = field(default_factory=list)
    unpatched: dict[Language, Subject] = field(default_factory=dict)
    work: list[VariantWork] = field(default_factory=list)
    known_bad: list[KnownBadJob] = field(default_factory=list)
    corpus_replays: list[tuple[Subject, str, ReplayJob]] = field(default_factory=list)
    clean_campaigns: list[tuple[Subject, CampaignJob]] = field(default_factory=list)
    triggers: dict[str, TriggerJob] = field(default_factory=dict)
    interrupted: bool = False
    broken: BackendError | None = None

    def __post_init__(self) -> None:
        self.scheduler = Scheduler(self.executor, self.worker, self.observer)
        self.profile: Profile = self.config.profile(self.profile_name)
        self.started = datetime.now(UTC)
        self._clock = time.monotonic()

    # --- the run -------------------------------------------------------------------------------

    def run(self) -> RunRecord:
        """All stages, then the record. Ctrl-C ends the stages; what they had found is in the record."""
        self.read_pair()
        stages = (
            ("known-bad programs", self.plan_known_bad),
            ("build the unpatched twins", self.plan_unpatched),
            ("build the mistakes", self.plan_variants),
            *([("analyze", self.plan_analyses)] if self.profile.analyzers else []),
            ("fuzz", self.plan_fuzzing),
            ("replay", self.plan_replays),
            ("build the counterparts", self.plan_counterparts),
            ("replay the counterparts", self.plan_counterpart_replays),
        )
        try:
            for name, plan in stages:
                self.scheduler.run_stage(name, plan())
        except KeyboardInterrupt:
            self.interrupted = True
            self.observer.message("interrupted: what was found so far follows; the next run goes on from here")
        except BackendError as error:
            self.broken = error
            self.observer.message(f"stopped: {error.message}; what was found so far follows")
        return self.record()

    def read_pair(self) -> None:
        """Read the twins, the corpus and every mistake. Raises FuzzpairError where nothing can be run at all."""
        pair = self.config.pair
        store = self.worker.store
        self.claims = read_claims(self.config)  # before the first row is known: an edit now changes no answer
        contents = {target: read_corpus(self.config, target) for target in pair.targets}
        self.seeds = {target: tuple(dict.fromkeys(map(store.put_blob, seeds))) for target, seeds in contents.items()}
        for name in mistakes_to_run(self.config, self.profile, self.selected):
            try:
                mistake = load_mistake(name, pair.cpp, pair.rust)
            except PatchError as error:
                self.unreadable.append(Assembly.unreadable(name, error.message))
                continue
            self.mistakes.append(mistake)
        self.trees = {language: read_tree(pair.folder(language)) for language in Language}

    # --- the stages ----------------------------------------------------------------------------

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
            subject = unpatched_subject(
                language, self.trees[language], targets, self._flavours(language), self.worker.store
            )
            self.unpatched[language] = subject
            for _, job in subject.builds:
                yield Batch((job,), job.label)

    def plan_variants(self) -> Iterable[Batch]:
        """One batch for a mistake in one language: what shares a sandbox can spoil nothing but itself."""
        self.work = [self._work(mistake, planted) for mistake in self.mistakes for planted in mistake.planted]
        parts: list[tuple[str, Job]] = []
        for work in self.work:
            own = work.subject.builds if work.subject else ()
            fixed = [work.own_fixed.job(flavour) for flavour in COUNTERPART_FIRST] if work.own_fixed else []
            jobs = (*(job for _, job in own), *(job for job in fixed if job is not None))
            parts.extend((f"{work.mistake.name} {work.planted.variant.language}", job) for job in jobs)
        return batched(parts)

    def plan_analyses(self) -> Iterable[Batch]:
        """Analyzers read what compiles: a mistake's tree and its counterpart's, in the same sources."""
        parts: list[tuple[str, Job]] = []
        for work in self.work:
            for analyzer in self.profile.analyzers:
                if analyzer.language is not work.planted.variant.language or not self._compiles(work):
                    continue
                work.analyses[analyzer] = self._analyses(analyzer, work)
                parts.extend((f"{work.mistake.name} analyses", job) for job in work.analyses[analyzer])
        return batched(parts)

    def plan_fuzzing(self) -> Iterator[Batch]:
        """Triggering inputs for every mistake, and one campaign a seed as a user would fuzz, of everything fuzzed."""
        if self.given is not None:
            return
        for mistake in self.mistakes:
            gathering = self._trigger_job(mistake)
            if gathering is not None:
                self.triggers[mistake.name] = gathering
                yield Batch((gathering,), gathering.label)
        for subject in self.unpatched.values():
            for target in subject.targets:
                for job in self._campaigns(subject, target):
                    self.clean_campaigns.append((subject, job))
                    yield Batch((job,), job.label)
        parts: list[tuple[str, Job]] = []
        for work in self.work:
            target = work.mistake.target
            work.campaigns = tuple(self._campaigns(work.subject, target)) if work.subject else ()
            clean = tuple(self._campaigns(work.own_fixed, target)) if work.own_fixed else ()
            self.clean_campaigns.extend((work.own_fixed, job) for job in clean if work.own_fixed)
            parts.extend((f"{work.mistake.name} campaigns", job) for job in (*work.campaigns, *clean))
        yield from batched(parts)

    def plan_replays(self) -> Iterator[Batch]:
        """Every flavour judges the triggering inputs; what campaigns found is tried on the canary and counterpart."""
        yield from self._corpus_batches()
        parts: list[tuple[str, Job]] = []
        for work in self.work:
            if work.subject is None:
                continue
            work.replays = self._judge(work.subject, work)
            work.confirmations = self._confirmations(work)
            parts.extend((f"{work.mistake.name} replays", job) for job in work.replays.values())
            parts.extend((f"{work.mistake.name} replays", job) for job in work.confirmations)
        yield from batched(parts)

    def plan_counterparts(self) -> Iterable[Batch]:
        """A counterpart answers only where it is asked: in the flavours in which the mistake did not end cleanly."""
        parts: list[tuple[str, Job]] = []
        for work in self.work:
            unclean = {one for one, job in work.replays.items() if not self._all_clean(job)}
            work.asked = {Flavour.DEFAULT} | unclean - {Flavour.CANARY}
            jobs = [work.own_fixed.job(one) for one in Flavour if one in work.asked] if work.own_fixed else []
            missing = [job for job in jobs if job is not None and self.scheduler.outcomes.of(job) is None]
            parts.extend((f"{work.mistake.name} {work.planted.variant.language} counterparts", job) for job in missing)
        return batched(parts)

    def plan_counterpart_replays(self) -> Iterable[Batch]:
        parts: list[tuple[str, Job]] = []
        for work in self.work:
            if work.fixed is None:
                continue
            jobs = self._judge(work.fixed, work)
            work.counterpart = {flavour: job for flavour, job in jobs.items() if flavour in work.asked}
            parts.extend((f"{work.mistake.name} counterparts", job) for job in work.counterpart.values())
        return batched(parts)

    def _all_clean(self, job: ReplayJob) -> bool:
        result = self.scheduler.outcomes.result(job)
        return isinstance(result, Replays) and all(ending_of(one) is Ending.CLEAN for one in result.replays)

    # --- parts of the plans --------------------------------------------------------------------

    def _flavours(self, language: Language) -> tuple[Flavour, ...]:
        """Every flavour that some variant of a language is built in."""
        lists = [self.profile.flavours.of(one) for one in Variant if one.language is language]
        return tuple(flavour for flavour in Flavour if any(flavour in one for one in lists))

    def _work(self, mistake: Mistake, planted: Planted) -> VariantWork:
        work = VariantWork(mistake=mistake, planted=planted)
        if planted.problem is None:
            base = self.unpatched[planted.variant.language]
            flavours = self.profile.flavours.of(planted.variant)
            store, fingerprint = self.worker.store, self.worker.fingerprint
            work.subject = planted_subject(mistake, planted, base, flavours, store, fingerprint)
            work.fixed = fixed_subject(mistake, planted, base, flavours, store, fingerprint)
        return work

    def _compiles(self, work: VariantWork) -> bool:
        return work.subject is not None and work.subject.build(Flavour.DEFAULT, self.scheduler.outcomes) is not None

    def _analyses(self, analyzer: Analyzer, work: VariantWork) -> tuple[AnalysisJob, AnalysisJob]:
        """The jobs on a mistake and on its counterpart, over the sources that see a changed file."""
        planted = work.planted
        counterpart = self.trees[planted.variant.language] if planted.fixed_tree is None else planted.fixed_tree
        name = f"{work.mistake.name}/{planted.variant}"
        own, fixed = (
            analysis_job(
                analyzer,
                put_sources(tree, self.worker.store),
                sources_that_see(planted.changed, planted.tree) if analyzer.language is Language.CPP else (),
                subject,
            )
            for tree, subject in ((planted.tree, name), (counterpart, f"{name} fixed"))
        )
        return own, fixed

    def _trigger_job(self, mistake: Mistake) -> TriggerJob | None:
        """Gathered on the C++ variant; its inputs are then tried on every other one."""
        work = next((one for one in self.work if one.mistake is mistake and one.planted.variant is Variant.CPP), None)
        build = work.subject.build(Flavour.CANARY, self.scheduler.outcomes) if work and work.subject else None
        if build is None:
            return None
        fuzzer = f"fuzz_{mistake.target}"
        return TriggerJob(
            judge=build.program("judge"),
            fuzzer=build.program(fuzzer),
            fuzzer_name=fuzzer,
            target=mistake.target,
            seeds=self.seeds[mistake.target],
            seed=self.profile.seeds[0],
            runs=self.profile.trigger_runs,
            wanted=self.profile.trigger_inputs,
            fuse_s=self.profile.fuse_s,
            subject=mistake.name,
        )

    def _campaigns(self, subject: Subject, target: str) -> Iterator[CampaignJob]:
        fuzzer = f"fuzz_{target}"
        fuzzed = (one for one, recipe in RECIPES[subject.language].items() if recipe.is_fuzzed)
        for flavour in fuzzed:
            program = subject.program(flavour, self.scheduler.outcomes, fuzzer)
            if program is None or flavour is Flavour.CANARY:  # that one only gathers triggers
                continue
            for seed in self.profile.seeds:
                yield CampaignJob(
                    program=program,
                    program_name=fuzzer,
                    flavour=flavour,
                    seeds=self.seeds[target],
                    seed=seed,
                    runs=self.profile.runs_of(target),
                    fuse_s=self.profile.fuse_s,
                    subject=f"{subject.name} {target}",
                )

    def _inputs_of(self, work: VariantWork) -> tuple[str, ...]:
        triggers = self.triggers_of(work.mistake)
        return triggers.inputs if triggers else ()

    def triggers_of(self, mistake: Mistake) -> Triggers | None:
        if self.given is not None:
            return self.given.get(mistake.name)
        job = self.triggers.get(mistake.name)
        result = self.scheduler.outcomes.result(job) if job is not None else None
        return result if isinstance(result, Triggers) else None

    def _judge(self, subject: Subject, work: VariantWork) -> dict[Flavour, ReplayJob]:
        """A mistake's triggering inputs on every build of its tree, or of its counterpart's."""
        jobs = self._replay(subject, work.mistake.target, self._inputs_of(work))
        is_race = bug_class(work.mistake.bug_class).is_race
        return {flavour: for_race(job) for flavour, job in jobs.items()} if is_race else jobs

    def _replay(self, subject: Subject, target: str, inputs: tuple[str, ...]) -> dict[Flavour, ReplayJob]:
        jobs: dict[Flavour, ReplayJob] = {}
        for flavour in subject.flavours if inputs else ():
            program = subject.program(flavour, self.scheduler.outcomes)
            if program is not None:
                jobs[flavour] = replay_job(
                    program,
                    flavour,
                    target,
                    inputs,
                    timeout_s=self.profile.replay_timeout_s,
                    subject=subject.name,
                )
        return jobs

    def _confirmations(self, work: VariantWork) -> tuple[ReplayJob, ...]:
        """What a campaign found counts only if the counterpart is clean on it, and the canary or a stack agrees."""
        found = [campaign.crash.input for campaign in work.campaign_results(self.scheduler.outcomes) if campaign.crash]
        jobs: list[ReplayJob] = []
        if found and work.subject and work.fixed:
            for subject, flavour in ((work.subject, Flavour.CANARY), (work.fixed, Flavour.ADDRESS)):
                jobs.extend(
                    job
                    for one, job in self._replay(subject, work.mistake.target, tuple(dict.fromkeys(found))).items()
                    if one is flavour
                )
        return tuple(jobs)

    def _corpus_batches(self) -> Iterator[Batch]:
        """The unpatched twins and every fixed counterpart answer the whole corpus, cleanly and alike."""
        subjects: Iterable[tuple[Subject, tuple[str, ...]]] = [
            *((subject, subject.targets) for subject in self.unpatched.values()),
            *((work.own_fixed, (work.mistake.target,)) for work in self.work if work.own_fixed),
        ]
        for subject, targets in subjects:
            for target in targets:
                jobs = self._replay(subject, target, self.seeds[target])
                if subject not in self.unpatched.values():
                    # Its campaign starts with the whole corpus in address; that is not done twice.
                    jobs.pop(Flavour.ADDRESS, None)
                self.corpus_replays.extend((subject, target, job) for job in jobs.values())
                if jobs:
                    yield Batch(tuple(jobs.values()), f"{subject.name} corpus")

    # --- the record ----------------------------------------------------------------------------

    def record(self) -> RunRecord:
        assembly = Assembly(self.scheduler.outcomes, self.worker.store, self.worker.fingerprint, self.triggers_of)
        rows = tuple(self.unreadable + assembly.rows(self.work))
        controls = tuple(self._controls())
        costs = tuple(self.scheduler.costs)
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
            run_id=f"{self.started:%Y%m%dT%H%M%SZ}-{digest(started.encode() + str(id(self)).encode())[:8]}",
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
            folders=tuple((one.value, self._shown_folder(one)) for one in Language),
            corpus=tuple(self.seeds.items()),
        )
        return replace(record, claims=answer_claims(self.claims, record, selected=selected))

    def _shown_folder(self, language: Language) -> str:
        """Where a twin is, as a path in the repository: what an annotation of a line needs."""
        return self.config.pair.folder(language).relative_to(self.config.root).as_posix()

    def _controls(self) -> Iterator[Control]:
        outcomes = self.scheduler.outcomes
        yield from known_bad_controls(self.known_bad, outcomes)
        yield from corpus_controls(self.corpus_replays, self.unpatched, outcomes, self.worker.store)
        yield from campaign_controls(self.clean_campaigns, outcomes)

    def _budgets(self) -> tuple[tuple[str, str], ...]:
        profile = self.profile
        return (
            ("trigger_runs", str(profile.trigger_runs)),
            ("trigger_inputs", str(profile.trigger_inputs)),
            *((f"found_runs {one}", str(profile.runs_of(one))) for one in self.config.pair.targets),
            ("seeds", ", ".join(map(str, profile.seeds))),
            ("analyzers", ", ".join(profile.analyzers) or "not run"),
            ("tries of a race", ", ".join(f"{flavour} {tries}" for flavour, tries in RACE_TRIES.items())),
        )
