"""A crash input on its build again: how often it ends the same way, k of n."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final, Protocol

from fuzzpair.backends import Sandbox
from fuzzpair.errors import UsageError
from fuzzpair.flavours import judge_env
from fuzzpair.jobs import Job, Outcomes
from fuzzpair.model.command import Completed, Limits
from fuzzpair.model.crash_report import CrashReport
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.replay import Replay
from fuzzpair.replay import InputFolder, ReplayFolder, ReplayJob
from fuzzpair.store import Store, canonical_json, digest
from fuzzpair.triage import parse_log
from fuzzpair.triage.families import family_of
from fuzzpair.triage.signature import Signature, cause, signature

TIMES: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """A stored build's program that runs one input."""

    program: str  # sha256
    flavour: Flavour
    target: str
    limits: Limits
    wall_timeout_s: float = 5.0


class InFolder(ABC):
    """A job that runs inputs on one program, each in a process of its own, in a folder of the sandbox."""

    __slots__ = ()

    @abstractmethod
    def folder(self, sandbox: Sandbox, store: Store, inputs: tuple[str, ...]) -> InputFolder:
        """The folder, with the program and these inputs in it."""


class OnJudge(InFolder):
    """A job whose processes are those of one judge, under its limits: a part of the key with the judge itself."""

    __slots__ = ()
    judge: Judge
    env: tuple[tuple[str, str], ...]

    @property
    def limits(self) -> Limits:
        return self.judge.limits

    def folder(self, sandbox: Sandbox, store: Store, inputs: tuple[str, ...]) -> InputFolder:
        judge = self.judge
        job = ReplayJob(
            program=judge.program,
            flavour=judge.flavour,
            target=judge.target,
            inputs=inputs,
            env=self.env,
            wall_timeout_s=judge.wall_timeout_s,
            limits=judge.limits,
        )
        place = ReplayFolder(job, sandbox, store)
        place.put()
        return place


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeats:
    """The replays of each of the job's inputs, in their order."""

    replays: tuple[tuple[Replay, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeating(InFolder):
    """Run each input `times` times on one program under its flavour's strict options, one process each."""

    result_type: ClassVar[type[Repeats]] = Repeats

    inputs: tuple[str, ...]  # sha256 of each, distinct
    times: int = TIMES

    def run(self, sandbox: Sandbox, store: Store) -> Repeats:
        place = self.folder(sandbox, store, self.inputs)
        rounds = [place.run(self.inputs) for _ in range(self.times)]
        return Repeats(replays=tuple(zip(*rounds, strict=True)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReproduceJob(OnJudge, Repeating):
    """On a stored build's judge."""

    kind: ClassVar[str] = "reproduce"
    revision: ClassVar[int] = 1

    judge: Judge
    env: tuple[tuple[str, str], ...]
    subject: str = field(default="", compare=False)

    @property
    def label(self) -> str:
        return f"{self.subject} {self.judge.flavour} again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """In how many replays each of the job's inputs ended in the family that was known of it, in their order."""

    k: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CountJob(OnJudge):
    """k of n where the bug is known from a log already: the same replays as ReproduceJob's, without names in the logs.

    Most of a crashing replay is looking up the names of its frames. Without them a report still has its class, and on
    one input of one build the family of the class (docs/triage.md) says well enough whether it is the same bug.
    """

    kind: ClassVar[str] = "count"
    revision: ClassVar[int] = 1
    result_type: ClassVar[type[Counts]] = Counts

    judge: Judge
    inputs: tuple[tuple[str, str], ...]  # (sha256, family; empty where no tool reported anything), distinct inputs
    env: tuple[tuple[str, str], ...]
    times: int = TIMES
    subject: str = field(default="", compare=False)

    @property
    def label(self) -> str:
        return f"{self.subject} {self.judge.flavour} count"

    def run(self, sandbox: Sandbox, store: Store) -> Counts:
        names = tuple(name for name, _ in self.inputs)
        place = self.folder(sandbox, store, names)
        rounds = [list(map(_family_of, place.complete(names))) for _ in range(self.times)]
        return Counts(
            k=tuple(sum(seen[number] == family for seen in rounds) for number, (_, family) in enumerate(self.inputs))
        )


def _family_of(completed: Completed) -> str | None:
    """The family of what a process showed; empty where it only ended badly, None where it ended cleanly."""
    if completed.ok and not completed.timed_out:
        return None
    report = cause(parse_log(completed.stderr.decode(errors="replace")))
    return family_of(report) if report else ""


def signed(report: CrashReport | None, ended: Completed | Replay, name: str) -> Signature:
    return signature(report, _ending_digest(ended, name))


def _ending_digest(ended: Completed | Replay, name: str) -> str:
    """Where no place and no word is known, an input that ends alike again is the same, and another input never is."""
    return digest(canonical_json([name, ended.exit_code, ended.signal, ended.timed_out, ended.oom_killed]))


def reproduce_job(judge: Judge, inputs: Sequence[str], *, times: int = TIMES, subject: str = "") -> ReproduceJob:
    """Replays of each distinct input. Raises UsageError for the canary, which counts and reports nothing."""
    require_a_judge(judge)
    distinct = tuple(dict.fromkeys(inputs))
    return ReproduceJob(judge=judge, inputs=distinct, env=judge_env(judge.flavour), times=times, subject=subject)


def count_job(judge: Judge, known: Mapping[str, CrashReport | None], *, subject: str = "") -> CountJob:
    """Replays of each input, by its sha256, of which a report is known. Raises UsageError for the canary."""
    require_a_judge(judge)
    inputs = tuple((name, family_of(report) if report else "") for name, report in known.items())
    return CountJob(judge=judge, inputs=inputs, env=_without_names(judge_env(judge.flavour)), subject=subject)


def _without_names(env: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Strict options all the same, but no names of frames: neither a symbolizer's nor a backtrace's."""
    return tuple(
        (name, "0" if name == "RUST_BACKTRACE" else value.replace("symbolize=1", "symbolize=0")) for name, value in env
    )


def require_a_judge(judge: Judge) -> None:
    if judge.flavour is Flavour.CANARY:
        raise UsageError(
            "the canary flavour says that a mistake is triggered, not what becomes of it",
            next_step="choose another flavour: address, or default for production",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What an input showed most often in its replays, and how often: k of n."""

    input: str  # sha256
    report: CrashReport | None
    signature: Signature
    digest: str  # keeps apart what has no signature that two could share
    log: str  # sha256 of the first log that shows it
    k: int
    n: int


class Repeated(Job, Protocol):
    """A job whose result is the replays of each of its inputs."""

    @property
    def inputs(self) -> tuple[str, ...]: ...


def shown_by(job: Repeated, outcomes: Outcomes, store: Store) -> dict[str, Shown | None]:
    """By input, what it showed; None where each of its replays ended cleanly. Empty where the job was not done."""
    result = outcomes.result(job)
    if not isinstance(result, Repeats):
        return {}
    return {name: _shown(name, replays, store) for name, replays in zip(job.inputs, result.replays, strict=True)}


def _shown(name: str, replays: Sequence[Replay], store: Store) -> Shown | None:
    reports = {log: _read(log, store) for log in dict.fromkeys(one.log for one in replays)}
    seen = [
        (signed(reports[one.log], one, name), one) for one in replays if one.exit_code != 0 or one.timed_out
    ]  # an exit code of 0 is clean whatever was printed
    if not seen:
        return None
    counts = Counter(made.bug for made, _ in seen)
    bug, k = counts.most_common(1)[0]  # of equals, the first that was seen
    made, first = next(pair for pair in seen if pair[0].bug == bug)
    return Shown(
        input=name,
        report=reports[first.log],
        signature=made,
        digest=_ending_digest(first, name),
        log=first.log,
        k=k,
        n=len(replays),
    )


def _read(log: str, store: Store) -> CrashReport | None:
    return cause(parse_log(store.get_blob(log).decode(errors="replace")))
