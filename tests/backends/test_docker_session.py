from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import cast

import docker
import pytest

import fuzzpair
from fuzzpair.backends import docker as docker_module
from fuzzpair.backends.docker import DockerBackend
from fuzzpair.backends.docker_engine import Engine
from fuzzpair.backends.docker_session import (
    LABEL_OWNER,
    LABEL_ROLE,
    ROLE_SANDBOX,
    DockerSandbox,
    docker_session,
)
from fuzzpair.backends.docker_shelf import Shelf, copied_folders
from fuzzpair.backends.owner import current_owner
from fuzzpair.errors import BackendError, SandboxError
from fuzzpair.model.command import Command, Limits
from fuzzpair.store import digest

pytestmark = pytest.mark.container
RECLAIMED_S = 20.0

ORCHESTRATOR = """
import pickle, sys
from fuzzpair.model.command import Command, Limits
from fuzzpair.store import digest
backend = pickle.load(sys.stdin.buffer)
with backend.session(Limits()) as sandbox:
    print(sandbox.container, flush=True)
    sandbox.run(Command(argv=("sh", "-c", "touch running; sleep 300"), timeout_s=300))
"""


@contextmanager
def client() -> Iterator[docker.APIClient]:
    with Engine().connection() as connected:
        yield connected


def exists(container: str) -> bool:
    with client() as engine:
        return bool(engine.containers(all=True, quiet=True, filters={"id": container}))


def volume_of(container: str) -> str:
    with client() as engine:
        return str(engine.inspect_container(container)["Mounts"][0]["Name"])


def volumes() -> set[str]:
    with client() as engine:
        return {volume["Name"] for volume in engine.volumes()["Volumes"] or []}


def shell(line: str, timeout_s: float = 30) -> Command:
    return Command(argv=("sh", "-c", line), timeout_s=timeout_s)


@pytest.fixture
def sandbox(docker_backend: DockerBackend) -> Iterator[DockerSandbox]:
    with docker_backend.session(Limits(memory_mb=300, pids=64, cpus=1.5)) as fresh:
        assert isinstance(fresh, DockerSandbox)
        yield fresh


def test_a_sandbox_is_hardened_in_every_way_that_the_engine_offers(sandbox: DockerSandbox) -> None:
    with client() as engine:
        container = engine.inspect_container(sandbox.container)
    host, config = container["HostConfig"], container["Config"]
    assert host["NetworkMode"] == "none"
    assert host["ReadonlyRootfs"]
    assert host["CapDrop"] == ["ALL"]
    assert not host["CapAdd"]
    assert host["SecurityOpt"] == ["no-new-privileges"]
    assert not host["Privileged"]
    assert (host["Memory"], host["MemorySwap"]) == (300 << 20, 300 << 20)
    assert (host["PidsLimit"], host["NanoCpus"]) == (64, 1_500_000_000)
    assert {"Name": "core", "Soft": 0, "Hard": 0} in host["Ulimits"]
    assert host["AutoRemove"]
    assert not host["Binds"]
    assert [mount["Destination"] for mount in container["Mounts"]] == ["/job"]
    assert config["User"] == "1000:1000"
    assert config["Labels"][LABEL_OWNER] == current_owner()


def test_the_inside_is_what_was_asked_for(sandbox: DockerSandbox) -> None:
    def says(line: str) -> str:
        return sandbox.run(shell(f"({line}) 2>&1")).stdout.decode()

    assert "Read-only" in says("touch /usr/bin/x || touch /etc/x")
    assert says("id -u; id -g") == "1000\n1000\n"
    assert "NoNewPrivs:\t1" in says("cat /proc/self/status")
    assert "CapEff:\t0000000000000000" in says("cat /proc/self/status")
    assert says("echo 'echo works' > /tmp/x; chmod +x /tmp/x; /tmp/x") == "works\n"
    assert says("ls /sys/class/net") == "lo\n"
    network = "import socket; socket.create_connection(('192.0.2.1', 80), 3)"
    assert "Network is unreachable" in says(f'python3 -c "{network}"')


def test_a_command_cannot_speak_for_the_runner(sandbox: DockerSandbox) -> None:
    """Not through its parent's descriptors, nor with a debugger's rights."""
    forged = sandbox.run(shell("echo '{\"exit_code\": 0}' > /proc/$PPID/fd/1; exit 7"))
    assert forged.exit_code == 7
    assert b"denied" in forged.stderr


def test_a_command_that_kills_the_runner_is_an_error_and_no_ending(sandbox: DockerSandbox) -> None:
    # One batch's failure: a hostile target must not end the run for all others.
    with pytest.raises(SandboxError, match="ended early"):
        sandbox.run(shell("kill -KILL $PPID; sleep 5"))
    assert sandbox.run(shell("echo next")).stdout == b"next\n"


