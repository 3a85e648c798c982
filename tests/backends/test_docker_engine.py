from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from docker.errors import APIError

from fuzzpair.backends import docker_engine
from fuzzpair.backends.docker import DockerBackend
from fuzzpair.backends.docker_engine import Engine, engine_errors
from fuzzpair.backends.docker_session import Octets
from fuzzpair.errors import BackendError


@pytest.fixture
def silent_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """An engine that hangs: it accepts connections and never answers."""
    monkeypatch.setattr(docker_engine, "PING_S", 0.3)
    path = tmp_path / "docker.sock"
    accepted: list[socket.socket] = []
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def accept() -> None:
            while True:
                try:
                    accepted.append(listener.accept()[0])
                except OSError:
                    return

        thread = threading.Thread(target=accept)
        thread.start()
        yield {"DOCKER_HOST": f"unix://{path}"}
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
    for connection in accepted:
        connection.close()


def test_an_engine_that_never_answers_is_an_error_soon(silent_engine: dict[str, str]) -> None:
    started = time.monotonic()
    with pytest.raises(BackendError) as caught:
        DockerBackend(silent_engine).prepare(Path("docker/toolchain"))
    assert "No container engine answers" in caught.value.message
    assert "Start the engine" in caught.value.next_step
    assert time.monotonic() - started < 5


def test_an_engine_that_stops_answering_ends_a_long_call(
    silent_engine: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A build may take minutes without a word; what tells it from a dead engine is the ping beside it."""
    monkeypatch.setattr(docker_engine, "SLICE_S", 0.2)
    engine = Engine.from_environ(silent_engine)
    release = threading.Event()

    class Hanging:
        def __enter__(self) -> None:
            release.wait(20)

        def __exit__(self, *_: object) -> None:
            pass

    monkeypatch.setattr(Engine, "connection", lambda *_, **__: Hanging())
    with pytest.raises(BackendError, match="No container engine answers"):
        engine.wait_for(lambda _: None, "never")
    release.set()


def test_a_command_s_silence_is_bounded_by_a_dead_engine(
    silent_engine: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(docker_engine, "SLICE_S", 0.2)
    ours, theirs = socket.socketpair()
    with ours, theirs, pytest.raises(BackendError, match="No container engine answers"):
        Octets(Engine.from_environ(silent_engine), ours, time.monotonic() + 600)(8)


def test_a_command_s_silence_is_bounded_by_its_time_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Engine, "ping", lambda _: None)
    ours, theirs = socket.socketpair()
    with ours, theirs, pytest.raises(BackendError, match="does not answer within"):
        Octets(Engine(), ours, time.monotonic() + 0.3)(8)


def test_a_socket_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BackendError) as caught:
        Engine.from_environ({"DOCKER_HOST": f"unix://{tmp_path}/none.sock"}).ping()
    assert f"{tmp_path}/none.sock" in caught.value.message
    assert "No such file" in caught.value.message


@pytest.mark.parametrize(
    "problem", [APIError("from the engine"), requests.ConnectionError("from requests"), OSError("from the kernel")]
)
def test_foreign_errors_become_ours(problem: Exception) -> None:
    with pytest.raises(BackendError, match="It cannot be done: from"), engine_errors("It cannot be done"):
        raise problem
