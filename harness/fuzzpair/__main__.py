"""The door: the command line and the environment come in here and nowhere else."""

from __future__ import annotations

import os
import sys

from fuzzpair import cli


def main() -> int:
    return cli.main(sys.argv[1:], os.environ)


if __name__ == "__main__":  # a worker process that is spawned imports this file again
    raise SystemExit(main())
