"""A run as an archive that others can check: bundle, verify."""

from __future__ import annotations

import signal
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from fuzzpair import state
from fuzzpair.bundle import NOT_PACKED, read_bundle, unpack_pair, write_bundle
from fuzzpair.config import load_config
from fuzzpair.report.checks import render_checks
from fuzzpair.report.checks import render_json as checks_json
from fuzzpair.report.json_report import read_record
from fuzzpair.store import digest
from fuzzpair.verbs.experiment import ExperimentWish, run_experiment
from fuzzpair.verbs.options import CONFIG, STATE, ConfigFile, StateFolder
from fuzzpair.verbs.output import stdout_console, write_file
from fuzzpair.verify import checks, exit_code_of, given_triggers
from fuzzpair.world import end_like_ctrl_c


def bundle(
    target: Annotated[Path, typer.Argument(help="The archive to write.")] = Path("fuzzpair-bundle.zip"),
    config_file: ConfigFile = CONFIG,
    state_folder: StateFolder = STATE,
) -> None:
    """The last run as one archive that others can check: record, sources, patches, inputs, logs, recipe, digests."""
    store = state.open_store(state_folder)
    text = state.latest_record(store)
    record = read_record(text)
    written = write_bundle(record, text, config_file, store, target)
    print(f"wrote {target}: {written.files} files of run {record.run_id}; `fuzzpair verify {target}` checks it")
    if written.own_pair:
        print("not in it: the pair of your own (`fuzz:` in pipeline.yml) and its runs; a bundle is the experiment's")


def verify(
    context: typer.Context,
    bundle_file: Annotated[Path, typer.Argument(help="What `fuzzpair bundle` wrote, here or elsewhere.")],
    config_file: ConfigFile = CONFIG,
    state_folder: StateFolder = STATE,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the answers there.")] = None,
) -> None:
    """Rebuild and replay a bundle, and say of each verdict whether it is confirmed, changed, or could not be checked.

    The toolchain image and the limits are this checkout's; the bundle's sources run in the sandbox alone.

    Exit code: 0 all confirmed, 1 some changed, 2 usage, 3 some could not be checked, 130 interrupted.
    """
    own = load_config(config_file)
    content = read_bundle(bundle_file)
    stated = read_record(content.record)
    end_like_ctrl_c(signal.SIGTERM)
    with (
        tempfile.TemporaryDirectory(prefix="fuzzpair-verify-") as folder,
        state.locked_state(state_folder / "verify" / digest(content.record.encode())[:16]) as store,
    ):
        bundled = load_config(unpack_pair(content, Path(folder)), without=NOT_PACKED)
        config = bundled.model_copy(update={"recipe": own.image, "limits": own.limits, "workers": own.workers})
        names = tuple(dict.fromkeys(row.mistake for row in stated.rows))
        wish = ExperimentWish(config, stated.profile, config.profile(stated.profile), names)
        measured = run_experiment(wish, store, context.obj, own.backend, given_triggers(stated, content, store))
    results = list(checks(stated, measured))
    console = stdout_console()
    render_checks(results, stated, measured, console)
    if json_file:
        write_file(json_file, checks_json(results, stated, measured).encode())
    raise typer.Exit(exit_code_of(results, measured))
