"""Check a bundle: build everything it holds again, replay its inputs, and compare each verdict with the one it states.

Its toolchain recipe is read by nobody: the image is made from this checkout's own, and what the bundle's sources do,
they do in the sandbox. Fuzzing is not repeated; a found input either shows the verdict again, or it does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fuzzpair.bundle import BLOBS, Bundle
from fuzzpair.errors import EXIT_CLEAN, EXIT_GATE, EXIT_INTERRUPTED, EXIT_NOT_DONE
from fuzzpair.fuzz.triggers import Triggers
from fuzzpair.gate import shown_rungs
from fuzzpair.model.bundle_check import Check, Checked
from fuzzpair.model.language import Variant
from fuzzpair.model.run_record import Row, RunRecord
from fuzzpair.store import Store


def given_triggers(record: RunRecord, bundle: Bundle, store: Store) -> dict[str, Triggers]:
    """The bundle's triggering inputs by mistake, kept in the store; a mistake without any is left out."""
    blobs = dict(bundle.below(BLOBS))
    given: dict[str, Triggers] = {}
    for row in record.rows:
        canary = row.evidence.canary
        if row.variant is not Variant.CPP or canary is None:
            continue
        inputs = tuple(store.put_blob(blobs[name]) for name in canary.inputs if name in blobs)
        if inputs:
            given[row.mistake] = Triggers(
                inputs=inputs, from_seeds=0, from_campaign=0, from_mutants=0, reached=canary.reached, executions=0
            )
    return given


def checks(stated: RunRecord, measured: RunRecord) -> Iterator[Check]:
    """Each row that the bundle states, in its order."""
    rows = {row.name: row for row in measured.rows}
    for row in stated.rows:
        yield _check(row, rows.get(row.name), measured)


def _check(row: Row, again: Row | None, measured: RunRecord) -> Check:
    if row.problem is not None:
        return _not_checked(row, f"the bundle states no verdict: {row.problem}")
    if again is None:
        return _not_checked(row, "there is no such row here" if measured.complete else "the run ended before")
    if again.problem is not None:
        return _not_checked(row, again.problem)
    stated, found = shown_rungs(row), shown_rungs(again)
    answer = Checked.CONFIRMED if found == stated else Checked.CHANGED
    return Check(row=row.name, stated=stated, measured=found, answer=answer)


def _not_checked(row: Row, why: str) -> Check:
    return Check(row=row.name, stated=shown_rungs(row), measured="", answer=Checked.NOT_CHECKED, why=why)


def exit_code_of(results: Sequence[Check], measured: RunRecord) -> int:
    """What a script is told: 3 wins over 1, as a verdict that nobody checked is none."""
    answers = {one.answer for one in results}
    if not measured.complete:
        return EXIT_INTERRUPTED if measured.gate.exit_code == EXIT_INTERRUPTED else EXIT_NOT_DONE
    if Checked.NOT_CHECKED in answers or not results or any(not one.passed for one in measured.controls):
        return EXIT_NOT_DONE
    return EXIT_GATE if Checked.CHANGED in answers else EXIT_CLEAN
