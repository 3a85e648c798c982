"""The verbs that look at runs in the store: explain, replay, report, history, compare."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from fuzzpair import state
from fuzzpair.again import Again, replay_again
from fuzzpair.config import load_config
from fuzzpair.errors import BackendError, StoreError, UsageError
from fuzzpair.history import find_run, read_history, stored_agreements
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.run_record import RunRecord
from fuzzpair.report import clean, write_reports
from fuzzpair.report.agreed import FOLDER, comparisons_of
from fuzzpair.report.agreement_files import write_agreement
from fuzzpair.report.console import render_matrix
from fuzzpair.report.explain import render_explanation
from fuzzpair.report.history_text import render_agreements, render_comparison, render_history
from fuzzpair.report.json_report import read_record
from fuzzpair.report.stored import Stored
from fuzzpair.store import Store
from fuzzpair.verbs.options import CONFIG, OUT, STATE, ConfigFile, OutFolder, StateFolder
from fuzzpair.verbs.output import print_completed, stdout_console
from fuzzpair.world import World


def explain(
    mistake: Annotated[str, typer.Argument(help="e.g. use-after-free")], state_folder: StateFolder = STATE
) -> None:
    """The evidence for one mistake, from the last run: diffs, compiler, sanitizers, production, how to see it again."""
    store = state.open_store(state_folder)
    record = read_record(state.latest_record(store))
    render_explanation(record, mistake, store.get_blob, stdout_console())


def replay(
    context: typer.Context,
    row: Annotated[str, typer.Argument(help="A row of the last run, e.g. use-after-free/cpp")],
    flavour: Annotated[Flavour, typer.Option(help="Which build.")],
    input_name: Annotated[str, typer.Option("--input", help="The input's sha256, or its beginning.")],
    config_file: ConfigFile = CONFIG,
    state_folder: StateFolder = STATE,
) -> None:
    """Run one input on one stored build again, in the container, and print what it printed."""
    config = load_config(config_file)
    store = state.open_store(state_folder)
    record = read_record(state.latest_record(store))
    world: World = context.obj
    backend = world.backend(config.backend, lambda text: print(text, file=sys.stderr))
    backend.prepare(config.image)
    try:
        completed = replay_again(record, Again(row, flavour, input_name), store, backend, config.limits.to_model())
    finally:
        with suppress(BackendError):
            backend.stop_all()
    print_completed(completed)


def report(
    out: OutFolder = OUT,
    state_folder: StateFolder = STATE,
    record_file: Annotated[Path | None, typer.Option("--record", help="A run.json; else the last run's.")] = None,
) -> None:
    """Make the reports again from a stored run; prints the matrix, runs nothing."""
    store = state.open_store(state_folder)
    try:
        text = record_file.read_text() if record_file else state.latest_record(store)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {record_file}: {error}") from error
    record = read_record(text)
    console = stdout_console()
    render_matrix(record, console)
    for path in write_run_reports(record, out, store, state_folder):
        console.print(f"wrote {path}")


def write_run_reports(record: RunRecord, out: Path, store: Store, state_folder: Path) -> Iterator[Path]:
    """A run's reports, and those of the comparisons of its twins that they link to; gives the paths to open."""
    stored = _stored_with_history(store, state_folder)
    yield from write_reports(record, out, stored=stored)
    for one in comparisons_of(record, stored):
        written = write_agreement(one, out / FOLDER / one.run_id, stored.read_blob)
        yield from (path for path in written if path.suffix == ".html")


def _stored_with_history(store: Store, state_folder: Path) -> Stored:
    try:
        return Stored(store.get_blob, read_history(store, state_folder), agreements=stored_agreements(store))
    except StoreError as error:  # a folder that is only read: the reports lack their trend, and no more
        print(f"fuzzpair: {clean.block(error.message)}", file=sys.stderr)
        return Stored(store.get_blob)


def history(
    state_folder: StateFolder = STATE, last: Annotated[int, typer.Option(min=1, help="How many runs.")] = 20
) -> None:
    """The runs in the store, and what moved from each to the next: new, gone, caught earlier or later; and the
    comparisons of twins."""
    store = state.open_store(state_folder)
    runs, agreements = read_history(store, state_folder), stored_agreements(store)
    if not runs and not agreements:
        raise UsageError("there is no run yet to look at", next_step="./fuzzpair run")
    console = stdout_console()
    if runs:
        render_history(runs, last, console)
    render_agreements(agreements, last, console)


def compare(
    before: Annotated[str, typer.Argument(help="A run's id or its beginning, latest, or a run.json.")],
    after: Annotated[str, typer.Argument(help="The same.")] = "latest",
    state_folder: StateFolder = STATE,
) -> None:
    """Which rows and classes moved a rung between two runs, say of two toolchains. Exit code 0, whatever moved."""
    store = state.open_store(state_folder)
    runs = find_run(before, store), find_run(after, store)
    render_comparison(*runs, stdout_console())
