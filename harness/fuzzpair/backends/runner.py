"""The inside of a sandbox: runs commands, takes files in and hands them out. Works with python3's standard library.

A backend sends this file as source text (`python3 -I -c`), so no file that an earlier command could have altered
takes part. A request is one line of JSON on stdin; the next one comes behind its answer. exchange.py is the other end:
  run: for each command one line of JSON, then the kept octets of its stdout and of its stderr
  put: the request is followed by a tar archive of `size` octets; the answer is one line, {"problem": ""}
  blobs: copies of files that lie here already are made; the answer is one line, {"problem": "", "missing": [path, …]}
  keep: files are remembered by what they should hold; the answer is one line, {"problem": ""}
  get: a tar archive in pieces (4 octets of length, then so many), an empty piece, then one line, {"problem": ""}
The end of stdin means that the orchestrator is gone.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import json
import os
import resource
import selectors
import shutil
import signal
import stat
import struct
import subprocess  # noqa: TID251 - this is the inside of a sandbox
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

STACK_OCTETS = 8 << 20  # Linux' default: stack exhaustion is then the same everywhere
FILE_OCTETS = 4 << 30  # no command fills the disk with one file
STRAYS_S = 5.0
MEMORY_CHECK_S = 0.05
IDLE_CHECK_S = 0.2
# The kernel's functions for waiting for another thread, time, a child, a signal.
WAITS = ("futex", "hrtimer_nanosleep", "do_nanosleep", "do_wait", "sigsuspend")
IDLE_TICKS = 3  # of the kernel's clock, 10 ms each: what a sanitizer's own thread uses while all others wait
CANNOT_EXECUTE, NOT_FOUND = 126, 127  # as a shell has them
EXECUTABLE = 0o755
INCOMING = ".incoming"
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER = 1, 4, 36

_libc = ctypes.CDLL(None, use_errno=True)


class OrchestratorGone(Exception):  # noqa: N818 - an order, not an error
    """Nobody reads the answer any more."""


class Kept:
    """The first and the last octets of a stream, up to a limit, and how many were left out between them."""

    def __init__(self, limit: int) -> None:
        self.half = max(limit // 2, 1)
        self.head = bytearray()
        self.tail = bytearray()
        self.seen = 0

    def add(self, chunk: bytes) -> None:
        self.seen += len(chunk)
        room = self.half - len(self.head)
        self.head += chunk[:room]
        self.tail += chunk[max(room, 0) :]
        if len(self.tail) > 2 * self.half:
            del self.tail[: -self.half]

    def text(self) -> bytes:
        tail = bytes(self.tail[-self.half :])
        left_out = self.seen - len(self.head) - len(tail)
        gap = f"\n[fuzzpair: {left_out} octets left out]\n".encode() if left_out else b""
        return bytes(self.head) + gap + tail


class Incoming:
    """Stdin, unbuffered between requests: a buffered reader would hide its end from select."""

    def __init__(self) -> None:
        self.pending = b""
        self.left = 0  # octets of an archive that are still to come

    def line(self) -> bytes:
        """The next line, or b"" at the end."""
        while b"\n" not in self.pending:
            chunk = os.read(0, 1 << 16)
            if not chunk:
                return b""
            self.pending += chunk
        line, _, self.pending = self.pending.partition(b"\n")
        return line

    def read(self, size: int) -> bytes:
        """As a file of `left` octets. Raises OrchestratorGone where stdin ends before."""
        taken = bytearray()
        while len(taken) < size and self.left:
            chunk = self.pending or os.read(0, 1 << 16)
            if not chunk:
                raise OrchestratorGone
            some = min(size - len(taken), self.left, len(chunk))
            taken += chunk[:some]
            self.pending = chunk[some:]
            self.left -= some
        return bytes(taken)


class Pieces:
    """A file object that writes pieces, each behind its length."""

    def __init__(self, answer: BinaryIO) -> None:
        self.answer = answer

    def write(self, content: bytes) -> int:
        if content:
            self.answer.write(struct.pack(">I", len(content)) + content)
        return len(content)


def put(request: dict[str, Any], incoming: Incoming, answer: BinaryIO) -> None:
    """Write an archive's files below the root; what stands in a file's place is replaced, never written through."""
    incoming.left = request["size"]
    problem = ""
    try:
        with tarfile.open(fileobj=incoming, mode="r|") as archive:  # type: ignore[call-overload] # read() is all it needs
            for entry in archive:
                place(entry, archive, os.path.join(request["root"], entry.name))  # noqa: PTH118
    except (OSError, tarfile.TarError) as error:
        problem = str(error)
    while incoming.read(1 << 16):
        pass
    tell(answer, problem)


def place(entry: tarfile.TarInfo, archive: tarfile.TarFile, path: str) -> None:
    if entry.isdir():
        os.makedirs(path, EXECUTABLE, exist_ok=True)  # noqa: PTH103
        return
    # Whole or not at all: what lies on a shelf is copied by other sandboxes while more is put there.
    incoming = f"{path}{INCOMING}"
    with contextlib.suppress(FileNotFoundError):
        os.unlink(incoming)  # noqa: PTH108
    content = archive.extractfile(entry)
    assert content is not None
    descriptor = os.open(incoming, os.O_WRONLY | os.O_CREAT | os.O_EXCL, EXECUTABLE)
    with open(descriptor, "wb") as target:  # noqa: PTH123
        os.fchmod(descriptor, EXECUTABLE)
        while chunk := content.read(1 << 20):
            target.write(chunk)
    os.replace(incoming, path)  # noqa: PTH105


def keep(request: dict[str, Any], answer: BinaryIO) -> None:
    """Remember files under their sha256. Another name for the same file: what replaces it later leaves this one."""
    problem = ""
    try:
        for path, sha256 in request["keep"].items():
            held = os.path.join(request["held"], sha256)  # noqa: PTH118
            with contextlib.suppress(FileNotFoundError):
                os.unlink(held)  # noqa: PTH108
            os.link(os.path.join(request["root"], path), held, follow_symlinks=False)  # noqa: PTH118
    except OSError as error:
        problem = str(error)
    tell(answer, problem)


def place_blobs(request: dict[str, Any], answer: BinaryIO) -> None:
    """Write files by their sha256, from what was remembered here or lies on the backend's shelf; name the others."""
    problem = ""
    missing: list[str] = []
    try:
        for path, sha256 in request["blobs"].items():
            target = os.path.join(request["root"], path)  # noqa: PTH118
            os.makedirs(os.path.dirname(target), exist_ok=True)  # noqa: PTH103, PTH120
            with contextlib.suppress(FileNotFoundError):
                os.unlink(target)  # noqa: PTH108
            if not (take_held(request["held"], sha256, target) or take_from(request["shelf"], sha256, target)):
                missing.append(path)
    except OSError as error:
        problem = str(error)
    tell(answer, problem, missing=missing)


