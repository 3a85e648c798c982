"""Where the unpatched twins' disagreements stand: what earlier comparisons found, and what a team accepts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from fuzzpair.model.agreement import AgreementRecord, AgreementRow, Disagreement
from fuzzpair.model.standing import Standing
from fuzzpair.own_pair.known_issues import KnownIssue, accept, stale

Identity = tuple[str, str]  # target, signature
MOST_INPUTS = 64  # of earlier disagreements on one target that are tried again; the others stay as they are


def identity(one: Disagreement) -> Identity:
    return one.target, one.signature


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What earlier comparisons left: each disagreement as it was last seen."""

    there: dict[Identity, Disagreement] = field(default_factory=dict)
    gone: dict[Identity, Disagreement] = field(default_factory=dict)

    def inputs(self, target: str, engine: str) -> tuple[str, ...]:
        """sha256 of inputs to try again, the newest first: only the engine that saw a disagreement has its voices."""
        seen = [one.input for one in self.there.values() if (one.target, one.engine) == (target, engine)]
        return tuple(dict.fromkeys(reversed(seen)))[:MOST_INPUTS]


def memory_of(records: Iterable[AgreementRecord], pair: str) -> Memory:
    """What all records of a pair come to, in their order."""
    memory = Memory()
    for record in records:
        if record.pair != pair:
            continue
        for one in record.gone:
            memory.there.pop(identity(one), None)
            memory.gone[identity(one)] = one
        for one in _of_the_twins(record.rows):
            memory.gone.pop(identity(one), None)
            memory.there[identity(one)] = one
    return memory


def _of_the_twins(rows: Iterable[AgreementRow]) -> Iterable[Disagreement]:
    return (one for row in rows if not row.mistake for one in row.disagreements)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """Gives each disagreement its standing. `now` is RFC 3339, `today` that day."""

    memory: Memory
    issues: Sequence[KnownIssue]
    now: str

    @property
    def today(self) -> date:
        return date.fromisoformat(self.now[:10])

    def judged(self, row: AgreementRow) -> AgreementRow:
        """A row of the unpatched twins with their standing; what was planted is nobody's known issue."""
        if row.mistake:
            return row
        found = accept(map(self._against_the_past, row.disagreements), self.issues, self.today)
        return replace(row, disagreements=tuple(found))

    def _against_the_past(self, one: Disagreement) -> Disagreement:
        known = self.memory.there.get(identity(one))
        gone = self.memory.gone.get(identity(one))
        standing = Standing.KNOWN if known else Standing.REOPENED if gone else Standing.NEW
        past = known or gone
        return replace(one, standing=standing, first_seen=past.first_seen if past else self.now)

    def gone(self, rows: Sequence[AgreementRow]) -> tuple[Disagreement, ...]:
        """What was there, was tried again by the engine that saw it, and parts no more."""
        found = {identity(one) for one in _of_the_twins(rows)}
        tried = {
            (row.target, row.engine, sha256)
            for row in rows
            if not row.mistake and row.campaigns and not row.problem
            for sha256 in self.memory.inputs(row.target, row.engine)
        }
        return tuple(
            replace(one, standing=Standing.FIXED)
            for key, one in self.memory.there.items()
            if key not in found and (one.target, one.engine, one.input) in tried
        )

    def to_look_at(self, rows: Sequence[AgreementRow]) -> tuple[tuple[str, str], ...]:
        """Entries of the file that a person should look at: expired, its disagreement gone, or none there ever was."""
        gone = self.gone(rows)
        # This comparison may have left a target or an engine out: what is known of those holds.
        known = {**self.memory.gone, **self.memory.there, **{identity(one): one for one in gone}}
        known |= {identity(one): one for one in _of_the_twins(rows)}
        return tuple(stale(list(known.values()), self.issues, self.today))
