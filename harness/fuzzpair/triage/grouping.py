"""Reports → findings: grouped by same bug, in each by same crash, with a person's rulings respected. Linear time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from fuzzpair.model import CrashReport
from fuzzpair.triage.rulings import Rulings
from fuzzpair.triage.signature import Signature, signature

NO_RULINGS = Rulings()


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One log: a name for it, what was read from it, and a digest that keeps the unknown apart.

    The digest is of the log with its input, for two inputs may well end in the same line of glibc.
    """

    name: str
    report: CrashReport | None
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CrashGroup:
    signature: Signature
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BugGroup:
    """One bug. Its key stays the same from night to night, whichever of its members are seen."""

    key: str
    crashes: tuple[CrashGroup, ...]
    rulings: tuple[str, ...] = ()  # the reasons of the rulings that made this group what it is

    @property
    def items(self) -> tuple[str, ...]:
        return tuple(sorted(item for crash in self.crashes for item in crash.items))


@dataclass(frozen=True, slots=True, kw_only=True)
class UnusedRuling:
    """A signature that a ruling names and that no item has: gone for good, mistyped, or not seen this time."""

    line: int
    signature: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    findings: tuple[BugGroup, ...]
    unused: tuple[UnusedRuling, ...]


def group(items: Iterable[Item], rulings: Rulings = NO_RULINGS) -> Grouping:
    """The findings in the order of their keys; the order of the items changes nothing."""
    names: defaultdict[str, list[str]] = defaultdict(list)
    signatures: dict[str, Signature] = {}
    for item in items:
        made = signature(item.report, item.digest)
        signatures[made.crash] = made
        names[made.crash].append(item.name)
    crashes = [CrashGroup(signature=signatures[key], items=tuple(sorted(names[key]))) for key in sorted(names)]
    return Grouping(findings=_findings(crashes, rulings), unused=tuple(_unused(signatures.values(), rulings)))


def _findings(crashes: Iterable[CrashGroup], rulings: Rulings) -> tuple[BugGroup, ...]:
    leaders = _leaders(rulings)
    split = {ruling.signature: ruling.reason for ruling in rulings.splits}
    members: defaultdict[str, list[CrashGroup]] = defaultdict(list)
    reasons: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for crash in crashes:
        own = crash.signature.crash if crash.signature.crash in split else crash.signature.bug
        key = leaders.get(own, own)
        members[key].append(crash)
        if crash.signature.crash in split:
            reasons[key][split[crash.signature.crash]] = None
    for join in rulings.joins:
        reasons[leaders[join.signatures[0]]][join.reason] = None
    return tuple(BugGroup(key=key, crashes=tuple(members[key]), rulings=tuple(reasons[key])) for key in sorted(members))


def _leaders(rulings: Rulings) -> Mapping[str, str]:
    """Each joined signature with the one that stands for all of its group: the smallest, seen this time or not."""
    leaders: dict[str, str] = {}

    def leader(of: str) -> str:
        while leaders.setdefault(of, of) != of:
            leaders[of] = leaders[leaders[of]]  # halves the path: linear in practice
            of = leaders[of]
        return of

    for join in rulings.joins:
        for other in join.signatures[1:]:
            low, high = sorted((leader(join.signatures[0]), leader(other)))
            leaders[high] = low
    return {name: leader(name) for name in list(leaders)}


def _unused(seen: Iterable[Signature], rulings: Rulings) -> Iterator[UnusedRuling]:
    known = {key for made in seen for key in (made.bug, made.crash)}
    named = [(join.line, name, join.reason) for join in rulings.joins for name in join.signatures]
    named += [(split.line, split.signature, split.reason) for split in rulings.splits]
    for line, name, reason in sorted(named):
        if name not in known:
            yield UnusedRuling(line=line, signature=name, reason=reason)
