"""One container as a sandbox: it lives as long as somebody holds its stdin, and is hardened in one place."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import PurePosixPath

import docker
from docker.errors import NotFound

from fuzzpair.backends.archive import check_path, pack, unpack
from fuzzpair.backends.docker_engine import Engine, deadline_slices, engine_errors, gone_is_fine
from fuzzpair.backends.exchange import Surroundings, encode_request, longest_s, read_answers, runner_source
from fuzzpair.backends.owner import current_owner
from fuzzpair.errors import BackendError
from fuzzpair.model import Command, Completed, Limits

VOLUME = "/job"
ROOT = "/job/root"  # the engine makes a volume's own folder root's, and puts no owner on it that an archive names
TMP = "/tmp"  # noqa: S108 - the container's own
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
}
STDOUT_FRAME = 1
ERROR_LIMIT = 4096


@contextmanager
def docker_session(engine: Engine, image: str, limits: Limits) -> Iterator[DockerSandbox]:
    """A fresh container on `image`, gone with its volume when the block ends, or this process."""
    with engine.connection() as client:
        container, stdin = _start(client, image, limits)
        try:
            with engine_errors("The sandbox's folder cannot be made"):
                client.put_archive(container, VOLUME, pack({}, owner=USER, folders=["root"]))
            yield DockerSandbox(engine, client, container)
        finally:
            _close(stdin)
            with engine_errors("A sandbox cannot be removed"), gone_is_fine():
                client.remove_container(container, v=True, force=True)


def _start(client: docker.APIClient, image: str, limits: Limits) -> tuple[str, socket.SocketIO]:
    with engine_errors(f"No sandbox can be started on {image}"):
        created = client.create_container(
            image,
            command=["cat"],  # ends when its stdin does, that is with us, even by kill -9
            stdin_open=True,
            user=f"{USER}:{USER}",
            working_dir=VOLUME,
            volumes=[VOLUME],
            environment=ENV,
            labels={LABEL_OWNER: current_owner(), LABEL_ROLE: ROLE_SANDBOX},
            host_config=client.create_host_config(**_hardening(limits)),
            use_config_proxy=False,
        )
        container: str = created["Id"]
        try:
            stdin = client.attach_socket(container, params={"stdin": 1, "stream": 1})
            client.start(container)
        except BaseException:
            with suppress(Exception):
                client.remove_container(container, v=True, force=True)
            raise
    return container, stdin


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


@dataclass(frozen=True)
class DockerSandbox:
    """Files go through the volume at /job, commands through one exec of the runner."""

    engine: Engine
    client: docker.APIClient
    container: str

    def put(self, files: Mapping[str, bytes]) -> None:
        with engine_errors("Files cannot be put into the sandbox"):
            self.client.put_archive(self.container, ROOT, pack(files, owner=USER))

    def run(self, command: Command) -> Completed:
        return self.run_all([command])[0]

    def run_all(self, commands: Sequence[Command], *, keep_going: bool = True) -> tuple[Completed, ...]:
        if not commands:
            return ()
        for command in commands:
            check_path(command.cwd)
        around = Surroundings(root=ROOT, env=ENV, oom_files=OOM_FILES)
        fuse_s = longest_s(commands)
        with self._runner(fuse_s) as (execution, stream):
            with engine_errors("Commands cannot be given to the sandbox"):
                stream.sendall(encode_request(commands, around, keep_going=keep_going))
            chunks = self._stdout(execution, stream, time.monotonic() + fuse_s)
            return read_answers(chunks, commands, keep_going=keep_going)

    @contextmanager
    def _runner(self, fuse_s: float) -> Iterator[tuple[str, socket.socket]]:
        argv = ["timeout", "-s", "KILL", f"{fuse_s:.0f}", "python3", "-I", "-c", runner_source()]
        with engine_errors("The sandbox takes no commands"):
            execution: str = self.client.exec_create(self.container, argv, stdin=True)["Id"]
            attached = self.client.exec_start(execution, socket=True)
        try:
            yield execution, getattr(attached, "_sock", attached)
        finally:
            _close(attached)

    def _stdout(self, execution: str, stream: socket.socket, deadline: float) -> Iterator[bytes]:
        """The runner's answer out of the engine's frames: one octet of kind, three empty, four of length."""
        octets = self._octets(stream, deadline)
        errors = b""
        while header := octets(8):
            kind, size = struct.unpack(">BxxxL", header)
            content = octets(size)
            if kind == STDOUT_FRAME:
                yield content
            else:
                errors = (errors + content)[-ERROR_LIMIT:]
        said = errors.decode(errors="replace").strip()
        raise BackendError(
            f"The sandbox's runner ended early: {self._why(execution)} {said}".rstrip(),
            next_step="If it repeats, raise limits.memory_mb or limits.pids in pipeline.yml.",
        )

    def _octets(self, stream: socket.socket, deadline: float) -> Octets:
        return Octets(self.engine, stream, deadline)

    def _why(self, execution: str) -> str:
        try:
            code = self.client.exec_inspect(execution)["ExitCode"]
        except NotFound:
            return "its container is gone."
        return f"exit code {code}."

    def get(self, paths: Sequence[str], *, size_limit: int = 256 << 20) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        for path in map(check_path, paths):
            with engine_errors(f"{path} cannot be read from the sandbox"):
                try:
                    chunks, _ = self.client.get_archive(self.container, str(PurePosixPath(ROOT, path)))
                except NotFound:
                    continue
                found |= unpack(chunks, below=str(path), size_limit=size_limit - sum(map(len, found.values())))
        return found


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
