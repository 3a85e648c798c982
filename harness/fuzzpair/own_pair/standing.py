"""Where a finding stands against earlier runs: the events of all of them, in their order. Pure.

Events are only ever added, so the events of two runs at once, or of two folders, are their union, and what they come
to does not depend on who wrote first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from fuzzpair.model.finding import Reproduction
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language
from fuzzpair.model.pair import PairFinding
from fuzzpair.model.standing import Standing
from fuzzpair.own_pair.state import FindingEvent, Happening

Identity = tuple[str, Language, str]  # target, side, key

INPUTS_KEPT = 10  # of one finding: the smallest; all others are in the state


def identity(finding: PairFinding) -> Identity:
    return finding.target, finding.language, finding.key


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What earlier runs know of one finding."""

    finding: PairFinding  # as it was last seen, with the inputs of all runs
    first_seen: str
    last_seen: str
    is_fixed: bool


def pasts_of(events: Iterable[FindingEvent]) -> dict[Identity, Past]:
    """What all events come to, by finding."""
    pasts: dict[Identity, Past] = {}
    for event in events:
        known = pasts.get(identity(event.finding))
        pasts[identity(event.finding)] = _after(known, event)
    return pasts


def _after(known: Past | None, event: FindingEvent) -> Past:
    if event.happening is Happening.FIXED:
        if known is None:  # another run's folder, of which this part came first
            at = event.finding.last_seen
            return Past(finding=event.finding, first_seen=event.finding.first_seen, last_seen=at, is_fixed=True)
        return replace(known, is_fixed=True)
    finding = merged(known.finding, event.finding) if known else event.finding
    seen = f"{event.at[: len('2026-01-01T00:00:00')]}Z"  # to the second is what people are told
    first = min(known.first_seen, seen) if known else seen
    return Past(finding=finding, first_seen=first, last_seen=seen, is_fixed=False)


def merged(earlier: PairFinding, later: PairFinding) -> PairFinding:
    """A finding with the flavours, classes and inputs of both; what was said last of each input holds."""
    by_name = {one.name: one for one in (*earlier.inputs, *later.inputs)}
    worst = later if later.score >= earlier.score else earlier
    return replace(
        later,
        flavours=_distinct(Flavour, earlier.flavours, later.flavours),
        bug_classes=tuple(dict.fromkeys((*later.bug_classes, *earlier.bug_classes))),
        inputs=smallest_first(by_name.values())[:INPUTS_KEPT],
        report=worst.report,
        cwe=worst.cwe,
        severity=worst.severity,
        score=worst.score,
        vector=worst.vector,
        why=worst.why,
        twin=later.twin or earlier.twin,
    )


def _distinct(order: type[Flavour], *several: tuple[Flavour, ...]) -> tuple[Flavour, ...]:
    there = {one for each in several for one in each}
    return tuple(one for one in order if one in there)


def smallest_first(inputs: Iterable[Reproduction]) -> tuple[Reproduction, ...]:
    """Those that show the bug each time come first."""
    return tuple(sorted(inputs, key=lambda one: (one.is_flaky, one.octets, one.name)))


def with_past(finding: PairFinding, past: Past | None, now: str) -> PairFinding:
    """A finding of this run, with its standing."""
    if past is None:
        return replace(finding, standing=Standing.NEW, first_seen=now, last_seen=now)
    standing = Standing.REOPENED if past.is_fixed else Standing.KNOWN
    together = merged(past.finding, finding)
    return replace(together, standing=standing, first_seen=past.first_seen, last_seen=now)


def not_seen(past: Past, *, rechecked: bool) -> PairFinding:
    """A finding of earlier runs that this one did not see: fixed, where all of its inputs were run again."""
    standing = Standing.FIXED if rechecked or past.is_fixed else Standing.KNOWN
    return replace(past.finding, standing=standing, first_seen=past.first_seen, last_seen=past.last_seen)


def all_findings(seen: Iterable[PairFinding], pasts: Mapping[Identity, Past], now: str) -> list[PairFinding]:
    """The findings of this run with their standing."""
    return [with_past(one, pasts.get(identity(one)), now) for one in seen]
