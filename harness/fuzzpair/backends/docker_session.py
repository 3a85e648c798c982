"""One container as a sandbox: it lives as long as somebody holds its stdin, and is hardened in one place."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import ClassVar

import docker
from docker.errors import NotFound

from fuzzpair.backends import ReadBlob
from fuzzpair.backends.archive import check_path, pack
from fuzzpair.backends.docker_engine import Engine, deadline_slices, engine_errors, gone_is_fine
from fuzzpair.backends.docker_shelf import SHELF, Shelf
from fuzzpair.backends.exchange import (
    TRANSFER_S,
    Surroundings,
    encode_blobs,
    encode_get,
    encode_keep,
    encode_put,
    encode_request,
    longest_s,
    read_answers,
    read_blobs,
    read_got,
    read_put,
    runner_source,
)
from fuzzpair.backends.owner import current_owner
from fuzzpair.errors import BackendError, SandboxError
from fuzzpair.model.command import Command, Completed, Limits

VOLUME = "/job"
ROOT = "/job/root"  # the engine makes a volume's own folder root's, and puts no owner on it that an archive names
HELD = "/job/held"  # what a sandbox remembers by content
TMP = "/tmp"  # noqa: S108 - the container's own
PAIR = "/opt/fuzzpair/pair"  # what a user's pair has beside the toolchain
USER = 1000
TMP_OCTETS = 1 << 30  # of the memory limit: what lies in /tmp counts
LABEL_OWNER, LABEL_ROLE = "fuzzpair.owner", "fuzzpair.role"
ROLE_SANDBOX = "sandbox"
OOM_FILES = ("/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control")  # cgroup v2, v1
ENV = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "HOME": TMP,
    "TMPDIR": TMP,
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    "FUZZPAIR_PAIR": PAIR,
}
STDOUT_FRAME = 1
ERROR_LIMIT = 4096


@contextmanager
def docker_session(
    engine: Engine,
    image: str,
    limits: Limits,
    *,
    shelf: Shelf | None = None,
    volume: str = VOLUME,
    copied: tuple[str, ...] = (),
) -> Iterator[DockerSandbox]:
    """A fresh container on `image`, gone with its volumes when the block ends, or this process.

    Of the image's folders `copied` the engine makes volumes, which sandboxes with this one as their shelf see too.
    """
    with engine.connection() as client:
        create = partial(_create, image=image, limits=limits, volumes=[volume, *copied], shelf=shelf)
        container = engine.wait_for(create, f"No sandbox can be made on {image}") if copied else create(client)
        stdin = _start(client, container, image)
        try:
            with engine_errors("The sandbox's folder cannot be made"):
                client.put_archive(container, volume, pack({}, owner=USER, folders=["root", "held"]))
            sandbox = DockerSandbox(engine, client, container, f"{volume}/root", shelf)
            try:
                yield sandbox
            finally:
                sandbox.close()
        finally:
            _close(stdin)
            with engine_errors("A sandbox cannot be removed"), gone_is_fine():
                client.remove_container(container, v=True, force=True)


def _create(client: docker.APIClient, *, image: str, limits: Limits, volumes: list[str], shelf: Shelf | None) -> str:
    lent = {"volumes_from": [f"{shelf.container}:ro"]} if shelf is not None else {}
    with engine_errors(f"No sandbox can be made on {image}"):
        created: dict[str, str] = client.create_container(
            image,
            command=["cat"],  # ends when its stdin does, that is with us, even by kill -9
            stdin_open=True,
            user=f"{USER}:{USER}",
            working_dir=volumes[0],
            volumes=volumes,
            environment=ENV,
            labels={LABEL_OWNER: current_owner(), LABEL_ROLE: ROLE_SANDBOX},
            host_config=client.create_host_config(**_hardening(limits), **lent),
            use_config_proxy=False,
        )
    return created["Id"]


def _start(client: docker.APIClient, container: str, image: str) -> socket.SocketIO:
    with engine_errors(f"No sandbox can be started on {image}"):
        try:
            stdin: socket.SocketIO = client.attach_socket(container, params={"stdin": 1, "stream": 1})
            client.start(container)
        except BaseException:
            with suppress(Exception):
                client.remove_container(container, v=True, force=True)
            raise
    return stdin


def _close(attached: socket.SocketIO) -> None:
    """The SDK hands out a file over a socket that it took from a connection; both have to be closed."""
    for one in (attached, getattr(attached, "_sock", attached)):
        with suppress(OSError):
            one.close()


def _hardening(limits: Limits) -> dict[str, object]:
    memory = limits.memory_mb << 20
    return {
        "auto_remove": True,
        "init": True,
        "network_mode": "none",
        "read_only": True,
        "tmpfs": {TMP: f"exec,nosuid,nodev,size={min(TMP_OCTETS, memory // 2)}"},
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "pids_limit": limits.pids,
        "mem_limit": memory,
        "memswap_limit": memory,  # the same: no swap
        "nano_cpus": None if limits.cpus is None else int(limits.cpus * 1e9),
        "ulimits": [{"Name": "core", "Soft": 0, "Hard": 0}],
        "log_config": {"Type": "none"},
    }


@dataclass
class DockerSandbox:
    """Everything goes through one exec of the runner, started with the first request: an exec costs as much as a
    small file's compilation. What breaks an answer ends that runner; the next request has a new one."""

    engine: Engine
    client: docker.APIClient
    container: str
    root: str = ROOT
    shelf: Shelf | None = None
    has_fixed_root: ClassVar[bool] = True
    is_broken: bool = field(default=False, init=False)  # an answer did not come, or was none
    _runner: _Runner | None = field(default=None, init=False)

    def put(self, files: Mapping[str, bytes]) -> None:
        request = encode_put(files, self.root, USER)
        with self._asked(request, TRANSFER_S) as chunks:
            read_put(chunks)

    def put_blobs(self, files: Mapping[str, str], read: ReadBlob, *, shared: bool = False) -> None:
        missing = self._place(files)
        if missing and shared and self.shelf is not None:
            self.shelf.hold(missing.values(), read)
            missing = self._place(missing)
        if missing:
            self.put({path: read(sha256) for path, sha256 in missing.items()})

    def _place(self, files: Mapping[str, str]) -> dict[str, str]:
        """Have the runner write what is here or on the shelf; what is not."""
        for path in files:
            check_path(path)
        if not files:
            return {}
        request = encode_blobs(files, self.root, HELD, f"{SHELF}/root" if self.shelf is not None else None)
        with self._asked(request, TRANSFER_S) as chunks:
            return read_blobs(chunks, files)

    def keep(self, files: Mapping[str, str]) -> None:
        for path in files:
            check_path(path)
        with self._asked(encode_keep(files, self.root, HELD), TRANSFER_S) as chunks:
            read_put(chunks)

    def run(self, command: Command) -> Completed:
        return self.run_all([command])[0]

    def run_all(self, commands: Sequence[Command], *, keep_going: bool = True) -> tuple[Completed, ...]:
        if not commands:
            return ()
        for command in commands:
            check_path(command.cwd)
        around = Surroundings(root=self.root, env=ENV, oom_files=OOM_FILES, contained=True)
        with self._asked(encode_request(commands, around, keep_going=keep_going), longest_s(commands)) as chunks:
            return read_answers(chunks, commands, keep_going=keep_going)

    def get(self, paths: Sequence[str], *, size_limit: int = 256 << 20) -> dict[str, bytes]:
        names = [str(check_path(path)) for path in paths]
        with self._asked(encode_get(names, self.root, size_limit), TRANSFER_S) as chunks:
            return read_got(chunks, names, size_limit)

    def close(self) -> None:
        if self._runner is not None:
            self._runner.close()
            self._runner = None

    @contextmanager
    def _asked(self, request: bytes, longest_s: float) -> Iterator[Iterator[bytes]]:
        if self._runner is None:
            self._runner = _Runner.start(self.engine, self.client, self.container)
        try:
            yield self._runner.ask(request, time.monotonic() + longest_s)
        except BaseException:
            self.is_broken = True
            self.close()
            raise


