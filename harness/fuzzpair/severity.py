"""Severity: a class of bugs × what was accessed × who reaches it → a CVSS 3.1 vector, its score and its level.

A level is never written by hand: the table says what an attacker gains, in the metrics of CVSS 3.1 (FIRST, "Common
Vulnerability Scoring System v3.1: Specification Document"), and the score is that document's formula for the base
score with the scope unchanged (7.1 and appendix A). docs/severity.md shows the whole table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import prod
from types import MappingProxyType
from typing import Final

from fuzzpair.bug_classes import BUG_CLASSES
from fuzzpair.model.crash_report import AddressClass, CrashReport
from fuzzpair.model.tool import Tool
from fuzzpair.severity_rules import RULES, STALE, UNCLASSIFIED, Effect, Reachability, Touch


class Severity(StrEnum):
    """The qualitative scale of CVSS 3.1 (table 14), from harmless to worst."""

    NONE = "none"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def band(self) -> tuple[float, float]:
        """The lowest and highest score of this level.

        GitHub calls a SARIF `security-severity` critical only above 9.0, where CVSS has it from 9.0 on: what starts at
        9.1 is critical in both.
        """
        return _BANDS[self]


_BANDS: Final[Mapping[Severity, tuple[float, float]]] = MappingProxyType(
    {
        Severity.NONE: (0.0, 0.0),
        Severity.LOW: (0.1, 3.9),
        Severity.MEDIUM: (4.0, 6.9),
        Severity.HIGH: (7.0, 8.9),
        Severity.CRITICAL: (9.1, 10.0),
    }
)


# Whose free it is that is at fault.
_FREES: Final = frozenset(
    {"double-free", "invalid-free", "free-of-offset-pointer", "allocator-mismatch", "delete-without-virtual-destructor"}
)
# Linux maps nothing below vm.mmap_min_addr, 64 KiB by default on x86-64; the first page is null itself.
FIRST_PAGE: Final = 0x1000
LOWEST_MAPPED: Final = 0x10000
# Kinds of reports whose address is the one that the processor could not reach.
_SIGNALS: Final = frozenset({"SEGV", "BUS"})
# Each of these stops before the bad effect, by design. glibc's heap checks and the stack protector come after it.
_STOPS: Final = frozenset(
    {Tool.RUST_PANIC, Tool.RUST_ABORT, Tool.CXX_EXCEPTION, Tool.CXX_LIBRARY, Tool.ASSERT, Tool.FORTIFY}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What severity rests on, of one finding."""

    bug_class: str | None
    touch: Touch = Touch.UNKNOWN
    address: AddressClass | None = None
    stopped: bool = False  # a check ended the process before the bad effect


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """What pipeline.yml says instead of the tables. A level without an access is for every access."""

    levels: Mapping[tuple[str, Touch | None], Severity]
    cwes: Mapping[str, int]

    def level(self, fault: Fault) -> Severity | None:
        """The level of the class and access, else of the class; None where the table holds."""
        slug = fault.bug_class or ""
        return self.levels.get((slug, fault.touch), self.levels.get((slug, None)))


