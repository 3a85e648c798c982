"""The verbs' names. The only place that prints errors and chooses the exit code."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Final

import typer

from fuzzpair import __version__
from fuzzpair.backends.select import open_backend
from fuzzpair.errors import EXIT_CLEAN, EXIT_NOT_DONE, EXIT_USAGE, FuzzpairError
from fuzzpair.report import clean
from fuzzpair.verbs.agree import agree
from fuzzpair.verbs.bundling import bundle, verify
from fuzzpair.verbs.experiment import run, soak
from fuzzpair.verbs.pair import change, fuzz, nightly, reproduce
from fuzzpair.verbs.past_runs import compare, explain, history, replay, report
from fuzzpair.verbs.rebase import rebase
from fuzzpair.verbs.setup import doctor, init, schema
from fuzzpair.verbs.triage import triage_logs
from fuzzpair.world import OpenBackend, World

HELP: Final = (
    "Plant the same mistake in a C++ parser and in its Rust twin; see, with evidence, who catches it and when."
)
# In the order in which --help lists them.
VERBS: Final[Mapping[str, Callable[..., None]]] = {
    "agree": agree,
    "init": init,
    "doctor": doctor,
    "fuzz": fuzz,
    "change": change,
    "nightly": nightly,
    "reproduce": reproduce,
    "run": run,
    "soak": soak,
    "explain": explain,
    "replay": replay,
    "report": report,
    "history": history,
    "compare": compare,
    "bundle": bundle,
    "verify": verify,
    "rebase": rebase,
    "triage": triage_logs,
    "schema": schema,
}


def main(argv: Sequence[str], environ: Mapping[str, str], opener: OpenBackend = open_backend) -> int:
    """Run one verb; give its exit code (design: Exit codes)."""
    try:
        _app()(list(argv), obj=World(environ, opener), prog_name="fuzzpair")
    except FuzzpairError as error:
        _say(error)
        return error.exit_code
    except Exception:  # noqa: BLE001 - Python's own exit code for it is 1, which would read as a breached gate
        traceback.print_exc()
        _say(FuzzpairError("a mistake of fuzzpair itself", next_step="report it with the lines above"))
        return EXIT_NOT_DONE
    except SystemExit as ended:  # typer has printed the usage error, or a verb has chosen its code
        return ended.code if isinstance(ended.code, int) else EXIT_USAGE
    return EXIT_CLEAN


def _say(error: FuzzpairError) -> None:
    print(f"fuzzpair: {clean.block(error.message)}", file=sys.stderr)
    if error.next_step:
        print(f"  next: {clean.block(error.next_step)}", file=sys.stderr)


def _app() -> typer.Typer:
    app = typer.Typer(
        name="fuzzpair",
        help=HELP,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.callback()(_options)
    for name, verb in VERBS.items():
        app.command(name)(verb)
    return app


def _version(asked: bool) -> None:
    if asked:
        print(f"fuzzpair {__version__}")
        raise typer.Exit


def _options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True)] = False,
) -> None:
    pass
