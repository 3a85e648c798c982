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


def count_ooms(files: list[str]) -> int:
    """The cgroup's own count of OOM kills (v2's memory.events, v1's memory.oom_control)."""
    total = 0
    for path in files:
        with contextlib.suppress(OSError), open(path) as counters:  # noqa: PTH123
            total += sum(int(line.split()[1]) for line in counters if line.startswith("oom_kill "))
    return total
