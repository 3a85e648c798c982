"""What the verdicts of one variant rest on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from fuzzpair.model.diagnostic import Diagnostic, Rejection
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Variant
from fuzzpair.model.verdict import Fidelity


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What one flavour says of a mistake's triggering inputs, and of the counterpart's run on them."""

    flavour: Flavour
    tool: str  # who caught it, "none" when nobody did, "not run" with the reason in `kinds`
    endings: tuple[tuple[str, int], ...]  # ending -> how many inputs
    kinds: tuple[tuple[str, int], ...]  # the tool's own words -> how many inputs
    k: int  # inputs on which this flavour catches the mistake
    n: int
    touches_patch: bool  # a stack of the report passes through the patched function
    counterpart_clean: bool
    wrong_output: int  # inputs whose output differs from the counterpart's
    example_input: str | None  # sha256
    example_log: str | None  # sha256
    excerpt: str
    reproduce: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Whether one seed's campaign found the mistake within its budget."""

    seed: int
    found: bool
    executions: int
    seconds: float
    budget_runs: int
    kind: str


class UnderLoad(StrEnum):
    """What a leak under load shows. A claim that names one of these asks that, and not the rung."""

    KILLED = "killed under load"
    SURVIVED = "not killed under load"


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """One production program that parsed one input again and again under a memory limit, and its counterpart."""

    variant: Variant
    flavour: Flavour
    memory_mb: int
    input: str  # sha256
    budget: int  # parses allowed
    parses: int  # parses done until the kill, or all that were allowed
    killed: bool  # the engine says that its limit killed it
    max_rss_kb: int
    counterpart_parses: int
    counterpart_killed: bool
    counterpart_max_rss_kb: int

    @property
    def shown(self) -> str:
        ending = "killed for its memory behind" if self.killed else "not killed in"
        return f"{ending} {self.parses:,} parses under {self.memory_mb} MiB"


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryCount:
    reached: int
    triggered: int
    inputs: tuple[str, ...]  # sha256 of the distinct triggering inputs


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayedProgram:
    """What `fuzzpair replay` needs to run a judged input again."""

    flavour: Flavour
    program: str  # sha256
    target: str
    inputs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Everything a row's verdict rests on."""

    rejection: Rejection | None = None
    warnings: tuple[Diagnostic, ...] = ()
    crashed_checks: tuple[str, ...] = ()
    canary: CanaryCount | None = None
    judgements: tuple[Judgement, ...] = ()
    found: tuple[Found, ...] = ()
    loads: tuple[Load, ...] = ()  # of classes that are leaks
    fidelity: Fidelity | None = None
    fidelity_why: str = ""
    patch: str = ""  # the diff as text
    fixed_patch: str = ""  # the counterpart's diff; empty: the counterpart is the unpatched twin
    compiler_command: str = ""
    replays: tuple[ReplayedProgram, ...] = ()
    job_keys: tuple[str, ...] = ()
