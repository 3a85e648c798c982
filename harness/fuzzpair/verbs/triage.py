"""The verb `triage`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from fuzzpair import state
from fuzzpair.again import replayed_program
from fuzzpair.config import load_config
from fuzzpair.crash_inputs import Minimising, StoredBuild, alone, try_inputs
from fuzzpair.errors import EXIT_CLEAN, EXIT_NOT_DONE, UsageError
from fuzzpair.findings import STDIN, Judging, Read, read_given, read_reports, read_rulings, triage, without
from fuzzpair.model.command import Limits
from fuzzpair.model.finding import Triage
from fuzzpair.model.flavour import Flavour
from fuzzpair.report.findings import render_findings, render_json
from fuzzpair.report.json_report import read_record
from fuzzpair.reproduce import TIMES, Judge
from fuzzpair.scheduler import Scheduler
from fuzzpair.severity import NO_OVERRIDES
from fuzzpair.severity_rules import Reachability
from fuzzpair.store import Store
from fuzzpair.triage.rulings import GROUPS, Rulings
from fuzzpair.verbs.options import CONFIG, STATE, StateFolder
from fuzzpair.verbs.output import stdout_console, write_file
from fuzzpair.world import backing


class ReachedBy(StrEnum):
    """The words of severity_rules.Reachability, for the command line."""

    UNTRUSTED = Reachability.UNTRUSTED.word
    UNKNOWN = Reachability.UNKNOWN.word
    HARNESS = Reachability.HARNESS.word


def triage_logs(
    context: typer.Context,
    paths: Annotated[list[str], typer.Argument(help="Logs or crash inputs, folders of them, or - for standard input.")],
    json_file: Annotated[str | None, typer.Option("--json", help="Write the findings there; - prints them.")] = None,
    groups: Annotated[Path | None, typer.Option(help="A person's rulings; groups.yml where it is there.")] = None,
    config_file: Annotated[Path | None, typer.Option("--config", help="A pipeline.yml with severities.")] = None,
    reached_by: Annotated[ReachedBy, typer.Option(help="Who brings the target to the fault.")] = ReachedBy.UNKNOWN,
    on: Annotated[str | None, typer.Option(help="A row of the last run: inputs are run again on its build.")] = None,
    flavour: Annotated[Flavour, typer.Option(help="Which build of that row.")] = Flavour.ADDRESS,
    times: Annotated[int, typer.Option(min=1, max=1000, help="Replays of each input.")] = TIMES,
    minimise_s: Annotated[float, typer.Option(min=0, help="Seconds to make one input smaller; 0: leave it.")] = 60,
    state_folder: StateFolder = STATE,
) -> None:
    """Any fuzzer's logs to findings: classified, grouped, with CWE and severity. Without --on it runs nothing.

    With --on, a file in which no tool reports anything is an input: it is run again in the sandbox, grouped with the
    others by what it shows, and one input of each finding is made smaller.

    Exit code: 0 done, 2 usage or configuration, 3 where a file could not be read or run (the others are shown).
    """
    judging = Judging(
        reachability=next(one for one in Reachability if one.word == reached_by),
        overrides=load_config(config_file).overrides if config_file else NO_OVERRIDES,
        rulings=_rulings(groups),
    )
    if on is None:
        found = triage(read_reports(read_given(paths, sys.stdin.buffer)), judging)
    else:
        config = load_config(config_file or CONFIG)
        read = read_reports(read_given(paths, sys.stdin.buffer))
        with state.locked_state(state_folder) as store:
            build = _stored_build(store, on, flavour, config.limits.to_model(), _options(state_folder, config_file))
            with backing(config, store, context.obj, config.backend) as work:
                scheduler = Scheduler(work.executor, work.worker, work.observer)
                found = _triage_inputs(read, judging, build, scheduler, store, times=times, minimise_s=minimise_s)
    if json_file == STDIN:
        print(render_json(found), end="")
    else:
        render_findings(found, stdout_console())
        if json_file:
            write_file(Path(json_file), render_json(found).encode())
    if not found.logs and not found.unreadable and on is None:
        raise UsageError("there is no log in what was given", next_step="name logs, or a folder of them")
    raise typer.Exit(EXIT_NOT_DONE if found.unreadable else EXIT_CLEAN)


def _options(state_folder: Path, config_file: Path | None) -> tuple[str, ...]:
    """What the printed command needs besides the defaults."""
    options = () if state_folder == STATE else ("--state", str(state_folder))
    return options if config_file in (None, CONFIG) else (*options, "--config", str(config_file))


def _stored_build(store: Store, row: str, flavour: Flavour, limits: Limits, options: tuple[str, ...]) -> StoredBuild:
    """Raises UsageError where the last run has no such row or build."""
    program = replayed_program(read_record(state.latest_record(store)), row, flavour)
    judge = Judge(program=program.program, flavour=flavour, target=program.target, limits=limits)
    return StoredBuild(row=row, judge=judge, options=options)


def _triage_inputs(
    read: Sequence[Read],
    judging: Judging,
    build: StoredBuild,
    scheduler: Scheduler,
    store: Store,
    *,
    times: int,
    minimise_s: float,
) -> Triage:
    inputs = {one.given.name: one.given.content for one in read if one.is_input}
    trial = try_inputs(inputs, build, scheduler, store, times=times)
    found = triage(without(read, trial.failed), judging, trial.tried)
    if not minimise_s:
        return found
    minimising = Minimising(findings=found.findings, build=build, fuse_s=minimise_s)
    outcomes = scheduler.run_stage("minimise", alone(minimising.plan()))
    scheduler.run_stage("reproduce the minimised", alone(minimising.plan_again(outcomes)))
    return replace(found, findings=minimising.done(outcomes, store))


def _rulings(path: Path | None) -> Rulings:
    """The named file, which has to be there, or the folder's own, which need not."""
    own = Path(GROUPS)
    if path is None and not own.exists():
        return Rulings()
    return read_rulings(path or own)
