"""What is asked of a backend before anything is run on it: facts, no judgement. `fuzzpair doctor` judges them."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from fuzzpair.backends import Sandbox
from fuzzpair.model.command import Limits
from fuzzpair.model.pair import ImageAddition


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineFacts:
    """A container engine, in its own words."""

    where: str
    version: str
    system: str  # operating system, kernel, architecture
    cpus: int
    memory_mb: int
    limits_memory: bool  # its kernel enforces what a container is given
    limits_pids: bool
    warnings: tuple[str, ...]


class EngineHealth(Protocol):
    """A container engine, looked at. Every method raises BackendError where it does not answer."""

    def facts(self) -> EngineFacts:
        """What the engine says of itself."""

    def images(self, recipe: Path, addition: ImageAddition | None) -> tuple[str | None, str | None]:
        """The ids of the toolchain image and of the pair's, None for what is not made yet. Makes nothing."""

    def sandbox(self, image: str, limits: Limits) -> AbstractContextManager[Sandbox]:
        """A sandbox as a run's jobs have it."""

    def try_network(self, image: str) -> str:
        """Whether packages can be got where a pair's image is made: "" where they can, else what was said."""
