"""Structured inputs for a fuzzer: messages taken apart and put together again, so that counts and lengths fit.

A mutation of octets seldom gets past the counts in the header and the length of an rdata. Here a message is a list of
items; an item, a field or a few octets of an rdata change, and what depends on them is written anew.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from twins.messages import MessageWriter, built_message, write_record
from twins.mutations import INTERESTING, mutate
from twins.samples import BUILDERS, OPAQUE_TYPES

HEADER: Final = 12
FIXED: Final = struct.Struct("!HHIH")  # type, class, TTL, length of the rdata
TTLS: Final = (0, 1, 300, 2**31 - 2, 2**31 - 1, 2**31, 2**31 + 1, 2**32 - 1, 0x8000, 0x4000, 0x01000000, 0x00010000)
CLASSES: Final = (1, 1, 1, 3, 4, 254, 255, 0, 2, 4096, 65535)
TYPES: Final = tuple(map(int, BUILDERS)) + OPAQUE_TYPES
MOST_ITEMS: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A question (section 0) or a record; `name` as it stands in the message, pointers and all."""

    section: int
    name: bytes
    rdtype: int
    rdclass: int
    ttl: int = 0
    rdata: bytes = b""
    shift: int = 0  # how far the length field is from the truth: what a parser must survive

    def octets(self) -> bytes:
        if self.section == 0:
            return self.name + struct.pack("!HH", self.rdtype, self.rdclass)
        length = (len(self.rdata) + self.shift) & 0xFFFF
        return self.name + FIXED.pack(self.rdtype, self.rdclass, self.ttl, length) + self.rdata


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """A message that was taken apart. What could not be read as items is left over at its end."""

    header: bytes
    items: tuple[Item, ...]
    rest: bytes = b""

    def octets(self) -> bytes:
        counts = [sum(item.section == section for item in self.items) for section in range(4)]
        body = b"".join(item.octets() for item in sorted(self.items, key=lambda item: item.section))
        return self.header[:4] + struct.pack("!HHHH", *counts) + body + self.rest


def take_apart(data: bytes) -> Parts | None:
    """The items of a message as far as they can be read; None where there is no header."""
    if len(data) < HEADER:
        return None
    items, at = list[Item](), HEADER
    for section, count in enumerate(struct.unpack("!HHHH", data[4:HEADER])):
        for _ in range(min(count, MOST_ITEMS - len(items))):
            item, behind = read_item(data, at, section)
            if item is None:
                return Parts(header=data[:HEADER], items=tuple(items), rest=data[at:])
            items.append(item)
            at = behind
    return Parts(header=data[:HEADER], items=tuple(items), rest=data[at:])


def read_item(data: bytes, at: int, section: int) -> tuple[Item | None, int]:
    behind = name_end(data, at)
    fixed = 4 if section == 0 else FIXED.size
    if behind is None or behind + fixed > len(data):
        return None, at
    if section == 0:
        rdtype, rdclass = struct.unpack_from("!HH", data, behind)
        return Item(section=0, name=data[at:behind], rdtype=rdtype, rdclass=rdclass), behind + 4
    rdtype, rdclass, ttl, length = FIXED.unpack_from(data, behind)
    start = behind + FIXED.size
    if start + length > len(data):
        return None, at
    rdata = data[start : start + length]
    item = Item(section=section, name=data[at:behind], rdtype=rdtype, rdclass=rdclass, ttl=ttl, rdata=rdata)
    return item, start + length


def name_end(data: bytes, at: int) -> int | None:
    """Behind a name as it stands: behind its root or its first pointer."""
    while at < len(data):
        if data[at] == 0:
            return at + 1
        if data[at] >= 0xC0:
            return at + 2 if at + 2 <= len(data) else None
        at += 1 + data[at]
    return None


# --- what happens to a message -------------------------------------------------------------------

Change = Callable[[Random, Parts], Parts]


def with_item(parts: Parts, index: int, item: Item) -> Parts:
    return replace(parts, items=(*parts.items[:index], item, *parts.items[index + 1 :]))


def chosen(rng: Random, parts: Parts) -> int:
    return rng.randrange(len(parts.items))


def repeat_item(rng: Random, parts: Parts) -> Parts:
    """The same one again, there or at the end."""
    item = parts.items[chosen(rng, parts)]
    at = rng.choice((chosen(rng, parts), len(parts.items)))
    return replace(parts, items=(*parts.items[:at], item, *parts.items[at:]))


def drop_item(rng: Random, parts: Parts) -> Parts:
    at = chosen(rng, parts)
    return replace(parts, items=parts.items[:at] + parts.items[at + 1 :])


def new_record(rng: Random, parts: Parts) -> Parts:
    """A record of any type, as a builder writes it, without compression: it is placed anywhere."""
    writer = MessageWriter()
    write_record(rng, writer, rng.choice((1, 2, 3)), rng.choice(TYPES))
    made = take_apart(writer.message(0, 0))
    if made is None or not made.items:
        return parts
    at = rng.randint(0, len(parts.items))
    return replace(parts, items=(*parts.items[:at], *made.items, *parts.items[at:]))


def move_section(rng: Random, parts: Parts) -> Parts:
    at = chosen(rng, parts)
    item = parts.items[at]
    return with_item(parts, at, replace(item, section=rng.choice((1, 2, 3)))) if item.section else parts


