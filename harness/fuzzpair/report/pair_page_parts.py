"""What the page shows of each finding of a pair, as values for the template."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from fuzzpair.model.crash_report import CrashReport
from fuzzpair.model.finding import Reproduction
from fuzzpair.model.pair import PairFinding, PairRecord, TwinReply
from fuzzpair.pair_judging import fails
from fuzzpair.report import clean, page_code, pair_text
from fuzzpair.report.page_frame import anchor
from fuzzpair.report.stored import Stored

SEEDS: Final = 300  # of a target, to find the nearest among
SEED_OCTETS: Final = 64 << 10
LOG: Final = clean.Cap(lines=40, width=400)  # its stack stands beside it, frame by frame
UNKNOWN: Final = "unknown class"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the findings' table, and what the filters ask of it."""

    anchor: str
    finding: PairFinding
    title: str
    severity: str
    place: str
    standing: str
    twins: tuple[str, ...]
    replays: str

    @property
    def comes_first(self) -> bool:
        return pair_text.is_news(self.finding)

    @property
    def fails(self) -> bool:
        return fails(self.finding)

    @property
    def classes(self) -> tuple[str, ...]:
        return self.finding.bug_classes or (UNKNOWN,)

    @property
    def outcome(self) -> str:
        """`cpp:new`: what the filter for side and standing looks for."""
        return f"{self.finding.language}:{self.finding.standing}"


@dataclass(frozen=True, slots=True)
class Reply:
    """What one build of the other side does with the finding's inputs. `note` says why there is no log."""

    what: str
    log: tuple[page_code.Part, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A finding's evidence."""

    facts: tuple[tuple[str, str], ...]
    replies: tuple[Reply, ...]
    stack: tuple[page_code.Part, ...]
    other_stacks: tuple[tuple[str, tuple[page_code.Part, ...]], ...]
    log: tuple[page_code.Part, ...]
    note: str
    inputs: tuple[tuple[str, ...], ...]
    input: str
    hex: page_code.Hex | None
    command: str


INPUT_HEADINGS: Final = ("input", "octets", "replays that show it", "minimised", "sha256")


def entries(record: PairRecord) -> tuple[Entry, ...]:
    """What fails the run first, then what else is new, then the rest, each by severity."""
    return tuple(
        Entry(
            anchor=anchor("f", number, one.key),
            finding=one,
            title=pair_text.title(one),
            severity=pair_text.severity(one),
            place=pair_text.place(one),
            standing=pair_text.standing(one),
            twins=pair_text.twins(one),
            replays=pair_text.replays(one),
        )
        for number, one in enumerate(pair_text.worst_first(record.findings), 1)
    )


@dataclass
class Sections:
    """Makes the sections of one record; seeds are read once a target."""

    record: PairRecord
    stored: Stored
    _seeds: dict[str, Sequence[tuple[str, bytes]]] = field(default_factory=dict)

    def shown(self, finding: PairFinding) -> Shown:
        first = finding.inputs[0] if finding.inputs else None
        digest = _smallest(first)
        octets = self.stored.octets(digest)
        stack, others = _stacks(finding.report)
        log, note = self._log(finding.report.excerpt if finding.report else "", first.log if first else None)
        return Shown(
            facts=tuple(_facts(finding)),
            replies=tuple(map(self._reply, finding.twin)),
            stack=stack,
            other_stacks=others,
            log=log,
            note=note,
            inputs=tuple(map(_input_cells, finding.inputs)),
            input=digest,
            hex=page_code.hex_view(octets, self._seeds_of(finding.target)) if octets is not None else None,
            command=pair_text.command(finding),
        )

    def _reply(self, reply: TwinReply) -> Reply:
        log, note = self._log(reply.report.excerpt if reply.report else "", reply.log)
        return Reply(pair_text.twin(reply), log, note)

    def _log(self, excerpt: str, name: str | None) -> tuple[tuple[page_code.Part, ...], str]:
        """The report's own words; where no parser found a report, what the process printed."""
        text = excerpt or (self.stored.text(name) if name else "")
        if text is None:
            return (), f"its log {name} is not in the store"
        return (page_code.log_parts(text, LOG) if text.strip() else ()), ""

    def _seeds_of(self, target: str) -> Sequence[tuple[str, bytes]]:
        if target not in self._seeds:
            programs = (one for build in self.record.builds for one in build.programs if one.target == target)
            names = list(dict.fromkeys(name for one in programs for name in one.seeds))[:SEEDS]
            read = [(name, self.stored.octets(name, SEED_OCTETS)) for name in names]
            self._seeds[target] = [(name, octets) for name, octets in read if octets is not None]
        return self._seeds[target]


def _facts(one: PairFinding) -> Iterator[tuple[str, str]]:
    yield "class", ", ".join(one.bug_classes) or UNKNOWN
    yield "CWE", f"CWE-{one.cwe}" if one.cwe is not None else "none"
    yield "severity", f"{one.severity} {one.score:.1f}, {one.vector}: {one.why}"
    yield "where", pair_text.place(one)
    yield "standing", pair_text.standing(one)
    yield "first seen", one.first_seen
    yield "last seen", one.last_seen
    yield "signature", f"{one.key}: {'; '.join(one.lines)}"


def _smallest(first: Reproduction | None) -> str:
    """The input that the command runs."""
    if first is None:
        return ""
    return first.smaller.input if first.smaller is not None else first.input


def _input_cells(one: Reproduction) -> tuple[str, ...]:
    smaller = f"{one.smaller.octets:,} octets, {one.smaller.k} of {one.smaller.n}" if one.smaller is not None else "–"
    return one.name, f"{one.octets:,}", f"{one.k} of {one.n}", smaller, one.input


_Parts = tuple[page_code.Part, ...]


def _stacks(report: CrashReport | None) -> tuple[_Parts, tuple[tuple[str, _Parts], ...]]:
    if report is None:
        return (), ()
    own = page_code.stack_parts(report.stack, pair_text.frame)
    return own, tuple((label, page_code.stack_parts(frames, pair_text.frame)) for label, frames in report.other_stacks)
