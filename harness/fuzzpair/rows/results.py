"""What the jobs of one variant came to, and why some came to nothing."""

from __future__ import annotations

from dataclasses import dataclass

from fuzzpair.builds.record import Build
from fuzzpair.jobs import Job, Outcomes
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.replay import Replay
from fuzzpair.replay import ReplayJob, replays_of
from fuzzpair.rows.work import VariantWork
from fuzzpair.store import Store


class Problem(Exception):  # noqa: N818 - it becomes a row's word, not a failure of the program
    """Why a row has no verdict; its text is what the report prints."""


@dataclass(frozen=True)
class VariantResults:
    """The outcomes of a variant's jobs, as evidence is read from them."""

    work: VariantWork
    outcomes: Outcomes
    store: Store

    def default_build(self) -> Build:
        """Also one that the compiler refused. Raises Problem where there is none."""
        job = self.work.subject.job(Flavour.DEFAULT) if self.work.subject is not None else None
        outcome = self.outcomes.of(job) if job is not None else None
        if outcome is None:
            raise Problem("not run: the run ended before its build")
        if outcome.error is not None:
            raise Problem(outcome.error.message)
        assert isinstance(outcome.result, Build)
        return outcome.result

    def counterpart_build(self) -> Build | None:
        return self.work.fixed.build(Flavour.DEFAULT, self.outcomes) if self.work.fixed else None

    def built_in_both(self) -> list[tuple[Build, Build]]:
        """The builds of a variant and of its counterpart, in each flavour that both have and no overlay changes."""
        subject, fixed = self.work.subject, self.work.fixed
        if subject is None or fixed is None:
            return []
        flavours = (flavour for flavour in subject.flavours if flavour is not Flavour.CANARY)
        builds = (tuple(one.build(flavour, self.outcomes) for one in (subject, fixed)) for flavour in flavours)
        return [(own, other) for own, other in builds if own is not None and other is not None]

    def replays(self, job: ReplayJob | None) -> tuple[Replay, ...]:
        return replays_of(job, self.outcomes, self.store) if job is not None else ()

    def error_of(self, *jobs: Job) -> str:
        errors = [outcome.error.message for job in jobs if (outcome := self.outcomes.of(job)) and outcome.error]
        return errors[0] if errors else "the run ended before"

    def why_not_run(self, flavour: Flavour) -> str:
        job = self.work.subject.job(flavour) if self.work.subject else None
        outcome = self.outcomes.of(job) if job is not None else None
        if outcome is None:
            return "not in this profile"
        if outcome.error is not None:
            return outcome.error.message
        replay = self.work.replays.get(flavour)
        done = self.outcomes.of(replay) if replay is not None else None
        return done.error.message if done is not None and done.error else "its program was not replayed"
