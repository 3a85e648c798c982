"""The builds of a user's pair: one job a side and flavour, and what became of it. Plan with this module.

addition = image_addition(fuzz)                    # own_pair/sources.py; toolchain = backend.prepare(recipe, addition)
sources = read_side(fuzz, language, root, store)         # own_pair/sources.py
jobs = tuple(side_jobs(fuzz, sources))             # stage "build"
build = side_build(job, outcomes.of(job), store)   # a SideBuild, also of a job that could not be done
checks = [checkup_job(one, limits) for one in build.programs]      # own_pair/checkup.py, stage "check"
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import ClassVar

from fuzzpair.backends import Sandbox
from fuzzpair.config_fuzz import Fuzz
from fuzzpair.jobs import Outcome
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language
from fuzzpair.model.pair import SideBuild
from fuzzpair.own_pair.cpp_build import CppPlan, build_cpp
from fuzzpair.own_pair.flags import cpp_flags, rust_flags
from fuzzpair.own_pair.rust_build import RustPlan, build_rust
from fuzzpair.own_pair.sources import CppSources, SideSources
from fuzzpair.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class SideBuildJob:
    """Build all targets of one side in one flavour, as its own build says, which is not changed."""

    kind: ClassVar[str] = "side build"
    revision: ClassVar[int] = 1
    result_type: ClassVar[type[SideBuild]] = SideBuild

    plan: CppPlan | RustPlan
    pair: str = field(default="", compare=False)

    @property
    def language(self) -> Language:
        return Language.CPP if isinstance(self.plan, CppPlan) else Language.RUST

    @property
    def flavour(self) -> Flavour:
        return self.plan.flavour

    @property
    def label(self) -> str:
        return f"{self.pair} {self.language} {self.flavour}"

    def run(self, sandbox: Sandbox, store: Store) -> SideBuild:
        """A build that fails is a SideBuild with its problem and log, never stored: the next run tries again."""
        if isinstance(self.plan, CppPlan):
            return build_cpp(self.plan, sandbox, store)
        return build_rust(self.plan, sandbox, store)


def side_jobs(fuzz: Fuzz, sources: SideSources) -> Iterator[SideBuildJob]:
    """The builds of one side. Give each a batch of its own: a build may leave anything in its sandbox."""
    names = tuple((name, names.of(sources.language) or "") for name, names in fuzz.targets.items())
    without = fuzz.cpp.without if fuzz.cpp is not None else ()
    for flavour in fuzz.sanitizers(sources.language):
        code = sources.code
        if isinstance(code, CppSources):
            flags = cpp_flags(flavour, without if flavour is Flavour.UNDEFINED else ())
            plan: CppPlan | RustPlan = CppPlan(flavour=flavour, sources=code, names=names, flags=flags)
        else:
            plan = RustPlan(flavour=flavour, sources=code, names=names, flags=rust_flags(flavour))
        yield SideBuildJob(plan=plan, pair=fuzz.name)


def side_build(job: SideBuildJob, outcome: Outcome | None, sources: SideSources, store: Store) -> SideBuild:
    """What a job came to. One that could not be done is a SideBuild too, and its problem says why."""
    if outcome is not None and isinstance(outcome.result, SideBuild):
        return replace(_with_seeds(outcome.result, sources), flags=job.plan.flags.shown())
    why = "it was not run" if outcome is None or outcome.error is None else outcome.error.message
    return SideBuild(
        language=job.language,
        flavour=job.flavour,
        programs=(),
        missing=tuple(program for _, program in job.plan.names if program),
        log=store.put_blob(why.encode()),
        problem=why,
        flags=job.plan.flags.shown(),
    )


def _with_seeds(build: SideBuild, sources: SideSources) -> SideBuild:
    """cargo-fuzz's corpora as well. They are no part of a build's key: else each night would build anew."""
    own = dict(sources.seeds)
    programs = tuple(
        replace(one, seeds=tuple(dict.fromkeys((*one.seeds, *own.get(one.program_name, ()))))) for one in build.programs
    )
    return replace(build, programs=programs, notes=(*build.notes, *sources.left_out))
