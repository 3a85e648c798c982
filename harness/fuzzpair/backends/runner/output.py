"""What is kept of a command's output."""

from __future__ import annotations


class Kept:
    """The first and the last octets of a stream, up to a limit, and how many were left out between them."""

    def __init__(self, limit: int) -> None:
        self.half = max(limit // 2, 1)
        self.head = bytearray()
        self.tail = bytearray()
        self.seen = 0

    def add(self, chunk: bytes) -> None:
        self.seen += len(chunk)
        room = self.half - len(self.head)
        self.head += chunk[:room]
        self.tail += chunk[max(room, 0) :]
        if len(self.tail) > 2 * self.half:
            del self.tail[: -self.half]

    def text(self) -> bytes:
        tail = bytes(self.tail[-self.half :])
        left_out = self.seen - len(self.head) - len(tail)
        gap = f"\n[fuzzpair: {left_out} octets left out]\n".encode() if left_out else b""
        return bytes(self.head) + gap + tail
