"""Other processes, as the kernel tells of them and as they are ended."""

from __future__ import annotations

import contextlib
import os
import resource
import signal


def kill_group(leader: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def kill_strays() -> int:
    """Kill and reap our children once; how many there were. Theirs become ours, hence the caller's loop."""
    try:
        reaped, _ = os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:  # none at all, behind nearly every command: /proc need not be read
        return 0
    if reaped:
        return 1
    strays = children_of(os.getpid())
    for pid in strays:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, 0)
    return len(strays)


def children_of(pid: int) -> list[int]:
    """Direct children, by the kernel's own list; a process that has ended has none."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208
            with open(f"/proc/{pid}/task/{thread}/children") as listing:  # noqa: PTH123
                found += map(int, listing.read().split())
    return found


def tree_rss_kb(root: int) -> int:
    """Resident memory of a process and all below it. Shared pages count once a process: an upper bound."""
    pending, pages = [root], 0
    while pending:
        pid = pending.pop()
        with contextlib.suppress(OSError), open(f"/proc/{pid}/statm") as statm:  # noqa: PTH123
            pages += int(statm.read().split()[1])
        pending += children_of(pid)
    return pages * (resource.getpagesize() // 1024)


_counters: dict[str, int] = {}  # path -> descriptor, or -1 where this kernel has no such file


def count_ooms(files: list[str]) -> int:
    """The cgroup's own count of OOM kills (v2's memory.events, v1's memory.oom_control), read around every command:
    opened once, since looking a path up takes longer than reading."""
    total = 0
    for path in files:
        if path not in _counters:
            try:
                _counters[path] = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            except OSError:
                _counters[path] = -1
        if _counters[path] >= 0:
            lines = os.pread(_counters[path], 1 << 12, 0).splitlines()
            total += sum(int(line.split()[1]) for line in lines if line.startswith(b"oom_kill "))
    return total
