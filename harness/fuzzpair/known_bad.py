"""The known-bad control: each sanitizer speaks of a known fault, and is silent without one, before it judges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from fuzzpair.backends import Sandbox
from fuzzpair.builds.runtime import runtime_files
from fuzzpair.errors import BuildError
from fuzzpair.flavours import CPP_COMMON, CPP_LINK_COMMON, RECIPES, RUST_COMMON, SPEAKS, judge_env
from fuzzpair.model.command import Command, Completed
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language
from fuzzpair.model.tool import Tool
from fuzzpair.store import Store
from fuzzpair.triage import first_report


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownBad:
    """Whether a sanitizer of one flavour speaks when it must, and stays silent when it must."""

    spoke: bool
    silent: bool
    log: str

    @property
    def complete(self) -> bool:
        """What failed is not stored: the next run asks again, as of everything that could not be done."""
        return self.spoke and self.silent


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownBadJob:
    """Build runtime/known_bad with a flavour's flags; its faults have to be reported, a run without must be clean."""

    kind: ClassVar[str] = "known-bad"
    revision: ClassVar[int] = 2
    result_type: ClassVar[type[KnownBad]] = KnownBad

    language: Language
    flavour: Flavour
    flags: tuple[str, ...]  # the whole command line
    env: tuple[tuple[str, str], ...]  # the options under which the flavour judges
    program: str  # sha256 of the source

    @property
    def label(self) -> str:
        return f"known-bad {self.language} {self.flavour}"

    def run(self, sandbox: Sandbox, store: Store) -> KnownBad:
        """Raises BuildError when the program does not compile: then the flavour can judge nothing either."""
        folder = f"known-bad-{self.language}-{self.flavour}"
        sandbox.put({f"{folder}/{name}": content for name, content in runtime_files().items()})
        recipe = RECIPES[self.language][self.flavour]
        build = Command(argv=self.flags, cwd=folder, env=recipe.env, timeout_s=120)
        compiled = sandbox.run(build)
        if not compiled.ok:
            raise BuildError(
                f"{self.label} does not compile: {compiled.stderr.decode(errors='replace')[-400:]}",
                next_step=build.shown(),
            )
        speaks = SPEAKS[self.flavour]
        clean, *faulty = sandbox.run_all(
            [
                Command(argv=("./known_bad", fault), cwd=folder, env=self.env, timeout_s=30)
                for fault in ("none", *speaks)
            ]
        )
        return KnownBad(
            spoke=all(_is_told(one, tool) for one, tool in zip(faulty, speaks.values(), strict=True)),
            silent=clean.ok,
            log=store.put_blob(b"".join(one.stderr for one in (clean, *faulty))),
        )


def _is_told(faulty: Completed, tool: Tool) -> bool:
    report = first_report(faulty.stderr.decode(errors="replace"))
    return not faulty.ok and report is not None and report.tool is tool


def _known_bad_argv(language: Language, flavour: Flavour) -> tuple[str, ...]:
    recipe = RECIPES[language][flavour]
    # The coverage of a fuzzed flavour needs no fuzzer to link: the sanitizer's runtime has its symbols.
    flags, output = (*recipe.compile, *recipe.link), ("-o", "known_bad")
    if language is Language.CPP:
        return ("clang++", *CPP_COMMON, *CPP_LINK_COMMON, *flags, "known_bad.cpp", *output)
    return ("rustc", *RUST_COMMON, *flags, "known_bad.rs", *output)


def known_bad_job(language: Language, flavour: Flavour, store: Store) -> KnownBadJob:
    suffix = "cpp" if language is Language.CPP else "rs"
    source = store.put_blob(runtime_files()[f"known_bad.{suffix}"])
    return KnownBadJob(
        language=language,
        flavour=flavour,
        flags=_known_bad_argv(language, flavour),
        env=judge_env(flavour),
        program=source,
    )
