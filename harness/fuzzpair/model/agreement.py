"""The nouns of agreement: what two twins, and a reference beside them, say of one input. Frozen dataclasses, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Final

from fuzzpair.model.language import Language
from fuzzpair.model.run_facts import Control, StageCost, Toolchain
from fuzzpair.model.standing import Standing

KEY_LIMIT: Final = 300  # characters: a word of an input has no end
SIGNATURE: Final = "parted1-"  # and the number of the way in which keys are made


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
    SILENT = "silent"  # a program ended, and did not say whether it accepts
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
        return (f"{self.what} · {self.path}" if self.path else str(self.what))[:KEY_LIMIT]


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
    # Of the unpatched twins', against earlier comparisons and the known issues; what was planted has none.
    standing: Standing = Standing.NEW
    first_seen: str = ""  # RFC 3339, UTC
    owner: str = ""  # of the known-issue entry
    expires: str = ""

    @property
    def signature(self) -> str:
        """What a known-issue entry names it by: the key's digest, which is no input's."""
        return f"{SIGNATURE}{sha256(self.key.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """An input that an engine kept because the voices parted on it."""

    input: str  # sha256
    seconds: float
    executions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceGrowth:
    """How one voice's coverage grew in one campaign, by its own counters."""

    voice: Voice
    instrumented: int  # edges that could be covered
    points: tuple[tuple[int, int], ...]  # (executions, edges covered) wherever these grew; at most some 60


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
    voices: tuple[VoiceGrowth, ...] = ()  # under atheris; the native engine's counters are of both sides together
    rate: float = 0.0  # executions a second by the target's own clock, without its start; 0: it did not say
    answered: tuple[tuple[Voice, int], ...] = ()  # executions on which a side said something: its verdict, or a text

    @property
    def executions_per_s(self) -> float:
        return self.rate or (self.executions / self.duration_s if self.duration_s else 0.0)


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
    twins: tuple[tuple[str, str], ...] = ()  # language -> digest of the unpatched twin's sources
    gone: tuple[Disagreement, ...] = ()  # of earlier comparisons, whose inputs were tried again and part no more
    known_issues: tuple[tuple[str, str], ...] = ()  # entry -> what is wrong with it: expired, matches nothing
