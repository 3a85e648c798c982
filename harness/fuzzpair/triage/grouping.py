"""Reports → findings: grouped by same bug, in each by same crash, with a person's rulings respected. Linear time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from fuzzpair.model import CrashReport, Tool
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
    by_input: defaultdict[str, dict[str, tuple[Signature, Tool | None]]] = defaultdict(dict)
    for item in items:
        made = signature(item.report, item.digest)
        seen[made.crash] = _Seen(made, _rank(item.report))
        names[made.crash].append(item.name)
        if item.input and made.crash not in split:
            by_input[item.input][made.bug] = (made, item.report.tool if item.report else None)
    crashes = [CrashGroup(signature=seen[key].signature, items=tuple(sorted(names[key]))) for key in sorted(names)]
    leaders = _leaders(rulings, _linked(by_input.values()), seen.values())
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


def _linked(by_input: Iterable[Mapping[str, tuple[Signature, Tool | None]]]) -> Iterator[tuple[str, str]]:
    """Pairs of bugs that one input shows to two tools: in one function, or of one family and in no two functions.

    A process ends at its first fault, and builds of one source take one input the same way. Two faults of one input in
    two functions may well be two bugs, the first of which the other tool does not see: these stay apart.
    """
    for shown in by_input:
        alike: defaultdict[tuple[str, str], list[tuple[Signature, Tool | None]]] = defaultdict(list)
        for _, (made, tool) in sorted(shown.items(), key=lambda pair: pair[0]):
            if made.place:
                alike["place", made.place].append((made, tool))
            if made.family:
                alike["family", made.family].append((made, tool))
        for (what, _), ones in alike.items():
            if what == "place" or len({made.place for made, _ in ones if made.place}) <= 1:
                yield from _between_tools(ones)


def _between_tools(ones: list[tuple[Signature, Tool | None]]) -> Iterator[tuple[str, str]]:
    """One tool that shows two bugs on one input means two of them."""
    for made, tool in ones:
        other = next((one for one, by in ones if by is not tool), None)
        if other is not None:
            yield made.bug, other.bug


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
    parents: dict[str, str] = {}

    def root(of: str) -> str:
        while parents.setdefault(of, of) != of:
            parents[of] = parents[parents[of]]  # halves the path: linear in practice
            of = parents[of]
        return of

    joins = [(join.signatures[0], other) for join in rulings.joins for other in join.signatures[1:]]
    for one, other in (*links, *joins):
        parents[root(one)] = root(other)
    ranks = {one.signature.bug: one.rank for one in sorted(seen, key=lambda one: -one.rank)}
    ranks |= {name: -1 for join in rulings.joins for name in join.signatures}
    best: dict[str, tuple[int, str]] = {}
    for name in list(parents):
        mine = (ranks.get(name, len(_TELLING)), name)
        best[root(name)] = min(best.get(root(name), mine), mine)
    return {name: best[root(name)][1] for name in parents}


def _unused(seen: Iterable[Signature], rulings: Rulings) -> Iterator[UnusedRuling]:
    known = {key for made in seen for key in (made.bug, made.crash)}
    named = [(join.line, name, join.reason) for join in rulings.joins for name in join.signatures]
    named += [(split.line, split.signature, split.reason) for split in rulings.splits]
    for line, name, reason in sorted(named):
        if name not in known:
            yield UnusedRuling(line=line, signature=name, reason=reason)
