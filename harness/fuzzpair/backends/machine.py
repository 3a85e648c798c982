"""What the kernel of this machine says of itself, where it matters to a fuzzer. Facts, no judgement."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """This machine; None where the kernel does not say."""

    cpus: int
    memory_mb: int | None  # that this process may use
    core_pattern: str | None
    mmap_rnd_bits: int | None
    disk_free_mb: int | None  # where the state is


def read_machine(state: Path, root: Path = Path("/")) -> Machine:
    """`state` is a folder that need not be there; `root` is where /proc and /sys are, for tests."""
    return Machine(
        cpus=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        memory_mb=_memory_mb(root),
        core_pattern=_first_line(root / "proc/sys/kernel/core_pattern"),
        mmap_rnd_bits=_number(_first_line(root / "proc/sys/vm/mmap_rnd_bits")),
        disk_free_mb=_free_mb(state),
    )


def _memory_mb(root: Path) -> int | None:
    """The machine's, or what its control group leaves of it."""
    lines = (_text(root / "proc/meminfo") or "").splitlines()
    totals = [_number(line.split()[1]) for line in lines if line.startswith("MemTotal:")]
    total = totals[0] // 1024 if totals and totals[0] is not None else None
    given = _number(_first_line(root / "sys/fs/cgroup/memory.max"))
    known = [one for one in (total, given >> 20 if given is not None else None) if one is not None]
    return min(known, default=None)


def _free_mb(folder: Path) -> int | None:
    there = next((one for one in (folder, *folder.parents) if one.exists()), None)
    try:
        return None if there is None else shutil.disk_usage(there).free >> 20
    except OSError:
        return None


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None


def _first_line(path: Path) -> str | None:
    text = _text(path)
    return text.partition("\n")[0].strip() if text is not None else None


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() else None
