"""Every crash that a pair's state knows, as something to be tried again: what a test of it says, and what it takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from fuzzpair.model.command import Limits
from fuzzpair.model.pair import SideBuild
from fuzzpair.own_pair.known import Known
from fuzzpair.own_pair.known_issues import KnownIssue
from fuzzpair.own_pair.leads import Leads, Tried
from fuzzpair.own_pair.standing import Identity, Past
from fuzzpair.own_pair.state import PairState
from fuzzpair.own_pair.wish import Built
from fuzzpair.pair_judging import is_timeout
from fuzzpair.scheduler import Scheduler
from fuzzpair.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Regression:
    """One known crash. `tolerated` says why its coming back fails nobody; empty where it does."""

    identity: Identity
    past: Past
    tolerated: str

    @property
    def name(self) -> str:
        """Stable over runs, and of plain characters."""
        target, language, key = self.identity
        shown = next(iter(self.past.finding.bug_classes), "crash")
        return f"{target}/{language}-{shown}-{key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What trying it came to. With a `problem` nothing is known: an input is gone, or its build failed."""

    shown: tuple[Tried, ...]  # replays that crashed
    replays: int
    problem: str = ""


def regressions_of(pasts: Mapping[Identity, Past], issues: Iterable[KnownIssue], today: date) -> tuple[Regression, ...]:
    """In a stable order: workers that share a run's tests have to agree on it."""
    accepting = [issue for issue in issues if issue.expires >= today]
    return tuple(
        Regression(identity=which, past=past, tolerated=_why_tolerated(past, accepting))
        for which, past in sorted(pasts.items(), key=lambda item: item[0])
    )


def _why_tolerated(past: Past, accepting: Iterable[KnownIssue]) -> str:
    finding = past.finding
    for issue in accepting:
        if issue.matches(finding):
            return f"accepted until {issue.expires} by {issue.owner}: {issue.reason}"
    if is_timeout(finding.report):
        return "a time-out depends on the machine"
    if finding.is_flaky:
        best = max(finding.inputs, key=lambda one: one.k / one.n if one.n else 0, default=None)
        return "it does not show itself each time" + (f" ({best.k} of {best.n})" if best else "")
    return ""


@dataclass(frozen=True, kw_only=True)
class Retrying:
    """Known crashes on a pair's programs, as they are built now."""

    state: PairState
    store: Store
    scheduler: Scheduler
    limits: Limits
    built: Built

    def answers(self, regressions: Iterable[Regression]) -> dict[Identity, Answer]:
        """Run all inputs of each again, as often as a finding of its kind takes."""
        wanted = {one.identity: one.past for one in regressions}
        leads = Leads(scheduler=self.scheduler, store=self.store, limits=self.limits)
        known = Known(state=self.state, store=self.store, programs=self.built.programs, pasts=wanted)
        known.replay(leads, None)
        return {which: self._answer(which, known, leads) for which in wanted}

    def _answer(self, which: Identity, known: Known, leads: Leads) -> Answer:
        asked = known.leads_of.get(which, [])
        tried = [made for lead in asked if (made := leads.of(lead.program, lead.input)) is not None]
        shown = tuple(made for made in tried if made.shown is not None)
        problem = "" if shown else "; ".join(self._missing(which, known, leads, len(asked) - len(tried)))
        return Answer(shown=shown, replays=sum(made.n for made in tried), problem=problem)

    def _missing(self, which: Identity, known: Known, leads: Leads, not_run: int) -> Iterator[str]:
        """Why silence would mean nothing."""
        target, language, _ = which
        for build in self.built.builds:
            if build.language is language and (build.problem or target in build.missing):
                yield _not_built(build, target)
        if not_run:
            yield f"{not_run} of its replays were not run: {'; '.join(leads.failed[:2]) or 'no reason was given'}"
        if not known.leads_of.get(which):
            yield f"there is nothing to run: no program '{target}' on the side '{language}', or none of its inputs"
        elif which in known.incomplete:
            yield "one of its inputs is gone from the state, or a flavour that showed it was not built"


def _not_built(build: SideBuild, target: str) -> str:
    why = build.problem.partition("\n")[0] if build.problem else f"the build left no '{target}'"
    return f"{build.language} {build.flavour}: {why}"
