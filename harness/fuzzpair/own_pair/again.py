"""Crash inputs on a target's program again: how often it ends so (k of n), a smaller input, and what it is made of."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import ClassVar, Final

from fuzzpair.backends import Sandbox
from fuzzpair.errors import EngineError
from fuzzpair.minimise import Shrinking
from fuzzpair.model.command import Command, Limits
from fuzzpair.model.pair import TargetProgram
from fuzzpair.own_pair.campaign import OfProgram
from fuzzpair.own_pair.programs import Place, place_of
from fuzzpair.replay import InputFolder
from fuzzpair.reproduce import InFolder, Repeating
from fuzzpair.store import Store

FILES: Final = 20_000
_FUNCTION: Final = re.compile(r"^(?:UN)?COVERED_FUNC: .{0,4000}? (/?[^ :]{1,1000}):\d{1,9}$")


class TargetFolder(InputFolder):
    """A target's program and inputs of its own in the sandbox."""

    def __init__(self, place: Place, sandbox: Sandbox, store: Store) -> None:
        super().__init__(place.folder, sandbox, store)
        self.place = place

    def put(self, inputs: tuple[str, ...]) -> None:
        """The program with what lies beside it, and inputs by their sha256."""
        self.place.put(self.sandbox, self.store)
        self.put_inputs({name: self.store.get_blob(name) for name in inputs})

    def command(self, name: str) -> Command:
        return self.place.replay(name)


class _InTargetFolder(OfProgram, InFolder):
    __slots__ = ()
    purpose: ClassVar[str]  # what the folder is called for

    def folder(self, sandbox: Sandbox, store: Store, inputs: tuple[str, ...]) -> InputFolder:
        folder = TargetFolder(place_of(self.program, self.limits.memory_mb, self.purpose), sandbox, store)
        folder.put(inputs)
        return folder


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetReproduceJob(_InTargetFolder, Repeating):
    """On a target's program."""

    kind: ClassVar[str] = "target reproduce"
    revision: ClassVar[int] = 1
    purpose: ClassVar[str] = "replay"

    program: TargetProgram
    limits: Limits
    why: str = field(default="again", compare=False)

    @property
    def label(self) -> str:
        return f"{self.program.name} {self.why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetMinimiseJob(_InTargetFolder, Shrinking):
    """On a target's program."""

    kind: ClassVar[str] = "target minimise"
    revision: ClassVar[int] = 1
    purpose: ClassVar[str] = "minimise"

    program: TargetProgram
    limits: Limits

    @property
    def label(self) -> str:
        return f"{self.program.name} minimise {self.input[:12]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedFiles:
    """The files of the instrumented functions of a program, as its debug information names them."""

    files: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedFilesJob(OfProgram):
    """Ask a program which files it is made of: libFuzzer names every instrumented function with its file."""

    kind: ClassVar[str] = "linked files"
    revision: ClassVar[int] = 1
    result_type: ClassVar[type[LinkedFiles]] = LinkedFiles

    program: TargetProgram
    limits: Limits

    @property
    def label(self) -> str:
        return f"{self.program.name} files"

    def run(self, sandbox: Sandbox, store: Store) -> LinkedFiles:
        """Raises EngineError where it names none: it was built without debug information, or crashes at once."""
        place = place_of(self.program, self.limits.memory_mb, "linked")
        place.put(sandbox, store)
        completed = sandbox.run(place.linked())
        files = linked_files(completed.stdout.decode(errors="replace") + completed.stderr.decode(errors="replace"))
        if not files:
            raise EngineError(
                f"{self.label}: its functions name no files", next_step="build it with debug information (-g)"
            )
        return LinkedFiles(files=files)


def linked_files(text: str) -> tuple[str, ...]:
    """The files that libFuzzer's list of functions names, each once."""
    named = (found[1] for line in text.splitlines() if (found := _FUNCTION.match(line)))
    return tuple(sorted(set(named)))[:FILES]
