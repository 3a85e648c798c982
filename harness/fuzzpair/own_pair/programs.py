"""A target's program in a sandbox: its files, and the commands that fuzz, merge and replay with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from fuzzpair.backends import Sandbox
from fuzzpair.flavours import judge_env, search_env
from fuzzpair.fuzz.libfuzzer import NO_NAMES
from fuzzpair.model.command import Command
from fuzzpair.model.pair import TargetProgram
from fuzzpair.own_pair.options import Options, read_options
from fuzzpair.store import Store

ARTIFACTS: Final = "artifacts"
FOUND: Final = "found"
CORPUS: Final = "corpus"
_OURS: Final = (ARTIFACTS, FOUND, CORPUS, "inputs")  # what a build left there would be taken for what we found
SLACK_S: Final = 60.0  # a job of fork mode is not ended early, and a busy machine takes its time


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A program in a folder of a sandbox, as its build left it in $OUT: what lies beside it lies beside it here."""

    program: TargetProgram
    memory_mb: int
    folder: str

    @property
    def options(self) -> Options:
        return read_options(self.program.options, self.program.flavour, self.memory_mb)

    def put(self, sandbox: Sandbox, store: Store) -> None:
        """Raises SandboxError where a file of $OUT would leave the folder."""
        files = {path: sha256 for path, sha256 in self.program.files if path.partition("/")[0] not in _OURS}
        files[self.program.program_name] = self.program.program
        if self.program.dictionary is not None:
            files[f"{self.program.program_name}.dict"] = self.program.dictionary
        sandbox.put({f"{self.folder}/{one}/.keep": b"" for one in (ARTIFACTS, FOUND, CORPUS)})
        sandbox.put_blobs({f"{self.folder}/{path}": sha256 for path, sha256 in files.items()}, store.get_blob)

    def put_units(self, sandbox: Sandbox, units: Mapping[str, bytes], folder: str = CORPUS) -> None:
        sandbox.put({f"{self.folder}/{folder}/{name}": content for name, content in units.items()})

    def fuzz(self, *, seconds: int, seed: int) -> Command:
        """Fork mode, which goes on after what it finds; libFuzzer ends it between two of its jobs."""
        argv = (
            *self._head(),
            "-fork=1",
            "-ignore_crashes=1",
            "-ignore_ooms=1",
            "-ignore_timeouts=1",
            f"-max_total_time={seconds}",
            f"-seed={seed}",
            "-print_final_stats=1",
            NO_NAMES,
            "-close_fd_mask=1",  # what a target prints on stdout is for replays and comparisons: here nobody reads it
            *self._dictionary(),
            *(f"-{name}={value}" for name, value in self.options.flags),
            FOUND,
            CORPUS,
        )
        longest = max(300.0, float(seconds)) + self.options.timeout_s + SLACK_S
        return self._command(argv, seconds + longest, search=True)

    def merge(self, *, fuse_s: float) -> Command:
        """Which units of the corpus the program needs. It survives every one that crashes, and leaves it as it does."""
        flags = (f"-{name}={value}" for name, value in self.options.flags if name in ("max_len", "use_value_profile"))
        return self._command((*self._head(), "-merge=1", *flags, FOUND, CORPUS), fuse_s, search=True)

    def replay(self, name: str) -> Command:
        """One input, one process, under the strict options."""
        longest = self.options.timeout_s + 30.0
        return self._command((*self._head(), f"inputs/{name}"), longest, search=False)

    def linked(self) -> Command:
        """What the program is made of: libFuzzer names every instrumented function with its file."""
        return self._command((*self._head(), "-print_coverage=1", "-runs=1"), 300.0, search=True, octets=32 << 20)

    def _head(self) -> tuple[str, ...]:
        given = self.options
        return (
            f"./{self.program.program_name}",
            f"-timeout={given.timeout_s}",
            f"-rss_limit_mb={given.rss_limit_mb}",
            f"-artifact_prefix={ARTIFACTS}/",
        )

    def _dictionary(self) -> tuple[str, ...]:
        """The target's own, or the file of $OUT that its options name."""
        named = self.options.dictionary
        if named is not None and any(path == named for path, _ in self.program.files):
            return (f"-dict={named}",)
        return (f"-dict={self.program.program_name}.dict",) if self.program.dictionary is not None else ()

    def _command(self, argv: tuple[str, ...], timeout_s: float, *, search: bool, octets: int = 1 << 20) -> Command:
        flavour = self.program.flavour
        env = search_env(flavour) if search else judge_env(flavour)
        given = self.options.env(env, flavour)
        return Command(argv=argv, cwd=self.folder, env=given, timeout_s=timeout_s, output_limit=octets)


def place_of(program: TargetProgram, memory_mb: int, work: str) -> Place:
    """The folder is named for the program and for what is done there: two of them may share a sandbox."""
    return Place(program=program, memory_mb=memory_mb, folder=f"{work}-{program.flavour}-{program.program[:12]}")
