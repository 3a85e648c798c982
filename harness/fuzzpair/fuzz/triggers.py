"""Triggered: gather inputs on which a mistake's canary is true, with no tool but the canary flavour.

Seeds are tried first, one process each; then short campaigns, each of which the canary ends at its trigger; then, if
some but too few were found, mutants of those.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import ClassVar

from fuzzpair.backends import Sandbox
from fuzzpair.errors import EngineError
from fuzzpair.flavours import judge_env
from fuzzpair.fuzz import Task, require_seeds
from fuzzpair.fuzz.libfuzzer import ARTIFACTS, LibFuzzer
from fuzzpair.model.command import Command, Limits
from fuzzpair.model.flavour import Flavour
from fuzzpair.store import Store, digest

COUNTS_BYTES = 16  # struct counts of runtime/canary.c: reached, triggered
BROKEN_EXIT = 87  # the canary's runtime could not keep what it must
INPUT_CPU_S = 2
MUTANTS = 240
MUTANTS_AT_ONCE = 48  # most slips are triggered by some of the first ones; a round trip costs as much as several
# Campaigns in a row that bring nothing new, after which no more are started: the input that triggers first is the same
# for any seed (often the empty one), or the slip itself ends the campaign at the engine's limits, as one that only
# fills the memory does.
IDLE_CAMPAIGNS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Triggers:
    """What the gathering found. `inputs` are distinct, as blobs, in the order in which they were found."""

    inputs: tuple[str, ...]
    from_seeds: int
    from_campaign: int
    from_mutants: int
    reached: int
    executions: int
    complete: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerJob:
    """Gather up to `wanted` distinct triggering inputs within `runs` executions."""

    kind: ClassVar[str] = "triggers"
    revision: ClassVar[int] = 3
    result_type: ClassVar[type[Triggers]] = Triggers

    judge: str  # sha256 of the canary flavour's program
    fuzzer: str  # sha256 of its fuzz target
    fuzzer_name: str
    target: str
    seeds: tuple[str, ...]
    seed: int
    runs: int
    wanted: int
    fuse_s: float
    limits: Limits
    subject: str = field(default="", compare=False)

    @property
    def label(self) -> str:
        return f"{self.subject} triggers"

    def run(self, sandbox: Sandbox, store: Store) -> Triggers:
        """Raises EngineError when there is no seed or nothing was executed."""
        require_seeds(self.label, self.seeds)
        return _Gathering(self, sandbox, store).run()


class _Gathering:
    def __init__(self, job: TriggerJob, sandbox: Sandbox, store: Store) -> None:
        self.job = job
        self.sandbox = sandbox
        self.store = store
        self.found: dict[str, bytes] = {}
        self.reached = 0
        self.executions = 0
        self.random = random.Random(job.seed)  # noqa: S311 - reproducible mutants, nothing secret

    def run(self) -> Triggers:
        job = self.job
        self.sandbox.put_blobs({"judge": job.judge, job.fuzzer_name: job.fuzzer}, self.store.get_blob)
        seeds = [self.store.get_blob(name) for name in job.seeds]
        quiet = self._try(seeds, limit=job.wanted)
        from_seeds = len(self.found)
        complete = True
        if not self._enough():
            complete = self._campaigns(quiet)
        from_campaign = len(self.found) - from_seeds
        if self.found:
            self._try_mutants()
        return Triggers(
            inputs=tuple(self.store.put_blob(content) for content in self.found.values()),
            from_seeds=from_seeds,
            from_campaign=from_campaign,
            from_mutants=len(self.found) - from_seeds - from_campaign,
            reached=self.reached,
            executions=self.executions,
            complete=complete,
        )

    def _enough(self) -> bool:
        return len(self.found) >= self.job.wanted

    def _try(self, inputs: list[bytes], *, limit: int) -> list[bytes]:
        """One process an input: keep those that trigger, give back those that do not."""
        files = {f"tried/{digest(content)}": content for content in inputs}
        self.sandbox.put(files | {"counts/.keep": b""})
        names = list(dict.fromkeys(digest(content) for content in inputs))
        self.sandbox.run_all([canary_command(self.job.target, f"tried/{name}", f"counts/{name}") for name in names])
        counts = self.sandbox.get(["counts"])
        if names and not any(f"counts/{name}" in counts for name in names):
            raise EngineError(f"{self.job.label}: the canary flavour's program did not start, or counts nothing")
        by_name = {digest(content): content for content in inputs}
        quiet = []
        for name in names:
            reached, triggered = read_counts(counts.get(f"counts/{name}", b""))
            self.reached += reached
            self.executions += 1
            if triggered and len(self.found) < limit:
                self.found[name] = by_name[name]
            elif not triggered:
                quiet.append(by_name[name])
        return quiet

    def _campaigns(self, corpus: list[bytes]) -> bool:
        """Campaigns until the budget, enough triggers or nothing new; False when the fuse ended one."""
        named = {f"corpus/{digest(content)}": content for content in corpus}
        first = Task(
            program=self.job.fuzzer_name,
            seeds=tuple(named),
            seed=self.job.seed,
            runs=self.job.runs,
            fuse_s=self.job.fuse_s,
            env=(),
            folder=".",
        )
        self.sandbox.put(named | LibFuzzer().files(first) | {f"{ARTIFACTS}.keep": b""})
        left, spent_s, round_number, idle = first.runs, 0.0, 0, 0
        while left > 0 and idle < IDLE_CAMPAIGNS and not self._enough():
            if spent_s >= first.fuse_s:  # no second left: libFuzzer takes a limit of 0 for none
                return False
            task = replace(first, seed=first.seed + round_number, runs=left, fuse_s=first.fuse_s - spent_s)
            known = len(self.found)
            executed, seconds, fused = self._campaign(task)
            if fused:
                return False
            idle = 0 if len(self.found) > known else idle + 1
            left -= max(executed, 1)
            spent_s += seconds
            round_number += 1
        return True

    def _campaign(self, task: Task) -> tuple[int, float, bool]:
        """(executions, seconds, whether the fuse ended it)."""
        trigger, counts = f"trigger-{task.seed}", f"campaign-counts-{task.seed}"
        env = (("FUZZPAIR_CANARY", counts), ("FUZZPAIR_TRIGGER", trigger))
        completed = self.sandbox.run(LibFuzzer().command(replace(task, env=env)))
        files = self.sandbox.get([trigger, counts])
        reading = LibFuzzer().read(completed, {})
        reached, triggered = read_counts(files.get(counts, b""))
        is_broken = completed.exit_code == BROKEN_EXIT or counts not in files
        if is_broken or (reading.executions == 0 and not triggered):
            what = "counted nothing" if is_broken else "executed nothing"
            log = completed.stderr.decode(errors="replace").strip()
            raise EngineError(
                f"{self.job.label}: libfuzzer {what} (exit code {completed.exit_code}): {log[-400:]}",
                next_step=completed.command.shown(),
            )
        self.reached += reached
        self.executions += reading.executions
        if triggered and trigger in files:
            self.found.setdefault(digest(files[trigger]), files[trigger])
        return reading.executions, completed.duration_s, reading.fused and not triggered

    def _try_mutants(self) -> None:
        mutants = self._mutants(list(self.found.values()))
        while not self._enough() and (some := list(islice(mutants, MUTANTS_AT_ONCE))):
            self._try(some, limit=self.job.wanted)

    def _mutants(self, parents: list[bytes]) -> Iterator[bytes]:
        """Small changes of what triggers already: still plausible, and distinct."""
        for number in range(MUTANTS):
            content = bytearray(parents[number % len(parents)])
            if not content:
                continue
            choice = self.random.randrange(3)
            if choice == 0:  # the message id: no parser decides anything by it
                content[self.random.randrange(min(2, len(content)))] = self.random.randrange(256)
            elif choice == 1:
                content[self.random.randrange(len(content))] = self.random.randrange(256)
            else:
                content += bytes(self.random.randrange(256) for _ in range(self.random.randrange(1, 5)))
            yield bytes(content)


def canary_command(target: str, path: str, counts: str) -> Command:
    """Run the canary flavour's program on one input, counting in `counts`."""
    return Command(
        argv=("./judge", target, path),
        cpu_s=INPUT_CPU_S,
        env=(*judge_env(Flavour.CANARY), ("FUZZPAIR_CANARY", counts)),
        timeout_s=20,
        output_limit=1 << 16,
    )


def read_counts(content: bytes) -> tuple[int, int]:
    """(reached, triggered) as runtime/canary.c wrote them, in this machine's byte order."""
    if len(content) != COUNTS_BYTES:
        return 0, 0
    reached, triggered = struct.unpack("=QQ", content)
    return int(reached), int(triggered)
