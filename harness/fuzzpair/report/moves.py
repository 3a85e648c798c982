"""What moved between two runs, row by row and class by class. Pure: the same two runs, the same answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from fuzzpair.model.past_run import PastRow, PastRun
from fuzzpair.model.run_record import RunRecord
from fuzzpair.model.verdict import Rung
from fuzzpair.report.totals import is_undone


class Way(StrEnum):
    """Earlier is better for whoever ships: the ladder goes from early to late."""

    EARLIER = "caught earlier"
    LATER = "caught later"
    HARDENED = "moved in the hardened flavour"
    RETURNED = "as it was before the last change"
    NEW = "new"
    GONE = "gone"
    UNDONE = "could not be done"
    DONE = "could be done again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    row: str
    bug_class: str
    before: str  # rungs as in a baseline; empty where there was no such row
    after: str
    way: Way


def past_run(record: RunRecord) -> PastRun:
    """The record as the history keeps it."""
    return PastRun(
        run_id=record.run_id,
        started=record.started,
        pair=record.pair,
        profile=record.profile,
        fingerprint=record.toolchain.fingerprint,
        versions=", ".join(f"{name} {version}" for name, version in record.toolchain.versions),
        complete=record.complete,
        gate=record.gate.status.value,
        rows=tuple(
            PastRow(
                row=row.name,
                bug_class=row.bug_class,
                rung="" if is_undone(row) or row.verdict is None else row.verdict.rung.value,
                hardened="" if is_undone(row) or row.hardened is None else row.hardened.rung.value,
            )
            for row in record.rows
        ),
        findings=tuple(sorted({(finding.row, finding.key) for finding in record.findings})),
    )


def moves(before: PastRun, after: PastRun) -> tuple[Move, ...]:
    """Every row whose rungs are not the same in both, in the order of the alphabet.

    A row that one of two incomplete runs lacks is no move: that run ended before it.
    """
    old, new = ({row.row: row for row in run.rows} for run in (before, after))
    made = []
    for name in sorted(old.keys() | new.keys()):
        was, now = old.get(name), new.get(name)
        if (was is None and not before.complete) or (now is None and not after.complete):
            continue
        way = _way(was, now)
        if way is not None:
            known = now or was
            assert known is not None
            made.append(Move(row=name, bug_class=known.bug_class, before=shown(was), after=shown(now), way=way))
    return tuple(made)


def shown(row: PastRow | None) -> str:
    if row is None:
        return ""
    if not row.rung:
        return Way.UNDONE.value
    return row.rung if row.hardened in ("", row.rung) else f"{row.rung} / {row.hardened}"


def _way(was: PastRow | None, now: PastRow | None) -> Way | None:
    if was is None or now is None:
        return Way.NEW if was is None else Way.GONE
    if (was.rung, was.hardened) == (now.rung, now.hardened):
        return None
    if not now.rung or not was.rung:
        return Way.DONE if now.rung else Way.UNDONE
    if was.rung == now.rung:
        return Way.HARDENED
    return Way.EARLIER if Rung(now.rung).position < Rung(was.rung).position else Way.LATER


def trend(runs: Sequence[PastRun]) -> tuple[tuple[PastRun, tuple[Move, ...]], ...]:
    """Each run with what moved since the one before it; a row that goes back to where it was is told as that."""
    made: list[tuple[PastRun, tuple[Move, ...]]] = [(runs[0], ())] if runs else []
    left: dict[str, str] = {}  # row -> the rungs that its last move left behind
    for before, after in pairwise(runs):
        found = tuple(_returning(move, left) for move in moves(before, after))
        left |= {move.row: move.before for move in found}
        made.append((after, found))
    return tuple(made)


def _returning(move: Move, left: dict[str, str]) -> Move:
    if not move.after or left.get(move.row) != move.after:
        return move
    return Move(row=move.row, bug_class=move.bug_class, before=move.before, after=move.after, way=Way.RETURNED)


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingMoves:
    """How the findings of a run stand to those of the runs before it; `fixed` are no longer among them."""

    still: int
    new: int
    reopened: int
    fixed: int


def finding_trend(runs: Sequence[PastRun]) -> tuple[FindingMoves, ...]:
    """One for each run. What an incomplete run has not found, or a run whose list has not its row, is not fixed."""
    made: list[FindingMoves] = []
    open_now: set[tuple[str, str]] = set()
    ever: set[tuple[str, str]] = set()
    for run in runs:
        found = set(run.findings)
        asked = {row.row for row in run.rows} if run.complete else set()
        fixed = {one for one in open_now - found if one[0] in asked}
        made.append(
            FindingMoves(
                still=len(found & open_now),
                new=len(found - ever),
                reopened=len((found & ever) - open_now),
                fixed=len(fixed),
            )
        )
        open_now = (open_now - fixed) | found
        ever |= found
    return tuple(made)


def comparable(runs: Iterable[PastRun], with_run: PastRun) -> tuple[PastRun, ...]:
    """The runs of the same pair and profile up to this one, this one last: another profile asks something else."""
    same = (run for run in runs if (run.pair, run.profile) == (with_run.pair, with_run.profile))
    earlier = (run for run in same if run.run_id != with_run.run_id and run.started <= with_run.started)
    return (*sorted(earlier, key=lambda run: (run.started, run.run_id)), with_run)
