"""The verb `rebase`."""

from __future__ import annotations

from typing import Annotated

import typer

from fuzzpair.config import load_config
from fuzzpair.errors import EXIT_CLEAN, EXIT_NOT_DONE
from fuzzpair.rebase import problems_behind, rebase_all
from fuzzpair.report import clean
from fuzzpair.verbs.options import CONFIG, ConfigFile
from fuzzpair.verbs.output import write_file


def rebase(
    mistakes: Annotated[list[str] | None, typer.Argument(help="Only these mistakes.")] = None,
    config_file: ConfigFile = CONFIG,
) -> None:
    """After a change of the parser: write every patch against it again, and name those that need a hand.

    Read the result as a diff: what was moved is listed by git. Exit code: 0 all apply, 3 some need a hand.
    """
    pair = load_config(config_file).pair
    names = tuple(mistakes or ())
    left: set[str] = set()
    for one in rebase_all((pair.cpp, pair.rust), names):
        if one.text is not None:
            write_file(one.path, one.text.encode())
            print(f"re-based: {clean.line(str(one.path))}")
        elif one.problem:
            left.add(f"{one.path.name}: {one.problem}")
    left = left or set(problems_behind(pair.cpp, pair.rust, names))
    for text in sorted(left):
        print(f"needs a hand: {clean.line(text)}")
    raise typer.Exit(EXIT_NOT_DONE if left else EXIT_CLEAN)
