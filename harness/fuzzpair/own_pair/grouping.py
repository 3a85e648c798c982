"""Leads that were tried → findings of a pair: one for each bug of one side's target, over all flavours. Pure."""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import Final

from fuzzpair.findings import Judging, findings_of
from fuzzpair.model.finding import Finding, Reproduction
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language
from fuzzpair.model.pair import PairFinding, TargetProgram
from fuzzpair.model.standing import Standing
from fuzzpair.own_pair.leads import Tried
from fuzzpair.own_pair.standing import INPUTS_KEPT, Identity, identity, merged, smallest_first
from fuzzpair.own_pair.twins import class_of
from fuzzpair.pair_judging import is_timeout
from fuzzpair.severity import Fault, rate
from fuzzpair.store import digest
from fuzzpair.triage.families import BOUNDS, LEAK, LIFETIME, LOCK, RACE, family_of
from fuzzpair.triage.grouping import Item
from fuzzpair.triage.ignored import blamed_frames

UNREPRODUCED: Final = "unreproduced"
EMPTY: Final = "da39a3ee5e6b4b0d3255bfef95601890afd80709"  # SHA-1 of nothing
_OF_ACCESS: Final = frozenset({BOUNDS, LIFETIME, "null"})
_ELSEWHERE: Final = frozenset({LEAK, LOCK, RACE})  # allocated in one place, lost in another; two threads, two places

Side = tuple[str, Language]


def replay_command(program: TargetProgram, name: str) -> str:
    """The one line that runs an input of the state on this program again."""
    words = ("reproduce", f"{program.target}/{program.language}", "--flavour", program.flavour, "--input", name)
    return f"./fuzzpair {shlex.join(words)}"


def findings_from(tried: Iterable[Tried], judging: Judging) -> list[PairFinding]:
    """The findings, the worst first. An input that never crashed again is kept as what it is."""
    by_side: defaultdict[Side, list[Tried]] = defaultdict(list)
    for one in tried:
        by_side[one.lead.program.target, one.lead.program.language].append(one)
    made = [each for side, of_side in by_side.items() for each in _of_side(side, of_side, judging)]
    return sorted(made, key=lambda one: (-one.score, one.target, one.language, one.key))


def by_site(findings: Iterable[PairFinding], known: Container[Identity]) -> list[PairFinding]:
    """Findings at one and the same place of the source as one, with the classes of all, where they are accesses to
    memory or have an input in common.

    What lies behind a buffer makes one wild read a heap overflow, a use after free or a plain fault, and UBSan calls it
    an exhausted stack when its address happens to be near one (docs/triage.md parts those by their families). A key
    that is known already stays the finding's, whichever class comes next.
    """
    sites: defaultdict[tuple[object, ...], list[PairFinding]] = defaultdict(list)
    for finding in findings:
        sites[_site(finding)].append(finding)
    return [made for members in sites.values() for made in _merged(members, known)]


def _site(finding: PairFinding) -> tuple[object, ...]:
    """Where it goes wrong, line and column with it; the finding itself where a place is not what tells bugs apart."""
    report = finding.report
    frame = next(iter(blamed_frames(report.stack)), None) if report is not None else None
    if report is None or frame is None or not frame.line or family_of(report) in _ELSEWHERE or is_timeout(report):
        return identity(finding)
    return (finding.target, finding.language, frame.function, frame.file, frame.line, frame.column)


def _merged(members: Sequence[PairFinding], known: Container[Identity]) -> Iterator[PairFinding]:
    leader, *others = sorted(members, key=lambda one: (identity(one) not in known, -one.score, one.key))
    for other in others:
        if _is_one_bug(leader, other):
            leader = merged(other, leader)
        else:
            yield other
    yield leader


def _is_one_bug(one: PairFinding, other: PairFinding) -> bool:
    families = {family_of(each.report) for each in (one, other) if each.report is not None}
    return families <= _OF_ACCESS or bool({each.name for each in one.inputs} & {each.name for each in other.inputs})


