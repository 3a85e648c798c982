"""A crash input on its build again: how often it ends the same way (k/n), and a smaller input that still does."""

from __future__ import annotations

import math
import time
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
from fuzzpair.model.finding import Reproduction
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.replay import Replay
from fuzzpair.reduction import reduce_input
from fuzzpair.replay import InputFolder, ReplayFolder, ReplayJob
from fuzzpair.store import Store, canonical_json, digest
from fuzzpair.triage import parse_log
from fuzzpair.triage.families import family_of
from fuzzpair.triage.signature import Signature, cause, signature

TIMES: Final = 5
TRIES: Final = 4000  # candidates of one minimisation; its fuse is usually sooner
MAX_CHANCES: Final = 5  # of a candidate to show what its input shows only now and then


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """A stored build's program that runs one input."""

    program: str  # sha256
    flavour: Flavour
    target: str
    limits: Limits
    wall_timeout_s: float = 5.0


class _OnJudge:
    """A job whose processes are those of one judge, under its limits: a part of the key with the judge itself."""

    __slots__ = ()
    judge: Judge

    @property
    def limits(self) -> Limits:
        return self.judge.limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeats:
    """The replays of each of the job's inputs, in their order."""

    replays: tuple[tuple[Replay, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReproduceJob(_OnJudge):
    """Run each input `times` times on one program under its flavour's strict options, one process each."""

    kind: ClassVar[str] = "reproduce"
    revision: ClassVar[int] = 1
    result_type: ClassVar[type[Repeats]] = Repeats

    judge: Judge
    inputs: tuple[str, ...]  # sha256 of each, distinct
    env: tuple[tuple[str, str], ...]
    times: int = TIMES
    subject: str = field(default="", compare=False)

    @property
    def label(self) -> str:
        return f"{self.subject} {self.judge.flavour} again"

    def run(self, sandbox: Sandbox, store: Store) -> Repeats:
        place = ReplayFolder(_replay_job(self.judge, self.inputs, self.env), sandbox, store)
        place.put()
        rounds = [place.run(self.inputs) for _ in range(self.times)]
        return Repeats(replays=tuple(zip(*rounds, strict=True)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """In how many replays each of the job's inputs ended in the family that was known of it, in their order."""

    k: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CountJob(_OnJudge):
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
        place = ReplayFolder(_replay_job(self.judge, names, self.env), sandbox, store)
        place.put()
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Minimised:
    """The smallest input that still shows the same bug; the one that was given, where none smaller does."""

    input: str  # sha256
    octets: int
    tries: int
    is_minimal: bool  # without any single one of its octets it shows it no longer
    complete: bool  # False: the fuse ended it, so it is shown but never stored


@dataclass(frozen=True, slots=True, kw_only=True)
class MinimiseJob(_OnJudge):
    """Make `input` smaller as long as the program shows the same-bug signature `bug` on it."""

    kind: ClassVar[str] = "minimise"
    revision: ClassVar[int] = 1
    result_type: ClassVar[type[Minimised]] = Minimised

    judge: Judge
    input: str  # sha256
    bug: str  # same-bug signature
    env: tuple[tuple[str, str], ...]
    fuse_s: float
    chances: int = 1  # processes a candidate, until one shows it
    tries: int = TRIES
    subject: str = field(default="", compare=False)

    @property
    def label(self) -> str:
        return f"{self.subject} {self.judge.flavour} minimise {self.input[:12]}"

    def run(self, sandbox: Sandbox, store: Store) -> Minimised:
        place = ReplayFolder(_replay_job(self.judge, (self.input,), self.env), sandbox, store)
        place.put()
        return minimise(self, place, store)


class SmallerWanted(Protocol):
    """What is asked for: an input that is smaller, and shows the same bug."""

    @property
    def input(self) -> str: ...
    @property
    def bug(self) -> str: ...
    @property
    def fuse_s(self) -> float: ...
    @property
    def chances(self) -> int: ...
    @property
    def tries(self) -> int: ...


def minimise(asked: SmallerWanted, place: InputFolder, store: Store) -> Minimised:
    """Try smaller and smaller inputs in a folder that holds the first. That one itself where it shows no such bug."""
    content = store.get_blob(asked.input)
    asking = _Asking(asked, place)
    if asking.keeps([content]) != [True]:
        return Minimised(input=asked.input, octets=len(content), tries=0, is_minimal=False, complete=not asking.is_over)
    found = reduce_input(content, asking.keeps, asked.tries)
    return Minimised(
        input=store.put_blob(found.content),
        octets=len(found.content),
        tries=found.tries,
        is_minimal=found.is_minimal,
        complete=not asking.is_over,
    )


class _Asking:
    """Candidates to answers, in the sandbox, until the fuse."""

    def __init__(self, asked: SmallerWanted, place: InputFolder) -> None:
        self._asked = asked
        self._place = place
        self._end = time.monotonic() + asked.fuse_s
        self.is_over = False

    def keeps(self, candidates: Sequence[bytes]) -> list[bool]:
        if time.monotonic() >= self._end:
            self.is_over = True
            return []
        names = [digest(one) for one in candidates]
        self._place.put_inputs(dict(zip(names, candidates, strict=True)))
        kept: set[str] = set()
        for _ in range(self._asked.chances):
            left = [name for name in names if name not in kept]
            if left:
                shown = zip(left, self._place.complete(left), strict=True)
                kept |= {name for name, one in shown if _bug_of(one, name) == self._asked.bug}
        return [name in kept for name in names]


def _bug_of(completed: Completed, name: str) -> str | None:
    if completed.ok and not completed.timed_out:
        return None
    return _signed(cause(parse_log(completed.stderr.decode(errors="replace"))), completed, name).bug


def _signed(report: CrashReport | None, ended: Completed | Replay, name: str) -> Signature:
    return signature(report, _ending_digest(ended, name))


def _ending_digest(ended: Completed | Replay, name: str) -> str:
    """Where no place and no word is known, an input that ends alike again is the same, and another input never is."""
    return digest(canonical_json([name, ended.exit_code, ended.signal, ended.timed_out, ended.oom_killed]))


def _replay_job(judge: Judge, inputs: tuple[str, ...], env: tuple[tuple[str, str], ...]) -> ReplayJob:
    return ReplayJob(
        program=judge.program,
        flavour=judge.flavour,
        target=judge.target,
        inputs=inputs,
        env=env,
        wall_timeout_s=judge.wall_timeout_s,
        limits=judge.limits,
    )


def reproduce_job(judge: Judge, inputs: Sequence[str], *, times: int = TIMES, subject: str = "") -> ReproduceJob:
    """Replays of each distinct input. Raises UsageError for the canary, which counts and reports nothing."""
    _require_a_judge(judge)
    distinct = tuple(dict.fromkeys(inputs))
    return ReproduceJob(judge=judge, inputs=distinct, env=judge_env(judge.flavour), times=times, subject=subject)


def count_job(judge: Judge, known: Mapping[str, CrashReport | None], *, subject: str = "") -> CountJob:
    """Replays of each input, by its sha256, of which a report is known. Raises UsageError for the canary."""
    _require_a_judge(judge)
    inputs = tuple((name, family_of(report) if report else "") for name, report in known.items())
    return CountJob(judge=judge, inputs=inputs, env=_without_names(judge_env(judge.flavour)), subject=subject)


def _without_names(env: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Strict options all the same, but no names of frames: neither a symbolizer's nor a backtrace's."""
    return tuple(
        (name, "0" if name == "RUST_BACKTRACE" else value.replace("symbolize=1", "symbolize=0")) for name, value in env
    )


def minimise_job(judge: Judge, again: Reproduction, *, fuse_s: float, subject: str = "") -> MinimiseJob:
    """A minimisation that gives the candidates of a flaky input the chances that its k of n asks for."""
    _require_a_judge(judge)
    return MinimiseJob(
        judge=judge,
        input=again.input,
        bug=again.bug,
        env=judge_env(judge.flavour),
        fuse_s=fuse_s,
        chances=min(MAX_CHANCES, math.ceil(again.n / max(1, again.k))),
        subject=subject,
    )


def _require_a_judge(judge: Judge) -> None:
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
        (_signed(reports[one.log], one, name), one) for one in replays if one.exit_code != 0 or one.timed_out
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