NO_OVERRIDES: Final = Overrides(levels=MappingProxyType({}), cwes=MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """The severity of one finding, and why. `score` is SARIF's `security-severity`."""

    severity: Severity
    score: float
    vector: str  # of the table; where `overridden`, pipeline.yml says otherwise
    cwe: int | None  # None where no class is known
    reason: str
    overridden: bool = False


def assess(report: CrashReport, reachability: Reachability, overrides: Overrides = NO_OVERRIDES) -> Assessment:
    """The severity and the CWE of a crash report."""
    return rate(fault_of(report), reachability, overrides)


def fault_of(report: CrashReport) -> Fault:
    """What a report says of its fault; a class that is in no table is a KeyError of `rate`."""
    return Fault(
        bug_class=report.bug_class,
        touch=_touch(report),
        address=address_class(report),
        stopped=report.tool in _STOPS,
    )


def _touch(report: CrashReport) -> Touch:
    if report.bug_class in _FREES:
        return Touch.FREE
    known = BUG_CLASSES.get(report.bug_class or "")
    access = report.access or (known.access if known else None)
    if access is None and report.tool is Tool.MEMORY:
        return Touch.READ  # it reports where a value is used, and names no access
    return Touch.UNKNOWN if access is None else Touch(access.value.lower())


def address_class(report: CrashReport) -> AddressClass | None:
    """What the address says; None where the report has none, or where it lies in memory that is there.

    A sanitizer says "freed" by the stack of who freed it. Any other address says something only where a signal came:
    elsewhere the memory was there, and its number is chance.
    """
    if any(label == "freed by" for label, _ in report.other_stacks):
        return AddressClass.FREED
    if report.kind not in _SIGNALS or report.address is None:
        return None
    if report.address < FIRST_PAGE:
        return AddressClass.NULL
    return AddressClass.NEAR_NULL if report.address < LOWEST_MAPPED else AddressClass.WILD


def rate(fault: Fault, reachability: Reachability, overrides: Overrides = NO_OVERRIDES) -> Assessment:
    """The severity and the CWE of a fault: the table, then what pipeline.yml says instead.

    KeyError where the class is in no table.
    """
    effect, reason = effect_of(fault)
    score = base_score(reachability, effect)
    slug = fault.bug_class
    level = overrides.level(fault)
    cwe = overrides.cwes.get(slug, BUG_CLASSES[slug].cwe) if slug else None
    lowest, highest = level.band if level else (score, score)
    return Assessment(
        severity=level or level_of(score),
        # An override moves the score no further than it must, so that findings of one level keep their order.
        score=min(max(score, lowest), highest),
        vector=vector(reachability, effect),
        cwe=cwe,
        reason="pipeline.yml says so" if level else reason,
        overridden=bool(level),
    )


def effect_of(fault: Fault) -> tuple[Effect, str]:
    """What an attacker gains, and why: the class's rule, which a stop or the address may move."""
    rule = RULES[fault.bug_class] if fault.bug_class else UNCLASSIFIED
    effect = rule.effect(fault.touch)
    if fault.stopped:
        return _only_ends(effect), "A check ended the process before the bad effect."
    match fault.address, fault.touch:
        case AddressClass.NULL, _:
            return _only_ends(effect), "The first page is never mapped: the process ends, and no more."
        case AddressClass.NEAR_NULL, Touch.READ | Touch.UNKNOWN:
            return _only_ends(effect), "Nothing is mapped below 64 KiB: a member of a null object was read."
        case AddressClass.NEAR_NULL, _:
            limited = max(_only_ends(effect), min(Effect.SHAPED_TAKEOVER, effect, key=_rank), key=_rank)
            return limited, "A write near null: the distance may be the attacker's, and reach further."
        case AddressClass.WILD, Touch.READ | Touch.WRITE:
            wild = max(effect, UNCLASSIFIED.effect(fault.touch), key=_rank)
            return wild, f"{rule.reason} The address is wild: it was computed from data."
        case AddressClass.FREED, Touch.READ | Touch.WRITE:
            return max(effect, RULES["use-after-free"].effect(fault.touch), key=_rank), STALE
    return effect, rule.reason


def _only_ends(effect: Effect) -> Effect:
    """A denial of service, whatever the class promises."""
    return effect if effect is Effect.NOTHING else Effect.CRASH


def _rank(effect: Effect) -> float:
    """Effects compare by their score where everyone can reach them."""
    return base_score(Reachability.UNTRUSTED, effect)


# --- CVSS 3.1 -----------------------------------------------------------------------------------

# Table 16 of the specification, for an unchanged scope.
# fmt: off
_WEIGHTS: Final[Mapping[str, float]] = MappingProxyType({
    "AV:N": 0.85, "AV:L": 0.55, "AC:L": 0.77, "AC:H": 0.44, "PR:N": 0.85, "PR:H": 0.27, "UI:N": 0.85, "UI:R": 0.62,
    "C:H": 0.56, "C:L": 0.22, "C:N": 0.0, "I:H": 0.56, "I:L": 0.22, "I:N": 0.0, "A:H": 0.56, "A:L": 0.22, "A:N": 0.0,
})
# fmt: on


def vector(reachability: Reachability, effect: Effect) -> str:
    """The CVSS 3.1 vector, in the order of the specification."""
    place, rights, user = reachability.metrics.split("/")
    complexity, *impacts = effect.metrics.split("/")
    return "/".join(("CVSS:3.1", place, complexity, rights, user, "S:U", *impacts))


def base_score(reachability: Reachability, effect: Effect) -> float:
    """CVSS 3.1, section 7.1: 0.0 without any impact, else impact and exploitability, rounded up to a tenth."""
    complexity, *impacts = effect.metrics.split("/")
    impact = 6.42 * (1 - prod(1 - _WEIGHTS[metric] for metric in impacts))
    exploitability = 8.22 * prod(_WEIGHTS[metric] for metric in (complexity, *reachability.metrics.split("/")))
    return _rounded_up(min(impact + exploitability, 10.0)) if impact > 0 else 0.0


def _rounded_up(score: float) -> float:
    """Appendix A: in whole numbers, since 4.02 in binary is a little more or less than that."""
    hundred_thousandths = round(score * 100_000)
    return -(-hundred_thousandths // 10_000) / 10


def level_of(score: float) -> Severity:
    """The level whose band holds a score; between two bands the higher one (9.0 is critical in CVSS)."""
    return next(level for level in Severity if score <= level.band[1])
