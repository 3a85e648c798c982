"""Commands on this machine, in a temporary folder, with no isolation; and the only place that starts a process."""

from __future__ import annotations

import contextlib
import os
import selectors
import shutil
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fuzzpair.backends import ReadBlob, Sandbox
from fuzzpair.backends.archive import ENTRY_LIMIT, MODE, check_path
from fuzzpair.backends.exchange import Surroundings, encode_request, longest_s, read_answers, runner_source
from fuzzpair.backends.local_pair import make_pair_folder, pair_tools
from fuzzpair.backends.toolchain import read_toolchain
from fuzzpair.errors import BackendError, SandboxError
from fuzzpair.model.command import Command, Completed, Limits
from fuzzpair.model.pair import ImageAddition
from fuzzpair.model.run_facts import Toolchain

NO_ISOLATION = "The local backend isolates nothing: what is compiled and fuzzed runs as you, on this machine."
SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"
DISMISS_S = 10.0
NEWEST_LLVM, OLDEST_LLVM = 22, 16
LLVM_TOOLS = ("clang", "clang++", "clang-tidy", "clang-format", "llvm-symbolizer", "llvm-ar", "ld.lld")
RUST_TOOLS = ("rustc", "cargo", "clippy-driver")
EXPERIMENT_TOOLS = ("clang", "clang++", "rustc")  # without which none of its builds is possible
PACKAGES = {
    "clang": "clang-22",
    "clang++": "clang-22",
    "llvm-ar": "llvm-22",
    "llvm-symbolizer": "llvm-22",
    "ld.lld": "lld-22",
    "rustc": "rustc-web",
    "cargo": "cargo-web",
}


