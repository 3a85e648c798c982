"""What one input shows to several tools: which of these reports are of one bug. Pure, and linear in the inputs.

Builds of one source take one input the same way, and a process ends at its first fault. So two reports of one input
are often one slip under two names; but an input may also trigger two bugs, of which each tool sees another. Hence a
link needs evidence in the reports themselves, and a report that is as near to two bugs is linked to neither.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, takewhile
from typing import Final

from fuzzpair.model.crash_report import Access, CrashReport
from fuzzpair.model.tool import Tool
from fuzzpair.triage.families import ALLOCATION, INTEGERS, LIFETIME, MEMORY, NULL, UNINITIALISED, WILD, may_be_one
from fuzzpair.triage.signature import Functions, Signature, functions_of

MOST_BUGS: Final = 32  # that one input shows; more are no evidence of anything, and pairs of them are quadratic

# These end a process where the harm begins, or before it: in this order of what they can tell.
_SEES_CAUSES: Final = (
    Tool.ADDRESS,
    Tool.HWADDRESS,
    Tool.RUST_ABORT,
    Tool.RUST_PANIC,
    Tool.UNDEFINED,
    Tool.MEMORY,
    Tool.THREAD,
)
# These see the harm only where it is used, or where it is raced for: it has to be in the same function, or below.
_SEES_USES: Final = frozenset({Tool.MEMORY, Tool.THREAD})
# These say where a process ended, however far that is from what was wrong.
_SAYS_WHERE_IT_ENDED: Final = frozenset({Tool.GLIBC_HEAP, Tool.STACK_PROTECTOR})

_SOURCE: Final = re.compile(r"[\w./-]{1,200}\.(?:cpp|cc|c|S)")
_THROWER: Final = re.compile(r"\w{1,80}(?=::|:|\s|$)")  # a container, or a function such as stoi

Link = tuple[str, str]  # two same-bug keys
Near = tuple[int, bool, int]  # more is nearer: what they share, whether they are of one class, callers shared
_FAR: Final[Near] = (0, False, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One bug that an input shows, with the report that shows it."""

    signature: Signature
    report: CrashReport
    functions: Functions

    @property
    def place(self) -> str:
        """The function where it goes wrong. The file that a symbolizer gives for want of one is none."""
        return "" if _SOURCE.fullmatch(self.signature.place) else self.signature.place

    @property
    def is_echo(self) -> bool:
        """Whether any build could end so, at a place that damaged memory, or a length gone wrong, has chosen."""
        if self.report.tool in _SAYS_WHERE_IT_ENDED or self.signature.family == ALLOCATION:
            return True
        if self.signature.family == UNINITIALISED:  # seen only where the harness hands the result out
            return self.functions.is_harness and not any(label == "origin" for label, _ in self.report.other_stacks)
        return self.signature.family == NULL or (self.report.bug_class is None and self.report.kind in WILD)

    def may_lead_to(self, echo: Shown) -> bool:
        """Whether this harm may be what ends so."""
        # A null pointer is mostly a bug of its own; not so where the caller of what did the harm uses it next.
        is_near = self.report.tool in _SEES_USES or (echo.signature.family == NULL and bool(echo.place))
        if self.is_echo or (is_near and echo.place not in self.functions.every):
            return False
        if self.report.tool is Tool.UNDEFINED:
            return True  # behind what is undefined anything may follow
        return self.signature.family in MEMORY | INTEGERS and not (echo.is_of_the_heap and self.only_reads)

    @property
    def is_of_the_heap(self) -> bool:
        """Whether the owner of a heap or of a stack finds it damaged: then it was written to, or released."""
        return self.report.tool in _SAYS_WHERE_IT_ENDED

    @property
    def only_reads(self) -> bool:
        reads = self.report.access is Access.READ or (self.report.bug_class or "").endswith("-read")
        return reads and self.signature.family != LIFETIME


class Joined:
    """Disjoint sets of names."""

    def __init__(self) -> None:
        self._parents: dict[str, str] = {}

    def root(self, of: str) -> str:
        while self._parents.setdefault(of, of) != of:
            self._parents[of] = self._parents[self._parents[of]]  # halves the path: linear in practice
            of = self._parents[of]
        return of

    def join(self, one: str, other: str) -> None:
        self._parents[self.root(one)] = self.root(other)

    def __iter__(self) -> Iterator[str]:
        """Every name that was ever asked for."""
        return iter(tuple(self._parents))


def shown(signature: Signature, report: CrashReport) -> Shown:
    return Shown(signature=signature, report=report, functions=functions_of(report))


