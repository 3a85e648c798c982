"""Every unit of a corpus through all voices, whatever its size; keep those on which they part. Runs in a sandbox.

An engine cuts what is longer than its limit, and goes on when it has read the corpus: this reads each unit as it is.
"""

from __future__ import annotations

import time
from pathlib import Path

from fuzzpair.agree.python.atheris_agree import Comparing
from fuzzpair.agree.python.voices import named, read_settings


def main() -> None:
    """What is left when the time is over is not read; how many were is in the log, and that is compared."""
    settings = read_settings()
    comparing = Comparing(settings, named(settings.reference) if settings.reference else None)
    comparing.load()
    end = time.monotonic() + settings.fuse_s
    for path in sorted(one for one in Path("corpus").iterdir() if one.name != ".keep"):
        if time.monotonic() > end:
            break
        comparing.one_input(path.read_bytes())
    comparing.tell()


if __name__ == "__main__":
    main()
