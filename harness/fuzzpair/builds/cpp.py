"""C++: the commands that compile a tree, and what a changed tree takes of the unpatched one's build."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from fuzzpair.builds.compilation import Compilation
from fuzzpair.builds.record import JUDGE, Build
from fuzzpair.builds.relinking import command_of
from fuzzpair.builds.runtime import object_of, runtime_line, runtime_sources
from fuzzpair.builds.sources import Sources, included, units_of
from fuzzpair.diagnostics import parse_clang
from fuzzpair.flavours import CPP_COMMON, CPP_LINK_COMMON
from fuzzpair.model.flavour import Flavour

ENTRIES = ("src/main.cpp", "src/fuzz_")  # files that hold an entry point, by prefix
_STD_INCLUDE = re.compile(r"^[ \t]*#[ \t]*include[ \t]*<([a-z_]+)>", re.MULTILINE)
# The input is remembered around the target's own function.
_CANARY_FUZZ_LINK = ("canary_fuzz.o", "-Wl,--wrap=LLVMFuzzerTestOneInput")

# What an unpatched build leaves for the builds of changed trees: the standard headers, precompiled (reading them takes
# longer than compiling what includes them), and on top of them the tree's own (a fifth of what is left): first those
# that other headers include, then the rest, since a mistake in a header is mostly in one that no other includes.
# docs/decisions/0006 says what this changes and what it does not.
STD_HEADERS = "std_headers.pch"
INNER_HEADERS = "inner_headers.pch"
OWN_HEADERS = "own_headers.pch"


class CppBuild(Compilation):
    def run(self) -> Build:
        units = units_of(path for path, _ in self.job.sources)
        shared, runtime = self._shared_objects(), self._shared_runtime()
        objects = {object_of(path): sha256 for path, sha256 in (shared | runtime).items()}
        usable = self._usable_headers()
        self.put({**objects, **{name: self.taken_up[name] for name in usable}})
        own = [path for path in units if path not in shared and self._is_linked(path)]
        programs = (JUDGE, *self.fuzzed)
        preparing = self._preparing_lines()
        headers = (usable or list(preparing))[-1:]  # the last is on top of those before it
        compiling = [self._compile_line(path, headers) for path in own]
        linking = self._links_of_base(programs) or {name: self._link_line(name, units) for name in programs}
        assembling = [runtime_line(path) for path in self._runtime_files() if path not in runtime]
        refused = self.compile(list(preparing.values()), compiling, [*assembling, *linking.values()], parse_clang)
        if refused is not None:
            return refused
        linked = {path: object_of(path) for path in (*own, *self._runtime_files())}
        links = self._commands_of(linking) if self.job.is_base else {}
        return self.finish(programs, prepared=tuple(preparing), objects=linked, links=links)

    def _commands_of(self, linking: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        """The linker's own command for each program: clang takes 20 of a link's 50 ms of CPU time to find it."""
        shown = self.asked([(*line, "-###") for line in linking.values()]) or ()
        commands = (command_of(one.stderr.decode(errors="replace")) for one in shown)
        return {name: command for name, command in zip(linking, commands, strict=False) if command is not None}

    def _links_of_base(self, programs: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
        """Those of the base, where this tree's programs are made of the same objects' names."""
        units = [{*units_of(path for path, _ in tree)} for tree in (self.job.sources, self.job.base_sources)]
        if not self.is_linked_as_base or units[0] != units[1]:
            return {}
        return self.base_links(programs)

    def _usable_headers(self) -> list[str]:
        """What of the base's precompiled headers this tree starts from: nothing that holds one of those it changes."""
        if not self.taken_up:
            return []
        changed = self._changed()
        held = {STD_HEADERS: set[str](), **self._layers(self.job.base_sources)}
        usable = [name for name in self.taken_up if name in held and not changed & held[name]]
        return usable if self.sandbox.has_fixed_root else usable[:1]

    def _preparing_lines(self) -> dict[str, tuple[str, ...]]:
        """Precompile the headers that the tree includes, unless the base build did; result -> command.

        Without times, and the standard ones of no file of the sandbox: what they were made of stands at the same place
        everywhere. A tree's own are named by their whole path, and serve where each sandbox has the same.
        """
        if self.job.base_key is not None:
            return {}
        std = {name for text in self._texts(self.job.sources).values() for name in _STD_INCLUDE.findall(text)}
        lines = {STD_HEADERS: self._header_line(STD_HEADERS, (), std)}
        below, held = STD_HEADERS, set[str]()
        for name, headers in self._layers(self.job.sources).items() if self.sandbox.has_fixed_root else ():
            lines[name] = self._header_line(name, ("-I.", "-include-pch", below), headers - held)
            below, held = name, headers
        return lines

    def _layers(self, sources: Sources) -> dict[str, set[str]]:
        """A tree's own headers by what holds them precompiled: those that others include, and on top all of them."""
        texts = self._texts(sources)
        headers = {one for unit in units_of(texts) for one in included(unit, texts)} & texts.keys() - {*units_of(texts)}
        inner = {one for header in headers for one in included(header, texts) - {header}} & headers
        return {name: held for name, held in ((INNER_HEADERS, inner), (OWN_HEADERS, headers)) if held}

    def _texts(self, sources: Sources) -> dict[str, str]:
        return {path: self.store.get_blob(sha256).decode() for path, sha256 in sources}

    def _header_line(self, result: str, before: tuple[str, ...], headers: Iterable[str]) -> tuple[str, ...]:
        named = tuple(part for name in sorted(headers) for part in ("-include", name))
        as_header = ("-Xclang", "-fno-pch-timestamp", "-fpch-instantiate-templates", "-x", "c++-header", "/dev/null")
        return ("clang++", *CPP_COMMON, *self.recipe.compile, *before, *named, *as_header, "-o", result)

    def _is_linked(self, path: str) -> bool:
        entry = PurePosixPath(path).stem
        return entry in self.fuzzed or not entry.startswith("fuzz_")

    def _compile_line(self, path: str, headers: list[str]) -> tuple[str, ...]:
        first = ("-include-pch", *headers) if headers else ()
        if self.job.flavour is Flavour.CANARY:
            first = (*first, "-include", "canary.h")
        return ("clang++", *CPP_COMMON, *self.recipe.compile, "-I.", *first, "-c", path, "-o", object_of(path))

    def _runtime_files(self) -> tuple[str, ...]:
        """The package's own files that are linked."""
        return ("canary.c", "canary_fuzz.c") if self.job.flavour is Flavour.CANARY else runtime_sources(self.recipe)

    def _link_line(self, program: str, units: list[str]) -> tuple[str, ...]:
        entry = "main" if program == JUDGE else program
        parts = [object_of(path) for path in units if not path.startswith(ENTRIES) or PurePosixPath(path).stem == entry]
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
        now, changed = dict(self.job.sources), self._changed()
        texts = self._texts(self.job.sources)
        objects = dict(self.base.objects)
        return {path: objects[path] for path in now if path in objects and not changed & included(path, texts)}

    def _changed(self) -> set[str]:
        """Files in which this tree differs from its base's."""
        before, now = dict(self.job.base_sources), dict(self.job.sources)
        return {path for path in before.keys() | now.keys() if before.get(path) != now.get(path)}
