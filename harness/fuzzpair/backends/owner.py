"""Who started a container, written so that any later run can tell whether that process still lives."""

from __future__ import annotations

import os
import platform
from pathlib import Path

_PROC = Path("/proc")


def current_owner() -> str:
    """host:pid:starttime of this process; the start time tells a reused pid apart."""
    pid = os.getpid()
    return f"{_host()}:{pid}:{_start_time(pid)}"


def is_dead(owner: str) -> bool:
    """Whether the owner's process is known to have ended. Of another host nothing is known."""
    host, pid, started = [*owner.rsplit(":", 2), "", ""][:3]
    if host != _host() or not pid.isdecimal():
        return False
    return _start_time(int(pid)) != started


def _host() -> str:
    """The pid namespace belongs to it: two CI jobs may share a host name and an engine, but no pids."""
    try:
        namespace = (_PROC / "self/ns/pid").stat().st_ino
    except OSError:
        namespace = 0
    return f"{platform.node()}/{namespace}"


def _start_time(pid: int) -> str | None:
    """Field 22 of /proc/<pid>/stat, in ticks since boot; None for a process that is gone or a zombie."""
    try:
        after_name = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if after_name[0] in "ZX" else after_name[19]
