"""Jobs, and a backend, that a spawned process can import by name, as a worker on another machine would."""

from __future__ import annotations

from contextlib import _GeneratorContextManager
from dataclasses import dataclass, field
from typing import ClassVar

from fuzzpair.backends import Sandbox
from fuzzpair.backends.fake import FakeBackend, succeed
from fuzzpair.errors import BackendError, BuildError, SandboxError
from fuzzpair.model.command import Command, Completed, Limits
from fuzzpair.store import Store


@dataclass(frozen=True, slots=True)
class Echo:
    """A result with something for the key, the store and the scheduler."""

    text: str
    complete: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class EchoJob:
    """Runs `echo <text>` in its sandbox; other words make it fail in the ways a job can."""

    kind: ClassVar[str] = "echo"
    revision: ClassVar[int] = 1
    result_type: ClassVar[type[Echo]] = Echo

    text: str
    inputs: tuple[str, ...] = ()
    subject: str = field(default="", compare=False)

    @property
    def label(self) -> str:
        return self.subject or self.text

    def run(self, sandbox: Sandbox, store: Store) -> Echo:
        store.put_blob(self.text.encode())
        completed = sandbox.run(Command(argv=("echo", self.text), timeout_s=1))
        if self.text == "fail":
            raise BuildError("it does not compile", next_step="look")
        if self.text == "broken":
            raise BackendError("the engine is gone")
        if self.text == "hostile":
            raise SandboxError("a link")
        return Echo(completed.stdout.decode(), complete=self.text != "fused")


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitedJob(EchoJob):
    """An echo whose result may follow from its sandbox's limits."""

    kind: ClassVar[str] = "limited echo"

    limits: Limits


def echo(command: Command, files: dict[str, bytes]) -> Completed:
    """A function of a module, so that a spawned process finds it."""
    return Completed(command=command, exit_code=0, stdout=command.argv[1].encode(), cpu_s=0.25)


class Watched(FakeBackend):
    """Counts what it was asked for; a session can fail to start."""

    def __init__(self, broken: bool = False) -> None:
        super().__init__(echo)
        self.broken = broken
        self.sessions = 0
        self.limits: list[Limits] = []
        self.places: list[str | None] = []
        self.left: list[str] = []
        self.stopped = 0

    def session(self, limits: Limits, place: str | None = None) -> _GeneratorContextManager[Sandbox]:
        if self.broken:
            raise BackendError("no engine answers", next_step="start it")
        self.sessions += 1
        self.limits.append(limits)
        self.places.append(place)
        return super().session(limits, place)

    def leave(self, place: str) -> None:
        self.left.append(place)

    def stop_all(self) -> None:
        self.stopped += 1


def compile_anything(command: Command, files: dict[str, bytes]) -> Completed:
    if command.argv[0] == "echo":
        return echo(command, files)
    if "-o" not in command.argv:
        return succeed(command, files)
    output = command.argv[command.argv.index("-o") + 1]
    files[f"{command.cwd}/{output}"] = b"object" if output.endswith(".o") else f"linked {output}".encode()
    return succeed(command, files)
