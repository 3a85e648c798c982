"""The only writer of rows. `Assembly.rows` is where to begin; the evidence comes from the files beside this one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from fuzzpair.builds.record import Build
from fuzzpair.fuzz.triggers import Triggers
from fuzzpair.jobs import Job, Outcomes, job_key
from fuzzpair.load import loads_of
from fuzzpair.model.diagnostic import Diagnostic
from fuzzpair.model.evidence import Evidence, ReplayedProgram
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language, Variant
from fuzzpair.model.run_record import Row
from fuzzpair.model.tool import Tool
from fuzzpair.model.verdict import Fidelity, FlavourVerdict, Rung, Verdict
from fuzzpair.rows.built import check_it_differs, crashed_checks_of, rejection_of, warnings_of
from fuzzpair.rows.fidelity import fidelity_of, why_no_triggers
from fuzzpair.rows.found import found_of
from fuzzpair.rows.judged import check_counterpart, judgements_of, runs_of, unheard
from fuzzpair.rows.results import Problem, VariantResults
from fuzzpair.rows.work import VariantWork
from fuzzpair.store import Store
from fuzzpair.tally import runtime_verdict, tools_that_catch

TWO = (Flavour.DEFAULT, Flavour.HARDENED)  # the production flavours of every profile


def in_order(rows: Iterable[Row]) -> tuple[Row, ...]:
    """By mistake, and the variants of each as the languages come."""
    order = list(Variant)
    return tuple(sorted(rows, key=lambda row: (row.mistake, order.index(row.variant))))


@dataclass(frozen=True)
class Assembly:
    """Reads the outcomes of one mistake's jobs."""

    outcomes: Outcomes
    store: Store
    fingerprint: str
    triggers: Triggers | None  # of the one mistake whose variants are joined here

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
        results = VariantResults(work, self.outcomes, self.store)
        build = results.default_build()
        evidence = self._built_evidence(row.evidence, work, build)
        if not build.compiled:
            return _rejected(row, results, build, evidence)
        check_it_differs(results)
        warnings = warnings_of(results, build)
        evidence = replace(evidence, crashed_checks=crashed_checks_of(results))
        triggers = self.triggers
        if triggers is None:
            raise Problem(why_no_triggers(work))
        if not triggers.inputs:
            return replace(row, evidence=evidence, verdict=_not_triggered(triggers), hardened=_not_triggered(triggers))
        return self._judged_at_run_time(replace(row, evidence=replace(evidence, warnings=warnings)), results, triggers)

    def _judged_at_run_time(self, row: Row, results: VariantResults, triggers: Triggers) -> Row:
        work, warnings = results.work, row.evidence.warnings
        runs = runs_of(results)
        check_counterpart(runs)
        canary, fidelity, why = fidelity_of(results, triggers)
        judged = replace(
            row.evidence,
            canary=canary,
            fidelity=fidelity,
            fidelity_why=why,
            judgements=tuple(judgements_of(row.name, results, runs)),
            found=tuple(found_of(results)),
            loads=tuple(one for one in loads_of(work.load, self.outcomes) if one.variant is work.planted.variant),
        )
        default, hardened = (runtime_verdict(runs, one) for one in TWO)
        problem = unheard(results, runs, (default.rung, hardened.rung))
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


def _rejected(row: Row, results: VariantResults, build: Build, evidence: Evidence) -> Row:
    rejection = rejection_of(results, build)
    verdict = Verdict(rung=Rung.REJECTED, detail=", ".join(rejection.codes))
    return replace(
        row,
        verdict=verdict,
        hardened=verdict,
        tools=(f"{rejection.diagnostics[0].tool}: {', '.join(rejection.codes)}",),
        evidence=replace(evidence, rejection=rejection),
    )


def _not_triggered(triggers: Triggers) -> Verdict:
    detail = (
        f"reached, never triggered in {triggers.executions} executions"
        if triggers.reached
        else (f"not reached in {triggers.executions} executions")
    )
    return Verdict(rung=Rung.NOT_SEEN, detail=detail)


def _warned_or(verdict: Verdict, said: Sequence[Diagnostic]) -> Verdict:
    """The first rung decides: a warning comes before anything that happens at run time.

    What only clippy's pedantic group says is shown and decides nothing: it objects to a good part of sound code.
    """
    warnings = [one for one in said if one.tool is not Tool.CLIPPY_PEDANTIC]
    if not warnings:
        return verdict
    codes = ", ".join(dict.fromkeys(one.code or one.message for one in warnings))
    behind = f"{verdict.rung}: {verdict.detail}" + (f" {verdict.k}/{verdict.n}" if verdict.n else "")
    return Verdict(
        rung=Rung.WARNED,
        detail=f"{codes}; then {behind}",
        k=verdict.k,
        n=verdict.n,
        behind_rung=verdict.rung,
        behind_detail=verdict.detail,
    )
