"""The product as a user runs it: `./fuzzpair` in a checkout, in real containers, over a state that tests share.

The matrix runs once; what comes later takes its builds from the same store by working on a copy of it.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[2]
SHARED_STATE = REPOSITORY / ".fuzzpair/tests"
LABEL = "fuzzpair.owner"
PAIR = ("pipeline.yml", "expected.yml", "claims.yml", "targets-cpp", "targets-rust", "corpus", "docker")


@dataclass(frozen=True)
class Finished:
    """One run of the program, with the record it wrote."""

    exit_code: int
    stdout: str
    stderr: str
    out: Path

    @property
    def record(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.out / "run.json").read_text())
        return content

    def row(self, name: str) -> dict[str, Any]:
        return next(row for row in self.record["rows"] if f"{row['mistake']}/{row['variant']}" == name)

    @property
    def rungs(self) -> dict[str, str]:
        return {f"{row['mistake']}/{row['variant']}": str(row["rung"]) for row in self.record["rows"]}


@dataclass(frozen=True)
class Checkout:
    """A folder with a pair in it, and the state that runs on it use."""

    folder: Path
    state: Path
    out: Path

    def command(self, *arguments: str) -> list[str]:
        places = ["--config", str(self.folder / "pipeline.yml"), "--state", str(self.state), "--out", str(self.out)]
        return [str(REPOSITORY / "fuzzpair"), "run", *arguments, *places]

    def run(self, *arguments: str) -> Finished:
        done = subprocess.run(
            self.command(*arguments), capture_output=True, text=True, cwd=REPOSITORY, check=False, timeout=3600
        )
        return Finished(done.returncode, done.stdout, done.stderr, self.out)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(*arguments),
            cwd=REPOSITORY,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            # A shell's background jobs ignore Ctrl-C, and so would what they start.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - this process has one thread
        )


def the_repository() -> Checkout:
    return Checkout(REPOSITORY, SHARED_STATE, SHARED_STATE / "out")


def copied(folder: Path) -> Checkout:
    """The pair copied, so that a test may spoil it; its state starts with everything the shared one knows."""
    for name in PAIR:
        source = REPOSITORY / name
        if source.is_dir():
            shutil.copytree(source, folder / name)
        elif source.is_file():
            shutil.copy(source, folder / name)
    state = folder / ".fuzzpair"
    # Blobs and results are never written in place, so a hard link is a copy.
    shutil.copytree(SHARED_STATE / "store", state / "store", copy_function=os.link)
    return Checkout(folder, state, folder / "out")


def containers_of(process_id: int) -> list[str]:
    """States of the containers whose label says that this process owns them."""
    listed = subprocess.run(
        ["docker", "ps", "--all", "--format", f'{{{{.State}}}} {{{{.Label "{LABEL}"}}}}'],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    rows = (line.split(maxsplit=1) for line in listed.splitlines())
    return [row[0] for row in rows if len(row) == 2 and f":{process_id}:" in row[1]]


def volumes() -> set[str]:
    listed = subprocess.run(["docker", "volume", "ls", "--quiet"], capture_output=True, text=True, check=True)
    return set(listed.stdout.split())


def wait_until(holds: Any, seconds: float) -> bool:
    """Ask every quarter of a second until it holds or the time is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.25)
    return bool(holds())


def kill_hard(process: subprocess.Popen[str]) -> None:
    """kill -9 of the orchestrator alone; the launcher has become it by exec."""
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=30)