def _silent(_line: str) -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A tool that was run for the harness itself, and the last lines it wrote."""

    exit_code: int
    last_lines: tuple[str, ...]


def run_tool(argv: Sequence[str], *, env: Mapping[str, str], on_line: Callable[[str], None] = _silent) -> Ended:
    """Run one of the harness's own tools (apt-get, mmdebstrap) in the foreground; never for what is tested."""
    with subprocess.Popen(
        argv,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        last: deque[str] = deque(maxlen=15)
        assert process.stdout is not None
        for line in process.stdout:
            last.append(line.rstrip())
            on_line(line.rstrip())
    return Ended(exit_code=process.returncode, last_lines=tuple(last))


def _run_tool(argv: Sequence[str], env: Mapping[str, str]) -> Ended:
    return run_tool(argv, env=env)


def tool_path(name: str, environ: Mapping[str, str]) -> str | None:
    return shutil.which(name, path=environ.get("PATH", SYSTEM_PATH))


def find_tools(environ: Mapping[str, str], needed: Sequence[str] = EXPERIMENT_TOOLS) -> dict[str, str]:
    """Name -> path of each tool there is, the newest LLVM first. Raises BackendError without one that is needed."""
    path = environ.get("PATH", SYSTEM_PATH)
    found: dict[str, str] = {}
    for suffix in (*(f"-{version}" for version in range(NEWEST_LLVM, OLDEST_LLVM - 1, -1)), ""):
        if clang := shutil.which(f"clang++{suffix}", path=path):
            beside = f"{Path(clang).resolve().parent}:{path}"  # a version's tools are in one folder
            found = {name: tool for name in LLVM_TOOLS if (tool := _which(name, suffix, beside))}
            break
    if rustc := shutil.which("rustc", path=path):
        # rustup's own `rustc` looks for its toolchains below HOME, which a sandbox has not.
        sysroot = run_tool([rustc, "--print", "sysroot"], env=environ).last_lines[-1:]
        beside = f"{Path(*sysroot) / 'bin'}:{path}"
        found |= {name: tool for name in RUST_TOOLS if (tool := shutil.which(name, path=beside))}
    missing = [name for name in needed if name not in found]
    if missing:
        packages = " ".join(dict.fromkeys(PACKAGES[name] for name in missing))
        raise BackendError(
            f"{' and '.join(missing)} cannot be found on PATH",
            next_step=f"Install what is missing (Debian: apt-get install {packages}), or use the docker backend.",
        )
    return found


def needed_tools(addition: ImageAddition | None) -> tuple[str, ...]:
    """Those without which no build is possible: of the experiment, or of a pair with this addition."""
    return EXPERIMENT_TOOLS if addition is None else pair_tools(has_rust=bool(addition.manifest))


def _which(name: str, suffix: str, path: str) -> str | None:
    return shutil.which(f"{name}{suffix}", path=path) or shutil.which(name, path=path)


class LocalBackend:
    """Runs commands as this user. For machines without a container engine, and trusted pairs only."""

    name = "local"

    def __init__(self, environ: Mapping[str, str], on_progress: Callable[[str], None] = _silent) -> None:
        self._environ = dict(environ)
        self._tools: dict[str, str] = {}
        self._pair = ""  # the folder of what a user's pair has beside the toolchain
        self._on_progress = on_progress
        self._running = _Running()

    def __getstate__(self) -> dict[str, object]:
        return {"environ": self._environ, "tools": self._tools, "pair": self._pair}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._environ, self._tools, self._pair = state["environ"], state["tools"], state["pair"]
        self._on_progress = _silent
        self._running = _Running()

    def prepare(
        self,
        recipe: Path,  # noqa: ARG002 - what is installed is what is used
        addition: ImageAddition | None = None,
        *,
        on: Path | None = None,  # noqa: ARG002
    ) -> Toolchain:
        self._on_progress(NO_ISOLATION)
        needed = needed_tools(addition)
        self._tools = find_tools(self._environ, needed)  # before anything is made: that may take minutes
        if addition is not None:
            self._pair = str(make_pair_folder(addition, self._environ, _run_tool, self._on_progress))
        with self.session(Limits()) as sandbox:
            return read_toolchain(sandbox, image_id="local", has_rust="rustc" in needed)

    @contextlib.contextmanager
    def session(self, limits: Limits, place: str | None = None) -> Iterator[Sandbox]:  # noqa: ARG002 - starts at once
        with tempfile.TemporaryDirectory(prefix="fuzzpair-", ignore_cleanup_errors=True) as name:
            folder = Path(name).resolve()
            for part in ("root", "tmp", "bin"):
                (folder / part).mkdir()
            for tool, path in self._tools.items():
                (folder / "bin" / tool).symlink_to(path)
            yield _LocalSandbox(folder, limits, self._running, self._pair)

    def leave(self, place: str) -> None:
        pass

    def stop_all(self) -> None:
        self._running.kill()


class _Running:
    """The runners of this process, so that they can be ended from another thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._runners: set[subprocess.Popen[bytes]] = set()
        self._is_stopped = False

    @contextlib.contextmanager
    def runner(self, argv: Sequence[str], root: Path) -> Iterator[subprocess.Popen[bytes]]:
        with subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=root,
            env={},
            start_new_session=True,  # a Ctrl-C is the orchestrator's to hear
        ) as runner:
            with self._lock:
                self._runners.add(runner)
                is_stopped = self._is_stopped
            try:
                if is_stopped:
                    raise BackendError("this run's sandboxes were ended")
                yield runner
            finally:
                with self._lock:
                    self._runners.discard(runner)
                assert runner.stdout is not None
                runner.stdout.close()  # a runner must not wait for a reader that has left
                _dismiss(runner)

    def kill(self) -> None:
        with self._lock:
            self._is_stopped = True
            for runner in self._runners:
                _dismiss(runner)


def _dismiss(runner: subprocess.Popen[bytes]) -> None:
    """Close its stdin, upon which it kills what it started, whole trees; then make sure of itself."""
    assert runner.stdin is not None
    with contextlib.suppress(BrokenPipeError):
        runner.stdin.close()
    try:
        runner.wait(DISMISS_S)
    except subprocess.TimeoutExpired:
        runner.kill()


class _LocalSandbox:
    has_fixed_root = False  # a temporary folder

    def __init__(self, place: Path, limits: Limits, running: _Running, pair: str = "") -> None:
        self._root = place / "root"
        self._running = running
        env = {
            "PATH": f"{place / 'bin'}:{SYSTEM_PATH}",
            "HOME": str(place / "tmp"),
            "TMPDIR": str(place / "tmp"),
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            **({"FUZZPAIR_PAIR": pair} if pair else {}),
        }
        self._around = Surroundings(root=str(self._root), env=env, memory_kb=limits.memory_mb * 1024)

    def put(self, files: Mapping[str, bytes]) -> None:
        for path, content in files.items():
            target = self._inside(path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)  # a link that a command left here must not be written through
            target.write_bytes(content)
            target.chmod(MODE)

    def put_blobs(self, files: Mapping[str, str], read: ReadBlob, *, shared: bool = False) -> None:  # noqa: ARG002 - nothing is sent
        self.put({path: read(sha256) for path, sha256 in files.items()})

    def keep(self, files: Mapping[str, str]) -> None:
        pass

    def run(self, command: Command) -> Completed:
        return self.run_all([command])[0]

    def run_all(self, commands: Sequence[Command], *, keep_going: bool = True) -> tuple[Completed, ...]:
        for command in commands:
            check_path(command.cwd)
        request = encode_request(commands, self._around, keep_going=keep_going)
        argv = [sys.executable, "-I", "-c", runner_source()]
        with self._running.runner(argv, self._root) as runner:
            assert runner.stdin is not None
            with contextlib.suppress(BrokenPipeError):
                runner.stdin.write(request)
                runner.stdin.flush()
            chunks = _chunks(runner, time.monotonic() + longest_s(commands))
            return read_answers(chunks, commands, keep_going=keep_going)

    def get(self, paths: Sequence[str], *, size_limit: int = 256 << 20) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        for path in paths:
            for file in self._files_below(self._inside(path)):
                size_limit -= file.lstat().st_size
                if size_limit < 0 or len(found) >= ENTRY_LIMIT:
                    raise SandboxError(f"{path!r} holds more than was allowed to come out")
                found[str(file.relative_to(self._root))] = file.read_bytes()
        return found

    def _inside(self, path: str) -> Path:
        """The path on this machine. Raises SandboxError where a link on the way leaves the root."""
        target = self._root / check_path(path)
        if not target.parent.resolve().is_relative_to(self._root) and target != self._root:
            raise SandboxError(f"{path!r} leads out of the sandbox")
        return target

    def _files_below(self, path: Path) -> Iterator[Path]:
        try:
            mode = path.lstat().st_mode
        except (FileNotFoundError, NotADirectoryError):
            return
        if stat.S_ISDIR(mode):
            for child in sorted(path.iterdir()):
                yield from self._files_below(child)
        elif stat.S_ISREG(mode):
            yield path
        else:
            raise SandboxError(f"{str(path.relative_to(self._root))!r} is a link or a device, not a file")


def _chunks(runner: subprocess.Popen[bytes], deadline: float) -> Iterator[bytes]:
    """What a runner writes, until its end. Raises BackendError after the deadline."""
    assert runner.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(runner.stdout, selectors.EVENT_READ)
        while True:
            if not selector.select(max(deadline - time.monotonic(), 0)):
                raise BackendError("the local runner does not answer", next_step="Run it again.")
            chunk = os.read(runner.stdout.fileno(), 1 << 16)
            if not chunk:
                return
            yield chunk
