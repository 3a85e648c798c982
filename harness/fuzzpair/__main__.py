"""The door: the command line and the environment come in here and nowhere else."""

from __future__ import annotations

import os
import sys

from fuzzpair import cli
from fuzzpair.errors import EXIT_INTERRUPTED


def main() -> int:
    return cli.main(sys.argv[1:], os.environ)


def leave(code: int) -> None:
    """End with a code. After Ctrl-C without waiting for threads: one may be asking an engine that takes its time."""
    if code == EXIT_INTERRUPTED:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    raise SystemExit(code)


if __name__ == "__main__":  # a worker process that is spawned imports this file again
    leave(main())
