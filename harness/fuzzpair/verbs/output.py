"""What verbs print and write besides reports."""

from __future__ import annotations

import sys
from pathlib import Path

from rich.console import Console

from fuzzpair.errors import FuzzpairError
from fuzzpair.model.command import Completed
from fuzzpair.report import clean
from fuzzpair.report.console import make_console


def tell_damaged(path: str) -> None:
    """A file of a pair's state that is left alone."""
    print(f"fuzzpair: {clean.line(path)} is not what its name says, and is not used", file=sys.stderr)


def stdout_console() -> Console:
    return make_console(sys.stdout, sys.stdout.isatty())


def print_completed(completed: Completed) -> None:
    """What a process printed, each stream on its own, and how it ended."""
    print(clean.block(completed.stdout.decode(errors="replace")), end="")
    print(clean.block(completed.stderr.decode(errors="replace")), end="", file=sys.stderr)
    ending = f"signal {completed.signal}" if completed.signal else f"exit code {completed.exit_code}"
    print(f"ended with {'its time limit' if completed.timed_out else ending}", file=sys.stderr)


def write_file(path: Path, content: bytes) -> Path:
    """Folders that are missing are made. Raises FuzzpairError where it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise FuzzpairError(f"{path}: cannot be written: {error.strerror}", next_step="name another file") from error
    return path
