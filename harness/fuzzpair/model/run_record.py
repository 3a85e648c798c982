"""One run of the experiment: its rows, and all that a report is made from."""

from __future__ import annotations

from dataclasses import dataclass

from fuzzpair.model.campaign import Growth
from fuzzpair.model.claim_answer import ClaimAnswer
from fuzzpair.model.evidence import Evidence
from fuzzpair.model.finding import Finding
from fuzzpair.model.gate import Gate
from fuzzpair.model.language import Language, Variant
from fuzzpair.model.run_facts import Control, StageCost, Toolchain
from fuzzpair.model.verdict import FlavourVerdict, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One variant of one mistake. `verdict` is None exactly when `problem` says why."""

    mistake: str
    title: str
    bug_class: str
    cwe: int
    born_in: Language
    imitates: str | None
    variant: Variant
    patch_digest: str
    verdict: Verdict | None
    hardened: Verdict | None
    tools: tuple[str, ...]
    evidence: Evidence
    further: tuple[FlavourVerdict, ...] = ()  # in the other production flavours of the profile
    problem: str | None = None
    target: str = ""  # that it is triggered through; empty in an older version's record

    @property
    def name(self) -> str:
        return f"{self.mistake}/{self.variant}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One run, complete: every report is made from this and nothing else."""

    schema: str
    run_id: str
    version: str
    started: str  # RFC 3339, UTC
    duration_s: float
    pair: str
    profile: str
    backend: str
    complete: bool
    toolchain: Toolchain
    budgets: tuple[tuple[str, str], ...]
    rows: tuple[Row, ...]
    controls: tuple[Control, ...]
    stages: tuple[StageCost, ...]
    gate: Gate
    findings: tuple[Finding, ...] = ()  # what campaigns crashed on, row by row; empty in an older version's record
    claims: tuple[ClaimAnswer, ...] = ()  # empty: pipeline.yml names no claims, or an older version wrote the record
    folders: tuple[tuple[str, str], ...] = ()  # language -> the twin's folder, relative to pipeline.yml
    corpus: tuple[tuple[str, tuple[str, ...]], ...] = ()  # target -> sha256 of each seed
    growth: tuple[Growth, ...] = ()  # of the unpatched twins; empty: none was fuzzed, or an older version's record
    twins: tuple[tuple[str, str], ...] = ()  # language -> digest of the unpatched twin's sources
