"""What compiling has in common in both languages: commands in the job's folder, what they say, what is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

from fuzzpair.backends import Sandbox
from fuzzpair.builds.record import JUDGE, Build
from fuzzpair.builds.runtime import runtime_files
from fuzzpair.builds.sources import Sources
from fuzzpair.errors import BuildError
from fuzzpair.flavours import RECIPES, Recipe
from fuzzpair.model.command import Command, Completed
from fuzzpair.model.diagnostic import Diagnostic
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language
from fuzzpair.store import Store

COMPILE_TIMEOUT_S = 300.0
# For compilers alone: glibc asks the kernel for large pages. A compilation takes a twentieth less CPU time and makes
# the same; other C libraries do not read it. What is judged keeps its memory as it is.
LARGE_PAGES = (("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1"),)

Lines = list[tuple[str, ...]]  # command lines
Parse = Callable[[str], Iterable[Diagnostic]]


class Task(Protocol):
    """What is to be compiled: a BuildJob."""

    @property
    def language(self) -> Language: ...
    @property
    def flavour(self) -> Flavour: ...
    @property
    def sources(self) -> Sources: ...
    @property
    def targets(self) -> tuple[str, ...]: ...
    @property
    def base_key(self) -> str | None: ...
    @property
    def base_sources(self) -> Sources: ...
    @property
    def is_base(self) -> bool: ...
    @property
    def label(self) -> str: ...
    def recipe_of(self, language: Language, flavour: Flavour) -> Recipe: ...


@dataclass
class Compilation:
    """Shared by both languages: run commands in the job's folder, collect diagnostics, hand out programs."""

    job: Task
    sandbox: Sandbox
    store: Store
    folder: str
    base: Build | None
    diagnostics: list[Diagnostic] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    completed: tuple[Completed, ...] = ()  # of the last compilation

    @property
    def recipe(self) -> Recipe:
        return self.job.recipe_of(self.job.language, self.job.flavour)

    @property
    def fuzzed(self) -> tuple[str, ...]:
        return tuple(f"fuzz_{name}" for name in self.job.targets) if self.recipe.is_fuzzed else ()

    @property
    def taken_up(self) -> dict[str, str]:
        """What the base build prepared, file -> sha256; nothing where there is no base, or it was refused or lost."""
        return dict(self.base.prepared) if self.base is not None else {}

    @property
    def is_linked_as_base(self) -> bool:
        """Whether this kind of build links what its base links; one for load links more."""
        return self.recipe == RECIPES[self.job.language][self.job.flavour]

    def base_links(self, programs: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """The linker's own commands for these programs, from the base; nothing where it does not have all of them."""
        links = dict(self.base.links) if self.base is not None else {}
        return {program: links[program] for program in programs} if links.keys() >= {*programs} else {}

    def put(self, shared: Mapping[str, str]) -> None:
        """The tree and the package's own files; and `shared`, by sha256: what the base build prepared or compiled."""
        content = {path: self.store.get_blob(sha256) for path, sha256 in self.job.sources}
        content |= runtime_files()
        self.sandbox.put({f"{self.folder}/{path}": text for path, text in content.items()})
        self.sandbox.put_blobs(self._inside(shared), self.store.get_blob, shared=True)

    def _inside(self, files: Mapping[str, str]) -> dict[str, str]:
        return {f"{self.folder}/{path}": sha256 for path, sha256 in files.items()}

    def execute(self, lines: Lines, *, is_recorded: bool = True) -> tuple[Completed, ...]:
        """Run steps up to the first that fails, in one round trip."""
        env = (*self.recipe.env, *LARGE_PAGES)
        commands = [Command(argv=argv, cwd=self.folder, env=env, timeout_s=COMPILE_TIMEOUT_S) for argv in lines]
        if is_recorded:
            self.commands.extend(command.shown() for command in commands if command.argv[0] not in ("rm", "tar"))
        return self.sandbox.run_all(commands, keep_going=False)

    def asked(self, lines: Lines) -> tuple[Completed, ...] | None:
        """Steps that are no part of what makes the programs; None where one of them failed."""
        answers = self.execute(lines, is_recorded=False)
        return answers if len(answers) == len(lines) and all(one.ok for one in answers) else None

    def compile(self, before: Lines, compiling: Lines, after: Lines, parse: Parse) -> Build | None:
        """Run all steps and read what the compiler says; its refusal, or None where it went through.

        Another tree's programs may stand in the folder; they are removed first, so that none is taken for this one's.
        Raises BuildError where a step fails that no mistake can break: one before or after compiling.
        """
        before = [("rm", "-f", "--", JUDGE, *self.fuzzed), *before]
        completed = self.completed = self.execute([*before, *compiling, *after])
        first, last = len(before), len(before) + len(compiling)
        for place, one in enumerate(completed):
            if not first <= place < last:
                self.must(one)
                continue
            self.diagnostics.extend(parse(one.stderr.decode(errors="replace")))
            if not one.ok:
                return self.refused(one)
        return None

    def must(self, completed: Completed) -> None:
        """Raise BuildError unless a step that no mistake can break (a link) went well."""
        if not completed.ok:
            log = completed.stderr.decode(errors="replace").strip()
            raise BuildError(
                f"{self.job.label}: `{completed.command.argv[0]}` ended with {_ending(completed)}: {log[-600:]}",
                next_step=completed.command.shown()[:400],
            )

    def finish(
        self,
        programs: tuple[str, ...],
        *,
        prepared: tuple[str, ...],
        objects: Mapping[str, str] = MappingProxyType({}),
        links: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
        calls: tuple[str, ...] = (),
    ) -> Build:
        """Keep the programs; of a build that others start from also its objects and what it prepared."""
        is_base = self.job.is_base
        kept = self._keep([*programs, *((*prepared, *objects.values()) if is_base else ())])
        self.sandbox.keep(self._inside({name: kept[name] for name in programs}))  # to be fuzzed and replayed here
        return Build(
            programs=tuple((name, kept[name]) for name in programs),
            objects=tuple(sorted((source, kept[name]) for source, name in objects.items())) if is_base else (),
            prepared=tuple((name, kept[name]) for name in prepared) if is_base else (),
            links=tuple(sorted(links.items())),
            calls=calls,
            diagnostics=tuple(self.diagnostics),
            commands=tuple(self.commands),
        )

    def _keep(self, names: list[str]) -> dict[str, str]:
        content = self.sandbox.get([f"{self.folder}/{name}" for name in names])
        missing = [name for name in names if f"{self.folder}/{name}" not in content]
        if missing:
            raise BuildError(f"{self.job.label}: the build succeeded and wrote no {', '.join(missing)}")
        return {name: self.store.put_blob(content[f"{self.folder}/{name}"]) for name in names}

    def refused(self, completed: Completed) -> Build:
        """The compiler's refusal. Raises BuildError when it failed without naming an error in the tree."""
        if not any(one.level == "error" for one in self.diagnostics):
            self.must(completed)
        return Build(
            programs=(),
            objects=(),
            prepared=(),
            links=(),
            calls=(),
            diagnostics=tuple(self.diagnostics),
            commands=tuple(self.commands),
        )


def _ending(completed: Completed) -> str:
    if completed.timed_out:
        return f"its time limit of {completed.command.timeout_s:.0f} s"
    return f"signal {completed.signal}" if completed.signal else f"exit code {completed.exit_code}"
