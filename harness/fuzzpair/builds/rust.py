"""Rust: the commands that compile a tree, and what a changed tree takes of the unpatched one's build."""

from __future__ import annotations

from collections.abc import Iterator

from fuzzpair.builds.compilation import Compilation, Lines
from fuzzpair.builds.record import JUDGE, Build
from fuzzpair.builds.relinking import arguments_of, called, command_of, declared, holds, own_objects
from fuzzpair.builds.runtime import runtime_line, runtime_sources
from fuzzpair.builds.sources import Sources
from fuzzpair.diagnostics import parse_rustc
from fuzzpair.flavours import RUST_COMMON
from fuzzpair.model.flavour import Flavour

# What an unpatched build leaves for the builds of changed trees: rustc's incremental state of the library (a change of
# one function is then a third of the work), the package's own files compiled, and the objects of the programs around
# the library, with the linker's commands. docs/decisions/0006 says what this changes and what it does not.
INCREMENTAL = "incremental"
INCREMENTAL_STATE = f"{INCREMENTAL}.tar"
PROGRAMS_INCREMENTAL = f"{INCREMENTAL}-programs"
CANARY_LIBRARY = "libfuzzpair_canary.rlib"
LIBRARY, RLIB, LINKER = "dns", "libdns.rlib", "clang"
JUDGE_ENTRY, FUZZ_ENTRIES = "src/main.rs", "fuzz/fuzz_targets/"  # files that hold an entry point


