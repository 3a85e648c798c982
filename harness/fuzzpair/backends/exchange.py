"""What a backend and runner/ say to each other: commands go in as JSON, endings and output come back; files go
both ways as archives. The forms of the messages stand in runner/serve.py."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from fuzzpair.backends.archive import pack, unpack
from fuzzpair.errors import SandboxError
from fuzzpair.model.command import Command, Completed

RUNNER_SLACK_S = 30.0  # start of the interpreter, on a busy machine
COMMAND_SLACK_S = 12.0  # killing what a command left behind, and reading its last output
HEADER_LIMIT = 1 << 16
PIECE_LIMIT = 1 << 20
TRANSFER_S = 300.0  # files into or out of a sandbox, on a busy machine
RUNNER = "fuzzpair.backends.runner"
RUNNER_PARTS = ("wire", "output", "processes", "prctl", "files", "watch", "commands", "serve")  # what is imported first
RUNNER_START = """\
import sys, types
for name, text in {texts!r}.items():
    module = sys.modules[name] = types.ModuleType(name)
    exec(compile(text, name, "exec"), vars(module))
module.main()
"""
GAP_LIMIT = 128  # the runner's own line between the kept halves, or its word on what cannot be started


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What every command of a sandbox shares."""

    root: str
    env: Mapping[str, str]
    oom_files: tuple[str, ...] = ()  # where this sandbox's own OOM kills are counted
    memory_kb: int | None = None  # watched by the runner where no kernel limit is set
    contained: bool = False  # a container ends what a runner that was killed leaves behind


@cache
def runner_source() -> str:
    """runner/ as one text for `python3 -I -c`: each module is put where the imports of those behind it look first."""
    package = files(RUNNER)
    texts = {f"{RUNNER}.{name}": (package / f"{name}.py").read_text() for name in RUNNER_PARTS}
    return RUNNER_START.format(texts=texts)


def encode_request(commands: Sequence[Command], around: Surroundings, *, keep_going: bool) -> bytes:
    asked = [
        {
            "argv": list(command.argv),
            "env": dict(command.env),
            "cwd": command.cwd,
            "timeout_s": command.timeout_s,
            "idle_s": command.idle_s,
            "cpu_s": command.cpu_s,
            "output_limit": command.output_limit,
        }
        for command in commands
    ]
    request = {
        "commands": asked,
        "keep_going": keep_going,
        "root": around.root,
        "env": dict(around.env),
        "oom_files": list(around.oom_files),
        "memory_kb": around.memory_kb,
        "contained": around.contained,
    }
    return json.dumps(request).encode() + b"\n"


def encode_put(files: Mapping[str, bytes], root: str, owner: int) -> bytes:
    archive = pack(files, owner=owner)
    return json.dumps({"root": root, "size": len(archive)}).encode() + b"\n" + archive


def encode_get(paths: Sequence[str], root: str, size_limit: int) -> bytes:
    return json.dumps({"root": root, "paths": list(paths), "size_limit": size_limit}).encode() + b"\n"


def encode_blobs(files: Mapping[str, str], root: str, held: str, shelf: str | None) -> bytes:
    return json.dumps({"blobs": dict(files), "root": root, "held": held, "shelf": shelf}).encode() + b"\n"


def encode_keep(files: Mapping[str, str], root: str, held: str) -> bytes:
    return json.dumps({"keep": dict(files), "root": root, "held": held}).encode() + b"\n"


def read_blobs(chunks: Iterator[bytes], asked: Mapping[str, str]) -> dict[str, str]:
    """Those of the files asked for that have to be sent. Raises SandboxError where files could not be written."""
    answer = _read_problem(_Answer(chunks), "files cannot be put into the sandbox")
    missing = answer.get("missing")
    if not isinstance(missing, list) or not all(path in asked for path in missing):
        raise SandboxError("files cannot be put into the sandbox: what came back is not the runner's answer")
    return {path: asked[path] for path in missing}


def read_put(chunks: Iterator[bytes]) -> None:
    """Raises SandboxError where the files could not be written."""
    _read_problem(_Answer(chunks), "files cannot be put into the sandbox")


def read_got(chunks: Iterator[bytes], paths: Sequence[str], size_limit: int) -> dict[str, bytes]:
    """The files of an answer. Raises SandboxError on what must not come out: a link, a device, a path outside, more
    than `size_limit` octets; what the runner says of itself is not relied on."""
    answer = _Answer(chunks)
    asked = ", ".join(paths)
    pieces = answer.pieces()
    found = unpack(pieces, asked=asked, size_limit=size_limit)
    if sum(map(len, pieces)) > PIECE_LIMIT:  # tarfile stops at the end mark and leaves the padding behind it
        raise SandboxError(f"{asked} came out with octets behind its archive")
    _read_problem(answer, f"{asked} cannot be read from the sandbox")
    return found


def _read_problem(answer: _Answer, doing: str) -> dict[str, Any]:
    try:
        said: dict[str, Any] = json.loads(answer.line())
        problem = said["problem"]
    except (ValueError, KeyError, TypeError) as error:
        raise SandboxError(f"{doing}: what came back is not the runner's answer: {error}") from error
    if problem:
        raise SandboxError(f"{doing}: {str(problem)[:200]}")
    return said


def longest_s(commands: Sequence[Command]) -> float:
    """After this time a runner that has not answered is itself broken."""
    return RUNNER_SLACK_S + sum(command.timeout_s + COMMAND_SLACK_S for command in commands)


def read_answers(chunks: Iterator[bytes], commands: Sequence[Command], *, keep_going: bool) -> tuple[Completed, ...]:
    """The endings of `commands`, in order. Raises SandboxError on an answer that no runner gives."""
    answer = _Answer(chunks)
    completed: list[Completed] = []
    for command in commands:
        try:
            completed.append(_read_one(answer, command))
        except (ValueError, KeyError, TypeError) as problem:
            raise SandboxError(
                f"`{command.argv[0]}` ran, but what came back is not the runner's answer: {problem}",
                next_step="Run it again; a command that tampers with its sandbox can cause this.",
            ) from problem
        if not completed[-1].ok and not keep_going:
            break
    return tuple(completed)


def _read_one(answer: _Answer, command: Command) -> Completed:
    header = json.loads(answer.line())
    most = command.output_limit + GAP_LIMIT + 4096
    sizes = [header.pop("stdout"), header.pop("stderr")]
    if not all(isinstance(size, int) and 0 <= size <= most for size in sizes):
        raise ValueError(f"output of {sizes} octets")
    return Completed(command=command, stdout=answer.take(sizes[0]), stderr=answer.take(sizes[1]), **header)


class _Answer:
    """Lines and counted octets from chunks of any size."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._pending = bytearray()

    def line(self) -> bytes:
        while (end := self._pending.find(b"\n")) < 0:
            if len(self._pending) > HEADER_LIMIT:
                raise ValueError("a header without end")
            self._more()
        return self.take(end + 1)

    def pieces(self) -> Iterator[bytes]:
        """Counted pieces up to the empty one. A piece is as large as tarfile's record, or it is none of ours."""
        while size := struct.unpack(">I", self.take(4))[0]:
            if size > PIECE_LIMIT:
                raise SandboxError(f"a piece of {size} octets came out of the sandbox")
            yield self.take(size)

    def take(self, size: int) -> bytes:
        while len(self._pending) < size:
            self._more()
        taken = bytes(self._pending[:size])
        del self._pending[:size]
        return taken

    def _more(self) -> None:
        chunk = next(self._chunks, None)
        if chunk is None:
            raise ValueError("it ended early")
        self._pending += chunk
