"""Replay: stored inputs on one build, one process each. What happened is kept raw; reading it is triage's."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

from fuzzpair.backends import Sandbox
from fuzzpair.fuzz.triggers import read_counts
from fuzzpair.jobs import Outcomes
from fuzzpair.model.command import Command, Completed, Limits
from fuzzpair.model.crash_report import CrashReport
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.replay import Replay
from fuzzpair.store import Store
from fuzzpair.triage import first_report

# An input runs for milliseconds; CPU time, unlike wall time, means the same on a busy machine. What waits without
# computing is a deadlock; the wall limit is for what does neither.
HANG_CPU_S = 1
DEADLOCK_S = 1.0
SLOW_FLAVOURS = {Flavour.MEMORY: 2, Flavour.THREAD: 3}  # how much longer an instrumented run may take
# Behind this many hangs on one build the rest are not replayed: each costs its whole limit and says the same. So does
# an input that fills the memory, in the seconds up to the kill.
HANGS_DECIDE = 3
SIGXCPU = 24
# Whether two threads meet is chance, so a race is given more than one chance on each input: its predicate, and the
# tool that looks for it. TSan's runs are slow, and see it in a sixth to a half of them.
RACE_TRIES = {Flavour.CANARY: 60, Flavour.THREAD: 5}


@dataclass(frozen=True, slots=True, kw_only=True)
class Replays:
    """Replays in the order of the job's inputs; fewer than those when hangs, or out of memory, decided early."""

    replays: tuple[Replay, ...]
    skipped: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayJob:
    """Run each input once on one program under its flavour's strict options."""

    kind: ClassVar[str] = "replay"
    revision: ClassVar[int] = 3
    result_type: ClassVar[type[Replays]] = Replays

    program: str  # sha256
    flavour: Flavour
    target: str
    inputs: tuple[str, ...]
    env: tuple[tuple[str, str], ...]  # `judge_env` of the flavour
    wall_timeout_s: float
    limits: Limits
    tries: int = 1  # how often an input may be run until its predicate is true; in other flavours, until it ends badly
    subject: str = field(default="", compare=False)

    @property
    def label(self) -> str:
        return f"{self.subject} {self.flavour}"

    def run(self, sandbox: Sandbox, store: Store) -> Replays:
        place = ReplayFolder(self, sandbox, store)
        place.put()
        replays: list[Replay] = []
        for chunk in (self.inputs[:HANGS_DECIDE], self.inputs[HANGS_DECIDE:]):
            replays.extend(place.run(chunk))
            if sum(one.timed_out or one.oom_killed for one in replays) >= HANGS_DECIDE:
                break
        for _ in range(self.tries - 1):
            again = {one.input: one for one in place.run(tuple(one.input for one in replays if self._is_quiet(one)))}
            replays = [again.get(one.input, one) for one in replays]
        return Replays(replays=tuple(replays), skipped=len(self.inputs) - len(replays))

    def _is_quiet(self, one: Replay) -> bool:
        return not one.triggered if self.flavour is Flavour.CANARY else one.exit_code == 0


def for_race(job: ReplayJob) -> ReplayJob:
    """The same replay with the chances that a race is given."""
    return replace(job, tries=RACE_TRIES.get(job.flavour, 1))


def replay_command(
    flavour: Flavour, target: str, path: str, *, env: tuple[tuple[str, str], ...], timeout_s: float, cwd: str = "."
) -> Command:
    """One input on the program `judge` of a flavour, under the flavour's limits."""
    return Command(
        argv=("./judge", target, path),
        cwd=cwd,
        env=env,
        timeout_s=timeout_s,
        cpu_s=HANG_CPU_S * SLOW_FLAVOURS.get(flavour, 1),
        idle_s=DEADLOCK_S,
    )


