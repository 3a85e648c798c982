"""What all mistakes of a run share: what was read, what was built of the unpatched twins, and the budgets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from fuzzpair.config import Config, Profile
from fuzzpair.flavours import FUZZED, judge_env
from fuzzpair.fuzz.campaign import CampaignJob
from fuzzpair.fuzz.triggers import Triggers
from fuzzpair.jobs import Outcomes, Worker
from fuzzpair.mistakes import Tree
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language, Variant
from fuzzpair.replay import ReplayJob
from fuzzpair.subjects import Subject
from fuzzpair.triage.grouping import NO_RULINGS
from fuzzpair.triage.rulings import Rulings


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """`starts`: what each variant's builds start from, see starting_subjects. `seeds` are blobs by target. `given` are
    a bundle's triggering inputs: nothing is fuzzed, they are replayed."""

    config: Config
    profile: Profile
    worker: Worker
    outcomes: Outcomes
    trees: Mapping[Language, Tree]
    unpatched: Mapping[Language, Subject]
    starts: Mapping[Variant, Subject]
    seeds: Mapping[str, tuple[str, ...]]
    given: Mapping[str, Triggers] | None
    rulings: Rulings = NO_RULINGS  # a person's, on what is one bug

    def campaigns(self, subject: Subject, target: str) -> Iterator[CampaignJob]:
        """As a user would fuzz: one for each seed. The canary's target is another: it only gathers triggers."""
        fuzzer = f"fuzz_{target}"
        program = subject.program(FUZZED, self.outcomes, fuzzer)
        if program is None:
            return
        for seed in self.profile.seeds:
            yield CampaignJob(
                program=program,
                program_name=fuzzer,
                flavour=FUZZED,
                seeds=self.seeds[target],
                seed=seed,
                runs=self.profile.found_runs_for(target),
                fuse_s=self.profile.fuse_s,
                limits=self.worker.limits,
                subject=f"{subject.name} {target}",
            )

    def replays(self, subject: Subject, target: str, inputs: tuple[str, ...]) -> dict[Flavour, ReplayJob]:
        """These inputs on every build that there is of a subject."""
        jobs: dict[Flavour, ReplayJob] = {}
        for flavour in subject.flavours if inputs else ():
            program = subject.program(flavour, self.outcomes)
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