def take_held(held: str, sha256: str, target: str) -> bool:
    """A name for what is remembered, if it still is what it was: a command may have written to it since."""
    source = os.path.join(held, sha256)  # noqa: PTH118
    try:
        with open(os.open(source, os.O_RDONLY | os.O_NOFOLLOW), "rb") as content:  # noqa: PTH123
            if hashlib.file_digest(content, "sha256").hexdigest() != sha256:
                return False
            os.link(source, target, follow_symlinks=False)
    except OSError:
        return False
    return True


def take_from(shelf: str | None, sha256: str, target: str) -> bool:
    """A copy of a file on the shelf, to which no command can write."""
    if shelf is None or not os.path.exists(os.path.join(shelf, sha256)):  # noqa: PTH110, PTH118
        return False
    shutil.copyfile(os.path.join(shelf, sha256), target)  # noqa: PTH118
    os.chmod(target, EXECUTABLE)  # noqa: PTH101
    return True


def get(request: dict[str, Any], answer: BinaryIO) -> None:
    """Hand out files below the root, links and devices as such: the other end refuses them."""
    problem = ""
    left = request["size_limit"]
    try:
        with tarfile.open(fileobj=Pieces(answer), mode="w|", format=tarfile.PAX_FORMAT) as archive:  # type: ignore[call-overload] # write() is all it needs
            for name in files_of(request["root"], request["paths"]):
                path = os.path.join(request["root"], name)  # noqa: PTH118
                left -= os.lstat(path).st_size
                if left < 0:
                    problem = f"{name!r} and what stands before it holds more than {request['size_limit']} octets"
                    break
                archive.add(path, name, recursive=False)
    except (OSError, tarfile.TarError, RecursionError) as error:
        problem = str(error)
    answer.write(struct.pack(">I", 0))
    tell(answer, problem)


def files_of(root: str, names: list[str]) -> Iterator[str]:
    """What is no folder, at or below these paths; a path that is not there gives nothing."""
    for name in names:
        path = os.path.join(root, name)  # noqa: PTH118
        try:
            is_folder = stat.S_ISDIR(os.lstat(path).st_mode)
        except (FileNotFoundError, NotADirectoryError):
            continue
        if is_folder:
            below = sorted(os.listdir(path))  # noqa: PTH208
            yield from files_of(root, [os.path.normpath(os.path.join(name, one)) for one in below])  # noqa: PTH118
        else:
            yield name


