"""What a Rust panic's message says: the library writes these sentences, so they can be told apart."""

from __future__ import annotations

import re
from typing import Final

# The first that fits counts; a message of the program's own falls through to "panic".
_KINDS: Final = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        ("unsafe precondition violated", r"^unsafe precondition\(s\) violated"),
        ("null pointer dereference", r"^null pointer dereference occurred"),
        ("misaligned pointer dereference", r"^misaligned pointer dereference"),
        ("invalid enum value", r"^trying to construct an enum from an invalid value"),
        ("panic in a destructor", r"^panic in a destructor during cleanup"),
        ("panic in a function that cannot unwind", r"^panic in a function that cannot unwind"),
        ("index out of bounds", r"^index out of bounds: the len is \d+ but the index is \d+"),
        ("slice range out of bounds", r"^range (?:start|end) index \d+ out of range"),
        ("slice range out of bounds", r"^slice index starts at \d+ but ends at|^attempted to index \w+ "),
        ("slice lengths differ", r"^(?:copy_from_slice: )?source slice length|slices have different lengths"),
        (
            "not a char boundary",
            r"^(?:start |end )?byte index \d+ is (?:not a char boundary|out of bounds)|^begin <= end",
        ),
        ("unwrap on None", r"^called `Option::unwrap\(\)` on a `None` value"),
        ("unwrap on Err", r"^called `Result::unwrap(?:_err)?\(\)` on an? `(?:Err|Ok)` value"),
        ("already borrowed", r"^(?:RefCell )?already (?:mutably )?borrowed"),
        ("capacity overflow", r"^capacity overflow|^Hash table capacity overflow"),
        ("assertion failed", r"^assertion (?:`left (?:==|!=|matches) right` )?failed"),
        ("entered unreachable code", r"^internal error: entered unreachable code"),
        ("not implemented", r"^not (?:yet )?implemented"),
        ("Box<dyn Any>", r"^Box<(?:dyn )?Any>"),
    )
)
_ARITHMETIC: Final = re.compile(
    r"^attempt to (?:(?:add|subtract|multiply|divide|negate|shift left|shift right"
    r"|calculate the remainder) with overflow|divide by zero|calculate the remainder with a divisor of zero)"
)

# These come with debug assertions and from `unsafe` only: memory findings, no benign panics.
UNDEFINED_CHECKS: Final = frozenset(
    {"unsafe precondition violated", "null pointer dereference", "misaligned pointer dereference", "invalid enum value"}
)

# Which promise to an unsafe function was broken.
_PRECONDITIONS: Final = tuple(
    (slug, re.compile(pattern))
    for slug, pattern in (
        ("reached-unreachable", r"unreachable_unchecked|hint::assert_unchecked|unwrap_unchecked"),
        ("index-out-of-bounds", r"index is within|range is within|get_unchecked|split_at|swap_unchecked|in bounds"),
        ("overlapping-copy", r"nonoverlapping|do not overlap"),
        ("pointer-overflow", r"ptr::(?:offset|add|sub)|offset_from|overflow"),
        ("null-dereference", r"non-null"),
        ("misaligned-access", r"aligned"),
    )
)


def kind_of(message: str) -> str:
    message = message[:1024]
    arithmetic = _ARITHMETIC.match(message)
    if arithmetic:
        return arithmetic[0]
    return next((kind for kind, pattern in _KINDS if pattern.search(message)), "panic")


def class_of(kind: str, message: str) -> str | None:
    """The class where the kind alone leaves it open."""
    if kind != "unsafe precondition violated":
        return None
    return next((slug for slug, pattern in _PRECONDITIONS if pattern.search(message[:1024])), None)
