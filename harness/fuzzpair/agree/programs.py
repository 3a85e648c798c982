"""A side that is a fuzz target of the user's own, as its build left it: nothing of it is compiled for a comparison.

What is linked in the twin's place is a go-between (native/program_side.c) that has the same C ABI. It starts the
program with a library preloaded (native/answering.c), which calls the program's entry point, and hands answers and
counters of edges on. So both engines, and whoever reads an input again, ask a program as they ask a twin.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Final

from fuzzpair.agree.sides import ARCHIVE, Side, native_file
from fuzzpair.backends import Sandbox
from fuzzpair.builds.compilation import COMPILE_TIMEOUT_S
from fuzzpair.errors import BuildError
from fuzzpair.model.command import Command
from fuzzpair.model.language import Language
from fuzzpair.model.pair import TargetProgram
from fuzzpair.own_pair.checkup import ENTRY, INITIALIZE, quiet_env
from fuzzpair.own_pair.elf import defined, section
from fuzzpair.store import Store

COUNTERS: Final = "__sancov_cntrs"  # where clang and rustc keep the counters of inline-8bit-counters
PRELOADED: Final = "fuzzpair_answering.so"
SOURCES: Final = ("program_side.c", "answering.c", "program.h")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramSideJob:
    """Make the go-between of one program."""

    kind: ClassVar[str] = "program side"
    revision: ClassVar[int] = 1
    result_type: ClassVar[type[Side]] = Side

    program: TargetProgram
    sources: tuple[tuple[str, str], ...]  # our own C files -> sha256
    subject: str = field(default="", compare=False)

    @property
    def language(self) -> Language:
        return self.program.language

    @property
    def label(self) -> str:
        return f"{self.program.name} to compare"

    def run(self, sandbox: Sandbox, store: Store) -> Side:
        """Without an archive where the program cannot be asked: `problem` says why."""
        content = store.get_blob(self.program.program)
        names = (ENTRY, INITIALIZE, f"fuzzpair_describe_{self.language}")
        places = defined(content, names)
        if ENTRY not in places:
            return Side(archive=None, problem=f"{self.program.name}: its symbols were stripped off: it cannot be asked")
        folder = f"side-{self.program.language}-{self.program.program[:12]}"
        sandbox.put_blobs({f"{folder}/{path}": sha256 for path, sha256 in self.sources}, store.get_blob)
        lines = tuple(self._lines(content, tuple(places.get(one, 0) for one in names)))
        commands = [Command(argv=argv, cwd=folder, timeout_s=COMPILE_TIMEOUT_S) for argv in lines]
        done = sandbox.run_all(commands, keep_going=False)[-1]
        made = sandbox.get([f"{folder}/{ARCHIVE}", f"{folder}/{PRELOADED}"])
        if not done.ok or len(made) != len((ARCHIVE, PRELOADED)):
            raise BuildError(f"{self.label}: {done.stderr.decode(errors='replace').strip()[-600:] or 'not made'}")
        preloaded = store.put_blob(made[f"{folder}/{PRELOADED}"])
        files = {**dict(self.program.files), self.program.program_name: self.program.program, PRELOADED: preloaded}
        return Side(
            archive=store.put_blob(made[f"{folder}/{ARCHIVE}"]),
            files=tuple((f"{self.language}/{path}", sha256) for path, sha256 in files.items()),
        )

    def _lines(self, content: bytes, places: tuple[int, ...]) -> Iterator[tuple[str, ...]]:
        entry, initialize, describe = places
        counters, edges = section(content, COUNTERS) or (0, 0)
        named = {"ENTRY": entry, "INITIALIZE": initialize, "DESCRIBE": describe, "COUNTERS": counters}
        env = [f"{name}={value}" for name, value in quiet_env(self.program.flavour)]
        env += [f"FUZZPAIR_{name}={place:x}" for name, place in named.items()]
        env += [f"FUZZPAIR_EDGES={edges}", f"FUZZPAIR_TARGET={self.program.target}", f"LD_PRELOAD=./{PRELOADED}"]
        defines = (
            f"-DSIDE_DESCRIBE=fuzzpair_describe_{self.language}",
            f'-DSIDE_FOLDER="{self.language}"',
            f"-DSIDE_PROGRAM={json.dumps(self.program.program_name)}",
            f"-DSIDE_EDGES={edges}",
            f"-DSIDE_ENV={', '.join(map(json.dumps, env))}",
            *(("-DSIDE_DESCRIBES",) if describe else ()),
        )
        yield ("rm", "-f", "--", ARCHIVE, PRELOADED)
        yield ("clang", "-O2", "-fPIC", *defines, "-c", "program_side.c", "-o", "program_side.o")
        yield ("llvm-ar", "rcs", ARCHIVE, "program_side.o")
        # Not built in: what it copies is not to go through the program's own memcpy, which may be a sanitizer's.
        yield ("clang", "-O2", "-fno-builtin", "-fPIC", "-shared", "answering.c", "-ldl", "-o", PRELOADED)


def program_side_job(program: TargetProgram, store: Store) -> ProgramSideJob:
    sources = tuple((name, store.put_blob(native_file(name))) for name in SOURCES)
    return ProgramSideJob(program=program, sources=sources)
