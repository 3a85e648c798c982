"""Reports → findings: grouped by same bug, in each by same crash, with a person's rulings respected. Linear time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from fuzzpair.model.crash_report import CrashReport
from fuzzpair.model.tool import Tool
from fuzzpair.triage.links import Joined, Shown, linked, shown
from fuzzpair.triage.rulings import Rulings
from fuzzpair.triage.signature import Signature, signature

NO_RULINGS = Rulings()
_TELLING = (Tool.ADDRESS, Tool.HWADDRESS, Tool.LEAK, Tool.UNDEFINED, Tool.TYPE, Tool.MEMORY, Tool.THREAD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One log: a name for it, what was read from it, and a digest that keeps the unknown apart.

    The digest is of the log with its input, for two inputs may well end in the same line of glibc.
    """

    name: str
    report: CrashReport | None
    digest: str
    input: str = ""  # a digest of the input alone, where it is known: two tools on one input see one slip (below)


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
    seen: dict[str, _Seen] = {}
    split = {ruling.signature for ruling in rulings.splits}
    by_input: defaultdict[str, dict[tuple[str, Tool], Shown]] = defaultdict(dict)
    for item in items:
        made = signature(item.report, item.digest)
        seen[made.crash] = _Seen(made, _rank(item.report))
        names[made.crash].append(item.name)
        if item.input and item.report and made.crash not in split:
            by_input[item.input].setdefault((made.bug, item.report.tool), shown(made, item.report))
    crashes = [CrashGroup(signature=seen[key].signature, items=tuple(sorted(names[key]))) for key in sorted(names)]
    leaders = _leaders(rulings, linked(_in_order(each) for each in by_input.values()), seen.values())
    findings = _findings(crashes, rulings, leaders)
    return Grouping(findings=findings, unused=tuple(_unused((one.signature for one in seen.values()), rulings)))


@dataclass(frozen=True, slots=True)
class _Seen:
    """A signature, and how much its tool can tell: 0 is the most."""

    signature: Signature
    rank: int


def _rank(report: CrashReport | None) -> int:
    """AddressSanitizer knows bounds and lifetimes; what MemorySanitizer or ThreadSanitizer calls a fault of bounds
    depends on what lies there, and a library or a signal knows only where it ended."""
    return _TELLING.index(report.tool) if report and report.tool in _TELLING else len(_TELLING)


def _in_order(shown: Mapping[tuple[str, Tool], Shown]) -> Sequence[Shown]:
    return [shown[key] for key in sorted(shown)]


def _findings(crashes: Iterable[CrashGroup], rulings: Rulings, leaders: Mapping[str, str]) -> tuple[BugGroup, ...]:
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


def _leaders(rulings: Rulings, links: Iterable[tuple[str, str]], seen: Iterable[_Seen]) -> Mapping[str, str]:
    """Each joined signature with the one that stands for all of its group.

    Of a ruling's the smallest that it names, seen this time or not; else that of the tool that can tell the most.
    """
    sets = Joined()
    joins = [(join.signatures[0], other) for join in rulings.joins for other in join.signatures[1:]]
    for one, other in (*links, *joins):
        sets.join(one, other)
    ranks = {one.signature.bug: one.rank for one in sorted(seen, key=lambda one: -one.rank)}
    ranks |= {name: -1 for join in rulings.joins for name in join.signatures}
    best: dict[str, tuple[int, str]] = {}
    for name in sets:
        mine = (ranks.get(name, len(_TELLING)), name)
        best[sets.root(name)] = min(best.get(sets.root(name), mine), mine)
    return {name: best[sets.root(name)][1] for name in sets}


def _unused(seen: Iterable[Signature], rulings: Rulings) -> Iterator[UnusedRuling]:
    known = {key for made in seen for key in (made.bug, made.crash)}
    named = [(join.line, name, join.reason) for join in rulings.joins for name in join.signatures]
    named += [(split.line, split.signature, split.reason) for split in rulings.splits]
    for line, name, reason in sorted(named):
        if name not in known:
            yield UnusedRuling(line=line, signature=name, reason=reason)
