"""The job that compiles one tree in one flavour."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from pydantic import TypeAdapter

from fuzzpair.backends import Sandbox
from fuzzpair.builds.cpp import CppBuild
from fuzzpair.builds.record import Build
from fuzzpair.builds.runtime import runtime_digests
from fuzzpair.builds.rust import RustBuild
from fuzzpair.builds.sources import Sources
from fuzzpair.flavours import CPP_COMMON, CPP_LINK_COMMON, RECIPES, RUST_COMMON, Recipe
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language
from fuzzpair.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildJob:
    """Compile one tree in one flavour. `base_key` names a finished build that it starts from: what that one prepared,
    and its objects for the sources that are the same; one that includes a changed header is not."""

    kind: ClassVar[str] = "build"
    revision: ClassVar[int] = 4
    result_type: ClassVar[type[Build]] = Build

    language: Language
    flavour: Flavour
    sources: Sources
    targets: tuple[str, ...]
    flags: tuple[str, ...]  # every flag in force: a changed table is a changed job
    base_key: str | None = None
    base_sources: Sources = ()
    prepares: bool = False  # others start from this build, although it starts from one itself
    subject: str = field(default="", compare=False)

    @property
    def is_base(self) -> bool:
        """Whether it leaves what builds of changed trees start from."""
        return self.base_key is None or self.prepares

    @property
    def label(self) -> str:
        return f"{self.subject} {self.flavour}"

    @classmethod
    def recipe_of(cls, language: Language, flavour: Flavour) -> Recipe:
        """What this kind of build makes of a flavour; another kind links other targets."""
        return RECIPES[language][flavour]

    def run(self, sandbox: Sandbox, store: Store) -> Build:
        """Raises BuildError when it could not be compiled for a reason that is not the tree's."""
        folder = f"{self.language}-{self.flavour}"
        base = self._base(store)
        if self.language is Language.CPP:
            return CppBuild(self, sandbox, store, folder, base).run()
        return RustBuild(self, sandbox, store, folder, base).run()

    def _base(self, store: Store) -> Build | None:
        record = store.get_result(self.base_key) if self.base_key is not None else None
        return None if record is None else _BUILD.validate_python(record["result"], strict=False)


_BUILD = TypeAdapter(Build)


def build_job(
    language: Language,
    flavour: Flavour,
    sources: Sources,
    targets: tuple[str, ...],
    *,
    base: tuple[str, Sources] | None = None,
    subject: str = "",
) -> BuildJob:
    """A build with the flags of its flavour. `base` is (key, sources) of a finished build to share objects with."""
    return BuildJob(
        language=language,
        flavour=flavour,
        sources=sources,
        targets=targets,
        flags=everything_in_force(language, flavour, BuildJob.recipe_of(language, flavour)),
        base_key=base[0] if base else None,
        base_sources=base[1] if base else (),
        subject=subject,
    )


def everything_in_force(language: Language, flavour: Flavour, recipe: Recipe) -> tuple[str, ...]:
    """What makes the program besides its sources, for the job's key."""
    common = (*CPP_COMMON, "--link", *CPP_LINK_COMMON) if language is Language.CPP else RUST_COMMON
    env = tuple(f"{name}={value}" for name, value in recipe.env)
    own = (*common, *env, *recipe.compile, "--link", *recipe.link, "--fuzz", *recipe.fuzz_link)
    linked = ("canary",) if flavour is Flavour.CANARY else recipe.runtime
    return (*own, *runtime_digests(linked)) if linked else own
