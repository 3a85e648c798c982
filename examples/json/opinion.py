"""A third opinion on a JSON document, for `fuzzpair agree`: Python's json, by its own Python code."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from json.decoder import py_scanstring
from json.scanner import py_make_scanner
from math import copysign
from typing import NoReturn

WORDS: dict[object, str] = {None: "null", True: "true", False: "false"}
DEEPEST = 100  # arrays and objects in each other; all three sides refuse what is deeper


class Members(list[tuple[str, object]]):
    """An object's members in their order, those of one name as well."""


class Decoder(json.JSONDecoder):
    """The one in Python: what is written in C has no coverage that could guide anybody."""

    def __init__(self) -> None:
        super().__init__(parse_int=float, parse_constant=refuse, object_pairs_hook=Members)
        self.parse_string = py_scanstring
        self.scan_once = py_make_scanner(self)


def describe(target: str, octets: bytes) -> str:
    """What the targets print; `reject:` for what they refuse."""
    del target  # there is one
    try:
        # RecursionError is none of ValueError's: Python's own limit is far behind DEEPEST.
        return "".join(lines(Decoder().decode(octets.decode()), DEEPEST))
    except (ValueError, OverflowError, RecursionError):
        return "reject:\n"


def lines(value: object, left: int) -> Iterator[str]:
    if isinstance(value, list) and left == 0:
        raise ValueError("too deep")
    if isinstance(value, Members):
        yield "object\n"
        for key, member in value:
            yield f"key x{key.encode().hex()}\n"
            yield from lines(member, left - 1)
        yield "end\n"
    elif isinstance(value, list):
        yield "array\n"
        for one in value:
            yield from lines(one, left - 1)
        yield "end\n"
    elif isinstance(value, str):
        yield f"string x{value.encode().hex()}\n"
    elif isinstance(value, float):
        yield f"number sign {'-' if copysign(1, value) < 0 else '+'} bits x{finite(abs(value)).hex()}\n"
    else:
        yield f"{WORDS[value]}\n"


def finite(value: float) -> bytes:
    """A number's octets; the targets refuse what is too large for a double."""
    if value in (float("inf"), float("-inf")):
        raise ValueError("too large")
    return struct.pack(">d", value)


def refuse(word: str) -> NoReturn:
    """NaN and Infinity, which are no JSON."""
    raise ValueError(word)
