"""One program (pair, language, tree, flavour): a job that compiles it, and what came of it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import PurePosixPath
from typing import ClassVar

from pydantic import TypeAdapter

from fuzzpair.backends import Sandbox
from fuzzpair.diagnostics import parse_clang, parse_rustc
from fuzzpair.errors import BuildError
from fuzzpair.flavours import CPP_COMMON, CPP_LINK_COMMON, RECIPES, RUST_COMMON, Recipe
from fuzzpair.model.command import Command, Completed
from fuzzpair.model.diagnostic import Diagnostic
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language
from fuzzpair.store import Store, canonical_json, digest

COMPILE_TIMEOUT_S = 300.0
# For compilers alone: glibc asks the kernel for large pages. A compilation takes a twentieth less CPU time and makes
# the same; other C libraries do not read it. What is judged keeps its memory as it is.
LARGE_PAGES = (("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1"),)
JUDGE = "judge"  # the pair's own program, one process an input
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"\n]+)"', re.MULTILINE)
_STD_INCLUDE = re.compile(r"^[ \t]*#[ \t]*include[ \t]*<([a-z_]+)>", re.MULTILINE)
ENTRIES = ("src/main.cpp", "src/fuzz_")  # C++ files that hold an entry point, by prefix

# The input is remembered around the target's own function.
_CANARY_FUZZ_LINK = ("canary_fuzz.o", "-Wl,--wrap=LLVMFuzzerTestOneInput")

# What an unpatched build leaves for the builds of changed trees: the standard headers, precompiled (reading them takes
# longer than compiling what includes them), and rustc's incremental state (a change of one function is then a third of
# the work) with the package's own files compiled. docs/decisions/0006 says what this changes and what it does not.
INCREMENTAL = "incremental"
CANARY_LIBRARY = "libfuzzpair_canary.rlib"
PREPARED = {Language.CPP: "std_headers.pch", Language.RUST: f"{INCREMENTAL}.tar"}

Lines = list[tuple[str, ...]]  # command lines
Parse = Callable[[str], Iterable[Diagnostic]]
Sources = tuple[tuple[str, str], ...]  # path -> sha256 of its text, sorted


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """What compiling came to. Without `programs` the compiler refused, and `diagnostics` says why."""

    programs: tuple[tuple[str, str], ...]  # "judge", "fuzz_message" … -> sha256
    objects: tuple[tuple[str, str], ...]  # C++ source -> sha256 of its object, for builds that share it
    prepared: str | None  # sha256 of what the compiler need not do again for a changed tree, see PREPARED
    diagnostics: tuple[Diagnostic, ...]
    commands: tuple[str, ...]

    @property
    def compiled(self) -> bool:
        return bool(self.programs)

    def program(self, name: str) -> str:
        """sha256 of a program. Raises BuildError when this build has none of that name."""
        for program, sha256 in self.programs:
            if program == name:
                return sha256
        raise BuildError(f"this build has no program {name!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildJob:
    """Compile one tree in one flavour. `base_key` names a finished build that it starts from: what that one prepared,
    and its objects for the sources that are the same; one that includes a changed header is not."""

    kind: ClassVar[str] = "build"
    revision: ClassVar[int] = 3
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
            return _CppBuild(self, sandbox, store, folder, base).run()
        return _RustBuild(self, sandbox, store, folder, base).run()

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
    return (*own, *_runtime_digests(linked)) if linked else own


def _runtime_digests(starts: tuple[str, ...]) -> Iterator[str]:
    runtime = runtime_files()
    return (f"{name}:{digest(runtime[name])}" for name in sorted(runtime) if name.startswith(starts))


def runtime_files() -> dict[str, bytes]:
    """The package's own C and Rust files that builds link (canary, known-bad programs)."""
    folder = files("fuzzpair") / "runtime"
    return {one.name: one.read_bytes() for one in folder.iterdir() if one.name.endswith((".c", ".h", ".cpp", ".rs"))}