@dataclass
class _Runner:
    """One exec of runner/ and the connection to it."""

    engine: Engine
    client: docker.APIClient
    execution: str
    attached: socket.SocketIO
    errors: bytes = b""

    @classmethod
    def start(cls, engine: Engine, client: docker.APIClient, container: str) -> _Runner:
        with engine_errors("The sandbox takes no commands"):
            execution: str = client.exec_create(container, ["python3", "-I", "-c", runner_source()], stdin=True)["Id"]
            return cls(engine, client, execution, client.exec_start(execution, socket=True))

    @property
    def stream(self) -> socket.socket:
        """The SDK hands out a file over the socket, which alone can be sent to."""
        stream: socket.socket = getattr(self.attached, "_sock")  # noqa: B009 - the SDK has no other way
        return stream

    def ask(self, request: bytes, deadline: float) -> Iterator[bytes]:
        """The runner's answer, as it comes. Whoever reads it knows where it ends."""
        with engine_errors("The sandbox takes no requests"):
            self.stream.settimeout(max(deadline - time.monotonic(), 1.0))
            self.stream.sendall(request)
        return self._stdout(deadline)

    def _stdout(self, deadline: float) -> Iterator[bytes]:
        """The runner's answer out of the engine's frames: one octet of kind, three empty, four of length."""
        octets = Octets(self.engine, self.stream, deadline)
        while header := octets(8):
            kind, size = struct.unpack(">BxxxL", header)
            content = octets(size)
            if kind == STDOUT_FRAME:
                yield content
            else:
                self.errors = (self.errors + content)[-ERROR_LIMIT:]
        said = self.errors.decode(errors="replace").strip()
        self.engine.ping()  # a BackendError where the engine is gone; else a command broke its own sandbox
        raise SandboxError(
            f"The sandbox's runner ended early: {self._why()} {said}".rstrip(),
            next_step="If it repeats, raise limits.memory_mb or limits.pids in pipeline.yml.",
        )

    def _why(self) -> str:
        try:
            code = self.client.exec_inspect(self.execution)["ExitCode"]
        except NotFound:
            return "its container is gone."
        return f"exit code {code}."

    def close(self) -> None:
        _close(self.attached)


@dataclass(frozen=True)
class Octets:
    """Reads exactly so many octets from an exec's socket, b"" at its end, and asks the engine while it is silent."""

    engine: Engine
    stream: socket.socket
    deadline: float

    def __call__(self, size: int) -> bytes:
        received = bytearray()
        with engine_errors("The sandbox's output cannot be read"):
            while len(received) < size:
                chunk = self._some(size - len(received))
                if not chunk:
                    return b""
                received += chunk
        return bytes(received)

    def _some(self, size: int) -> bytes:
        for slice_s in deadline_slices(self.deadline):
            self.stream.settimeout(slice_s)
            try:
                return self.stream.recv(min(size, 1 << 16))
            except TimeoutError:
                self.engine.ping()
        raise BackendError("The sandbox does not answer within its commands' time limits", next_step="Run it again.")
