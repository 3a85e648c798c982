"""See it again: one input of a row's evidence, run on the very build that the run judged."""

from __future__ import annotations

from dataclasses import dataclass

from fuzzpair.backends import Backend
from fuzzpair.errors import UsageError
from fuzzpair.flavours import judge_env
from fuzzpair.model import Completed, Flavour, Limits, ReplayedProgram, Row, RunRecord
from fuzzpair.replay import replay_command
from fuzzpair.store import Store


@dataclass(frozen=True, slots=True)
class Again:
    """What to see again: a row of a run, a flavour, and an input by the beginning of its sha256."""

    row: str
    flavour: Flavour
    input: str


def replay_again(record: RunRecord, wish: Again, store: Store, backend: Backend, limits: Limits) -> Completed:
    """Replay in a fresh sandbox. Raises UsageError when the row, the build or the input is not in the record."""
    replayed = _replayed(_row(record, wish.row), wish.flavour)
    matching = [name for name in replayed.inputs if name.startswith(wish.input)]
    if len(matching) != 1:
        raise UsageError(
            f"{len(matching)} inputs of {wish.row} begin with {wish.input!r}",
            next_step="one of " + ", ".join(name[:12] for name in replayed.inputs),
        )
    path = f"inputs/{matching[0]}"
    command = replay_command(wish.flavour, replayed.target, path, env=judge_env(wish.flavour), timeout_s=30)
    with backend.session(limits) as sandbox:
        sandbox.put({"judge": store.get_blob(replayed.program), path: store.get_blob(matching[0])})
        return sandbox.run(command)


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