def _of_side(side: Side, tried: Sequence[Tried], judging: Judging) -> Iterator[PairFinding]:
    shown = {f"{one.lead.name} {one.lead.program.flavour}": one for one in tried if one.shown is not None}
    items = [
        Item(name=name, report=one.shown.report, digest=one.shown.digest, input=one.lead.name.partition("-")[2])
        for name, one in shown.items()
        if one.shown is not None
    ]
    reproductions = {name: _reproduction(one) for name, one in shown.items()}
    findings, _ = findings_of(items, judging, reproductions)
    for finding in findings:
        yield _pair_finding(side, finding, shown)
    yield from _unreproduced(side, tried, judging)


def _pair_finding(side: Side, finding: Finding, shown: Mapping[str, Tried]) -> PairFinding:
    members = [shown[name] for name in finding.logs]
    reports = [one.shown.report for one in members if one.shown is not None and one.shown.report is not None]
    flavours = {one.lead.program.flavour for one in members}
    # By input: what shows the bug each time in one flavour is not flaky for another's sake.
    by_name: dict[str, Reproduction] = {}
    for one in smallest_first(finding.inputs):
        by_name.setdefault(one.name, one)
    return PairFinding(
        key=finding.key,
        lines=finding.lines,
        target=side[0],
        language=side[1],
        flavours=tuple(one for one in Flavour if one in flavours),
        bug_classes=tuple(dict.fromkeys(class_of(report) for report in reports)),
        report=finding.report,
        cwe=finding.cwe,
        severity=finding.severity,
        score=finding.score,
        vector=finding.vector,
        why=finding.why,
        inputs=tuple(by_name.values())[:INPUTS_KEPT],
        twin=(),
        standing=Standing.NEW,
        first_seen="",
        last_seen="",
    )


def _reproduction(one: Tried, log: str = "") -> Reproduction:
    shown = one.shown
    return Reproduction(
        name=one.lead.name,
        input=one.lead.input,
        octets=one.lead.octets,
        bug="" if shown is None or shown.signature.is_unknown else shown.signature.bug,
        k=shown.k if shown else 0,
        n=one.n,
        log=shown.log if shown else log,
        command=replay_command(one.lead.program, one.lead.name),
    )


def _unreproduced(side: Side, tried: Sequence[Tried], judging: Judging) -> Iterator[PairFinding]:
    """Inputs that crashed a campaign and no process since, by the engine's word for it. No bug is known of them."""
    silent: defaultdict[str, list[Tried]] = defaultdict(list)
    loud = {one.lead.name for one in tried if one.shown is not None}
    for one in tried:
        # Fork mode leaves the empty input as a crash when it is interrupted.
        if one.shown is None and one.lead.name not in loud and not one.lead.name.endswith(EMPTY) and one.lead.log:
            silent[one.lead.name.partition("-")[0]].append(one)
    for kind, ones in silent.items():
        assessed = rate(Fault(bug_class=None), judging.reachability, judging.overrides)
        inputs = {one.lead.name: _reproduction(one, one.lead.log) for one in ones}
        yield PairFinding(
            key=f"{UNREPRODUCED}-{digest(f'{side[0]} {side[1]} {kind}'.encode())[:16]}",
            lines=(f"a {kind} while fuzzing that no input shows alone",),
            target=side[0],
            language=side[1],
            flavours=tuple(one for one in Flavour if one in {each.lead.program.flavour for each in ones}),
            bug_classes=(),
            report=None,
            cwe=None,
            severity=str(assessed.severity),
            score=assessed.score,
            vector=assessed.vector,
            why="what it did cannot be seen again",
            inputs=smallest_first(inputs.values())[:INPUTS_KEPT],
            twin=(),
            standing=Standing.NEW,
            first_seen="",
            last_seen="",
        )