def linked(by_input: Iterable[Sequence[Shown]]) -> Iterator[Link]:
    """Pairs of bugs that are one, from what each input shows.

    What has no place of its own, or one that chance chose, goes to the one bug that it follows. Where it follows two,
    on one input or on several, it is neither's: else a common ending would join all that lead to it.
    """
    inputs = [ones for ones in by_input if len(ones) <= MOST_BUGS]
    sets, followed = Joined(), defaultdict[str, set[str]](set)
    for one, other in (link for ones in inputs for link in _firm(ones)):
        sets.join(one, other)
        yield one, other
    firm = frozenset(name for ones in inputs for name in _settled(ones))
    for ones in inputs:
        for last in ones:
            if last.signature.bug not in firm:
                followed[last.signature.bug] |= {sets.root(cause.signature.bug) for cause in _causes(last, ones)}
    for one_of, causes in followed.items():
        if len(causes) == 1:
            yield one_of, causes.pop()


def _settled(ones: Sequence[Shown]) -> Iterator[str]:
    """What is of one bug with something that is no echo: it follows nothing else."""
    by_key = {one.signature.bug: one for one in ones}
    for link in _firm(ones):
        if not all(by_key[name].is_echo for name in link):
            yield from link


def _firm(ones: Sequence[Shown]) -> Iterator[Link]:
    """What two tools show in one function, or of one family on one stack; each the nearest of all to the other."""
    by_tool = defaultdict[Tool, list[Shown]](list)
    for one in ones:
        if one.place:
            by_tool[one.report.tool].append(one)
    for ours, theirs in combinations(by_tool.values(), 2):
        for one in ours:
            other = _nearest(one, theirs)
            if other is not None and _nearest(other, ours) is one:
                yield one.signature.bug, other.signature.bug


def _nearest(one: Shown, others: Iterable[Shown]) -> Shown | None:
    """The one that is nearer than all others, if there is one."""
    found = _highest([(_near(one, other), other) for other in others])
    return found[0] if len(found) == 1 else None


def _highest(rated: Sequence[tuple[Near, Shown]]) -> Sequence[Shown]:
    most = max((near for near, _ in rated), default=_FAR)
    return [one for near, one in rated if near == most] if most > _FAR else ()


def _causes(one: Shown, ones: Sequence[Shown]) -> Sequence[Shown]:
    """What may be behind a report without a place (of its family), or behind an echo."""
    others = [other for other in ones if other.report.tool is not one.report.tool or _throw_alike(one, other)]
    nearest = [] if one.place else _highest([(_near(one, other), other) for other in others])
    return nearest or (_followed(one, ones) if one.is_echo else ())


def _followed(echo: Shown, ones: Sequence[Shown]) -> Sequence[Shown]:
    """What the tool that can tell the most shows of this input; if that is several, what shares most of the stack.

    A tool that shows the echo itself ended there: what else it shows is another bug.
    """
    for tool in _SEES_CAUSES:
        shown = [one for one in ones if one.report.tool is tool]
        if not any(one.signature.bug == echo.signature.bug for one in shown):
            causes = [one for one in shown if one.may_lead_to(echo)]
            if causes:
                return _highest([((1, *_alike(echo, cause)), cause) for cause in causes])
    return ()


def _throw_alike(one: Shown, other: Shown) -> bool:
    """Whether two C++ libraries word one throw of theirs: `vector::reserve` in one is `vector` in the other."""
    if one is other or {one.report.tool, other.report.tool} != {Tool.CXX_EXCEPTION}:
        return False
    thrower = _THROWER.match(one.report.message)
    theirs = _THROWER.match(other.report.message)
    return one.report.kind == other.report.kind and bool(thrower and theirs and thrower[0] == theirs[0])


def _near(one: Shown, other: Shown) -> Near:
    ours, theirs = one.signature, other.signature
    if ours.bug == theirs.bug:
        what = 3
    elif one.place and one.place == other.place and _are_of_one_slip(one, other):
        what = 2
    elif ours.family == theirs.family and _on_one_stack(one, other):
        what = 1
    else:
        return _FAR
    return (what, *_alike(one, other))


def _are_of_one_slip(one: Shown, other: Shown) -> bool:
    """Whether both may be one slip in one function; an echo is there by chance, and weighed with what it may follow."""
    ours, theirs = one.signature.family, other.signature.family
    return may_be_one(ours, theirs) and (ours == theirs or not (one.is_echo or other.is_echo))


def _on_one_stack(one: Shown, other: Shown) -> bool:
    """Whether the place of one stands on a stack of the other (its caller, what released it), or is not known."""
    ours, theirs = one.place, other.place
    return not ours or not theirs or theirs in one.functions.every or ours in other.functions.every


def _alike(one: Shown, other: Shown) -> tuple[bool, int]:
    same_class = one.report.bug_class is not None and one.report.bug_class == other.report.bug_class
    pairs = zip(reversed(one.functions.fault), reversed(other.functions.fault), strict=False)
    return same_class, sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
