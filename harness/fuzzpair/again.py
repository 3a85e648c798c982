"""See it again: one input of a row's evidence, run on the very build that the run judged."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from fuzzpair.backends import Backend
from fuzzpair.errors import StoreError, UsageError
from fuzzpair.flavours import judge_env
from fuzzpair.model.command import Completed, Limits
from fuzzpair.model.evidence import ReplayedProgram
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.run_record import Row, RunRecord
from fuzzpair.replay import replay_command
from fuzzpair.store import Store

_SHA256: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Again:
    """What to see again: a row of a run, a flavour, and an input by the beginning of its sha256."""

    row: str
    flavour: Flavour
    input: str


def replay_again(record: RunRecord, wish: Again, store: Store, backend: Backend, limits: Limits) -> Completed:
    """Replay in a fresh sandbox. Raises UsageError when the row, the build or the input is not in the record.

    An input that the run did not judge (a minimised one) is known by its whole sha256, if the store holds it.
    """
    replayed = replayed_program(record, wish.row, wish.flavour)
    name, content = _input(replayed, wish, store)
    path = f"inputs/{name}"
    command = replay_command(wish.flavour, replayed.target, path, env=judge_env(wish.flavour), timeout_s=30)
    with backend.session(limits) as sandbox:
        sandbox.put({"judge": store.get_blob(replayed.program), path: content})
        return sandbox.run(command)


def replayed_program(record: RunRecord, row: str, flavour: Flavour) -> ReplayedProgram:
    """The build of a row that a run judged. Raises UsageError where the record has no such row or build."""
    return _replayed(_row(record, row), flavour)


def _input(replayed: ReplayedProgram, wish: Again, store: Store) -> tuple[str, bytes]:
    matching = [name for name in replayed.inputs if name.startswith(wish.input)]
    if not matching and _SHA256.fullmatch(wish.input):
        with suppress(StoreError):
            return wish.input, store.get_blob(wish.input)
    if len(matching) != 1:
        raise UsageError(
            f"{len(matching)} inputs of {wish.row} begin with {wish.input!r}",
            next_step="one of " + ", ".join(name[:12] for name in replayed.inputs),
        )
    return matching[0], store.get_blob(matching[0])


def _row(record: RunRecord, name: str) -> Row:
    for row in record.rows:
        if row.name == name:
            return row
    rows = ", ".join(row.name for row in record.rows)
    raise UsageError(f"the last run has no row {name!r}", next_step=f"one of {rows}")


def _replayed(row: Row, flavour: Flavour) -> ReplayedProgram:
    """The row's replay in this flavour, as the run's record states it."""
    for replayed in row.evidence.replays:
        if replayed.flavour is flavour:
            return replayed
    there = ", ".join(one.flavour for one in row.evidence.replays) or "none: it was rejected or not triggered"
    raise UsageError(f"{row.name} was not replayed in the {flavour} flavour", next_step=f"replayed were: {there}")
