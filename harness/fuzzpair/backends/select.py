"""Which backend: the one that was asked for, or containers where an engine answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from fuzzpair.backends import Backend
from fuzzpair.backends.health import EngineHealth
from fuzzpair.backends.local import LocalBackend
from fuzzpair.errors import BackendError

Kind = Literal["auto", "docker", "local"]


def _silent(_line: str) -> None:
    pass


def open_backend(kind: Kind, environ: Mapping[str, str], on_progress: Callable[[str], None] = _silent) -> Backend:
    """`environ` is the process's own. Raises BackendError when `docker` was asked for and no engine answers."""
    if kind == "local":
        return LocalBackend(environ, on_progress)
    try:
        return _open_docker(environ, on_progress)
    except BackendError as problem:
        if kind == "docker":
            raise
        on_progress(f"{problem.message}; falling back to the local backend.")
        return LocalBackend(environ, on_progress)


def open_health(environ: Mapping[str, str]) -> EngineHealth:
    """The container engine, to be looked at; whether one answers is seen with the first question."""
    from fuzzpair.backends.docker_health import DockerHealth  # noqa: PLC0415 - as below

    return DockerHealth(environ)


def _open_docker(environ: Mapping[str, str], on_progress: Callable[[str], None]) -> Backend:
    # Here and not above: the SDK takes 0.2 s to import and a worker without it can still run locally.
    from fuzzpair.backends.docker import DockerBackend  # noqa: PLC0415

    backend = DockerBackend(environ, on_progress)
    backend.ping()
    return backend
