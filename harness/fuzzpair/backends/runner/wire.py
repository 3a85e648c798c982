"""What comes in on stdin and goes out on stdout."""

from __future__ import annotations

import json
import os
import struct
from typing import BinaryIO


class OrchestratorGone(Exception):  # noqa: N818 - an order, not an error
    """Nobody reads the answer any more."""


class Incoming:
    """Stdin, unbuffered between requests: a buffered reader would hide its end from select."""

    def __init__(self) -> None:
        self.pending = b""
        self.left = 0  # octets of an archive that are still to come

    def line(self) -> bytes:
        """The next line, or b"" at the end."""
        while b"\n" not in self.pending:
            chunk = os.read(0, 1 << 16)
            if not chunk:
                return b""
            self.pending += chunk
        line, _, self.pending = self.pending.partition(b"\n")
        return line

    def read(self, size: int) -> bytes:
        """As a file of `left` octets. Raises OrchestratorGone where stdin ends before."""
        taken = bytearray()
        while len(taken) < size and self.left:
            chunk = self.pending or os.read(0, 1 << 16)
            if not chunk:
                raise OrchestratorGone
            some = min(size - len(taken), self.left, len(chunk))
            taken += chunk[:some]
            self.pending = chunk[some:]
            self.left -= some
        return bytes(taken)


class Pieces:
    """A file object that writes pieces, each behind its length."""

    def __init__(self, answer: BinaryIO) -> None:
        self.answer = answer

    def write(self, content: bytes) -> int:
        if content:
            self.answer.write(struct.pack(">I", len(content)) + content)
        return len(content)


def tell(answer: BinaryIO, problem: str, **more: object) -> None:
    answer.write(json.dumps({"problem": problem, **more}).encode() + b"\n")
    answer.flush()
