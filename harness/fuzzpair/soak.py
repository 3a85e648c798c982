"""Soak: the unpatched twins fuzzed for a stated time, split over the sanitizers. What is found there is an error.

The experiment only replays most sanitizers, since replaying is what judges. Here each of them is fuzzed: a fault of the
twins that no seed and no campaign under ASan shows would be reported as a mistake's some day.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from fuzzpair.builds.job import BuildJob, everything_in_force
from fuzzpair.builds.record import Build
from fuzzpair.builds.sources import Sources
from fuzzpair.config import Config
from fuzzpair.errors import EXIT_CLEAN, EXIT_NOT_DONE
from fuzzpair.flavours import SOAKED, Recipe
from fuzzpair.fuzz.campaign import CampaignJob
from fuzzpair.jobs import Batch, Worker
from fuzzpair.known_bad import KnownBad, known_bad_job
from fuzzpair.model.campaign import Campaign, Soaked
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language
from fuzzpair.scheduler import Scheduler

# libFuzzer's most, which is an int: of a larger number it keeps the low bits, and ends at once. The time is the budget
# here, and what it ends is no result to be reused.
UNBOUNDED_RUNS = (1 << 31) - 1
# libFuzzer looks at the clock between two inputs and counts whole seconds.
SPENT_ENOUGH = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class SoakBuildJob(BuildJob):
    """An unpatched twin's build with fuzz targets in a flavour that is only replayed elsewhere."""

    kind: ClassVar[str] = "soak build"
    revision: ClassVar[int] = 1

    @classmethod
    def recipe_of(cls, language: Language, flavour: Flavour) -> Recipe:
        return SOAKED[language][flavour]


def soak_build(language: Language, flavour: Flavour, sources: Sources, targets: tuple[str, ...]) -> SoakBuildJob:
    return SoakBuildJob(
        language=language,
        flavour=flavour,
        sources=sources,
        targets=targets,
        flags=everything_in_force(language, flavour, SoakBuildJob.recipe_of(language, flavour)),
        subject=f"soak {language}",
    )


def exit_code_of(soaked: list[Soaked]) -> int:
    """3 where anything was found or could not be done: an unpatched twin that is not clean fails a control."""
    return EXIT_NOT_DONE if not soaked or any(one.problem for one in soaked) else EXIT_CLEAN


@dataclass(frozen=True)
class Soak:
    """Builds, known faults and campaigns of both twins. `sources` are the unpatched trees, `seeds` blobs by target."""

    config: Config
    worker: Worker
    scheduler: Scheduler
    sources: Mapping[Language, Sources]
    seeds: Mapping[str, tuple[str, ...]]
    seconds: float  # of fuzzing for each twin

    def run(self) -> list[Soaked]:
        """Known faults and builds first: a silent sanitizer, or one that was not built, is no clean campaign."""
        targets = tuple(self.config.pair.targets)
        asked = [(language, flavour) for language in Language for flavour in SOAKED[language]]
        known = {one: known_bad_job(*one, self.worker.store) for one in asked}
        builds = {one: soak_build(*one, self.sources[one[0]], targets) for one in asked}
        outcomes = self.scheduler.run_stage("known-bad programs", (Batch((job,), job.label) for job in known.values()))
        self.scheduler.run_stage("build the fuzz targets", (Batch((job,), job.label) for job in builds.values()))
        planned = {
            (*one, target): job
            for one in asked
            if (build := outcomes.result(builds[one])) and build.compiled
            for target, job in self._campaigns(*one, build)
        }
        self.scheduler.run_stage("fuzz", (Batch((job,), job.label) for job in planned.values()))
        return [
            self._soaked(language, flavour, target, known[language, flavour], planned.get((language, flavour, target)))
            for language, flavour in asked
            for target in targets
        ]

    def _campaigns(self, language: Language, flavour: Flavour, build: Build) -> Iterator[tuple[str, CampaignJob]]:
        targets = self.config.pair.targets
        for target in targets:
            yield (
                target,
                CampaignJob(
                    program=build.program(f"fuzz_{target}"),
                    program_name=f"fuzz_{target}",
                    flavour=flavour,
                    seeds=self.seeds[target],
                    seed=1,
                    runs=UNBOUNDED_RUNS,
                    fuse_s=self._share_s(language),
                    limits=self.worker.limits,
                    subject=f"soak {language} {flavour} {target}",
                ),
            )

    def _share_s(self, language: Language) -> float:
        """Seconds of each of a twin's campaigns."""
        return self.seconds / (len(SOAKED[language]) * len(self.config.pair.targets))

    def _soaked(
        self, language: Language, flavour: Flavour, target: str, known: object, job: CampaignJob | None
    ) -> Soaked:
        made = Soaked(language=language, flavour=flavour, target=target, campaign=None)
        heard = self.scheduler.outcomes.result(known)  # type: ignore[arg-type] # a job, of whatever kind
        if not (isinstance(heard, KnownBad) and heard.spoke and heard.silent):
            return replace(made, problem="its known fault was not reported, or a clean run was")
        outcome = self.scheduler.outcomes.of(job) if job is not None else None
        if outcome is None:
            return replace(made, problem="not run: it was not built")
        if outcome.error is not None:
            return replace(made, problem=outcome.error.message)
        campaign: Campaign = outcome.result
        return replace(made, campaign=campaign, problem=_problem(campaign, self._share_s(language)))


def _problem(campaign: Campaign, share_s: float) -> str:
    """What was found, or that less time was spent than was asked for: silence of seconds is none of minutes."""
    if campaign.crash is None:
        spent, least = campaign.duration_s, math.floor(share_s) * SPENT_ENOUGH
        return "" if spent >= least else f"it ended after {spent:.0f} of {share_s:.0f} s"
    report = campaign.crash.report
    return f"{report.tool}: {report.kind}" if report else "it ended otherwise than cleanly"


def findings_of(one: Soaked) -> dict[str, str]:
    """File name -> blob (sha256) of what a campaign found: its input and its log."""
    crash = one.campaign.crash if one.campaign else None
    if crash is None:
        return {}
    name = f"{one.language}-{one.flavour}-{one.target}-{crash.input[:12]}"
    return {name: crash.input, f"{name}.log": crash.log}
