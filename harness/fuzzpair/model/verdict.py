"""The ladder, and where on it a variant was caught."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from fuzzpair.model.flavour import Flavour


class Rung(StrEnum):
    """The ladder, from early to late."""

    REJECTED = "rejected"
    WARNED = "warned"
    STOPPED = "stopped"
    CRASHED = "crashed"
    DETECTED = "detected"
    OBSERVED = "observed"
    NO_EFFECT = "no effect"
    NOT_SEEN = "not seen"

    @property
    def position(self) -> int:
        return list(Rung).index(self)


class Fidelity(StrEnum):
    CONFIRMED = "confirmed"
    NOT_CONFIRMABLE = "not confirmable"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The rung of one variant in one production flavour, with what qualifies it."""

    rung: Rung
    detail: str  # "E0505", "12/12 panic", "hang", "triggered but undetected" …
    k: int = 0  # inputs that ended so
    n: int = 0  # triggering inputs tried
    behind_rung: Rung | None = None  # of a warning: what happens at run time all the same
    behind_detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlavourVerdict:
    """A verdict in a production flavour besides default and hardened, where a profile asks for one."""

    flavour: Flavour
    verdict: Verdict