class RustBuild(Compilation):
    def run(self) -> Build:
        self.put(self.taken_up)
        programs = (JUDGE, *self.fuzzed)
        # The canary's own files come with its base; what a load build links is not in its base, a production build.
        has_runtime = bool(self.taken_up) and self.job.flavour is Flavour.CANARY
        before = [*self._starting_lines(), *(() if has_runtime else self._runtime_lines())]
        library = ("--crate-type=rlib", f"--crate-name={LIBRARY}", "src/lib.rs", "-o", RLIB)
        compiling = [self._rustc(f"-Cincremental={INCREMENTAL}", *library)]
        if self.job.is_base:
            return self._base_of_others(before, compiling, programs)
        relinking = self._relink_lines(programs)
        if not relinking:
            compiling += map(self._program_line, programs)
        refused = self.compile(before, compiling, [], parse_rustc)
        if refused is None and relinking and not self._is_done(relinking):
            refused = self.compile([], [self._program_line(program) for program in programs], [], parse_rustc)
        return refused or self.finish(programs, prepared=())

    def _base_of_others(self, before: Lines, compiling: Lines, programs: tuple[str, ...]) -> Build:
        """All programs compiled, and with rustc's state kept what linking them with another library needs."""
        shown = [self._program_line(program, "-Csave-temps", "--print=link-args") for program in programs]
        refused = self.compile(before, [*compiling, *shown], [], parse_rustc)
        if refused is not None:
            return refused
        links, calls = self._links(programs)
        objects = sorted({one for link in links.values() for one in own_objects(link)})
        runtime = [line[-1] for line in self._runtime_lines()]
        kept = [INCREMENTAL, *runtime, *(one for one in objects if one not in runtime)]
        # What the base prepared may lie on a shelf, and is not written to.
        for one in self.execute([("rm", "-f", "--", INCREMENTAL_STATE), ("tar", "cf", INCREMENTAL_STATE, *kept)]):
            self.must(one)
        return self.finish(programs, prepared=(INCREMENTAL_STATE,), links=links, calls=calls)

    def _links(self, programs: tuple[str, ...]) -> tuple[dict[str, tuple[str, ...]], tuple[str, ...]]:
        """How each program was linked, as the linker's own command, and what they call in the library; nothing where
        that cannot be told, or one of them holds code of the library."""
        printed = {one.command.argv[-1]: one.stdout.decode(errors="replace") for one in self.completed}
        links: dict[str, tuple[str, ...]] = {}
        symbols = ""
        for program in programs:
            arguments = arguments_of(printed.get(program, ""), LINKER, RLIB)
            if not arguments:
                return {}, ()
            answers = self.asked([(LINKER, "-###", *arguments), ("llvm-nm", *own_objects(arguments))])
            shown, named = (one.stderr + one.stdout for one in answers) if answers is not None else (b"", b"")
            command, symbols_here = command_of(shown.decode(errors="replace")), named.decode(errors="replace")
            if command is None or holds(symbols_here, LIBRARY):
                return {}, ()
            links[program] = command
            symbols += symbols_here
        return links, called(symbols, LIBRARY, self._texts(self.job.sources))

    def _relink_lines(self, programs: tuple[str, ...]) -> Lines:
        """Links of the base's programs with this tree's library; nothing where they are not what these would be."""
        links = self.base_links(programs)
        if self.base is None or not links or not self.is_linked_as_base:
            return []
        trees = (self.job.base_sources, self.job.sources)
        before, now = (dict(self._entries(tree)) for tree in trees)
        declared_before, declared_now = (declared(self.base.calls, self._texts(tree)) for tree in trees)
        if before != now or declared_before != declared_now:
            return []
        canary = (CANARY_LIBRARY,) if self.job.flavour is Flavour.CANARY else ()
        return [(*link, *(one for one in canary if one not in link)) for link in links.values()]

    def _texts(self, sources: Sources) -> list[str]:
        return [self.store.get_blob(sha256).decode() for _, sha256 in sources]

    def _entries(self, sources: Sources) -> Iterator[tuple[str, str]]:
        return ((path, sha256) for path, sha256 in sources if path == JUDGE_ENTRY or path.startswith(FUZZ_ENTRIES))

    def _is_done(self, lines: Lines) -> bool:
        """Whether all of it went well; else it is as if it had not been tried."""
        done = self.asked(lines)
        self.commands.extend(one.command.shown() for one in done or ())
        return done is not None

    def _starting_lines(self) -> Lines:
        """Start from the base build's state: what another tree's build left in the folder is no part of this one."""
        clear = ("rm", "-rf", "--", INCREMENTAL, PROGRAMS_INCREMENTAL)
        return [clear, *(("tar", "xf", name) for name in self.taken_up)]

    def _rustc(self, *arguments: str) -> tuple[str, ...]:
        canary = (f"--extern=fuzzpair_canary={CANARY_LIBRARY}",) if self.job.flavour is Flavour.CANARY else ()
        return ("rustc", *RUST_COMMON, *self.recipe.compile, *canary, *arguments)

    def _runtime_lines(self) -> Lines:
        if self.job.flavour is not Flavour.CANARY:
            return [runtime_line(path) for path in runtime_sources(self.recipe)]
        as_library = ("--crate-type=rlib", "--crate-name=fuzzpair_canary", "-o", CANARY_LIBRARY)
        return [runtime_line("canary.c"), ("rustc", "--edition=2021", "-O", "canary.rs", *as_library)]

    def _program_line(self, program: str, *more: str) -> tuple[str, ...]:
        entry = JUDGE_ENTRY if program == JUDGE else f"{FUZZ_ENTRIES}{program.removeprefix('fuzz_')}.rs"
        extra = self.recipe.link if program == JUDGE else (*self.recipe.link, *self.recipe.fuzz_link)
        if self.job.flavour is Flavour.CANARY:
            extra = (*extra, "-Clink-arg=canary.o", "-L.")
        # Incremental, and its state not kept: so nothing of the library is inlined here that does not ask for it.
        # All programs are one crate by name; -Cmetadata keeps their states apart.
        crate = ("--crate-name=program", f"-Cmetadata={program}", f"-Cincremental={PROGRAMS_INCREMENTAL}")
        return self._rustc(*crate, *more, entry, f"--extern={LIBRARY}={RLIB}", *extra, "-o", program)