def tell(answer: BinaryIO, problem: str, **more: object) -> None:
    answer.write(json.dumps({"problem": problem, **more}).encode() + b"\n")
    answer.flush()


def run_commands(request: dict[str, Any], wake: int, answer: BinaryIO) -> None:
    """Run the commands of one request; after the first failure stop, unless `keep_going`."""
    for command in request["commands"]:
        ending, stdout, stderr = run(command, request, wake)
        ending |= {"stdout": len(stdout), "stderr": len(stderr)}
        answer.write(json.dumps(ending).encode() + b"\n" + stdout + stderr)
        answer.flush()
        if ending["exit_code"] != 0 and not request["keep_going"]:
            return


def become_reaper() -> None:
    """What outlives its command is re-parented to us and killed; and no command reads or writes through us."""
    _libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    _libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def children_wake() -> int:
    """A descriptor that becomes readable when a child ends."""
    reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return reader


def run(command: dict[str, Any], request: dict[str, Any], wake: int) -> tuple[dict[str, Any], bytes, bytes]:
    """One command to its end, and the end of everything it started."""
    ooms = count_ooms(request["oom_files"])
    started = time.monotonic()
    try:
        child = start(command, request)
    except OSError as problem:
        code = NOT_FOUND if isinstance(problem, FileNotFoundError) else CANNOT_EXECUTE
        return ended(exit_code=code), b"", f"fuzzpair: cannot start {command['argv'][0]!r}: {problem}\n".encode()
    kept = [Kept(command["output_limit"]), Kept(command["output_limit"])]
    watch = Watch(child, kept, wake, request["memory_kb"], command["idle_s"])
    try:
        watch.until(started + command["timeout_s"])
    finally:
        watch.finish()
    child.returncode = 0  # reaped by us, not by Popen
    oom_killed = watch.too_large or count_ooms(request["oom_files"]) > ooms
    ending = ended(
        **how(watch.status, timed_out=watch.timed_out),
        timed_out=watch.timed_out,
        oom_killed=oom_killed,
        duration_s=round(time.monotonic() - started, 6),
        cpu_s=round(watch.usage.ru_utime + watch.usage.ru_stime, 6),
        max_rss_kb=watch.usage.ru_maxrss,
    )
    return ending, kept[0].text(), kept[1].text()


def ended(**facts: object) -> dict[str, Any]:
    nothing = {"signal": None, "timed_out": False, "oom_killed": False}
    no_cost = {"duration_s": 0.0, "cpu_s": 0.0, "max_rss_kb": 0}
    return {**nothing, **no_cost, **facts}


def how(status: int, *, timed_out: bool) -> dict[str, int | None]:
    """Exit code or signal. The signal that a time-out sends is ours and says nothing about the program."""
    if timed_out:
        return {"exit_code": None, "signal": None}
    if os.WIFSIGNALED(status):
        return {"exit_code": None, "signal": os.WTERMSIG(status)}
    return {"exit_code": os.WEXITSTATUS(status), "signal": None}


def start(command: dict[str, Any], request: dict[str, Any]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - running what it is told to is this file's purpose
        command["argv"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=os.path.join(request["root"], command["cwd"]),  # noqa: PTH118 - os alone: pathlib costs 10 ms
        env={**request["env"], **command["env"]},
        start_new_session=True,
        preexec_fn=lambda: restrict(command["cpu_s"]),  # noqa: PLW1509 - this process has one thread
    )


def restrict(cpu_s: int | None) -> None:
    """In the child, before it becomes the command."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    _libc.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)  # else /proc/self belongs to root until exec
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:  # noqa: PTH123
        score.write("1000")  # the kernel kills the command, not what watches over it
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if cpu_s is not None:
        resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 1))
    for what, most in ((resource.RLIMIT_STACK, STACK_OCTETS), (resource.RLIMIT_FSIZE, FILE_OCTETS)):
        hard = resource.getrlimit(what)[1]
        resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


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


def serve(incoming: Incoming, answer: BinaryIO) -> None:
    """Answer requests until stdin ends."""
    become_reaper()
    wake = children_wake()
    while line := incoming.line():
        request = json.loads(line)
        if "commands" in request:
            run_commands(request, wake, answer)
        elif "paths" in request:
            get(request, answer)
        elif "blobs" in request:
            place_blobs(request, answer)
        elif "keep" in request:
            keep(request, answer)
        else:
            put(request, incoming, answer)


def main() -> None:
    with contextlib.suppress(OrchestratorGone, BrokenPipeError):
        serve(Incoming(), sys.stdout.buffer)


if __name__ == "__main__":
    main()
