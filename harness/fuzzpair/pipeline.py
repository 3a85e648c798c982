"""The experiment from start to end. Read this file first: `mistake_steps` is the list of stages, in their order."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from fuzzpair import __version__
from fuzzpair.analysis import AnalysisJob, analysis_job, sources_that_see
from fuzzpair.bug_classes import bug_class
from fuzzpair.build import BuildJob, put_sources
from fuzzpair.claims import answer_claims
from fuzzpair.claims_file import Claim, parse_claims
from fuzzpair.config import Config, Profile
from fuzzpair.config_problems import perhaps
from fuzzpair.controls import campaign_controls, corpus_controls, known_bad_controls, load_controls
from fuzzpair.crash_inputs import Minimising, StoredBuild
from fuzzpair.errors import BackendError, ConfigError, FuzzpairError, PatchError, UsageError
from fuzzpair.findings import Judging
from fuzzpair.flavours import RECIPES, SPEAKS, judge_env
from fuzzpair.fuzz.campaign import CampaignJob
from fuzzpair.fuzz.triggers import TriggerJob, Triggers
from fuzzpair.gate import Course, judge_run, read_baseline
from fuzzpair.jobs import Batch, Job, Worker
from fuzzpair.load import LOAD_LIMITS, PARSES, LoadJob, LoadProgram, load_build
from fuzzpair.mistakes import Mistake, load_mistake, mistake_names, read_tree
from fuzzpair.model import Analyzer, Control, Ending, Finding, Flavour, Language, Row, RunRecord, Toolchain, Variant
from fuzzpair.progress import Observer
from fuzzpair.replay import RACE_TRIES, KnownBadJob, ReplayJob, Replays, for_race, known_bad_job
from fuzzpair.rows import Assembly, VariantWork, in_order
from fuzzpair.run_findings import Again, fuzzed_build, plan_again, row_findings
from fuzzpair.scheduler import Flow, Scheduler, Step
from fuzzpair.store import digest
from fuzzpair.subjects import Subject, fixed_subject, planted_subject, unpatched_subject
from fuzzpair.tally import ending_of

SCHEMA = "fuzzpair/run/1"
UNPATCHED = "the unpatched twins"  # no mistake's name: it has a space
# What a run's cost is counted under, in the order in which it is told.
STAGES = (
    "known-bad programs",
    "build the unpatched twins",
    "build the mistakes",
    "analyze",
    "fuzz",
    "replay",
    "run under load",
    "build the counterparts",
    "replay the counterparts",
    "minimise",
    "reproduce the minimised",
)
KNOWN_BAD, BUILD_TWINS, BUILD, ANALYZE, FUZZ, REPLAY, LOAD, BUILD_FIXED, REPLAY_FIXED, MINIMISE, REPRODUCE = STAGES
Plan = Callable[[Sequence[VariantWork]], Iterable[Job]]
# A counterpart is compared in default and fuzzed in address whatever the mistake does.
COUNTERPART_FIRST = (Flavour.DEFAULT, Flavour.ADDRESS)
# A leak is run under load as it ships; claims ask the same of hardened C++.
LOADED = {Language.CPP: (Flavour.DEFAULT, Flavour.HARDENED), Language.RUST: (Flavour.DEFAULT,)}


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
    mistakes: list[Mistake] = field(default_factory=list)
    unreadable: list[Row] = field(default_factory=list)
    unpatched: dict[Language, Subject] = field(default_factory=dict)
    work: dict[str, list[VariantWork]] = field(default_factory=dict)  # by mistake
    known_bad: list[KnownBadJob] = field(default_factory=list)
    corpus_replays: list[tuple[Subject, str, ReplayJob]] = field(default_factory=list)
    clean_campaigns: list[tuple[Subject, CampaignJob]] = field(default_factory=list)
    triggers: dict[str, TriggerJob] = field(default_factory=dict)
    again: list[tuple[VariantWork, Again]] = field(default_factory=list)  # what campaigns crashed on
    minimising: dict[Again, Minimising] = field(default_factory=dict)
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
            self.scheduler.run_flows(self.flows(), self._judge_mistake)
        except KeyboardInterrupt:
            self.interrupted = True
            self.observer.message("interrupted: what was found so far follows; the next run goes on from here")
        except BackendError as error:
            self.broken = error
            self.observer.message(f"stopped: {error.message}; what was found so far follows")
        return self.record()

    def flows(self) -> Iterator[Flow]:
        """One for each mistake, from its builds to its rows; and one for the twins that have none."""
        yield Flow(UNPATCHED, self.unpatched_steps())
        for mistake in self.mistakes:
            yield Flow(mistake.name, self.mistake_steps(mistake))

    def unpatched_steps(self) -> Iterator[Step]:
        if self.given is None:
            yield Step(FUZZ, self.plan_clean_campaigns())
        yield Step(REPLAY, self.plan_corpus())

    def mistake_steps(self, mistake: Mistake) -> Iterator[Step]:
        """The stages of one mistake, in one place: what a hostile patch can spoil is its own."""
        work = self.work[mistake.name]
        stages: Sequence[tuple[str, Plan]] = (
            (BUILD, self.plan_variants),
            *([(ANALYZE, self.plan_analyses)] if self.profile.analyzers else []),
            *([(FUZZ, self.plan_fuzzing)] if self.given is None else []),
            (REPLAY, self.plan_replays),
            (LOAD, self.plan_load),
            (BUILD_FIXED, self.plan_counterparts),
            (REPLAY_FIXED, self.plan_counterpart_replays),
            *([(MINIMISE, self.plan_minimising), (REPRODUCE, self.plan_minimised)] if self.profile.minimise_s else []),
        )
        for stage, plan in stages:
            # What is run under limits of its own has a sandbox of its own.
            place = None if stage == LOAD else mistake.name
            yield Step(stage, [Batch((job,), job.label, place) for job in plan(work)])

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
            self.work[name] = [VariantWork(mistake=mistake, planted=planted) for planted in mistake.planted]
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

    def plan_clean_campaigns(self) -> Iterator[Batch]:
        """What holds no mistake is fuzzed as a user would fuzz."""
        for subject in self.unpatched.values():
            for target in subject.targets:
                for job in self._campaigns(subject, target):
                    self.clean_campaigns.append((subject, job))
                    yield Batch((job,), job.label)

    def plan_corpus(self) -> Iterator[Batch]:
        """The unpatched twins answer the whole corpus, cleanly and alike."""
        for subject in self.unpatched.values():
            for target in subject.targets:
                jobs = tuple(self._replay(subject, target, self.seeds[target]).values())
                self.corpus_replays.extend((subject, target, job) for job in jobs)
                if jobs:
                    yield Batch(jobs, f"{subject.name} corpus")

    def plan_variants(self, work: Sequence[VariantWork]) -> Iterator[Job]:
        for one in work:
            self._plant(one)
            yield from (job for _, job in one.subject.builds) if one.subject else ()
            fixed = [one.own_fixed.job(flavour) for flavour in COUNTERPART_FIRST] if one.own_fixed else []
            yield from (job for job in fixed if job is not None)
            yield from self._load_builds(one)

    def plan_analyses(self, work: Sequence[VariantWork]) -> Iterator[Job]:
        """Analyzers read what compiles: a mistake's tree and its counterpart's, in the same sources."""
        for one in work:
            for analyzer in self.profile.analyzers:
                if analyzer.language is one.planted.variant.language and self._compiles(one):
                    one.analyses[analyzer] = self._analyses(analyzer, one)
                    yield from one.analyses[analyzer]

    def plan_fuzzing(self, work: Sequence[VariantWork]) -> Iterator[Job]:
        """Triggering inputs of a mistake, and one campaign a seed as a user would fuzz, of everything fuzzed."""
        gathering = self._trigger_job(work)
        if gathering is not None:
            self.triggers[gathering.subject] = gathering
            yield gathering
        for one in work:
            target = one.mistake.target
            one.campaigns = tuple(self._campaigns(one.subject, target)) if one.subject else ()
            clean = tuple(self._campaigns(one.own_fixed, target)) if one.own_fixed else ()
            self.clean_campaigns.extend((one.own_fixed, job) for job in clean if one.own_fixed)
            yield from (*one.campaigns, *clean)

    def plan_replays(self, work: Sequence[VariantWork]) -> Iterator[Job]:
        """Every flavour judges the triggering inputs; what campaigns found is tried on the canary and counterpart."""
        for one in work:
            yield from self._fixed_corpus(one)
            if one.subject is not None:
                one.replays = self._judge(one.subject, one)
                one.confirmations = self._confirmations(one)
                yield from (*one.replays.values(), *one.confirmations)
                again = plan_again(one, self.scheduler.outcomes, self.worker.store, self.profile, self.worker.limits)
                if again is not None:
                    self.again.append((one, again))
                    yield again

    def plan_load(self, work: Sequence[VariantWork]) -> Iterator[Job]:
        """One job a leak: its C++ variant says how often the others may parse."""
        programs = tuple(program for one in work for program in self._load_programs(one))
        inputs = self._inputs_of(work[0])
        if programs and inputs:
            largest = max(inputs, key=lambda name: len(self.worker.store.get_blob(name)))
            job = LoadJob(programs=programs, input=largest, subject=work[0].mistake.name)
            for one in work:
                one.load = job
            yield job

    def plan_counterparts(self, work: Sequence[VariantWork]) -> Iterator[Job]:
        """A counterpart answers only where it is asked: in the flavours in which the mistake did not end cleanly."""
        for one in work:
            unclean = {flavour for flavour, job in one.replays.items() if not self._all_clean(job)}
            one.asked = {Flavour.DEFAULT} | unclean - {Flavour.CANARY}
            jobs = [one.own_fixed.job(flavour) for flavour in Flavour if flavour in one.asked] if one.own_fixed else []
            yield from (job for job in jobs if job is not None)

    def plan_counterpart_replays(self, work: Sequence[VariantWork]) -> Iterator[Job]:
        for one in work:
            if one.fixed is not None:
                jobs = self._judge(one.fixed, one)
                one.counterpart = {flavour: job for flavour, job in jobs.items() if flavour in one.asked}
                yield from one.counterpart.values()

    def plan_minimising(self, work: Sequence[VariantWork]) -> Iterator[Job]:
        for one, again in self._again_of(work):
            build = self._fuzzed_build(one)
            if build is not None:
                found = self._row_findings(one, again, build)
                self.minimising[again] = Minimising(findings=found, build=build, fuse_s=self.profile.minimise_s)
                yield from self.minimising[again].plan()

    def plan_minimised(self, work: Sequence[VariantWork]) -> Iterator[Job]:
        for _, again in self._again_of(work):
            if again in self.minimising:
                yield from self.minimising[again].plan_again(self.scheduler.outcomes)

    def _again_of(self, work: Sequence[VariantWork]) -> Iterator[tuple[VariantWork, Again]]:
        return ((one, again) for one, again in self.again if any(one is other for other in work))

    def _all_clean(self, job: ReplayJob) -> bool:
        result = self.scheduler.outcomes.result(job)
        return isinstance(result, Replays) and all(ending_of(one) is Ending.CLEAN for one in result.replays)

    # --- parts of the plans --------------------------------------------------------------------

    def _flavours(self, language: Language) -> tuple[Flavour, ...]:
        """Every flavour that some variant of a language is built in."""
        lists = [self.profile.flavours.of(one) for one in Variant if one.language is language]
        return tuple(flavour for flavour in Flavour if any(flavour in one for one in lists))

    def _plant(self, work: VariantWork) -> None:
        mistake, planted = work.mistake, work.planted
        if planted.problem is None:
            base = self.unpatched[planted.variant.language]
            flavours = self.profile.flavours.of(planted.variant)
            store, fingerprint = self.worker.store, self.worker.fingerprint
            work.subject = planted_subject(mistake, planted, base, flavours, store, fingerprint)
            work.fixed = fixed_subject(mistake, planted, base, flavours, store, fingerprint)

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

    def _trigger_job(self, work: Sequence[VariantWork]) -> TriggerJob | None:
        """Gathered on the C++ variant; its inputs are then tried on every other one."""
        cpp = next((one for one in work if one.planted.variant is Variant.CPP), None)
        build = cpp.subject.build(Flavour.CANARY, self.scheduler.outcomes) if cpp and cpp.subject else None
        if cpp is None or build is None:
            return None
        mistake = cpp.mistake
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
            limits=self.worker.limits,
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
                    limits=self.worker.limits,
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
                jobs[flavour] = ReplayJob(
                    program=program,
                    flavour=flavour,
                    target=target,
                    inputs=inputs,
                    env=judge_env(flavour),
                    wall_timeout_s=self.profile.replay_timeout_s,
                    limits=self.worker.limits,
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

    def _fixed_corpus(self, work: VariantWork) -> Iterator[Job]:
        """A counterpart of its own answers the whole corpus as the unpatched twin does. Not in address, in which its
        campaign starts with the whole corpus."""
        if work.own_fixed is None:
            return
        target = work.mistake.target
        for flavour, job in self._replay(work.own_fixed, target, self.seeds[target]).items():
            if flavour is not Flavour.ADDRESS:
                self.corpus_replays.append((work.own_fixed, target, job))
                yield job

    def _judge_mistake(self, name: str) -> None:
        """A mistake's last step is done: its rows, and whoever watches is told."""
        if name in self.work:
            self.judged[name] = self._assembly().rows(self.work[name])
            self.observer.mistake_judged(self.judged[name], len(self.judged), len(self.work))

    def _assembly(self) -> Assembly:
        return Assembly(self.scheduler.outcomes, self.worker.store, self.worker.fingerprint, self.triggers_of)

    def _rows(self) -> Iterator[Row]:
        yield from self.unreadable
        for name, work in self.work.items():
            # One that was interrupted has a row all the same, which says so.
            yield from self.judged.get(name) or self._assembly().rows(work)

    def _load_pairs(self, work: VariantWork) -> Iterator[tuple[Flavour, BuildJob, BuildJob]]:
        """What is run under load of a leak: (flavour, its build, its counterpart's), both linked for that."""
        if work.subject is None or work.fixed is None or not bug_class(work.mistake.bug_class).is_leak:
            return
        for flavour in LOADED[work.planted.variant.language]:
            builds = [one.job(flavour) for one in (work.subject, work.fixed)]
            own, fixed = (load_build(job, work.mistake.target, self.worker.fingerprint) for job in builds if job)
            yield flavour, own, fixed

    def _load_builds(self, work: VariantWork) -> Iterator[BuildJob]:
        return (job for _, *both in self._load_pairs(work) for job in both)

    def _load_programs(self, work: VariantWork) -> Iterator[LoadProgram]:
        for flavour, *both in self._load_pairs(work):
            results = [self.scheduler.outcomes.result(job) for job in both]
            programs = [one.program(f"fuzz_{work.mistake.target}") for one in results if one and one.compiled]
            if len(programs) == len(both):
                yield LoadProgram(
                    variant=work.planted.variant, flavour=flavour, program=programs[0], counterpart=programs[1]
                )

    # --- the record ----------------------------------------------------------------------------

    def record(self) -> RunRecord:
        rows = in_order(self._rows())
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
            findings=tuple(self._findings()),
            folders=tuple((one.value, self._shown_folder(one)) for one in Language),
            corpus=tuple(self.seeds.items()),
        )
        return replace(record, claims=answer_claims(self.claims, record, selected=selected))

    def _findings(self) -> Iterator[Finding]:
        outcomes = self.scheduler.outcomes
        for work, again in sorted(self.again, key=lambda one: one[0].mistake.name):
            build = self._fuzzed_build(work)
            minimised = self.minimising.get(again)
            if minimised is not None:
                yield from minimised.done(outcomes, self.worker.store)
            elif build is not None:
                yield from self._row_findings(work, again, build)

    def _fuzzed_build(self, work: VariantWork) -> StoredBuild | None:
        return fuzzed_build(work, self.scheduler.outcomes, self.profile.replay_timeout_s, self.worker.limits)

    def _row_findings(self, work: VariantWork, again: Again, build: StoredBuild) -> tuple[Finding, ...]:
        judging = Judging(overrides=self.config.overrides)
        return row_findings(work, again, build, judging, self.scheduler.outcomes, self.worker.store)

    def _shown_folder(self, language: Language) -> str:
        """Where a twin is, as a path in the repository: what an annotation of a line needs."""
        return self.config.pair.folder(language).relative_to(self.config.root).as_posix()

    def _controls(self) -> Iterator[Control]:
        outcomes = self.scheduler.outcomes
        yield from known_bad_controls(self.known_bad, outcomes)
        yield from corpus_controls(self.corpus_replays, self.unpatched, outcomes, self.worker.store)
        yield from campaign_controls(self.clean_campaigns, outcomes)
        loads = (one.load for work in self.work.values() for one in work)
        yield from load_controls(dict.fromkeys(load for load in loads if load), outcomes)

    def _budgets(self) -> tuple[tuple[str, str], ...]:
        profile = self.profile
        return (
            ("trigger_runs", str(profile.trigger_runs)),
            ("trigger_inputs", str(profile.trigger_inputs)),
            *((f"found_runs {one}", str(profile.runs_of(one))) for one in self.config.pair.targets),
            ("seeds", ", ".join(map(str, profile.seeds))),
            ("analyzers", ", ".join(profile.analyzers) or "not run"),
            ("sandbox memory_mb", str(self.worker.limits.memory_mb)),
            ("sandbox pids", str(self.worker.limits.pids)),
            ("load", f"{PARSES:,} parses under {LOAD_LIMITS.memory_mb} MiB"),
            ("tries of a race", ", ".join(f"{flavour} {tries}" for flavour, tries in RACE_TRIES.items())),
        )