class InputFolder(ABC):
    """A program and its inputs in the sandbox, in a folder of their own; each input is one process's."""

    def __init__(self, folder: str, sandbox: Sandbox, store: Store) -> None:
        self.folder = folder
        self.sandbox = sandbox
        self.store = store

    @abstractmethod
    def command(self, name: str) -> Command:
        """The process that is given the input of this name, which lies at inputs/<name>."""

    def put_inputs(self, contents: Mapping[str, bytes]) -> None:
        """Inputs by the sha256 of each."""
        self.sandbox.put({f"{self.folder}/inputs/{name}": content for name, content in contents.items()})

    def complete(self, names: Sequence[str]) -> tuple[Completed, ...]:
        """One process an input; nothing of it is stored."""
        return self.sandbox.run_all([self.command(name) for name in names])

    def run(self, names: tuple[str, ...]) -> list[Replay]:
        """One process an input; what each printed is stored."""
        return [replay_of(name, one, self.store) for name, one in zip(names, self.complete(names), strict=True)]


class ReplayFolder(InputFolder):
    """One judge and its inputs."""

    def __init__(self, job: ReplayJob, sandbox: Sandbox, store: Store) -> None:
        # By program: what shares a sandbox must not share the canary's counts.
        super().__init__(f"replay-{job.flavour}-{job.program[:12]}", sandbox, store)
        self.job = job

    def put(self) -> None:
        content = {f"{self.folder}/inputs/{name}": self.store.get_blob(name) for name in self.job.inputs}
        content[f"{self.folder}/counts/.keep"] = b""
        self.sandbox.put(content)
        self.sandbox.put_blobs({f"{self.folder}/judge": self.job.program}, self.store.get_blob)

    def run(self, names: tuple[str, ...]) -> list[Replay]:
        """One process an input; what each printed is stored, with the canary's counts."""
        if not names:
            return []
        completed = self.complete(names)
        counts = self.sandbox.get([f"{self.folder}/counts"]) if self.job.flavour is Flavour.CANARY else {}
        return [
            replay_of(name, one, self.store, counts.get(f"{self.folder}/counts/{name}", b""))
            for name, one in zip(names, completed, strict=True)
        ]

    def command(self, name: str) -> Command:
        job = self.job
        is_canary = job.flavour is Flavour.CANARY
        env = (*job.env, ("FUZZPAIR_CANARY", f"counts/{name}")) if is_canary else job.env
        timeout_s = job.wall_timeout_s
        path = f"inputs/{name}"
        return replay_command(job.flavour, job.target, path, env=env, timeout_s=timeout_s, cwd=self.folder)


def replay_of(name: str, completed: Completed, store: Store, counts: bytes = b"") -> Replay:
    """A process as a replay of the input of this name; what it printed is stored."""
    reached, triggered = read_counts(counts)
    return Replay(
        input=name,
        exit_code=completed.exit_code,
        signal=completed.signal,
        timed_out=completed.timed_out or completed.signal == SIGXCPU,
        oom_killed=completed.oom_killed,
        stdout=store.put_blob(completed.stdout),
        log=store.put_blob(completed.stderr),
        report=None,
        reached=reached,
        triggered=triggered,
        duration_s=completed.duration_s,
    )


def replays_of(job: ReplayJob, outcomes: Outcomes, store: Store) -> tuple[Replay, ...]:
    """What a job's replays came to, their logs read; nothing where it was not run or failed."""
    result = outcomes.result(job)
    return with_reports(result.replays, store) if isinstance(result, Replays) else ()


def with_reports(replays: Iterable[Replay], store: Store) -> tuple[Replay, ...]:
    """Read each replay's log. Kept apart from running: a better parser re-reads stored logs, and redoes nothing."""
    return tuple(
        one if one.exit_code == 0 and not one.timed_out else replace(one, report=_read(one, store)) for one in replays
    )


def _read(one: Replay, store: Store) -> CrashReport | None:
    return first_report(store.get_blob(one.log).decode(errors="replace"))