def put_sources(tree: Mapping[str, str], store: Store) -> Sources:
    """Keep a tree's files as blobs; give their names in a stable order."""
    return tuple((path, store.put_blob(text.encode())) for path, text in sorted(tree.items()))


def sources_digest(sources: Sources) -> str:
    """What names a tree: the same for the same files and contents."""
    return digest(canonical_json(sources))


@dataclass
class _Compilation:
    """Shared by both languages: run commands in the job's folder, collect diagnostics, hand out programs."""

    job: BuildJob
    sandbox: Sandbox
    store: Store
    folder: str
    base: Build | None
    diagnostics: list[Diagnostic] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)

    @property
    def recipe(self) -> Recipe:
        return self.job.recipe_of(self.job.language, self.job.flavour)

    @property
    def fuzzed(self) -> tuple[str, ...]:
        return tuple(f"fuzz_{name}" for name in self.job.targets) if self.recipe.is_fuzzed else ()

    @property
    def prepared(self) -> str:
        """The file that the base build prepared, or that this one, having no base, prepares for others."""
        return PREPARED[self.job.language]

    @property
    def taken_up(self) -> str | None:
        """sha256 of what the base build prepared; None where there is no base, or it was refused or lost."""
        return self.base.prepared if self.base is not None else None

    def put(self, shared: Mapping[str, str]) -> None:
        """The tree and the package's own files; and, by sha256, what the base build prepared and `shared` more."""
        content = {path: self.store.get_blob(sha256) for path, sha256 in self.job.sources}
        content |= runtime_files()
        self.sandbox.put({f"{self.folder}/{path}": text for path, text in content.items()})
        blobs = dict(shared) if self.taken_up is None else {**shared, self.prepared: self.taken_up}
        self.sandbox.put_blobs(self._inside(blobs), self.store.get_blob, shared=True)

    def _inside(self, files: Mapping[str, str]) -> dict[str, str]:
        return {f"{self.folder}/{path}": sha256 for path, sha256 in files.items()}

    def execute(self, lines: Lines) -> tuple[Completed, ...]:
        """Run steps up to the first that fails, in one round trip: each costs as much as a small file's compilation.

        Another tree's programs may stand in the folder; they are removed first, so that none is taken for this one's.
        """
        env = (*self.recipe.env, *LARGE_PAGES)
        commands = [Command(argv=argv, cwd=self.folder, env=env, timeout_s=COMPILE_TIMEOUT_S) for argv in lines]
        self.commands.extend(command.shown() for command in commands if command.argv[0] not in ("rm", "tar"))
        cleared = Command(argv=("rm", "-f", "--", JUDGE, *self.fuzzed), cwd=self.folder, timeout_s=COMPILE_TIMEOUT_S)
        return self.sandbox.run_all([cleared, *commands], keep_going=False)[1:]

    def compile(self, before: Lines, compiling: Lines, after: Lines, parse: Parse) -> Build | None:
        """Run all steps and read what the compiler says; its refusal, or None where it went through.

        Raises BuildError where a step fails that no mistake can break: one before or after compiling.
        """
        completed = self.execute([*before, *compiling, *after])
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

    def finish(self, programs: tuple[str, ...], objects: Mapping[str, str]) -> Build:
        """Keep the programs; of a build that others start from also what it prepared and its objects."""
        is_base = self.job.is_base
        kept = self._keep([*programs, *([self.prepared, *objects.values()] if is_base else [])])
        self.sandbox.keep(self._inside({name: kept[name] for name in programs}))  # to be fuzzed and replayed here
        return Build(
            programs=tuple((name, kept[name]) for name in programs),
            objects=tuple(sorted((source, kept[name]) for source, name in objects.items())) if is_base else (),
            prepared=kept[self.prepared] if is_base else None,
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
            prepared=None,
            diagnostics=tuple(self.diagnostics),
            commands=tuple(self.commands),
        )


