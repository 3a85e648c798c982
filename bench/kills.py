"""Nights that are killed at random points: no unit and no finding is lost, no container is left, the next run goes on.

    .venv-dev/bin/python bench/kills.py [--config examples/gzip/pipeline.yml] [--kills 20] [--nights 2]

Two nights at once, on two machines as it were (a `--state` of its own for each, one pair's state), are killed by
`kill -9`: in turn the orchestrator, and one of its containers. Before each kill everything in the pair's state is
noted; behind it all of that must still be there and be what its name says. In the end an undisturbed night goes on.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
LABEL = "fuzzpair.owner"
GONE_S = 40.0  # what was made and not yet started is taken away by the next run
NAMED = re.compile(r"(?:^|-)([0-9a-f]{16}|[0-9a-f]{40}|[0-9a-f]{64})(?:\.json)?$")


def main() -> int:
    options = _options()
    pipeline = _pipeline(options.config, options.state)
    chance = random.Random(options.seed)  # noqa: S311 - the points of a test
    pair = options.state / "pair"
    before: set[str] = set()
    nights = [_Night(pipeline, options.state / f"machine-{number}") for number in range(options.nights)]
    for kill in range(options.kills):
        for night in nights:
            night.start()
        time.sleep(chance.uniform(options.least, options.most))
        known = before | set(_files(pair))
        victim = nights[kill % len(nights)]
        what = victim.kill_orchestrator() if kill % 4 < 2 else victim.kill_container()
        for night in nights:
            if night is not victim or kill % 4 >= 2:
                night.end(chance.uniform(0, 5))
        problems = [*_lost(known, pair), *_left(nights)]
        print(
            f"kill {kill + 1}: {what}; {len(_files(pair))} files in the state; {'; '.join(problems) or 'ok'}",
            flush=True,
        )
        if problems:
            return 1
        before = set(_files(pair))
    code = nights[0].run_to_its_end()
    problems = [*_lost(_pruned(before), pair, pruned=True), *_left(nights)]
    print(f"the night behind them: exit code {code}; {len(_files(pair))} files; {'; '.join(problems) or 'ok'}")
    return 1 if problems or code not in (0, 1) else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--config", type=Path, default=Path("examples/gzip/pipeline.yml"))
    parser.add_argument("--state", type=Path, default=Path(".fuzzpair-kills"))
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--nights", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--least", type=float, default=3.0, help="seconds until a kill")
    parser.add_argument("--most", type=float, default=45.0)
    return parser.parse_args()


def _pipeline(config: Path, state: Path) -> Path:
    """The pair in a folder of its own, with its state beside it."""
    state.mkdir(parents=True, exist_ok=True)
    folder = state / "checkout"
    if not folder.exists():
        shutil.copytree(config.resolve().parent, folder)
    pipeline = folder / config.name
    text = pipeline.read_text()
    if "state:" not in text:
        if "\nfuzz:\n" not in text:
            sys.exit(f"{config}: there is no line `fuzz:` below which `state:` could stand")  # or the state is not ours
        pipeline.write_text(text.replace("\nfuzz:\n", f"\nfuzz:\n  state: {(state / 'pair').resolve()}\n"))
    return pipeline


class _Night:
    """One machine's night."""

    def __init__(self, pipeline: Path, machine: Path) -> None:
        self._pipeline = pipeline
        self._machine = machine
        self._process: subprocess.Popen[bytes] | None = None
        self.pids: list[int] = []

    def _command(self, seconds: int) -> list[str]:
        places = ["--config", self._pipeline, "--state", self._machine, "--out", self._machine / "out"]
        words = ["nightly", "--seconds", seconds, "--slice", 10, *places]
        return [sys.executable, "-m", "fuzzpair", *map(str, words)]

    def start(self) -> None:
        self._machine.mkdir(parents=True, exist_ok=True)
        log = (self._machine / "log").open("ab")
        env = {**os.environ, "PYTHONPATH": str(REPOSITORY / "harness")}
        self._process = subprocess.Popen(self._command(300), stdout=log, stderr=log, env=env, start_new_session=True)
        self.pids.append(self._process.pid)

    def kill_orchestrator(self) -> str:
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGKILL)
        self._process.wait()
        return f"kill -9 of orchestrator {self._process.pid}"

    def kill_container(self) -> str:
        """One of this night's, if it has one just now."""
        assert self._process is not None
        mine = _containers([self._process.pid])
        if not mine:
            return "there was no container to kill"
        subprocess.run(("docker", "kill", "--signal=KILL", mine[0]), capture_output=True, check=False)
        return f"kill -9 of container {mine[0][:12]}"

    def end(self, behind_s: float) -> None:
        """Go on for a little, then end it, too."""
        assert self._process is not None
        time.sleep(behind_s)
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def run_to_its_end(self) -> int:
        env = {**os.environ, "PYTHONPATH": str(REPOSITORY / "harness")}
        done = subprocess.run(self._command(60), env=env, check=False)
        return done.returncode


def _files(pair: Path) -> set[str]:
    """Everything whole in the state: a write that was cut leaves its file elsewhere."""
    found = (path for path in pair.rglob("*") if path.is_file())
    return {str(path.relative_to(pair)) for path in found if path.parent.name != ".incoming"}


def _lost(known: set[str], pair: Path, *, pruned: bool = False) -> Iterator[str]:
    there = _files(pair)
    names = {Path(one).name for one in there}
    for one in sorted(known):
        # A night that was not killed may have pruned: then a unit lies beside, under its own name.
        if one not in there and not (one.startswith(("corpora/", "pruned/")) and (pruned or Path(one).name in names)):
            yield f"lost: {one}"
    for one in sorted(there):
        if not _is_whole(pair / one):
            yield f"not what its name says: {one}"


def _pruned(files: set[str]) -> set[str]:
    return {one for one in files if not one.startswith(("corpora/", "pruned/"))}


def _is_whole(path: Path) -> bool:
    named = NAMED.search(path.name)
    content = path.read_bytes()
    if named is None:
        return False
    algorithm = "sha1" if len(named[1]) == 40 else "sha256"
    return hashlib.new(algorithm, content, usedforsecurity=False).hexdigest().startswith(named[1])


def _left(nights: list[_Night]) -> Iterator[str]:
    """Containers of processes that are gone."""
    pids = [pid for night in nights for pid in night.pids]
    end = time.monotonic() + GONE_S
    while (left := _containers(pids, running=True)) and time.monotonic() < end:
        time.sleep(0.5)
    yield from (f"a container is left: {one[:12]}" for one in left)


def _containers(pids: list[int], *, running: bool = False) -> list[str]:
    """Ids of the containers of these processes. What was never started cannot end itself: the next run removes it."""
    form = "{{.ID}} {{.State}} {{.Label " + f'"{LABEL}"' + "}}"
    command = ("docker", "ps", "--all", "--no-trunc", f"--filter=label={LABEL}", f"--format={form}")
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    found = []
    for line in listed:
        name, state, owner = line.split(" ", 2)
        if any(f":{pid}:" in owner for pid in pids) and (state == "running" or not running):
            found.append(name)
    return found


if __name__ == "__main__":
    sys.exit(main())
