"""Load: a leak's input parsed again and again in one process under a small memory limit, until the engine kills it.

What is run is what ships: the target's entry in a production flavour, called by runtime/load.c in a fuzzer's place.
The kill is the engine's word (Completed.oom_killed), not ours; as many parses of the fixed counterpart, under the same
limit, must not end in one.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field, replace
from typing import ClassVar

from fuzzpair.backends import Sandbox
from fuzzpair.builds.job import BuildJob, everything_in_force
from fuzzpair.errors import EngineError
from fuzzpair.flavours import RECIPES, Recipe
from fuzzpair.jobs import Outcomes, job_key
from fuzzpair.model.command import Command, Completed, Limits
from fuzzpair.model.evidence import Load
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language, Variant
from fuzzpair.store import Store

# The program that watches over the commands needs some 15 MiB of it. The smaller, the sooner a leak fills it.
LOAD_LIMITS = Limits(memory_mb=64, pids=64)
# The others so many times as often as the first needed to be killed: an allocator of another language rounds otherwise.
ALLOWED = 4
_LINKED = {Language.CPP: "load.o", Language.RUST: "-Clink-arg=load.o"}


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadBuildJob(BuildJob):
    """A production flavour's build that also links each target to runtime/load.c."""

    kind: ClassVar[str] = "load build"
    revision: ClassVar[int] = 1

    @classmethod
    def recipe_of(cls, language: Language, flavour: Flavour) -> Recipe:
        return replace(RECIPES[language][flavour], fuzz_link=(_LINKED[language],), runtime=("load",))


def load_build(job: BuildJob, target: str, fingerprint: str) -> BuildJob:
    """The same tree and flavour as `job`, linked for load. It starts from where that one does, or from that one."""
    own = job_key(job, fingerprint), job.sources
    base = own if job.base_key is None else (job.base_key, job.base_sources)
    return LoadBuildJob(
        language=job.language,
        flavour=job.flavour,
        sources=job.sources,
        targets=(target,),
        flags=everything_in_force(job.language, job.flavour, LoadBuildJob.recipe_of(job.language, job.flavour)),
        base_key=base[0],
        base_sources=base[1],
        subject=f"{job.subject} load",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Loads:
    """What each program came to, in the job's order. A fuse that ended one makes the whole incomplete."""

    loads: tuple[Load, ...]
    complete: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadProgram:
    """A variant in a flavour, and its fixed counterpart in the same."""

    variant: Variant
    flavour: Flavour
    program: str  # sha256
    counterpart: str  # sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadJob:
    """Run every variant of one mistake under load, the first until it is killed, and each one's counterpart as long."""

    kind: ClassVar[str] = "load"
    revision: ClassVar[int] = 1
    result_type: ClassVar[type[Loads]] = Loads

    programs: tuple[LoadProgram, ...]
    input: str  # sha256
    parses: int  # that the first of the programs may do; a leak of a few dozen octets fills the limit in 3,000,000
    fuse_s: float
    allowed: int = ALLOWED
    limits: Limits = LOAD_LIMITS
    subject: str = field(default="", compare=False)

    @property
    def label(self) -> str:
        return f"{self.subject} load"

    def run(self, sandbox: Sandbox, store: Store) -> Loads:
        """Raises EngineError where a program ends in another way than by itself, by the kill, or by the fuse."""
        names = {name for one in self.programs for name in (one.program, one.counterpart)}
        content = {f"load/{name}": store.get_blob(name) for name in names}
        sandbox.put(content | {"load/input": store.get_blob(self.input)})
        loads: list[Load] = []
        budget, complete = self.parses, True
        for number, one in enumerate(self.programs):
            own, parses = self._parse(sandbox, one.program, budget)
            fixed, fixed_parses = self._parse(sandbox, one.counterpart, parses)
            complete = complete and not (own.timed_out or fixed.timed_out)
            loads.append(
                Load(
                    variant=one.variant,
                    flavour=one.flavour,
                    memory_mb=self.limits.memory_mb,
                    input=self.input,
                    budget=budget,
                    parses=parses,
                    killed=own.oom_killed,
                    max_rss_kb=own.max_rss_kb,
                    counterpart_parses=fixed_parses,
                    counterpart_killed=fixed.oom_killed,
                    counterpart_max_rss_kb=fixed.max_rss_kb,
                )
            )
            if number == 0 and own.oom_killed:
                budget = min(self.parses, parses * self.allowed)
        return Loads(loads=tuple(loads), complete=complete)

    def _parse(self, sandbox: Sandbox, program: str, parses: int) -> tuple[Completed, int]:
        """How a program ended, and the parses that it had done by then."""
        count = f"count-{program[:12]}"
        sandbox.put({f"load/{count}": b""})
        argv = (f"./{program}", str(parses), count, "input")
        completed = sandbox.run(Command(argv=argv, cwd="load", timeout_s=self.fuse_s, output_limit=1 << 16))
        content = sandbox.get([f"load/{count}"]).get(f"load/{count}", b"")
        done = int(struct.unpack("=Q", content)[0]) if len(content) == 8 else 0
        if done == 0 or not (completed.ok or completed.oom_killed or completed.timed_out):
            ending = f"signal {completed.signal}" if completed.signal else f"exit code {completed.exit_code}"
            log = completed.stderr.decode(errors="replace").strip()[-400:]
            raise EngineError(
                f"{self.label}: it ended with {ending} behind {done} parses: {log}", next_step=completed.command.shown()
            )
        return completed, done


def loads_of(job: LoadJob | None, outcomes: Outcomes) -> tuple[Load, ...]:
    """What a finished job says; nothing where it was not run, failed, or was ended by its fuse."""
    result = outcomes.result(job) if job is not None else None
    return result.loads if isinstance(result, Loads) and result.complete else ()
