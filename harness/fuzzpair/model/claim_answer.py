"""A claim of claims.yml, answered from the rows of one run."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from fuzzpair.model.flavour import Flavour


class Reply(StrEnum):
    """What the rows of one run say of a claim."""

    HOLDS = "holds"
    WITH_LIMITS = "holds with limits"
    DOES_NOT_HOLD = "does not hold"
    CANNOT_TELL = "this experiment cannot tell"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseCount:
    """How many mistakes of the list speak for a claim, against it, or could not be judged."""

    support: int = 0
    against: int = 0
    not_judged: int = 0

    @property
    def mistakes(self) -> int:
        return self.support + self.against + self.not_judged


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidingRow:
    """A row that an answer rests on; `outcome` is what it showed, or why it was not judged."""

    row: str
    flavour: Flavour
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """Where a claim ends: what it would have to show there, and the rows that do not."""

    says: str
    asked: int
    rows: tuple[DecidingRow, ...]
    not_judged: tuple[DecidingRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WeighedShare:
    """How the weight of a cited list falls in one variant; the worst row of an entry decides for all its weight."""

    variant: str
    rejected: float
    stopped: float
    otherwise_avoided: float
    not_prevented: float
    not_measured: float

    @property
    def avoided(self) -> float:
        return self.rejected + self.stopped + self.otherwise_avoided


@dataclass(frozen=True, slots=True, kw_only=True)
class WeighedAnswer:
    """The worst and the best case over Rust's variants, as shares of the weight that has classes in the matrix."""

    title: str
    source: str
    whole: float  # weight of the whole cited list
    part: float  # of its entries that are classes of the matrix; every share below is of this
    worst: float
    best: float
    best_if_all_measured_well: float  # the best case if every entry without a judged row were avoided
    shares: tuple[WeighedShare, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimAnswer:
    """One claim of claims.yml, answered from the rows of this run and from nothing else."""

    id: str
    claim: str
    source: str
    answer: Reply
    why: str
    rust: CaseCount
    hardened_cpp: CaseCount  # the same query, asked of C++ as the hardened flavour builds it
    support: tuple[DecidingRow, ...]
    against: tuple[DecidingRow, ...]
    not_judged: tuple[DecidingRow, ...]
    limits: tuple[Limit, ...]
    classes_without_mistake: tuple[str, ...]
    weighed: WeighedAnswer | None = None
