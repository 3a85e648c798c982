"""The verbs that come before the first run: `init` writes a pipeline.yml, `doctor` says what a machine lacks."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from fuzzpair.discovery.advice import notes_on
from fuzzpair.discovery.listing import read_listing
from fuzzpair.discovery.proposal import Proposal, propose
from fuzzpair.discovery.writing import render_pipeline
from fuzzpair.errors import EXIT_CLEAN, EXIT_NOT_DONE, FuzzpairError, UsageError
from fuzzpair.report import clean

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
