"""Facts -> what is well, what is to be known, what is a problem, and what to do about it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from fuzzpair.backends.health import EngineFacts
from fuzzpair.backends.machine import Machine
from fuzzpair.backends.trial import TrialFacts
from fuzzpair.model.command import Limits

IMAGE_MB: Final = 6_000  # while it is made; 2 GB are left
STATE_MB: Final = 1_000
RND_BITS: Final = 28  # above it, sanitizers that want fixed places may not get them


class Level(StrEnum):
    """How a check came out."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at."""

    name: str
    level: Level
    said: str
    to_do: str = ""


def well(name: str, said: str) -> Check:
    return Check(name=name, level=Level.OK, said=said)


def warning(name: str, said: str, to_do: str) -> Check:
    return Check(name=name, level=Level.WARNING, said=said, to_do=to_do)


def problem(name: str, said: str, to_do: str) -> Check:
    return Check(name=name, level=Level.PROBLEM, said=said, to_do=to_do)


def has_problem(checks: list[Check]) -> bool:
    return any(check.level is Level.PROBLEM for check in checks)


def judge_machine(machine: Machine) -> Iterator[Check]:
    """The kernel's settings, and the disk under the state."""
    pattern = machine.core_pattern
    if pattern is None:
        yield warning("core files", "the kernel does not say what happens to them", "none, where this is no Linux")
    elif pattern.startswith("|"):
        yield warning(
            "core files",
            f"every crash is handed to a program ({pattern[:60]}), whatever the limits say: each costs time",
            "`sysctl -w kernel.core_pattern=core` on this machine",
        )
    else:
        yield well("core files", f"kernel.core_pattern is {pattern[:60]!r}, and sandboxes write none")
    bits = machine.mmap_rnd_bits
    if bits is not None and bits > RND_BITS:
        yield warning(
            "address space",
            f"vm.mmap_rnd_bits is {bits}: MSan and TSan may find their places taken",
            f"`sysctl -w vm.mmap_rnd_bits={RND_BITS}` on this machine",
        )
    elif bits is not None:
        yield well("address space", f"vm.mmap_rnd_bits is {bits}")
    if machine.disk_free_mb is not None:
        yield _disk(machine.disk_free_mb)


def _disk(free_mb: int) -> Check:
    said = f"{free_mb / 1000:.1f} GB are free where the state is"
    if free_mb < STATE_MB:
        return problem("disk", said, "free some, or name another place with `state:` and --state")
    if free_mb < IMAGE_MB:
        return warning("disk", said, f"an image takes {IMAGE_MB / 1000:.0f} GB while it is made: free some before that")
    return well("disk", said)


def judge_memory(total_mb: int, limits: Limits, workers: int) -> Check:
    """Whether all sandboxes at once have what each may take."""
    wanted = workers * limits.memory_mb
    said = f"{workers} sandboxes of {limits.memory_mb} MB at once, of {total_mb} MB"
    if limits.memory_mb > total_mb:
        return problem("memory", said, "lower `limits: {memory_mb: …}` in pipeline.yml below what there is")
    if wanted > total_mb:
        return warning(
            "memory",
            f"{said}: more than there is, if each takes all of it",
            f"`workers: {max(total_mb // limits.memory_mb, 1)}` in pipeline.yml keeps within it",
        )
    return well("memory", said)


def judge_engine(facts: EngineFacts) -> Iterator[Check]:
    yield well("engine", f"{facts.version} at {facts.where}: {facts.system}, {facts.cpus} CPUs, {facts.memory_mb} MB")
    for name, holds in (("memory", facts.limits_memory), ("pids", facts.limits_pids)):
        if not holds:
            yield problem(
                f"limit of {name}",
                f"the engine cannot hold a container to it ({'; '.join(facts.warnings) or 'it does not say why'})",
                f"start the engine with the control group `{name}` (rootless: delegate it to its user)",
            )


def judge_trial(facts: TrialFacts, limits: Limits) -> Iterator[Check]:
    """What was seen inside of a sandbox."""
    if facts.networks:
        yield problem(
            "isolation",
            f"a sandbox sees a network: {', '.join(facts.networks)}",
            "report it: what is fuzzed must reach none",
        )
    else:
        yield well("isolation", "a sandbox sees no network")
    stated = (("memory", facts.memory_max, limits.memory_mb << 20), ("pids", facts.pids_max, limits.pids))
    for name, there, asked in stated:
        if there and there != str(asked):
            yield problem(
                f"limit of {name}", f"asked was {asked}, a sandbox has {there}", "look at the engine's control groups"
            )
        elif there:
            yield well(f"limit of {name}", f"a sandbox has {there}")
    for name, said in facts.silent:
        yield problem(
            f"sanitizer {name}",
            f"it does not report a known fault in a sandbox: {said}",
            f"`sysctl -w vm.mmap_rnd_bits={RND_BITS}`, where it speaks of mappings; else leave it out of `sanitizers:`",
        )
    if not facts.silent:
        yield well("sanitizers", "address, memory and thread each report a known fault in a sandbox")
