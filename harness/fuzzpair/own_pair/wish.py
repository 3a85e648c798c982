"""What a verb wants of a run, and what it has to begin with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from fuzzpair.findings import Judging
from fuzzpair.model.pair import Checkup, Health, SideBuild, TargetProgram
from fuzzpair.model.run_facts import Control
from fuzzpair.own_pair.known_issues import KnownIssue
from fuzzpair.own_pair.rounds import LONGEST_SLICE_S

CHANGE: Final = "change"
NIGHTLY: Final = "nightly"
ONE_CAMPAIGN: Final = "fuzz"


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A pair's builds, and what the bad-build check says of each program, by its name."""

    builds: tuple[SideBuild, ...]
    checkups: tuple[tuple[str, Checkup], ...]
    controls: tuple[Control, ...] = ()

    @property
    def programs(self) -> tuple[TargetProgram, ...]:
        """Those that are worth fuzzing. One that was not checked is fuzzed: a failed check is a control's word."""
        health = dict(self.checkups)
        every = (program for build in self.builds for program in build.programs)
        return tuple(one for one in every if one.name not in health or health[one.name].health is not Health.BAD)

    def all_controls(self) -> tuple[Control, ...]:
        """The builder's own, and one for each program."""
        checked = (
            Control(
                name=f"{name} can be fuzzed",
                passed=one.health is not Health.BAD,
                detail="; ".join(one.reasons) or f"{one.edges:,} edges",
            )
            for name, one in self.checkups
        )
        return (*self.controls, *checked)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The targets that are fuzzed, and why those."""

    targets: frozenset[str]
    why: str


def everything(programs: tuple[TargetProgram, ...]) -> Chosen:
    return Chosen(targets=frozenset(one.target for one in programs), why="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One run of one verb. All times are in seconds."""

    verb: str
    pair: str
    seconds: float  # of fuzzing, split evenly over the programs
    today: date
    is_kept: bool = True  # False: nothing is written to the state; a change is not yet anybody's
    prunes: bool = False
    marks_fixed: bool = False
    keep_units: int = 50_000
    keep_octets: int = 512 << 20
    minimise_s: float = 30
    replay_s: float | None = None  # for replaying what is known; None: as long as it takes
    longest_slice_s: float = LONGEST_SLICE_S
    seeds: Mapping[str, tuple[bytes, ...]] = field(default_factory=dict)  # by target
    issues: tuple[KnownIssue, ...] = ()
    judging: Judging = field(default_factory=Judging)
    choose: Callable[[tuple[TargetProgram, ...]], Chosen] = everything
    base: Callable[[], Built] | None = None  # builds the revision that a change is compared with
    budgets: tuple[tuple[str, str], ...] = ()
