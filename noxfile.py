"""The loop of every change: `nox` is lint, types, and the tests that are quick, for under a minute on two cores.

It leaves out containers and what is marked `slow` (pyproject.toml says which tests are), and draws fewer examples of
each property (tests/conftest.py). `nox -s all-tests`, `./test` and CI leave out nothing.
"""

from __future__ import annotations

import os
from pathlib import Path

import nox

nox.options.sessions = ["lint", "types", "tests"]
nox.options.error_on_missing_interpreters = True

LOCK = ("uv", "pip", "compile", "--quiet", "--universal", "--generate-hashes", "--python-version=3.11")
MEMORY = Path("/dev/shm")  # noqa: S108 - pytest makes a folder of its own in it
ROOM = 1 << 30


def in_environment(session: nox.Session, *arguments: str, env: dict[str, str] | None = None) -> None:
    """All sessions share .venv-dev, which the launcher keeps in step with requirements-dev.lock."""
    launch = ("sh", "launcher/launch.sh", "requirements-dev.lock", ".venv-dev")
    session.run(*launch, *arguments, env=env or {}, external=True)


@nox.session(python=False)
def lint(session: nox.Session) -> None:
    in_environment(session, "-m", "ruff", "check")
    in_environment(session, "-m", "ruff", "format", "--check")


@nox.session(python=False)
def types(session: nox.Session) -> None:
    in_environment(session, "-m", "mypy")


@nox.session(python=False)
def tests(session: nox.Session) -> None:
    """Arguments go to pytest; `-m ''` takes the slow ones in."""
    # Halves that steal from each other at the end: what a module's tests share is made by one worker, not by each.
    workers = ("--numprocesses=auto", "--dist=worksteal")
    quick = ("--no-containers", "--hypothesis-profile=quick", "-m", "not slow")
    # In memory only what a failed test left is kept.
    failed = ("-o", "tmp_path_retention_policy=failed")
    in_environment(session, "-m", "pytest", *quick, *workers, *failed, *session.posargs, env=quick_environment())


def quick_environment() -> dict[str, str]:
    """Bytecode is kept, also where a machine's default is not to: else each worker, each time, compiles all modules and
    rewrites all asserts. Files of tests are in memory, where there is room and programs may be started: a store waits
    for the disk on every write, a run of the tiny pair 150 times.
    """
    found = {"PYTHONDONTWRITEBYTECODE": ""}
    if os.access(MEMORY, os.W_OK):
        memory = os.statvfs(MEMORY)
        if not memory.f_flag & os.ST_NOEXEC and memory.f_bavail * memory.f_frsize >= ROOM:
            found["TMPDIR"] = str(MEMORY)
    return found


@nox.session(name="all-tests", python=False)
def all_tests(session: nox.Session) -> None:
    """Every test, as `./test` has them; arguments go to pytest."""
    in_environment(session, "-m", "pytest", *session.posargs)


@nox.session(python=False)
def tidy(session: nox.Session) -> None:
    """Put right what ruff can put right by itself."""
    in_environment(session, "-m", "ruff", "check", "--fix-only", "--exit-zero")
    in_environment(session, "-m", "ruff", "format")


@nox.session
def lock(session: nox.Session) -> None:
    """Write both lock files from pyproject.toml; `nox -s lock -- --upgrade` takes what is new."""
    session.install("uv")
    written_by = "--custom-compile-command=nox -s lock"
    runtime = ("--output-file=requirements.lock", "pyproject.toml")
    development = (
        "--group=dev",
        "--constraint=requirements.lock",
        "--output-file=requirements-dev.lock",
        "pyproject.toml",
    )
    for files in (runtime, development):
        session.run(*LOCK, written_by, *session.posargs, *files)