class _CppBuild(_Compilation):
    def run(self) -> Build:
        units = [path for path, _ in self.job.sources if path.endswith(".cpp")]
        shared, runtime = self._shared_objects(), self._shared_runtime()
        self.put({_object(path): sha256 for path, sha256 in (shared | runtime).items()})
        own = [path for path in units if path not in shared and self._is_linked(path)]
        programs = (JUDGE, *self.fuzzed)
        compiling = [self._compile_line(path) for path in own]
        linking = [self._link_line(name, units) for name in programs]
        assembling = [_runtime_line(path) for path in self._runtime_files() if path not in runtime]
        refused = self.compile(self._preparing_lines(), compiling, assembling + linking, parse_clang)
        return refused or self.finish(programs, {path: _object(path) for path in (*own, *self._runtime_files())})

    def _preparing_lines(self) -> Lines:
        """Precompile the standard headers that the tree includes, unless the base build did.

        Of no file of the sandbox, and without times: what it was made of stands at the same place in every other.
        """
        if self.job.base_key is not None:
            return []
        texts = (self.store.get_blob(sha).decode() for _, sha in self.job.sources)
        headers = sorted({name for text in texts for name in _STD_INCLUDE.findall(text)})
        included = tuple(part for name in headers for part in ("-include", name))
        as_header = ("-Xclang", "-fno-pch-timestamp", "-fpch-instantiate-templates", "-x", "c++-header", "/dev/null")
        return [("clang++", *CPP_COMMON, *self.recipe.compile, *included, *as_header, "-o", self.prepared)]

    def _is_linked(self, path: str) -> bool:
        entry = PurePosixPath(path).stem
        return entry in self.fuzzed or not entry.startswith("fuzz_")

    def _compile_line(self, path: str) -> tuple[str, ...]:
        has_headers = self.job.base_key is None or self.taken_up is not None
        first = ("-include-pch", self.prepared) if has_headers else ()
        if self.job.flavour is Flavour.CANARY:
            first = (*first, "-include", "canary.h")
        return ("clang++", *CPP_COMMON, *self.recipe.compile, "-I.", *first, "-c", path, "-o", _object(path))

    def _runtime_files(self) -> tuple[str, ...]:
        """The package's own files that are linked."""
        return ("canary.c", "canary_fuzz.c") if self.job.flavour is Flavour.CANARY else _runtime_sources(self.recipe)

    def _link_line(self, program: str, units: list[str]) -> tuple[str, ...]:
        entry = "main" if program == JUDGE else program
        parts = [_object(path) for path in units if not path.startswith(ENTRIES) or PurePosixPath(path).stem == entry]
        extra: tuple[str, ...] = () if program == JUDGE else self.recipe.fuzz_link
        if self.job.flavour is Flavour.CANARY:
            extra = (*extra, "canary.o", *(() if program == JUDGE else _CANARY_FUZZ_LINK))
        return ("clang++", *CPP_LINK_COMMON, *self.recipe.link, *parts, *extra, "-o", program)

    def _shared_runtime(self) -> dict[str, str]:
        """Objects of the base build for the package's own files: with the same flags, which are the flavour's."""
        objects = dict(self.base.objects) if self.base is not None else {}
        return {path: objects[path] for path in self._runtime_files() if path in objects}

    def _shared_objects(self) -> dict[str, str]:
        """Objects of the base build for the sources that are the same, headers that they include being so too."""
        if self.base is None:
            return {}
        before, now = dict(self.job.base_sources), dict(self.job.sources)
        changed = {path for path in before.keys() | now.keys() if before.get(path) != now.get(path)}
        texts = {path: self.store.get_blob(sha).decode() for path, sha in now.items()}
        objects = dict(self.base.objects)
        return {path: objects[path] for path in now if path in objects and not changed & included(path, texts)}


