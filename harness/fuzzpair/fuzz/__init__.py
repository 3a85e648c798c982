"""The Engine seam: an engine says what to run and reads what came back; it runs nothing itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from fuzzpair.errors import EngineError
from fuzzpair.model.command import Command, Completed
from fuzzpair.model.crash_report import CrashReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One campaign: a program, its seeds, a budget in executions, and the fuse in seconds."""

    program: str
    seeds: tuple[str, ...]  # paths in the folder, in the order in which they are tried
    seed: int
    runs: int
    fuse_s: float
    env: tuple[tuple[str, str], ...]
    folder: str
    unit_timeout_s: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What an engine's output says."""

    executions: int
    edges: int
    corpus_units: int
    artifact: str | None  # path of the crashing input, relative to the task's folder
    report: CrashReport | None
    fused: bool  # ended by the time limit, before its budget and without a crash


def require_seeds(label: str, seeds: Sequence[str]) -> None:
    """Raises EngineError where there is none: fuzzing from nothing proves nothing."""
    if not seeds:
        raise EngineError(f"{label}: the corpus is empty", next_step="put seed inputs into the pair's corpus folder")


class Engine(Protocol):
    name: str

    def files(self, task: Task) -> dict[str, bytes]:
        """What the command needs in the task's folder besides the program and its seeds, by path."""

    def command(self, task: Task) -> Command:
        """The one process that fuzzes."""

    def read(self, completed: Completed, files: Mapping[str, bytes]) -> Reading:
        """Read the process's ending and what it left in its artifact folder."""
