"""Requests, answered until stdin ends: that means that the orchestrator is gone.

A request is one line of JSON on stdin; the next one comes behind its answer. exchange.py is the other end:
  run: for each command one line of JSON, then the kept octets of its stdout and of its stderr
  put: the request is followed by a tar archive of `size` octets; the answer is one line, {"problem": ""}
  blobs: files that lie here already, or on the shelf, get these names; the answer is one line,
    {"problem": "", "missing": [path, …]}
  keep: files are remembered by what they should hold; the answer is one line, {"problem": ""}
  get: a tar archive in pieces (4 octets of length, then so many), an empty piece, then one line, {"problem": ""}
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
from typing import Any, BinaryIO

from fuzzpair.backends.runner.commands import run_commands
from fuzzpair.backends.runner.files import get, keep, place_blobs, put
from fuzzpair.backends.runner.prctl import become_reaper, limit_all
from fuzzpair.backends.runner.wire import Incoming, OrchestratorGone


def children_wake() -> int:
    """A descriptor that becomes readable when a child ends."""
    reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return reader


def enter(request: dict[str, Any]) -> None:
    """Look paths up from the root on. From `/` on, each is a question to a process where images lie on fuse-overlayfs:
    the kernel keeps no access list of that file system's own root."""
    with contextlib.suppress(OSError):  # told with the paths then
        os.chdir(request["root"])
        request["root"] = "."


def serve(incoming: Incoming, answer: BinaryIO) -> None:
    """Answer requests until stdin ends."""
    become_reaper()
    limit_all()
    wake = children_wake()
    while line := incoming.line():
        request = json.loads(line)
        enter(request)
        if "commands" in request:
            run_commands(request, wake, answer)
        elif "paths" in request:
            get(request, answer)
        elif "blobs" in request:
            place_blobs(request, answer)
        elif "keep" in request:
            keep(request, answer)
        else:
            put(request, incoming, answer)


def main() -> None:
    with contextlib.suppress(OrchestratorGone, BrokenPipeError):
        serve(Incoming(), sys.stdout.buffer)
