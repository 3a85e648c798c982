"""One command's output, its end and its limits."""

from __future__ import annotations

import contextlib
import os
import resource
import selectors
import subprocess  # noqa: TID251 - this is the inside of a sandbox
import time
from collections.abc import Callable

from fuzzpair.backends.runner.output import Kept
from fuzzpair.backends.runner.processes import children_of, kill_group, kill_strays, tree_rss_kb
from fuzzpair.backends.runner.wire import OrchestratorGone

STRAYS_S = 5.0
MEMORY_CHECK_S = 0.05
IDLE_CHECK_S = 0.2
# The kernel's functions for waiting for another thread, time, a child, a signal.
WAITS = ("futex", "hrtimer_nanosleep", "do_nanosleep", "do_wait", "sigsuspend")
IDLE_TICKS = 3  # of the kernel's clock, 10 ms each: what a sanitizer's own thread uses while all others wait


class Watch:
    """Reads a child's output and waits for its end, its limits, or the orchestrator's end."""

    def __init__(
        self, child: subprocess.Popen[bytes], kept: list[Kept], wake: int, memory_kb: int | None, idle_s: float | None
    ) -> None:
        self.child = child
        self.memory_kb = memory_kb
        self.idle = None if idle_s is None else Idle(child.pid, idle_s)
        self.wake = wake
        self.timed_out = self.too_large = self.reaped = False
        self.status = 0
        self.usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.selector = selectors.DefaultSelector()
        for stream, sink in zip((child.stdout, child.stderr), kept, strict=True):
            assert stream is not None
            os.set_blocking(stream.fileno(), False)
            self.selector.register(stream.fileno(), selectors.EVENT_READ, self.reading(stream.fileno(), sink))
        self.selector.register(wake, selectors.EVENT_READ, self.clear_wake)
        # A regular file (a test's) cannot be waited for, and never ends early.
        with contextlib.suppress(OSError):
            self.selector.register(0, selectors.EVENT_READ, self.hear_orchestrator)

    def reading(self, descriptor: int, sink: Kept) -> Callable[[], None]:
        def read() -> None:
            chunk = os.read(descriptor, 1 << 16)
            sink.add(chunk)
            if not chunk:
                self.selector.unregister(descriptor)

        return read

    def clear_wake(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self.wake, 1 << 12)

    def hear_orchestrator(self) -> None:
        if not os.read(0, 1 << 12):
            raise OrchestratorGone

    def until(self, deadline: float) -> None:
        while not self.has_ended():
            left = deadline - time.monotonic()
            self.timed_out = left <= 0 or (self.idle is not None and self.idle.is_over())
            self.too_large = self.memory_kb is not None and tree_rss_kb(self.child.pid) > self.memory_kb
            if self.timed_out or self.too_large:
                return
            pause = left if self.idle is None else min(left, IDLE_CHECK_S)
            self.turn(pause if self.memory_kb is None else min(pause, MEMORY_CHECK_S))

    def turn(self, longest_s: float) -> None:
        for key, _ in self.selector.select(longest_s):
            key.data()

    def has_ended(self) -> bool:
        pid, status, usage = os.wait4(self.child.pid, os.WNOHANG)
        if pid:
            self.reaped, self.status, self.usage = True, status, usage
        return self.reaped

    def finish(self) -> None:
        """Kill the group and what left it, then read what is still in the pipes."""
        kill_group(self.child.pid)
        if not self.reaped:
            _, self.status, self.usage = os.wait4(self.child.pid, 0)
        deadline = time.monotonic() + STRAYS_S
        while time.monotonic() < deadline and kill_strays():
            pass
        own = {0, self.wake}
        while time.monotonic() < deadline and self.selector.get_map().keys() - own:
            self.turn(0.1)
        self.selector.close()
        for stream in (self.child.stdout, self.child.stderr):
            assert stream is not None
            stream.close()


class Idle:
    """Whether all threads of a child and its children have waited for each other for so long."""

    def __init__(self, root: int, idle_s: float) -> None:
        self.root = root
        self.idle_s = idle_s
        self.since = self.next_look = time.monotonic()
        self.ticks = 0

    def is_over(self) -> bool:
        now = time.monotonic()
        if now < self.next_look:
            return False
        self.next_look = now + IDLE_CHECK_S
        runs, ticks = activity(self.root)
        if runs or ticks > self.ticks + IDLE_TICKS:
            self.since, self.ticks = now, ticks
        return now - self.since >= self.idle_s


def activity(root: int) -> tuple[bool, int]:
    """Whether a thread of a process or of one below it does anything but wait for another one; and their CPU ticks.

    What cannot be looked at (a process that has just ended; a kernel that does not say) counts as doing something. So
    does waiting for a file: on a file system in user space it looks like sleep, and may take seconds.
    """
    pending, runs, ticks = [root], not os.path.isdir(f"/proc/{root}/task"), 0  # noqa: PTH112
    while pending:
        pid = pending.pop()
        with contextlib.suppress(OSError):
            for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208
                with open(f"/proc/{pid}/task/{thread}/stat") as stat_line:  # noqa: PTH123
                    fields = stat_line.read().rpartition(")")[2].split()
                with open(f"/proc/{pid}/task/{thread}/wchan") as waits_in:  # noqa: PTH123
                    runs = runs or (fields[0] != "Z" and not waits_in.read().startswith(WAITS))
                ticks += int(fields[11]) + int(fields[12])  # utime, stime: proc(5)
        pending += children_of(pid)
    return runs, ticks