class _RustBuild(_Compilation):
    def run(self) -> Build:
        self.put({})
        programs = (JUDGE, *self.fuzzed)
        # The canary's own files come with its base; what a load build links is not in its base, a production build.
        has_runtime = self.taken_up is not None and self.job.flavour is Flavour.CANARY
        before = [*self._starting_lines(), *(() if has_runtime else self._runtime_lines())]
        library = ("--crate-type=rlib", "--crate-name=dns", "src/lib.rs", "-o", "libdns.rlib")
        compiling = [self._rustc(f"-Cincremental={INCREMENTAL}", *library), *map(self._program_line, programs)]
        runtime = [line[-1] for line in self._runtime_lines()]
        after: Lines = [("tar", "cf", self.prepared, INCREMENTAL, *runtime)] if self.job.is_base else []
        return self.compile(before, compiling, after, parse_rustc) or self.finish(programs, {})

    def _starting_lines(self) -> Lines:
        """Start from the base build's state: what another tree's build left in the folder is no part of this one."""
        clear = ("rm", "-rf", "--", INCREMENTAL)
        if self.taken_up is None:
            return [clear]
        return [clear, ("tar", "xf", self.prepared)]

    def _rustc(self, *arguments: str) -> tuple[str, ...]:
        canary = (f"--extern=fuzzpair_canary={CANARY_LIBRARY}",) if self.job.flavour is Flavour.CANARY else ()
        return ("rustc", *RUST_COMMON, *self.recipe.compile, *canary, *arguments)

    def _runtime_lines(self) -> Lines:
        if self.job.flavour is not Flavour.CANARY:
            return [_runtime_line(path) for path in _runtime_sources(self.recipe)]
        as_library = ("--crate-type=rlib", "--crate-name=fuzzpair_canary", "-o", CANARY_LIBRARY)
        return [_runtime_line("canary.c"), ("rustc", "--edition=2021", "-O", "canary.rs", *as_library)]

    def _program_line(self, program: str) -> tuple[str, ...]:
        entry = "src/main.rs" if program == JUDGE else f"fuzz/fuzz_targets/{program.removeprefix('fuzz_')}.rs"
        extra = self.recipe.link if program == JUDGE else (*self.recipe.link, *self.recipe.fuzz_link)
        if self.job.flavour is Flavour.CANARY:
            extra = (*extra, "-Clink-arg=canary.o", "-L.")
        # All programs are one crate by name; -Cmetadata keeps their incremental states apart.
        crate = ("--crate-name=program", f"-Cmetadata={program}", f"-Cincremental={INCREMENTAL}")
        return self._rustc(*crate, entry, "--extern=dns=libdns.rlib", *extra, "-o", program)


def _runtime_sources(recipe: Recipe) -> tuple[str, ...]:
    return tuple(f"{name}.c" for name in recipe.runtime)


def _runtime_line(path: str) -> tuple[str, ...]:
    return ("clang", "-O1", "-c", path, "-o", _object(path))


def included(path: str, texts: Mapping[str, str]) -> set[str]:
    """A source and every file of the tree that it includes by a quoted name, however deep; `texts` is the tree.

    A name is looked up beside its includer and from the tree's root (-I.), and counted wherever it could be.
    """
    found: set[str] = set()
    waiting = [path]
    while waiting:
        current = waiting.pop()
        if current in found:
            continue
        found.add(current)
        for name in _INCLUDE.findall(texts.get(current, "")):
            beside = posixpath.normpath(posixpath.join(posixpath.dirname(current), name))
            waiting.extend((beside, posixpath.normpath(name)))
    return found


def _object(path: str) -> str:
    return path.replace("/", "_").removesuffix(".cpp").removesuffix(".c") + ".o"


def _ending(completed: Completed) -> str:
    if completed.timed_out:
        return f"its time limit of {completed.command.timeout_s:.0f} s"
    return f"signal {completed.signal}" if completed.signal else f"exit code {completed.exit_code}"