def change_numbers(rng: Random, parts: Parts) -> Parts:
    at = chosen(rng, parts)
    item = parts.items[at]
    match rng.randrange(4):
        case 0:
            return with_item(parts, at, replace(item, rdtype=rng.choice(TYPES)))
        case 1:
            return with_item(parts, at, replace(item, rdclass=rng.choice(CLASSES)))
        case _:
            ttl = rng.choice((*TTLS, rng.getrandbits(32), item.ttl ^ 1 << rng.randrange(32)))
            return with_item(parts, at, replace(item, ttl=ttl))


def change_rdata(rng: Random, parts: Parts) -> Parts:
    """A few octets of an rdata; its length follows."""
    at = chosen(rng, parts)
    item = parts.items[at]
    if not item.rdata:
        return with_item(parts, at, replace(item, rdata=rng.randbytes(rng.randint(1, 6))))
    place = rng.randrange(len(item.rdata))
    match rng.randrange(5):
        case 0:
            rdata = item.rdata[:place] + bytes([rng.choice(INTERESTING)]) + item.rdata[place + 1 :]
        case 1:
            rdata = (
                item.rdata[:place] + bytes([item.rdata[place] + rng.choice((1, -1)) & 0xFF]) + item.rdata[place + 1 :]
            )
        case 2:
            rdata = item.rdata[:place] + rng.randbytes(rng.randint(1, 4)) + item.rdata[place:]
        case 3:
            rdata = item.rdata[:place] + item.rdata[place + rng.randint(1, 4) :]
        case _:
            piece = item.rdata[place : place + rng.randint(1, 8)]
            rdata = item.rdata[:place] + piece + item.rdata[place:]
    return with_item(parts, at, replace(item, rdata=rdata))


def change_name(rng: Random, parts: Parts) -> Parts:
    """The root, a pointer to the first name, or letters that change case."""
    at = chosen(rng, parts)
    item = parts.items[at]
    letters = bytes(octet ^ 0x20 if chr(octet).isalpha() and rng.random() < 0.5 else octet for octet in item.name)
    pointer = struct.pack("!H", 0xC000 | rng.choice((HEADER, rng.randrange(HEADER, HEADER + 64))))
    label = rng.randrange(1, 12)
    longer = bytes([label]) + bytes(rng.choices(b"azAZ09.-\\\x7f\x00\xff", k=label)) + item.name
    return with_item(parts, at, replace(item, name=rng.choice((b"\0", pointer, letters, longer))))


def lie_about_length(rng: Random, parts: Parts) -> Parts:
    at = chosen(rng, parts)
    return with_item(parts, at, replace(parts.items[at], shift=rng.choice((1, -1, 2, -2))))


def change_header(rng: Random, parts: Parts) -> Parts:
    at = rng.randrange(4)
    header = parts.header[:at] + bytes([parts.header[at] ^ 1 << rng.randrange(8)]) + parts.header[at + 1 :]
    return replace(parts, header=header)


CHANGES: Final[tuple[Change, ...]] = (
    repeat_item,
    drop_item,
    new_record,
    new_record,
    move_section,
    change_numbers,
    change_numbers,
    change_rdata,
    change_rdata,
    change_rdata,
    change_name,
    lie_about_length,
    change_header,
)


class Messages:
    """The mutator that `fuzzpair agree` asks; None leaves the octets to the engine's own mutations."""

    def mutate(self, data: bytes, max_size: int, seed: int) -> bytes | None:
        rng = Random(seed)
        choice = rng.random()
        if choice < 0.2:
            return None
        if choice < 0.3:
            return built_message(rng, rng.choice(TYPES))[:max_size]
        if choice < 0.4:
            return mutate(rng, data or b"\0", built_message(rng, rng.choice(TYPES)))[1]
        return self.changed(data, rng)

    def changed(self, data: bytes, rng: Random) -> bytes:
        parts = take_apart(data)
        if parts is None:
            return built_message(rng, rng.choice(TYPES))
        for _ in range(rng.choice((1, 1, 2, 3))):
            parts = rng.choice(CHANGES)(rng, parts) if parts.items else new_record(rng, parts)
        return parts.octets()


class Inputs:
    """Of either target: a stream is messages behind their lengths, of which one or two are changed."""

    def __init__(self, target: str = "message") -> None:
        self.messages = Messages()
        self.is_stream = target == "stream"

    def mutate(self, data: bytes, max_size: int, seed: int) -> bytes | None:
        if not self.is_stream:
            return self.messages.mutate(data, max_size, seed)
        rng = Random(seed)
        frames = frames_of(data)
        if not frames or rng.random() < 0.2:
            return framed([*frames, built_message(rng, rng.choice(TYPES))])
        at = rng.randrange(len(frames))
        changed = self.messages.mutate(frames[at], max_size, seed + 1)
        return None if changed is None else framed([*frames[:at], changed, *frames[at + 1 :]])


def frames_of(data: bytes) -> list[bytes]:
    frames, at = list[bytes](), 0
    while at + 2 <= len(data) and len(frames) < 40:
        length = int.from_bytes(data[at : at + 2], "big")
        frames.append(data[at + 2 : at + 2 + length])
        at += 2 + length
    return frames


def framed(frames: list[bytes]) -> bytes:
    return b"".join(struct.pack("!H", len(frame) & 0xFFFF) + frame for frame in frames)
