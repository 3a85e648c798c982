"""The verbs that come before the first run: init, doctor, schema."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from fuzzpair.backends.machine import read_machine
from fuzzpair.backends.select import open_health
from fuzzpair.config import json_schema
from fuzzpair.discovery.advice import notes_on
from fuzzpair.discovery.listing import read_listing
from fuzzpair.discovery.proposal import Proposal, propose
from fuzzpair.discovery.writing import render_pipeline
from fuzzpair.doctor.examination import Examination
from fuzzpair.doctor.judging import has_problem
from fuzzpair.errors import EXIT_CLEAN, EXIT_NOT_DONE, FuzzpairError, UsageError
from fuzzpair.report import clean
from fuzzpair.report.doctor_text import render_check, render_checks_json
from fuzzpair.verbs.options import CONFIG, STATE, ConfigFile, StateFolder
from fuzzpair.verbs.output import stdout_console
from fuzzpair.world import World

FILE: Final = "pipeline.yml"


def init(
    folder: Annotated[Path, typer.Argument(help="The repository.")] = Path(),
    name: Annotated[str, typer.Option(help="What the pair is called; else that which is found.")] = "",
    print_only: Annotated[bool, typer.Option("--print", help="Print the file instead of writing it.")] = False,
) -> None:
    """Look at a repository for fuzz targets in C, C++ and Rust, and write a commented pipeline.yml for them.

    A pipeline.yml that is there is never overwritten. Nothing is built or run.

    Exit code: 0 written, 2 usage, 3 there is nothing to fuzz that could be found.
    """
    target = folder / FILE
    if not print_only and target.exists():
        raise UsageError(
            f"{target} is there already, and is not overwritten",
            next_step="`fuzzpair init --print` shows what would be written",
        )
    proposal = propose(read_listing(folder), name)
    _tell(proposal)
    if proposal.is_empty:
        raise typer.Exit(EXIT_NOT_DONE)
    text = render_pipeline(proposal)
    if print_only:
        print(text, end="")
    else:
        _write_new(target, text)
        print(f"wrote {clean.line(str(target))}; next: `fuzzpair doctor`, then `fuzzpair fuzz`", file=sys.stderr)
    raise typer.Exit(EXIT_CLEAN)


def doctor(
    context: typer.Context,
    config_file: ConfigFile = CONFIG,
    state_folder: StateFolder = STATE,
    as_json: Annotated[bool, typer.Option("--json", help="Print the checks as JSON.")] = False,
) -> None:
    """Look at engine, images, toolchain, limits, network and state, and say of each what is amiss and what to do.

    Nothing is made or changed; what a run would still have to make is said.

    Exit code: 0 no problem, 3 a problem.
    """
    world: World = context.obj
    examination = Examination(
        config_file=config_file,
        state_folder=state_folder,
        environ=world.environ,
        machine=read_machine(state_folder.absolute()),
        health=open_health(world.environ),
    )
    console = stdout_console()
    checks = []
    for check in examination.checks():
        checks.append(check)
        if not as_json:
            render_check(check, console)
    if as_json:
        print(render_checks_json(checks), end="")
    raise typer.Exit(EXIT_NOT_DONE if has_problem(checks) else EXIT_CLEAN)


def schema() -> None:
    """The JSON schema of pipeline.yml, for editors."""
    print(json.dumps(json_schema(), indent=2))


def _tell(proposal: Proposal) -> None:
    """On stderr, so that what --print prints is a file."""
    for note in notes_on(proposal):
        print(f"{'?' if note.to_do else '+'} {clean.line(note.said)}", file=sys.stderr)
        if note.to_do:
            print(f"    {clean.line(note.to_do)}", file=sys.stderr)
    if proposal.is_empty:
        print("nothing was written: there is no side that could be built", file=sys.stderr)


def _write_new(target: Path, text: str) -> None:
    """Exclusively: what came to be there meanwhile, a link too, is somebody's."""
    try:
        with target.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise FuzzpairError(
            f"{target}: cannot be written: {error.strerror}", next_step="`fuzzpair init --print` prints it instead"
        ) from error
