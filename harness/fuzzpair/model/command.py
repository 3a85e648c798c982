"""One process in a sandbox, and what became of it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One process in a sandbox. Paths in argv and cwd are relative to the sandbox's own root."""

    argv: tuple[str, ...]
    timeout_s: float
    env: tuple[tuple[str, str], ...] = ()
    cwd: str = "."
    cpu_s: int | None = None  # of CPU time; behind it comes SIGXCPU, and a second later SIGKILL
    idle_s: float | None = (
        None  # ended as timed out when all its threads have waited so long: a deadlock computes nothing
    )
    output_limit: int = 1 << 20  # octets kept of each of stdout and stderr: the first and last halves

    def shown(self) -> str:
        """The command as a person would type it in a POSIX shell."""
        settings = [f"{name}={shlex.quote(value)}" for name, value in self.env]
        limited = () if self.cpu_s is None else ("prlimit", f"--cpu={self.cpu_s}:{self.cpu_s + 1}")
        return " ".join([*settings, shlex.join([*limited, *self.argv])])


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """What a command did. A non-zero exit, a time-out and an OOM kill are facts, not exceptions."""

    command: Command
    exit_code: int | None  # None when a signal or the time-out ended it
    signal: int | None = None
    timed_out: bool = False
    oom_killed: bool = False
    stdout: bytes = b""
    stderr: bytes = b""
    duration_s: float = 0.0
    cpu_s: float = 0.0
    max_rss_kb: int = 0

    @property
    def ok(self) -> bool:
        return self.exit_code == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one sandbox may use."""

    memory_mb: int = 3072
    pids: int = 512
    cpus: float | None = None
