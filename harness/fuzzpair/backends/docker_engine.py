"""The connection to a container engine: every call waits for a bounded time, every failure is a BackendError."""

from __future__ import annotations

import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TypeVar

import docker
import requests
import urllib3
from docker.errors import APIError, DockerException, NotFound
from docker.tls import TLSConfig
from docker.utils import kwargs_from_env

from fuzzpair.errors import BackendError

ANSWER_S = 30.0  # one answer of a living engine on a busy machine
PING_S = 10.0
SLICE_S = 5.0
ANY_VERSION = "1.41"  # only to ask which one the engine speaks
CONNECTION_VARIABLES = ("DOCKER_HOST", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH")

START_ENGINE = (
    "Start the engine (`systemctl start docker`) or set DOCKER_HOST, or use `backend: local` for a trusted pair."
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Engine:
    """Where the engine is: the DOCKER_* variables of the process that was started, as values."""

    variables: tuple[tuple[str, str], ...] = ()

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Engine:
        return cls(tuple((name, environ[name]) for name in CONNECTION_VARIABLES if environ.get(name)))

    @property
    def shown(self) -> str:
        return dict(self.variables).get("DOCKER_HOST", "/var/run/docker.sock")

    def connect(self, timeout_s: float | None = ANSWER_S) -> docker.APIClient:
        """A connection of one's own: the SDK's is not made for threads. Raises BackendError where none answers."""
        with engine_errors(f"No container engine answers at {self.shown}"):
            self._try_socket()
            where: dict[str, str | TLSConfig] = kwargs_from_env(environment=dict(self.variables))
            # Not version="auto": a constructor that fails leaves its socket open.
            with closing(docker.APIClient(**where, version=ANY_VERSION, timeout=PING_S)) as asking:
                version = asking.version(api_version=False)["ApiVersion"]
            return docker.APIClient(**where, version=version, timeout=timeout_s)

    def _try_socket(self) -> None:
        """The SDK hides why a socket cannot be opened, and leaves it open."""
        if "://" not in self.shown or self.shown.startswith("unix://"):
            with socket.socket(socket.AF_UNIX) as probe:
                probe.settimeout(PING_S)
                probe.connect(self.shown.removeprefix("unix://"))

    def ping(self) -> None:
        """Raises BackendError unless the engine answers now."""
        self.connect().close()

    def wait_for(self, call: Callable[[docker.APIClient], T], doing: str) -> T:
        """The result of a call that may take minutes, as long as the engine still answers others meanwhile."""
        results: queue.Queue[tuple[T | None, BaseException | None]] = queue.Queue()

        def work() -> None:
            try:
                with self.connection(timeout_s=None) as client:
                    results.put((call(client), None))
            except BaseException as problem:  # noqa: BLE001 - it goes on in the caller's thread
                results.put((None, problem))

        threading.Thread(target=work, daemon=True).start()
        while True:
            try:
                result, problem = results.get(timeout=SLICE_S)
            except queue.Empty:
                self.ping()
                continue
            if problem is not None:
                with engine_errors(doing):
                    raise problem
            return result  # type: ignore[return-value] # None is then the call's own result

    @contextmanager
    def connection(self, timeout_s: float | None = ANSWER_S) -> Iterator[docker.APIClient]:
        client = self.connect(timeout_s)
        try:
            yield client
        finally:
            client.close()


@contextmanager
def engine_errors(doing: str) -> Iterator[None]:
    """Turn what the SDK and the libraries below it raise into a BackendError that starts with `doing`."""
    try:
        yield
    except APIError as problem:
        raise BackendError(f"{doing}: {problem.explanation or problem}") from problem
    except (DockerException, requests.RequestException, urllib3.exceptions.HTTPError, OSError) as problem:
        raise BackendError(f"{doing}: {problem}", next_step=START_ENGINE) from problem


@contextmanager
def gone_is_fine() -> Iterator[None]:
    """For removing: what is not there any more, or is being removed, is removed."""
    try:
        yield
    except NotFound:
        pass
    except APIError as problem:
        if problem.status_code != 409:
            raise


def deadline_slices(deadline: float) -> Iterator[float]:
    """How long to wait next, in short slices; ends at the deadline."""
    while (left := deadline - time.monotonic()) > 0:
        yield min(left, SLICE_S)
