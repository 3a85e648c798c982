"""One mistake from its builds to its rows. `stages` is the list of them, in their order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from fuzzpair.analysis import AnalysisJob, analysis_job, sources_that_see
from fuzzpair.bug_classes import bug_class
from fuzzpair.builds.sources import put_sources
from fuzzpair.common import Common
from fuzzpair.flavours import FUZZED
from fuzzpair.fuzz.campaign import CampaignJob
from fuzzpair.fuzz.triggers import TriggerJob, Triggers
from fuzzpair.jobs import Batch, Job
from fuzzpair.load import LoadJob
from fuzzpair.mistakes import Mistake
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language, Variant
from fuzzpair.model.replay import Ending
from fuzzpair.model.run_record import Row
from fuzzpair.model.tool import Analyzer
from fuzzpair.replay import ReplayJob, Replays, for_race
from fuzzpair.rows.assembly import Assembly
from fuzzpair.rows.work import VariantWork
from fuzzpair.run_findings import RunFindings
from fuzzpair.scheduler import Step
from fuzzpair.subjects import Subject, fixed_subject, planted_subject
from fuzzpair.tally import ending_of
from fuzzpair.under_load import load_builds, load_job

BUILD = "build the mistakes"
ANALYZE = "analyze"
FUZZ = "fuzz"
REPLAY = "replay"
LOAD = "run under load"
BUILD_FIXED = "build the counterparts"
REPLAY_FIXED = "replay the counterparts"
MINIMISE = "minimise"
REPRODUCE = "reproduce the minimised"
# A counterpart is compared in default and fuzzed in address whatever the mistake does.
COUNTERPART_FIRST = (Flavour.DEFAULT, FUZZED)


@dataclass(kw_only=True)
class MistakeFlow:
    """A mistake's stages, each planned from the results of those before it, and what controls ask of it afterwards."""

    mistake: Mistake
    common: Common
    work: Sequence[VariantWork] = ()
    gathering: TriggerJob | None = None
    load: LoadJob | None = None
    corpus_replays: list[tuple[Subject, str, ReplayJob]] = field(default_factory=list)
    clean_campaigns: list[tuple[Subject, CampaignJob]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.work = [VariantWork(mistake=self.mistake, planted=planted) for planted in self.mistake.planted]
        self.findings = RunFindings(self.common)

    # --- the stages ----------------------------------------------------------------------------

    def steps(self) -> Iterator[Step]:
        """All stages in one place: what a hostile patch can spoil is its own."""
        for stage, plan in self.stages():
            # What is run under limits of its own has a sandbox of its own.
            place = None if stage == LOAD else self.mistake.name
            yield Step(stage, [Batch((job,), job.label, place) for job in plan()])

    def stages(self) -> Iterator[tuple[str, Callable[[], Iterable[Job]]]]:
        yield BUILD, self.plan_builds
        if self.common.profile.analyzers:
            yield ANALYZE, self.plan_analyses
        if self.common.given is None:
            yield FUZZ, self.plan_fuzzing
        yield REPLAY, self.plan_replays
        if self.common.profile.load_parses:
            yield LOAD, self.plan_load
        yield BUILD_FIXED, self.plan_counterparts
        yield REPLAY_FIXED, self.plan_counterpart_replays
        if self.common.profile.minimise_tries:
            yield MINIMISE, self.findings.plan_minimising
            yield REPRODUCE, self.findings.plan_minimised

    def plan_builds(self) -> Iterator[Job]:
        for one in self.work:
            self._plant(one)
            yield from (job for _, job in one.subject.builds) if one.subject else ()
            fixed = [one.own_fixed.job(flavour) for flavour in COUNTERPART_FIRST] if one.own_fixed else []
            yield from (job for job in fixed if job is not None)
            yield from load_builds(one, self.common.worker.fingerprint) if self.common.profile.load_parses else ()

    def plan_analyses(self) -> Iterator[Job]:
        """Analyzers read what compiles: the mistake's tree and its counterpart's, in the same sources."""
        for one in self.work:
            for analyzer in self.common.profile.analyzers:
                if analyzer.language is one.planted.variant.language and self._compiles(one):
                    one.analyses[analyzer] = self._analyses(analyzer, one)
                    yield from one.analyses[analyzer]

    def plan_fuzzing(self) -> Iterator[Job]:
        """Triggering inputs, and one campaign a seed as a user would fuzz, of everything fuzzed."""
        self.gathering = self._trigger_job()
        if self.gathering is not None:
            yield self.gathering
        target = self.mistake.target
        for one in self.work:
            one.campaigns = tuple(self.common.campaigns(one.subject, target)) if one.subject else ()
            clean = tuple(self.common.campaigns(one.own_fixed, target)) if one.own_fixed else ()
            self.clean_campaigns.extend((one.own_fixed, job) for job in clean if one.own_fixed)
            yield from (*one.campaigns, *clean)

    def plan_replays(self) -> Iterator[Job]:
        """Every flavour judges the triggering inputs; what campaigns found is tried on the canary and counterpart."""
        for one in self.work:
            yield from self._fixed_corpus(one)
            if one.subject is not None:
                one.replays = self._judge(one.subject)
                one.confirmations = tuple(self._confirmations(one))
                yield from (*one.replays.values(), *one.confirmations)
                yield from self.findings.plan(one)

    def plan_load(self) -> Iterator[Job]:
        self.load = load_job(self.work, self._inputs(), self.common)
        if self.load is not None:
            for one in self.work:
                one.load = self.load
            yield self.load

    def plan_counterparts(self) -> Iterator[Job]:
        """A counterpart answers only where it is asked: in the flavours in which the mistake did not end cleanly."""
        for one in self.work:
            unclean = {flavour for flavour, job in one.replays.items() if not self._all_clean(job)}
            one.asked = {Flavour.DEFAULT} | unclean - {Flavour.CANARY}
            jobs = [one.own_fixed.job(flavour) for flavour in Flavour if flavour in one.asked] if one.own_fixed else []
            yield from (job for job in jobs if job is not None)

    def plan_counterpart_replays(self) -> Iterator[Job]:
        for one in self.work:
            if one.fixed is not None:
                jobs = self._judge(one.fixed)
                one.counterpart = {flavour: job for flavour, job in jobs.items() if flavour in one.asked}
                yield from one.counterpart.values()

    # --- what they came to ---------------------------------------------------------------------

    def rows(self) -> list[Row]:
        """As far as it has come: what was not done is said in its row."""
        worker = self.common.worker
        return Assembly(self.common.outcomes, worker.store, worker.fingerprint, self.triggers).rows(self.work)

    @property
    def triggers(self) -> Triggers | None:
        if self.common.given is not None:
            return self.common.given.get(self.mistake.name)
        result = self.common.outcomes.result(self.gathering) if self.gathering is not None else None
        return result if isinstance(result, Triggers) else None

    # --- parts of the plans --------------------------------------------------------------------

    def _plant(self, work: VariantWork) -> None:
        mistake, planted = work.mistake, work.planted
        if planted.problem is None:
            unpatched, base = self.common.unpatched[planted.variant.language], self.common.starts[planted.variant]
            flavours = self.common.profile.flavours.of(planted.variant)
            store, fingerprint = self.common.worker.store, self.common.worker.fingerprint
            work.subject = planted_subject(mistake, planted, base, flavours, store, fingerprint)
            work.fixed = unpatched
            if planted.fixed_tree is not None:
                work.fixed = fixed_subject(mistake, planted, base, flavours, store, fingerprint)

    def _compiles(self, work: VariantWork) -> bool:
        return work.subject is not None and work.subject.build(Flavour.DEFAULT, self.common.outcomes) is not None

    def _analyses(self, analyzer: Analyzer, work: VariantWork) -> tuple[AnalysisJob, AnalysisJob]:
        """The jobs on a mistake and on its counterpart, over the sources that see a changed file."""
        planted = work.planted
        counterpart = self.common.trees[planted.variant.language] if planted.fixed_tree is None else planted.fixed_tree
        name = f"{work.mistake.name}/{planted.variant}"
        own, fixed = (
            analysis_job(
                analyzer,
                put_sources(tree, self.common.worker.store),
                sources_that_see(planted.changed, planted.tree) if analyzer.language is Language.CPP else (),
                subject,
            )
            for tree, subject in ((planted.tree, name), (counterpart, f"{name} fixed"))
        )
        return own, fixed

    def _trigger_job(self) -> TriggerJob | None:
        """Gathered on the C++ variant; its inputs are then tried on every other one."""
        cpp = next((one.subject for one in self.work if one.planted.variant is Variant.CPP), None)
        build = cpp.build(Flavour.CANARY, self.common.outcomes) if cpp else None
        if build is None:
            return None
        fuzzer = f"fuzz_{self.mistake.target}"
        profile = self.common.profile
        return TriggerJob(
            judge=build.program("judge"),
            fuzzer=build.program(fuzzer),
            fuzzer_name=fuzzer,
            target=self.mistake.target,
            seeds=self.common.seeds[self.mistake.target],
            seed=profile.seeds[0],
            runs=profile.trigger_runs_for(self.mistake.target),
            wanted=profile.trigger_inputs,
            fuse_s=profile.fuse_s,
            limits=self.common.worker.limits,
            subject=self.mistake.name,
        )

    def _inputs(self) -> tuple[str, ...]:
        return self.triggers.inputs if self.triggers else ()

    def _judge(self, subject: Subject) -> dict[Flavour, ReplayJob]:
        """The triggering inputs on every build of the mistake's tree, or of its counterpart's."""
        jobs = self.common.replays(subject, self.mistake.target, self._inputs())
        is_race = bug_class(self.mistake.bug_class).is_race
        return {flavour: for_race(job) for flavour, job in jobs.items()} if is_race else jobs

    def _confirmations(self, work: VariantWork) -> Iterator[ReplayJob]:
        """What a campaign found counts only if the counterpart is clean on it, and the canary or a stack agrees."""
        found = [campaign.crash.input for campaign in work.campaign_results(self.common.outcomes) if campaign.crash]
        if found and work.subject and work.fixed:
            inputs = tuple(dict.fromkeys(found))
            for subject, flavour in ((work.subject, Flavour.CANARY), (work.fixed, FUZZED)):
                job = self.common.replays(subject, self.mistake.target, inputs).get(flavour)
                if job is not None:
                    yield job

    def _fixed_corpus(self, work: VariantWork) -> Iterator[ReplayJob]:
        """A counterpart of its own answers the whole corpus as the unpatched twin does. Not where it is fuzzed, as
        its campaign starts with the whole corpus."""
        if work.own_fixed is None:
            return
        target = self.mistake.target
        for flavour, job in self.common.replays(work.own_fixed, target, self.common.seeds[target]).items():
            if flavour is not FUZZED:
                self.corpus_replays.append((work.own_fixed, target, job))
                yield job

    def _all_clean(self, job: ReplayJob) -> bool:
        result = self.common.outcomes.result(job)
        return isinstance(result, Replays) and all(ending_of(one) is Ending.CLEAN for one in result.replays)
