"""A smaller input that still shows the same bug on the same build."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final

from fuzzpair.backends import Sandbox
from fuzzpair.flavours import judge_env
from fuzzpair.model.command import Completed
from fuzzpair.model.finding import Reproduction
from fuzzpair.reduction import reduce_input
from fuzzpair.replay import InputFolder
from fuzzpair.reproduce import InFolder, Judge, OnJudge, require_a_judge, signed
from fuzzpair.store import Store, digest
from fuzzpair.triage import parse_log
from fuzzpair.triage.signature import cause

TRIES: Final = 4000  # candidates of one minimisation; its fuse is usually sooner
MAX_CHANCES: Final = 5  # of a candidate to show what its input shows only now and then


@dataclass(frozen=True, slots=True, kw_only=True)
class Minimised:
    """The smallest input that still shows the same bug; the one that was given, where none smaller does."""

    input: str  # sha256
    octets: int
    tries: int
    is_minimal: bool  # without any single one of its octets it shows it no longer
    complete: bool  # False: the fuse ended it, so it is shown but never stored


@dataclass(frozen=True, slots=True, kw_only=True)
class Shrinking(InFolder):
    """Make `input` smaller as long as the program shows the same-bug signature `bug` on it."""

    result_type: ClassVar[type[Minimised]] = Minimised

    input: str  # sha256
    bug: str  # same-bug signature
    fuse_s: float
    chances: int = 1  # processes a candidate, until one shows it
    tries: int = TRIES

    def run(self, sandbox: Sandbox, store: Store) -> Minimised:
        """The input itself where it shows no such bug."""
        content = store.get_blob(self.input)
        asking = _Asking(self, self.folder(sandbox, store, (self.input,)))
        if asking.keeps([content]) != [True]:
            return Minimised(
                input=self.input, octets=len(content), tries=0, is_minimal=False, complete=not asking.is_over
            )
        found = reduce_input(content, asking.keeps, self.tries)
        return Minimised(
            input=store.put_blob(found.content),
            octets=len(found.content),
            tries=found.tries,
            is_minimal=found.is_minimal,
            complete=not asking.is_over,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MinimiseJob(OnJudge, Shrinking):
    """On a stored build's judge."""

    kind: ClassVar[str] = "minimise"
    revision: ClassVar[int] = 1

    judge: Judge
    env: tuple[tuple[str, str], ...]
    subject: str = field(default="", compare=False)

    @property
    def label(self) -> str:
        return f"{self.subject} {self.judge.flavour} minimise {self.input[:12]}"


class _Asking:
    """Candidates to answers, in the sandbox, until the fuse."""

    def __init__(self, asked: Shrinking, place: InputFolder) -> None:
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
    return signed(cause(parse_log(completed.stderr.decode(errors="replace"))), completed, name).bug


def minimise_job(
    judge: Judge, again: Reproduction, *, tries: int = TRIES, fuse_s: float, subject: str = ""
) -> MinimiseJob:
    """A minimisation that gives the candidates of a flaky input the chances that its k of n asks for."""
    require_a_judge(judge)
    return MinimiseJob(
        judge=judge,
        input=again.input,
        bug=again.bug,
        env=judge_env(judge.flavour),
        fuse_s=fuse_s,
        chances=chances_for(again),
        tries=tries,
        subject=subject,
    )


def chances_for(again: Reproduction) -> int:
    """What a candidate needs where its input shows the bug in k of n."""
    return min(MAX_CHANCES, math.ceil(again.n / max(1, again.k)))
