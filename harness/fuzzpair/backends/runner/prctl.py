"""How a process here stands to the kernel."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import resource
import signal

STACK_OCTETS = 8 << 20  # Linux' default: stack exhaustion is then the same everywhere
FILE_OCTETS = 4 << 30  # no command fills the disk with one file
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER = 1, 4, 36
_libc = ctypes.CDLL(None, use_errno=True)


def become_reaper() -> None:
    """What outlives its command is re-parented to us and killed; and no command reads or writes through us."""
    _libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    _libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def limit_all() -> None:
    """Limits of this process, for all commands to inherit: none has to be set between a command's fork and its exec."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for what, most in ((resource.RLIMIT_STACK, STACK_OCTETS), (resource.RLIMIT_FSIZE, FILE_OCTETS)):
        hard = resource.getrlimit(what)[1]
        resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


@functools.cache
def _proc() -> int:
    return os.open("/proc", os.O_RDONLY | os.O_DIRECTORY)


def limit(pid: int, cpu_s: int | None) -> None:
    """Limits of one command that has just started; one that has ended already needs none."""
    with contextlib.suppress(OSError):
        score = os.open(f"{pid}/oom_score_adj", os.O_WRONLY, dir_fd=_proc())
        try:
            os.write(score, b"1000")  # the kernel kills the command, not what watches over it
        finally:
            os.close(score)
    if cpu_s is not None:
        with contextlib.suppress(OSError):
            resource.prlimit(pid, resource.RLIMIT_CPU, (cpu_s, cpu_s + 1))


def die_with_parent() -> None:
    """In the child, before it becomes the command."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
