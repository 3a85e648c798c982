"""Fuzzing runs of one build: samples, never verdicts."""

from __future__ import annotations

from dataclasses import dataclass

from fuzzpair.model.crash_report import CrashReport
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class CrashInput:
    input: str  # sha256
    found_after_s: float
    executions: int
    report: CrashReport | None
    log: str  # sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """One fuzzing run of one build with one seed: a sample, never a verdict."""

    engine: str
    seed: int
    budget_runs: int
    executions: int
    duration_s: float
    edges: int
    corpus_units: int
    crash: CrashInput | None
    log: str  # sha256
    command: str
    complete: bool = True  # False: the fuse ended it, so it is shown but never stored


@dataclass(frozen=True, slots=True, kw_only=True)
class Soaked:
    """One campaign of an unpatched twin in one flavour. `problem` says what it found, or why there is none."""

    language: Language
    flavour: Flavour
    target: str
    campaign: Campaign | None
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """How one campaign on an unpatched twin grew: the edges covered after so many executions, where they changed."""

    language: Language
    flavour: Flavour
    target: str
    seed: int
    instrumented: int  # edges that could be covered; 0 where the engine does not say
    points: tuple[tuple[int, int], ...]  # (executions, edges covered), the last at the end
