"""Results to rows: joins what the jobs of one variant came to, and asks the tally for its verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from fuzzpair.analysis import Analysis, AnalysisJob
from fuzzpair.bug_classes import bug_class
from fuzzpair.build import Build
from fuzzpair.diagnostics import on_changed_lines, read_rejection
from fuzzpair.fuzz.campaign import CampaignJob
from fuzzpair.fuzz.triggers import Triggers
from fuzzpair.jobs import Job, Outcomes, job_key
from fuzzpair.load import LoadJob, loads_of
from fuzzpair.mistakes import Mistake, Planted
from fuzzpair.model.campaign import Campaign
from fuzzpair.model.diagnostic import Diagnostic, Rejection, RejectionLabel
from fuzzpair.model.evidence import CanaryCount, Evidence, Found, Judgement, ReplayedProgram
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language, Variant
from fuzzpair.model.replay import Ending, Replay
from fuzzpair.model.run_record import Row
from fuzzpair.model.tool import Analyzer, Tool
from fuzzpair.model.verdict import Fidelity, FlavourVerdict, Rung, Verdict
from fuzzpair.replay import RACE_TRIES, ReplayJob, replays_of
from fuzzpair.store import Store
from fuzzpair.subjects import Subject
from fuzzpair.tally import (
    Runs,
    catches,
    clean_inputs,
    ending_of,
    runtime_verdict,
    tools_that_catch,
    touches,
    wrong_outputs,
)

# What a judge that was not heard could have moved to an earlier rung.
TWO = (Flavour.DEFAULT, Flavour.HARDENED)  # the production flavours of every profile
LAST_RUNGS = (Rung.OBSERVED, Rung.NO_EFFECT, Rung.NOT_SEEN)


@dataclass(kw_only=True)
class VariantWork:
    """One variant on its way through the stages: what was planned for it so far."""

    mistake: Mistake
    planted: Planted
    subject: Subject | None = None
    fixed: Subject | None = None
    campaigns: tuple[CampaignJob, ...] = ()
    replays: dict[Flavour, ReplayJob] = field(default_factory=dict)
    counterpart: Mapping[Flavour, ReplayJob] = field(default_factory=dict)
    confirmations: tuple[ReplayJob, ...] = ()
    load: LoadJob | None = None  # one for all variants of the mistake
    analyses: dict[Analyzer, tuple[AnalysisJob, AnalysisJob]] = field(
        default_factory=dict
    )  # its own, the counterpart's
    asked: set[Flavour] = field(default_factory=set)  # flavours in which the counterpart has to answer

    @property
    def own_fixed(self) -> Subject | None:
        """The counterpart when it is a tree of its own, which has to be built and checked."""
        return self.fixed if self.planted.fixed_tree is not None else None

    def campaign_results(self, outcomes: Outcomes) -> list[Campaign]:
        results = (outcomes.result(job) for job in self.campaigns)
        return [one for one in results if isinstance(one, Campaign)]


def in_order(rows: Iterable[Row]) -> tuple[Row, ...]:
    """By mistake, and the variants of each as the languages come."""
    order = list(Variant)
    return tuple(sorted(rows, key=lambda row: (row.mistake, order.index(row.variant))))


class Problem(Exception):  # noqa: N818 - it becomes a row's word, not a failure of the program
    """Why a row has no verdict; its text is what the report prints."""


@dataclass(frozen=True)
class Assembly:
    """Reads outcomes; the only writer of rows."""

    outcomes: Outcomes
    store: Store
    fingerprint: str
    triggers: Triggers | None  # of the one mistake whose variants are joined here

    # --- rows ----------------------------------------------------------------------------------

    @staticmethod
    def unreadable(name: str, problem: str) -> Row:
        """The row of a mistake whose own facts could not be read: no class, no variant but the first."""
        return Row(
            mistake=name,
            title="",
            bug_class="unknown",
            cwe=0,
            born_in=Language.CPP,
            imitates=None,
            variant=Variant.CPP,
            patch_digest="",
            verdict=None,
            hardened=None,
            tools=(),
            evidence=Evidence(),
            problem=problem,
        )

    def rows(self, work: Sequence[VariantWork]) -> list[Row]:
        rows = [self._row(one) for one in work]
        rows += [self._missing_next(one) for one in rows if self._lacks_next(one, rows)]
        return list(in_order(rows))

    def _lacks_next(self, row: Row, rows: Sequence[Row]) -> bool:
        """Nobody ships a line that the compiler rejects: a rejection without what is typed next answers nothing."""
        rejected = row.variant is Variant.RUST and row.verdict is not None and row.verdict.rung is Rung.REJECTED
        return rejected and not any(one.mistake == row.mistake and one.variant is Variant.RUST_NEXT for one in rows)

    def _missing_next(self, row: Row) -> Row:
        path = f"{row.mistake}.next.patch"
        return replace(
            row,
            variant=Variant.RUST_NEXT,
            patch_digest="",
            verdict=None,
            hardened=None,
            tools=(),
            evidence=Evidence(),
            problem=f"the compiler rejects rust, and there is no patch {path}",
        )

    def _row(self, work: VariantWork) -> Row:
        mistake, planted = work.mistake, work.planted
        row = Row(
            mistake=mistake.name,
            title=mistake.title,
            bug_class=mistake.bug_class,
            cwe=mistake.cwe,
            born_in=mistake.born_in,
            imitates=mistake.imitates,
            variant=planted.variant,
            patch_digest=planted.digest,
            verdict=None,
            hardened=None,
            tools=(),
            evidence=Evidence(patch=planted.patch_text, fixed_patch=planted.fixed_text),
            target=mistake.target,
        )
        try:
            return self._judged(row, work)
        except Problem as problem:
            return replace(row, problem=str(problem))

    def _judged(self, row: Row, work: VariantWork) -> Row:
        if work.planted.problem:
            raise Problem(work.planted.problem)
        build = self._default_build(work)
        evidence = self._built_evidence(row.evidence, work, build)
        if not build.compiled:
            return self._rejected(row, work, build, evidence)
        self._differs_from_unpatched(work)
        warnings = self._warnings(work, build)
        triggers = self.triggers
        if triggers is None:
            raise Problem(self._why_no_triggers(work))
        if not triggers.inputs:
            return replace(row, evidence=evidence, verdict=_not_triggered(triggers), hardened=_not_triggered(triggers))
        runs = self._runs(work)
        self._counterpart_is_clean(runs)
        canary, fidelity, why = self._canary(work, triggers)
        judged = replace(
            evidence,
            warnings=warnings,
            canary=canary,
            fidelity=fidelity,
            fidelity_why=why,
            judgements=tuple(self._judgements(row, work, runs)),
            found=tuple(self._found(work)),
            loads=tuple(one for one in loads_of(work.load, self.outcomes) if one.variant is work.planted.variant),
        )
        default, hardened = (runtime_verdict(runs, one) for one in TWO)
        problem = self._unheard(work, runs, (default.rung, hardened.rung))
        if not problem and fidelity is Fidelity.FAILED:
            problem = f"fidelity failed: {why}"
        if problem:
            return replace(row, evidence=judged, problem=problem)
        return replace(
            row,
            evidence=judged,
            verdict=_warned_or(default, warnings),
            hardened=_warned_or(hardened, warnings),
            further=tuple(
                FlavourVerdict(flavour=one, verdict=_warned_or(runtime_verdict(runs, one), warnings))
                for one in work.subject.flavours
                if one.is_production and one not in TWO
            )
            if work.subject
            else (),
            tools=tuple(f"{one.tool}: {one.code or one.message}" for one in warnings) + tools_that_catch(runs),
        )

    def _unheard(self, work: VariantWork, runs: Runs, rungs: Iterable[Rung]) -> str:
        """Why silence is none: a flavour that had to speak, or its counterpart, was not run (interrupted, failed)."""
        assert work.subject is not None
        needs_judges = any(rung in LAST_RUNGS for rung in rungs)
        for flavour in work.subject.flavours:
            if not (needs_judges or flavour.is_production or flavour is Flavour.CANARY):
                continue
            replays = runs.own.get(flavour, ())
            if not replays:
                return f"the {flavour} flavour was not run: {self._why_not_run(work, flavour)}"
            asked = flavour is Flavour.DEFAULT or any(ending_of(one) is not Ending.CLEAN for one in replays)
            if asked and flavour is not Flavour.CANARY and not runs.counterpart.get(flavour):
                return f"its fixed counterpart was not run in the {flavour} flavour"
        return ""

    def _default_build(self, work: VariantWork) -> Build:
        job = work.subject.job(Flavour.DEFAULT) if work.subject is not None else None
        outcome = self.outcomes.of(job) if job is not None else None
        if outcome is None:
            raise Problem("not run: the run ended before its build")
        if outcome.error is not None:
            raise Problem(outcome.error.message)
        assert isinstance(outcome.result, Build)
        return outcome.result

    def _built_evidence(self, evidence: Evidence, work: VariantWork, build: Build) -> Evidence:
        assert work.subject is not None
        jobs: list[Job] = [*(job for _, job in work.subject.builds), *work.replays.values(), *work.campaigns]
        keys = tuple(job_key(job, self.fingerprint) for job in jobs)
        command = next((one for one in build.commands if "canary" not in one), "")
        replays = tuple(
            ReplayedProgram(flavour=flavour, program=job.program, target=job.target, inputs=job.inputs)
            for flavour, job in work.replays.items()
        )
        return replace(evidence, compiler_command=command, replays=replays, job_keys=keys)

    def _rejected(self, row: Row, work: VariantWork, build: Build, evidence: Evidence) -> Row:
        rejection = read_rejection(build.diagnostics, work.planted.changed, work.planted.variant.language)
        if not isinstance(rejection, Rejection):
            raise Problem(rejection)
        fixed = work.fixed.build(Flavour.DEFAULT, self.outcomes) if work.fixed else None
        if fixed is None:
            raise Problem("its fixed counterpart does not compile either, so the rejection is no evidence")
        if work.planted.is_nearest:
            rejection = replace(rejection, label=RejectionLabel.INEXPRESSIBLE)
        verdict = Verdict(rung=Rung.REJECTED, detail=", ".join(rejection.codes))
        return replace(
            row,
            verdict=verdict,
            hardened=verdict,
            tools=(f"{rejection.diagnostics[0].tool}: {', '.join(rejection.codes)}",),
            evidence=replace(evidence, rejection=rejection),
        )

    def _differs_from_unpatched(self, work: VariantWork) -> None:
        """A cache could hand out the unpatched programs for a patched tree. Optimised, two trees may well come to one
        program; but not with line tables in it."""
        both = self._built_in_both(work)
        if not both:
            raise Problem("its fixed counterpart was not built")
        if all(own.programs == fixed.programs for own, fixed in both):
            raise Problem("the program is the same as the fixed counterpart's: the patch plants nothing")

    def _built_in_both(self, work: VariantWork) -> list[tuple[Build, Build]]:
        """The builds of a variant and of its counterpart, in each flavour that both have and no overlay changes."""
        if work.subject is None or work.fixed is None:
            return []
        flavours = (flavour for flavour in work.subject.flavours if flavour is not Flavour.CANARY)
        builds = (
            tuple(one.build(flavour, self.outcomes) for one in (work.subject, work.fixed)) for flavour in flavours
        )
        return [(own, fixed) for own, fixed in builds if own is not None and fixed is not None]

    def _warnings(self, work: VariantWork, build: Build) -> tuple[Diagnostic, ...]:
        """Warnings of the compiler and of analyzers, on a changed line, that the counterpart does not have."""
        counterpart = work.fixed.build(Flavour.DEFAULT, self.outcomes) if work.fixed else None
        said = _only_of_first(build.diagnostics, counterpart.diagnostics if counterpart else (), work.planted)
        for own, fixed in work.analyses.values():
            on_own, on_fixed = self.outcomes.result(own), self.outcomes.result(fixed)
            if not (isinstance(on_own, Analysis) and isinstance(on_fixed, Analysis)):
                raise Problem(f"{own.analyzer} was not run on it or on its counterpart: {self._error_of(own, fixed)}")
            said.extend(_only_of_first(on_own.diagnostics, on_fixed.diagnostics, work.planted))
        return tuple(said)

    def _error_of(self, *jobs: Job) -> str:
        errors = [outcome.error.message for job in jobs if (outcome := self.outcomes.of(job)) and outcome.error]
        return errors[0] if errors else "the run ended before"

    def _why_no_triggers(self, work: VariantWork) -> str:
        cpp = work.mistake.variant(Variant.CPP)
        if cpp is None or cpp.problem:
            return "no triggering inputs, as they are gathered on the C++ variant, which could not be done"
        if cpp.canary_tree is None:
            return f"no triggering inputs: {cpp.patch_path} states no canary"
        return "no triggering inputs: the canary flavour was not built, or gathering them failed or was interrupted"

    # --- replays -------------------------------------------------------------------------------

    def _replays(self, job: ReplayJob | None) -> tuple[Replay, ...]:
        return replays_of(job, self.outcomes, self.store) if job is not None else ()

    def _runs(self, work: VariantWork) -> Runs:
        planted = work.planted
        return Runs(
            variant=planted.variant,
            undefined=bug_class(work.mistake.bug_class).undefined,
            latent=bug_class(work.mistake.bug_class).is_latent,
            functions=planted.functions,
            changed=planted.changed,
            own={flavour: self._replays(job) for flavour, job in work.replays.items()},
            counterpart={flavour: self._replays(job) for flavour, job in work.counterpart.items()},
        )

    def _counterpart_is_clean(self, runs: Runs) -> None:
        for flavour, replays in runs.counterpart.items():
            # A judge that flags legal C++ may flag the counterpart's: then it catches no mistake on that input.
            for one in replays if not flavour.flags_legal else ():
                if ending_of(one) is not Ending.CLEAN:
                    said = one.report.kind if one.report else f"{ending_of(one)}"
                    raise Problem(
                        f"its fixed counterpart is not clean in the {flavour} flavour on input {one.input[:12]}: {said}"
                    )

    def _canary(self, work: VariantWork, triggers: Triggers) -> tuple[CanaryCount, Fidelity | None, str]:
        replays = self._replays(work.replays.get(Flavour.CANARY))
        triggered = [one.input for one in replays if one.triggered]
        count = CanaryCount(
            reached=sum(one.reached > 0 for one in replays), triggered=len(triggered), inputs=tuple(triggered)
        )
        told = f"the predicate is true on {len(triggered)} of {len(triggers.inputs)} triggering inputs"
        if work.planted.variant is Variant.CPP:
            return count, None, told
        if work.planted.is_nearest:
            return (
                count,
                Fidelity.NOT_CONFIRMABLE,
                f"{work.planted.variant} cannot express the class, only what is nearest",
            )
        if work.planted.canary_tree is None:
            return count, Fidelity.NOT_CONFIRMABLE, "its patch states no canary"
        is_race = bug_class(work.mistake.bug_class).is_race
        if triggered and (is_race or len(triggered) == len(replays)):
            tries = RACE_TRIES[Flavour.CANARY]
            chance = f", tried up to {tries} times each: whether threads meet is chance" if is_race else ""
            return count, Fidelity.CONFIRMED, told + chance
        if work.planted.variant is Variant.RUST_UNSAFE:
            return count, Fidelity.FAILED, told
        return count, Fidelity.NOT_CONFIRMABLE, told

    def _judgements(self, row: Row, work: VariantWork, runs: Runs) -> Iterator[Judgement]:
        assert work.subject is not None
        for flavour in work.subject.flavours:
            if flavour is not Flavour.CANARY:
                yield self._judgement(row, work, runs, flavour)

    def _judgement(self, row: Row, work: VariantWork, runs: Runs, flavour: Flavour) -> Judgement:
        replays = runs.own.get(flavour, ())
        caught = catches(runs, flavour)
        example = next((one for one in replays if one.input in caught), replays[0] if replays else None)
        report = example.report if example else None
        kinds = Counter(one.report.kind for one in replays if one.report)
        tools = Counter(tool for _, tool in caught.values())
        tool = tools.most_common(1)[0][0] if tools else "none"
        return Judgement(
            flavour=flavour,
            tool=tool if replays else "not run",
            endings=_counted(str(ending_of(one)) for one in replays),
            kinds=tuple(sorted(kinds.items())) if replays else ((self._why_not_run(work, flavour), 0),),
            k=len(caught),
            n=len(replays),
            touches_patch=bool(caught) or bool(report and touches(report, runs.functions, runs.changed)),
            counterpart_clean=clean_inputs(runs.counterpart.get(flavour, ()))
            >= {one.input for one in replays if ending_of(one) is not Ending.CLEAN},
            wrong_output=len(wrong_outputs(runs, flavour)),
            example_input=example.input if example else None,
            example_log=example.log if example else None,
            excerpt=report.excerpt if report else "",
            reproduce=f"./fuzzpair replay {row.name} --flavour {flavour} --input {example.input}" if example else "",
        )

    def _why_not_run(self, work: VariantWork, flavour: Flavour) -> str:
        job = work.subject.job(flavour) if work.subject else None
        outcome = self.outcomes.of(job) if job is not None else None
        if outcome is None:
            return "not in this profile"
        if outcome.error is not None:
            return outcome.error.message
        replay = work.replays.get(flavour)
        done = self.outcomes.of(replay) if replay is not None else None
        return done.error.message if done is not None and done.error else "its program was not replayed"

    def _found(self, work: VariantWork) -> Iterator[Found]:
        confirmed = {(one.input, job.flavour): one for job in work.confirmations for one in self._replays(job)}
        for campaign in work.campaign_results(self.outcomes):
            crash = campaign.crash
            found = crash is not None and self._is_of_mistake(work, campaign, confirmed)
            yield Found(
                seed=campaign.seed,
                found=found,
                executions=crash.executions if found and crash else campaign.executions,
                seconds=crash.found_after_s if found and crash else campaign.duration_s,
                budget_runs=campaign.budget_runs,
                kind=crash.report.kind if crash and crash.report else "",
            )

    def _is_of_mistake(
        self, work: VariantWork, campaign: Campaign, confirmed: Mapping[tuple[str, Flavour], Replay]
    ) -> bool:
        crash = campaign.crash
        assert crash is not None
        counterpart = confirmed.get((crash.input, Flavour.ADDRESS))
        canary = confirmed.get((crash.input, Flavour.CANARY))
        in_patch = crash.report is not None and touches(crash.report, work.planted.functions, work.planted.changed)
        is_clean = counterpart is not None and ending_of(counterpart) is Ending.CLEAN
        return is_clean and (in_patch or (canary is not None and canary.triggered > 0))


def _not_triggered(triggers: Triggers) -> Verdict:
    detail = (
        f"reached, never triggered in {triggers.executions} executions"
        if triggers.reached
        else (f"not reached in {triggers.executions} executions")
    )
    return Verdict(rung=Rung.NOT_SEEN, detail=detail)


def _only_of_first(own: Iterable[Diagnostic], counterparts: Iterable[Diagnostic], planted: Planted) -> list[Diagnostic]:
    """Warnings on a line that the patch changes, which the counterpart does not have."""
    known = {(one.code, one.message) for one in counterparts}
    return [
        one
        for one in own
        if one.level == "warning" and (one.code, one.message) not in known and on_changed_lines(one, planted.changed)
    ]


def _warned_or(verdict: Verdict, said: Sequence[Diagnostic]) -> Verdict:
    """The first rung decides: a warning comes before anything that happens at run time.

    What only clippy's pedantic group says is shown and decides nothing: it objects to a good part of sound code.
    """
    warnings = [one for one in said if one.tool is not Tool.CLIPPY_PEDANTIC]
    if not warnings:
        return verdict
    codes = ", ".join(dict.fromkeys(one.code or one.message for one in warnings))
    behind = f"{verdict.rung}: {verdict.detail}" + (f" {verdict.k}/{verdict.n}" if verdict.n else "")
    return Verdict(rung=Rung.WARNED, detail=f"{codes}; then {behind}", k=verdict.k, n=verdict.n)


def _counted(names: Iterable[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(Counter(names).items()))
