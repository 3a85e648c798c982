"""A slice of a campaign: one program fuzzed for some seconds from a target's whole corpus.

A campaign is cut into slices, and what a slice found is put into the state before the next one begins: whatever is
killed, with whatever signal, loses no more than the slices that were running.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final

from fuzzpair.backends import Sandbox
from fuzzpair.errors import EngineError
from fuzzpair.model.command import Completed, Limits
from fuzzpair.model.pair import CampaignCrash, TargetProgram
from fuzzpair.own_pair.packs import get_pack, put_pack
from fuzzpair.own_pair.programs import ARTIFACTS, FOUND, Place, place_of
from fuzzpair.own_pair.state import ARTIFACT, UNIT_LIMIT, unit_name
from fuzzpair.store import Store
from fuzzpair.triage import fork_progress

COMES_OUT: Final = 1 << 30  # octets of new units of one slice


@dataclass(frozen=True, slots=True, kw_only=True)
class Harvest:
    """What one process of an engine left: units under their names, and every input that it crashed on."""

    units: str | None  # sha256 of a pack; None where there is no new one
    crashes: tuple[CampaignCrash, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """What one slice came to. Never stored under its key: fuzzing is always done."""

    seconds: float  # of the process, its start and its last job included
    executions: int
    edges: int
    growth: tuple[tuple[float, int, int], ...]  # (seconds, executions, edges)
    harvest: Harvest
    log: str  # sha256
    command: str
    problem: str = ""
    notes: tuple[str, ...] = ()
    complete: bool = False


class OfProgram:
    """A job of one program, under its sandbox's limits."""

    __slots__ = ()
    program: TargetProgram
    limits: Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceJob(OfProgram):
    """Fuzz a program in fork mode for `seconds`, from the units of `packs`."""

    kind: ClassVar[str] = "slice"
    revision: ClassVar[int] = 1
    result_type: ClassVar[type[Slice]] = Slice

    program: TargetProgram
    packs: tuple[str, ...]  # sha256 of each
    seconds: int
    seed: int
    limits: Limits
    number: int = field(default=0)  # of the slice: two of them are two pieces of work, also where nothing was found

    @property
    def label(self) -> str:
        return f"{self.program.name} slice {self.number}"

    def run(self, sandbox: Sandbox, store: Store) -> Slice:
        """Raises EngineError when nothing was executed and nothing crashed: a fuzzer that did not fuzz."""
        place = place_of(self.program, self.limits.memory_mb, "fuzz")
        place.put(sandbox, store)
        known = _put_packs(self.packs, place, sandbox, store)
        completed = sandbox.run(place.fuzz(seconds=self.seconds, seed=self.seed))
        harvest = _harvest(place, known, completed, sandbox, store)
        return self._slice(place, completed, harvest, store)

    def _slice(self, place: Place, completed: Completed, harvest: Harvest, store: Store) -> Slice:
        progress = fork_progress(completed.stderr.decode(errors="replace"))
        last = progress[-1] if progress else None
        executions = last.executed_units if last else 0
        if not executions and not harvest.crashes:
            raise _did_not_fuzz(self.label, completed)
        return Slice(
            seconds=completed.duration_s,
            executions=executions,
            edges=max((one.edges for one in progress), default=0),
            growth=tuple((float(one.seconds), one.executed_units, one.edges) for one in progress),
            harvest=harvest,
            log=store.put_blob(completed.stderr),
            command=completed.command.shown(),
            problem=_ended_early(completed, executions),
            notes=place.options.notes,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """Which units a program needs, and what it crashed on meanwhile."""

    needed: tuple[str, ...]  # names of units
    harvest: Harvest
    complete: bool = False  # its packs live only as long as the run


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeJob(OfProgram):
    """Run every unit of `packs` on a program; it survives those that crash. What it needs of them is the result."""

    kind: ClassVar[str] = "merge"
    revision: ClassVar[int] = 1
    result_type: ClassVar[type[Merged]] = Merged

    program: TargetProgram
    packs: tuple[str, ...]
    fuse_s: float
    limits: Limits
    number: int = 0

    @property
    def label(self) -> str:
        return f"{self.program.name} merge"

    def run(self, sandbox: Sandbox, store: Store) -> Merged:
        """Raises EngineError where the merge did not end by itself: then nothing is known of what it did not reach."""
        place = place_of(self.program, self.limits.memory_mb, f"merge{self.number}")
        place.put(sandbox, store)
        known = _put_packs(self.packs, place, sandbox, store)
        completed = sandbox.run(place.merge(fuse_s=self.fuse_s))
        log = completed.stderr.decode(errors="replace")
        if completed.timed_out or "MERGE-OUTER: " not in log or not completed.ok:
            raise EngineError(
                f"{self.label}: it did not end by itself ({_ending(completed)}): {log.strip()[-300:]}",
                next_step=completed.command.shown(),
            )
        kept = sandbox.get([f"{place.folder}/{FOUND}"], size_limit=COMES_OUT)
        needed = {path.rpartition("/")[2] for path in kept} & set(known)
        crashes = _crashes(place, completed, sandbox, store)
        return Merged(needed=tuple(sorted(needed)), harvest=Harvest(units=None, crashes=crashes))


def _put_packs(packs: Sequence[str], place: Place, sandbox: Sandbox, store: Store) -> set[str]:
    """The names of the units that are in the sandbox now."""
    known: set[str] = set()
    for name in packs:
        units = get_pack(store, name)
        place.put_units(sandbox, units)
        known |= units.keys()
    return known


def _harvest(place: Place, known: set[str], completed: Completed, sandbox: Sandbox, store: Store) -> Harvest:
    came = sandbox.get([f"{place.folder}/{FOUND}"], size_limit=COMES_OUT)
    # By what they are, not by what the program called them: the folder is a stranger's.
    units = {unit_name(content): content for content in came.values() if 0 < len(content) <= UNIT_LIMIT}
    new = {name: content for name, content in units.items() if name not in known}
    return Harvest(units=put_pack(store, new) if new else None, crashes=_crashes(place, completed, sandbox, store))


def _crashes(place: Place, completed: Completed, sandbox: Sandbox, store: Store) -> tuple[CampaignCrash, ...]:
    """Every artifact, under the name that its content has."""
    came = sandbox.get([f"{place.folder}/{ARTIFACTS}"], size_limit=COMES_OUT)
    log = store.put_blob(completed.stderr)
    named = {_artifact_name(path.rpartition("/")[2], content): content for path, content in came.items()}
    return tuple(
        CampaignCrash(input=store.put_blob(content), octets=len(content), artifact=name, log=log)
        for name, content in sorted(named.items())
        if name
    )


def _artifact_name(name: str, content: bytes) -> str:
    """`crash-<sha1>`; empty for what is no crash, such as slow-unit-…"""
    made = f"{name.partition('-')[0]}-{unit_name(content)}"
    return made if ARTIFACT.fullmatch(made) else ""


def _did_not_fuzz(label: str, completed: Completed) -> EngineError:
    log = completed.stderr.decode(errors="replace").strip()[-400:]
    return EngineError(
        f"{label}: libFuzzer executed nothing ({_ending(completed)}): {log}", next_step=completed.command.shown()
    )


def _ended_early(completed: Completed, executions: int) -> str:
    """Why a slice is less than it should be. Its exit code is not asked: fork mode ends with that of its last child."""
    if completed.timed_out:
        return "it had to be ended: libFuzzer did not end between two of its jobs"
    if completed.oom_killed:
        return "the sandbox's memory ran out: raise limits.memory_mb, or lower rss_limit_mb in the .options file"
    if completed.signal is not None:
        return f"libFuzzer itself ended with signal {completed.signal}"
    return "" if executions else "every execution crashed: nothing was fuzzed behind that"


def _ending(completed: Completed) -> str:
    if completed.timed_out:
        return "ended by its time limit"
    return f"signal {completed.signal}" if completed.signal else f"exit code {completed.exit_code}"


def units_of(harvest: Harvest, store: Store) -> Mapping[str, bytes]:
    """The new units of a harvest, by name."""
    return get_pack(store, harvest.units) if harvest.units is not None else {}
