"""Families of bug classes: what different tools, or different inputs, call one and the same slip."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from fuzzpair.bug_classes import BUG_CLASSES
from fuzzpair.model.crash_report import CrashReport

BOUNDS: Final = "out of bounds"
UNINITIALISED: Final = "uninitialised"
LIFETIME: Final = "lifetime"
RACE: Final = "race"
LOCK: Final = "lock"
LEAK: Final = "leak"
RECURSION: Final = "recursion"
NULL: Final = "null"
WRONG_RELEASE: Final = "wrong release"
WRONG_TYPE: Final = "wrong type"
ALLOCATION: Final = "allocation"
INTEGER_OVERFLOW: Final = "integer overflow"
INTEGER_CONVERSION: Final = "integer conversion"

# Of one slip, tools may show any two of these: which memory is hit, and what lies there, is chance.
MEMORY: Final = frozenset({BOUNDS, LIFETIME, UNINITIALISED, NULL, WRONG_RELEASE, WRONG_TYPE})
INTEGERS: Final = frozenset({INTEGER_OVERFLOW, INTEGER_CONVERSION})
_ALONE: Final = frozenset({LOCK, LEAK, RECURSION})
# The kernel's word for a wild address, which has no class.
WILD: Final = frozenset({"SEGV", "BUS"})

# A class that stands in no row is a family of its own.
_MEMBERS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        # One wrong length or index: how far it goes, over what, and read or written, is the input's choice. UBSan
        # sees the index or the pointer, ASan the access, FORTIFY and the library their own check.
        BOUNDS: (
            "heap-buffer-overflow-read",
            "heap-buffer-overflow-write",
            "stack-buffer-overflow",
            "stack-buffer-overflow-read",
            "global-buffer-overflow",
            "index-out-of-bounds",
            "off-by-one",
            "far-out-of-bounds-read",
            "string-copy-overflow",
            "unterminated-string-read",
            "dynamic-stack-array",
            "intra-object-overflow",
            "intra-object-memcpy",
            "container-overflow",
            "container-data-overflow",
            "negative-size",
            "signed-bound-check",
            "stale-buffer-read",
            "stale-index",
            "pointer-overflow",
        ),
        UNINITIALISED: ("uninitialised-read", "padding-leak", "exposed-uninitialised"),
        # UBSan stops at the dereference or the argument, ASan or the kernel at the fault.
        NULL: ("null-dereference", "null-argument", "use-after-move-pointer"),
        # Released too early: the next use and the next release are two ends of one slip.
        LIFETIME: (
            "use-after-free",
            "double-free",
            "use-after-return",
            "use-after-scope",
            "dangling-view",
            "dangling-reference",
            "iterator-invalidation",
            "iterator-invalidation-erase",
            "call-on-freed-object",
        ),
        WRONG_RELEASE: ("invalid-free", "free-of-offset-pointer"),
        # No tool takes this for the former: the memory is one's own to release, and only AddressSanitizer minds how.
        "wrong deallocator": ("allocator-mismatch", "delete-without-virtual-destructor"),
        WRONG_TYPE: (
            "bad-downcast",
            "bad-downcast-same-size",
            "wrong-function-type",
            "strict-aliasing",
            "union-confusion",
        ),
        "invalid value": ("invalid-bool", "invalid-enum"),
        INTEGER_OVERFLOW: ("unsigned-wrap", "unsigned-underflow", "signed-overflow"),
        INTEGER_CONVERSION: ("truncating-cast", "sign-change"),
        "division": ("division-by-zero", "division-overflow"),
        RACE: ("data-race", "data-race-shared-pointer", "data-race-container"),
        LOCK: ("lock-order-inversion", "double-lock"),
        LEAK: ("memory-leak", "reference-cycle"),
        ALLOCATION: ("unbounded-growth", "impossible-allocation", "excessive-allocation"),
        "uncaught exception": ("uncaught-exception", "throw-in-destructor"),
        RECURSION: ("unbounded-recursion",),
    }
)

FAMILIES: Final[Mapping[str, str]] = MappingProxyType(
    {slug: slug for slug in BUG_CLASSES} | {slug: family for family, slugs in _MEMBERS.items() for slug in slugs}
)

# An offset on null is the null pointer's bug, not the offset's: the kind says more than its class.
_BY_KIND: Final[Mapping[str, str]] = MappingProxyType(
    dict.fromkeys(("nullptr-with-offset", "nullptr-with-nonzero-offset", "nullptr-after-nonzero-offset"), NULL)
)
# A fault at a wild address has no class; a far jump past a buffer is its common cause.
_WITHOUT_CLASS: Final[Mapping[str, str]] = MappingProxyType(dict.fromkeys(sorted(WILD), BOUNDS))


def family_of(report: CrashReport) -> str:
    """The family of a report's class; without a class, the tool's own word for it."""
    if report.kind in _BY_KIND:
        return _BY_KIND[report.kind]
    if report.bug_class is None:
        return _WITHOUT_CLASS.get(report.kind, report.kind)
    return FAMILIES.get(report.bug_class, report.bug_class)


def may_be_one(one: str, other: str) -> bool:
    """Whether two tools may mean one bug by these families, in one function: a race is seen elsewhere as damage."""
    if one == other:
        return True
    if RACE in (one, other):
        return bool(MEMORY & {one, other})
    return not _ALONE & {one, other}