def test_many_requests_cost_one_exec(sandbox: DockerSandbox) -> None:
    started = sandbox.run(shell("echo $PPID")).stdout
    sandbox.put({"a": b"1"})
    assert sandbox.get(["a"]) == {"a": b"1"}
    assert sandbox.run(shell("echo $PPID")).stdout == started


def test_a_fork_bomb_ends_with_its_command(sandbox: DockerSandbox) -> None:
    bomb = "import os\nwhile True:\n try: os.fork()\n except OSError: pass"
    assert sandbox.run(Command(argv=("python3", "-c", bomb), timeout_s=2)).timed_out
    assert sandbox.run(shell("echo alive")).stdout == b"alive\n"


def test_two_hundred_commands_cost_one_round_trip(sandbox: DockerSandbox) -> None:
    started = time.monotonic()
    completed = sandbox.run_all([shell("exit 3")] * 200)
    assert {one.exit_code for one in completed} == {3}
    assert len(completed) == 200
    assert time.monotonic() - started < 20


def test_runs_leave_no_descriptors_open(sandbox: DockerSandbox) -> None:
    def use() -> int:
        sandbox.run(shell("true"))
        sandbox.put({"a": b"1"})
        sandbox.get(["a", "none"])
        return len(list(Path("/proc/self/fd").iterdir()))

    use()
    before = use()
    assert [use() for _ in range(5)][-1] <= before


def test_nothing_is_left_after_a_block_that_fails(docker_backend: DockerBackend) -> None:
    left = []
    with suppress(ZeroDivisionError), docker_backend.session(Limits()) as sandbox:
        assert isinstance(sandbox, DockerSandbox)
        left = [sandbox.container, volume_of(sandbox.container)]
        raise ZeroDivisionError
    container, volume = left
    wait_until(lambda: not exists(container) and volume not in volumes())


def test_nothing_is_left_after_kill_9(docker_backend: DockerBackend) -> None:
    """Also with a command still running; the engine itself notices, no later run is needed."""
    harness = str(Path(fuzzpair.__file__).parents[1])
    argv = [sys.executable, "-c", ORCHESTRATOR]
    with subprocess.Popen(argv, stdin=-1, stdout=-1, env={"PYTHONPATH": harness}) as orchestrator:
        assert orchestrator.stdin is not None
        assert orchestrator.stdout is not None
        orchestrator.stdin.write(pickle.dumps(docker_backend))
        orchestrator.stdin.close()
        container = orchestrator.stdout.readline().decode().strip()
        assert exists(container)
        volume = volume_of(container)
        wait_until(lambda: runs_a_command(container))
        orchestrator.send_signal(signal.SIGKILL)
    wait_until(lambda: not exists(container) and volume not in volumes())


def runs_a_command(container: str) -> bool:
    with client() as engine:
        return any("sleep 300" in " ".join(process) for process in engine.top(container)["Processes"])


def wait_until(is_so: object) -> None:
    assert callable(is_so)
    deadline = time.monotonic() + RECLAIMED_S
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_stop_all_ends_this_process_s_sandboxes_while_they_run(docker_backend: DockerBackend) -> None:
    own: DockerBackend = pickle.loads(pickle.dumps(docker_backend))
    with own.session(Limits()) as sandbox:
        threading.Timer(1.0, own.stop_all).start()
        with pytest.raises(BackendError, match="ended early"):
            sandbox.run(shell("sleep 100", timeout_s=100))


