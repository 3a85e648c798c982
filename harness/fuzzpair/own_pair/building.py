"""A pair's builds and checks as stages of a run: what is worth fuzzing, and why the rest is not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fuzzpair.config_fuzz import Fuzz
from fuzzpair.jobs import Batch, Outcomes
from fuzzpair.model.command import Limits
from fuzzpair.model.language import Language
from fuzzpair.model.pair import Checkup
from fuzzpair.model.run_facts import Control
from fuzzpair.own_pair.builds import side_build, side_jobs
from fuzzpair.own_pair.checkup import CheckupJob, checkup_job
from fuzzpair.own_pair.sources import read_side
from fuzzpair.own_pair.state import UNIT_LIMIT
from fuzzpair.own_pair.wish import Built
from fuzzpair.scheduler import Scheduler
from fuzzpair.store import Store

BUILD, CHECK, BUILD_BASE, CHECK_BASE = "build", "check", "build the base", "check the base"
SEEDS_LIMIT: Final = 20_000  # files of one target's folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """A checkout of the pair. `leave` are folders in it that are no sources: the state, the reports."""

    fuzz: Fuzz
    root: Path
    leave: tuple[Path, ...] = ()
    is_base: bool = False


def build_pair(tree: Tree, limits: Limits, scheduler: Scheduler, store: Store) -> Built:
    """Build every side in every flavour, and check every program. What could not be done is in the answer."""
    fuzz, is_base = tree.fuzz, tree.is_base
    sides = [one for one in Language if fuzz.side(one) is not None]
    sources = [read_side(fuzz, one, tree.root, store, tree.leave) for one in sides]
    jobs = {job: of_side for of_side in sources for job in side_jobs(fuzz, of_side)}
    outcomes = scheduler.run_stage(BUILD_BASE if is_base else BUILD, [Batch((job,), job.label) for job in jobs])
    builds = tuple(side_build(job, outcomes.of(job), of_side, store) for job, of_side in jobs.items())
    without = fuzz.cpp.without if fuzz.cpp is not None else ()
    checks = {
        one.name: checkup_job(
            one, limits, store, without=without if one.language is Language.CPP else (), pair=fuzz.name
        )
        for build in builds
        for one in build.programs
    }
    scheduler.run_stage(CHECK_BASE if is_base else CHECK, [Batch((job,), job.label) for job in checks.values()])
    checkups = {name: made for name, job in checks.items() if isinstance(made := outcomes.result(job), Checkup)}
    return Built(builds=builds, checkups=tuple(checkups.items()), controls=tuple(_unchecked(checks, outcomes)))


def _unchecked(checks: Mapping[str, CheckupJob], outcomes: Outcomes) -> Iterator[Control]:
    """A program that could not be checked is fuzzed all the same, and the run is an error: its silence means little."""
    for name, job in checks.items():
        outcome = outcomes.of(job)
        if outcome is None or outcome.error is not None:
            why = "it was not run" if outcome is None or outcome.error is None else outcome.error.message
            yield Control(name=f"{name} can be fuzzed", passed=False, detail=f"it could not be checked: {why}")


def read_seeds(fuzz: Fuzz) -> dict[str, tuple[bytes, ...]]:
    """The pair's own seeds, <corpus>/<target>/*; links are none, and what no fuzzer would read is left out."""
    if fuzz.corpus is None:
        return {}
    folders = [one for one in sorted(fuzz.corpus.iterdir()) if one.is_dir() and not one.is_symlink()]
    return {folder.name: tuple(_files(folder)) for folder in folders}


def _files(folder: Path) -> Iterator[bytes]:
    for number, path in enumerate(sorted(folder.rglob("*"))):
        if number >= SEEDS_LIMIT:
            return
        if path.is_file() and not path.is_symlink() and path.stat().st_size <= UNIT_LIMIT:
            yield path.read_bytes()
