"""What a message suffers on its way to a fuzzer's corpus: one of a few mutations, chosen by the seed."""

import struct
from collections.abc import Callable
from random import Random
from typing import Final

INTERESTING: Final = (0, 1, 0x3F, 0x40, 0x7F, 0x80, 0xC0, 0xFF)


def flip_bits(rng: Random, data: bytes, other: bytes) -> bytes:
    mutated = bytearray(data)
    for _ in range(rng.randint(1, 3)):
        mutated[rng.randrange(len(mutated))] ^= 1 << rng.randrange(8)
    return bytes(mutated)


def set_octet(rng: Random, data: bytes, other: bytes) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + bytes([rng.choice(INTERESTING)]) + data[at + 1 :]


def truncate(rng: Random, data: bytes, other: bytes) -> bytes:
    return data[: rng.randrange(len(data))]


def change_count(rng: Random, data: bytes, other: bytes) -> bytes:
    at = rng.choice((4, 6, 8, 10))
    count = int.from_bytes(data[at : at + 2], "big")
    changed = rng.choice((count + 1, count - 1, 0, 0xFFFF)) & 0xFFFF
    return data[:at] + struct.pack("!H", changed) + data[at + 2 :]


def point_elsewhere(rng: Random, data: bytes, other: bytes) -> bytes:
    """Move a compression pointer, or make one of any two octets: loops, overlaps, chains."""
    pointers = [at for at in range(12, len(data) - 1) if data[at] >= 0xC0]
    at = rng.choice(pointers) if pointers else rng.randrange(len(data) - 1)
    target = rng.choice((rng.randrange(len(data)), rng.randrange(at + 1), at, max(at - 2, 0)))
    return data[:at] + struct.pack("!H", 0xC000 | target & 0x3FFF) + data[at + 2 :]


def splice(rng: Random, data: bytes, other: bytes) -> bytes:
    return data[: rng.randrange(12, len(data) + 1)] + other[rng.randrange(12, len(other) + 1) :]


def insert(rng: Random, data: bytes, other: bytes) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.randbytes(rng.randint(1, 4)) + data[at:]


def delete(rng: Random, data: bytes, other: bytes) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + data[at + rng.randint(1, 4) :]


def nudge_number(rng: Random, data: bytes, other: bytes) -> bytes:
    """One more or one less in two octets: often a length."""
    at = rng.randrange(len(data) - 1)
    number = int.from_bytes(data[at : at + 2], "big") + rng.choice((1, -1))
    return data[:at] + struct.pack("!H", number & 0xFFFF) + data[at + 2 :]


MUTATIONS: Final[tuple[Callable[[Random, bytes, bytes], bytes], ...]] = (
    flip_bits,
    flip_bits,
    set_octet,
    truncate,
    change_count,
    point_elsewhere,
    splice,
    insert,
    delete,
    nudge_number,
)


def mutate(rng: Random, data: bytes, other: bytes) -> tuple[str, bytes]:
    """A message too short to cut in is only ever extended."""
    mutation = rng.choice(MUTATIONS) if min(len(data), len(other)) > 14 else insert
    return mutation.__name__, mutation(rng, data, other)
