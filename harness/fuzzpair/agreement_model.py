"""The nouns of agreement: what two twins, and a reference beside them, say of one input. Frozen dataclasses, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from fuzzpair.model.language import Language
from fuzzpair.model.run_facts import Control, StageCost, Toolchain


class Voice(StrEnum):
    """Who says something of an input."""

    CPP = "cpp"
    RUST = "rust"
    REFERENCE = "reference"

    @property
    def shown(self) -> str:
        return {Voice.CPP: "C++", Voice.RUST: "Rust", Voice.REFERENCE: "reference"}[self]


class Ending(StrEnum):
    """How one voice ended on one input."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    HANG = "hang"
    CRASH = "crash"  # a signal, a panic, an exit code that is no answer


class What(StrEnum):
    """What differs. The first two need no text: whether an answer came at all outweighs what it says."""

    CRASH = "one side crashes"  # a finding of its own kind, never called a disagreement
    HANG = "one side hangs"
    ACCEPTANCE = "one accepts, one rejects"
    REASON = "rejected for different reasons"
    TEXT = "accepted, and described differently"

    @property
    def is_disagreement(self) -> bool:
        return self is not What.CRASH


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one voice said: its ending and its canonical text, which is empty unless it accepted or rejected."""

    ending: Ending
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parting:
    """Where answers part. `path` is the field, in words of the text; `odd` the voice that is alone among three."""

    what: What
    path: str
    sides: tuple[tuple[Voice, str], ...]  # what each says there, the reason of a rejection or an ending
    odd: Voice | None = None

    @property
    def key(self) -> str:
        """The same for the same disagreement, whatever the input: what names it and folds others into it."""
        return f"{self.what} · {self.path}" if self.path else str(self.what)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One voice's answer as it is kept: the text as a blob (sha256)."""

    voice: Voice
    ending: Ending
    text: str  # sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """One finding: the smallest input found on which the answers part in this way."""

    key: str
    what: What
    path: str
    odd: Voice | None
    target: str
    input: str  # sha256, minimised
    octets: int
    found: str  # sha256 of the input as the engine found it
    is_minimal: bool
    inputs: int  # how many inputs of the campaign were folded into it
    engine: str
    seconds: float  # of the campaign until it was first seen
    executions: int
    said: tuple[Said, ...]
    parted_at: int  # the first line that differs, from 0
    touched: tuple[int, ...]  # offsets of the octets that matter: with another value in one of them it is gone


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """An input that an engine kept because the voices parted on it."""

    input: str  # sha256
    seconds: float
    executions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementCampaign:
    """One campaign that compares: a sample, as every campaign is."""

    engine: str
    target: str
    subject: str
    seed: int
    budget_runs: int
    executions: int
    duration_s: float
    edges: int
    growth: tuple[tuple[int, int], ...]  # (executions, edges), as it grew
    parted: int  # executions on which the voices parted
    sightings: tuple[Sighting, ...]
    log: str  # sha256
    command: str
    complete: bool  # False: the time ended it, before the executions that were asked for

    @property
    def executions_per_s(self) -> float:
        return self.executions / self.duration_s if self.duration_s else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementRow:
    """What one engine made of one pair of trees: the unpatched twins, or one of them with a mistake in it."""

    subject: str  # e.g. `exclusive-range/cpp`, `the unpatched twins`
    mistake: str  # empty: nothing is planted
    patched: Language | None
    target: str
    engine: str
    campaigns: tuple[AgreementCampaign, ...]
    disagreements: tuple[Disagreement, ...]
    problem: str = ""  # why there is no campaign

    @property
    def is_found(self) -> bool:
        """Whether what was planted showed as a disagreement."""
        return any(one.what.is_disagreement for one in self.disagreements)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementRecord:
    """One `fuzzpair agree`, complete: every report of it is made from this and the blobs it names."""

    schema: str
    run_id: str
    version: str
    started: str  # RFC 3339, UTC
    duration_s: float
    pair: str
    backend: str
    toolchain: Toolchain
    reference: str  # `module:function`, empty where there is none
    described_by: tuple[tuple[str, str], ...]  # language -> its C ABI's file, as a path in the repository
    budgets: tuple[tuple[str, str], ...]
    rows: tuple[AgreementRow, ...]
    controls: tuple[Control, ...]
    stages: tuple[StageCost, ...]
    exit_code: int
    reasons: tuple[str, ...]  # of an exit code that is not 0