def test_no_sandbox_starts_behind_stop_all(docker_backend: DockerBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that was just about to start one at Ctrl-C would fuzz on to its fuse, and keep the process alive."""
    own: DockerBackend = pickle.loads(pickle.dumps(docker_backend))
    started = []

    @contextmanager
    def stopped_meanwhile(
        engine: Engine, image: str, limits: Limits, *, shelf: Shelf | None
    ) -> Iterator[DockerSandbox]:
        with docker_session(engine, image, limits, shelf=shelf) as sandbox:
            started.append(sandbox.container)
            monkeypatch.setattr(own, "_remove", lambda _: None)  # its container was not listed yet
            own.stop_all()
            yield sandbox

    monkeypatch.setattr(docker_module, "docker_session", stopped_meanwhile)
    for _ in range(2):
        with pytest.raises(BackendError, match="were ended"), own.session(Limits()):
            pass
    (container,) = started
    wait_until(lambda: not exists(container))


# --- places and the shelf ------------------------------------------------------------------------------


@pytest.fixture
def own_backend(docker_backend: DockerBackend) -> Iterator[DockerBackend]:
    """A backend with places of its own, on the image that is there."""
    own = DockerBackend(os.environ)
    own._image = docker_backend._image
    yield own
    own.stop_all()


def place(backend: DockerBackend, name: str | None) -> AbstractContextManager[DockerSandbox]:
    return cast("AbstractContextManager[DockerSandbox]", backend.session(Limits(memory_mb=256), name))


def test_sessions_of_one_place_share_a_sandbox_until_it_is_left(own_backend: DockerBackend) -> None:
    with place(own_backend, "double-free") as first:
        first.put({"a": b"1"})
    with place(own_backend, "leak") as other, place(own_backend, "double-free") as second:
        assert (second.container == first.container, other.container == first.container) == (True, False)
        assert second.get(["a"]) == {"a": b"1"}
        assert other.get(["a"]) == {}
    own_backend.leave("double-free")
    wait_until(lambda: not exists(first.container))
    assert exists(other.container)


def test_a_place_is_not_kept_behind_an_error_nor_with_other_limits(own_backend: DockerBackend) -> None:
    with suppress(ZeroDivisionError), place(own_backend, "one") as failed:
        raise ZeroDivisionError
    with place(own_backend, "one") as second:
        assert second.container != failed.container
    with own_backend.session(Limits(memory_mb=300), "one") as third:
        assert isinstance(third, DockerSandbox)
        assert third.container != second.container
    wait_until(lambda: not exists(second.container))


def test_a_sandbox_whose_answer_broke_is_not_kept(own_backend: DockerBackend) -> None:
    with place(own_backend, "one") as first, suppress(SandboxError):
        first.run(shell("kill -9 $PPID"))
    with place(own_backend, "one") as second:
        assert second.container != first.container


def test_what_is_shared_is_sent_once_and_no_command_can_write_to_it(own_backend: DockerBackend) -> None:
    content, asked = b"precompiled", []

    def read(name: str) -> bytes:
        asked.append(name)
        return content

    for name in ("one", "two"):
        with place(own_backend, name) as sandbox:
            sandbox.put_blobs({"headers.pch": digest(content)}, read, shared=True)
            assert sandbox.run(shell("cat headers.pch")).stdout == content
            assert sandbox.run(shell("echo altered > /shelf/root/*")).exit_code != 0
            assert sandbox.run(shell("echo altered > headers.pch")).exit_code != 0
            assert sandbox.run(shell("echo its own > new; mv new headers.pch; cat headers.pch")).stdout == b"its own\n"
    assert asked == [digest(content)]


def test_where_files_of_an_image_are_slow_the_toolchain_lies_in_volumes(own_backend: DockerBackend) -> None:
    with client() as engine:
        copied = copied_folders(engine.info()["Driver"])
    with place(own_backend, "one") as sandbox:
        with client() as engine:
            folders = [mount["Destination"] for mount in engine.inspect_container(sandbox.container)["Mounts"]]
        assert sorted(folders) == sorted(["/job", "/shelf", *copied])
        assert all(not sandbox.run(shell(f"touch {folder}/new")).ok for folder in copied)
        assert sandbox.run(shell("clang --version && rustc -vV")).ok


def test_no_copy_of_the_toolchain_is_made_where_images_are_as_fast() -> None:
    assert copied_folders("overlay2") == ()
    assert copied_folders("fuse-overlayfs")


def test_stop_all_leaves_neither_places_nor_the_shelf_nor_their_volumes(own_backend: DockerBackend) -> None:
    with place(own_backend, "one") as sandbox:
        assert sandbox.shelf is not None
        containers = [sandbox.container, sandbox.shelf.container]
    left = {volume for container in containers for volume in mounted(container)}
    assert len(left) >= 2
    own_backend.stop_all()
    wait_until(lambda: not any(map(exists, containers)) and not left & set(volumes()))


def mounted(container: str) -> set[str]:
    with client() as engine:
        return {mount["Name"] for mount in engine.inspect_container(container)["Mounts"] if mount["Type"] == "volume"}


def test_the_reaper_takes_only_what_the_dead_left(docker_backend: DockerBackend) -> None:
    host = current_owner().rsplit(":", 2)[0]
    owners = {"dead": f"{host}:{os.getpid()}:1", "living": current_owner(), "elsewhere": "another-host/1:1:1"}
    with client() as engine:
        image = docker_backend._image
        left = {
            name: engine.create_container(
                image, ["cat"], labels={LABEL_ROLE: ROLE_SANDBOX, LABEL_OWNER: owner}, use_config_proxy=False
            )["Id"]
            for name, owner in owners.items()
        }
        try:
            docker_backend.reap()
            assert {name for name, container in left.items() if exists(container)} == {"living", "elsewhere"}
        finally:
            for container in left.values():
                if exists(container):
                    engine.remove_container(container, force=True)


def test_without_an_image_there_is_no_session() -> None:
    with pytest.raises(BackendError, match="No image was prepared"), DockerBackend({}).session(Limits()):
        pass
