"""A third opinion on a gzip stream, for `fuzzpair agree`: Python's zlib, and the header's fields by hand."""

from __future__ import annotations

import struct
import zlib

MOST = 1 << 16  # octets that one input may hold, inflated
GZIP_ONLY = 31
HAS_EXTRA = 4


def describe(target: str, octets: bytes) -> str:
    """What the targets print; `reject:` for what they refuse. The first octet says where they cut the rest in two."""
    del target  # there is one
    stream = octets[1:]
    inflater = zlib.decompressobj(GZIP_ONLY)
    try:
        held = inflater.decompress(stream, MOST + 1)
    except zlib.error:
        return "reject:\n"
    if len(held) > MOST or not inflater.eof:
        return "reject:\n"
    extra = f"extra {struct.unpack_from('<H', stream, 10)[0]}\n" if stream[3] & HAS_EXTRA else ""
    return f"{extra}octets {len(held)}\nsum x{zlib.crc32(held):08x}\n"
