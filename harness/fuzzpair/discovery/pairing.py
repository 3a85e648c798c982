"""Which targets of two sides are one: those of like names. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

_WORDS: Final = re.compile(r"[a-z]+|[0-9]+", re.IGNORECASE)
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
# Words that say that something is a target, or in which language.
_SAY_NOTHING: Final = frozenset(
    {"fuzz", "fuzzer", "fuzzing", "target", "test", "libfuzzer", "harness", "c", "cc", "cpp", "cxx", "rs", "rust"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """What the names of two sides come to."""

    same: tuple[str, ...]  # called alike on both sides: paired without being told
    alike: tuple[tuple[str, str, str], ...]  # the pair's name, C++'s, Rust's
    maybe: tuple[tuple[str, str, str], ...]  # names that share a word, or the only ones left
    unpaired_cpp: tuple[str, ...]
    unpaired_rust: tuple[str, ...]


def essence(name: str) -> tuple[str, ...]:
    """The words of a name that say what is fuzzed; all of them where none does."""
    words = tuple(word.lower() for word in _WORDS.findall(_CAMEL.sub(" ", name)))
    return tuple(word for word in words if word not in _SAY_NOTHING) or words


def pair_up(cpp: Sequence[str], rust: Sequence[str]) -> Likeness:
    """Only what is alike in one way is paired: of two candidates, neither."""
    same = tuple(name for name in cpp if name in rust)
    left_cpp = [name for name in cpp if name not in same]
    left_rust = [name for name in rust if name not in same]
    alike = _unique(left_cpp, left_rust, lambda one, other: essence(one) == essence(other))
    left_cpp = [name for name in left_cpp if name not in {one for one, _ in alike}]
    left_rust = [name for name in left_rust if name not in {other for _, other in alike}]
    maybe = _unique(left_cpp, left_rust, lambda one, other: bool({*essence(one)} & {*essence(other)}))
    if not maybe and len(left_cpp) == len(left_rust) == 1:
        maybe = [(left_cpp[0], left_rust[0])]
    return Likeness(
        same=same,
        alike=_named(alike, taken={*cpp, *rust}),
        maybe=_named(maybe, taken={*cpp, *rust, *("_".join(essence(one)) for one, _ in alike)}),
        unpaired_cpp=tuple(left_cpp),
        unpaired_rust=tuple(left_rust),
    )


def _unique(cpp: Sequence[str], rust: Sequence[str], is_like: Callable[[str, str], bool]) -> list[tuple[str, str]]:
    likes = [(one, other) for one in cpp for other in rust if is_like(one, other)]
    ones, others = [one for one, _ in likes], [other for _, other in likes]
    return [(one, other) for one, other in likes if ones.count(one) == others.count(other) == 1]


def _named(pairs: Sequence[tuple[str, str]], taken: set[str]) -> tuple[tuple[str, str, str], ...]:
    """A short name for each, that no target of either side has for another."""
    named = []
    for one, other in pairs:
        short = "_".join(word for word in essence(one) if word in essence(other)) or one
        named.append((short if short not in taken - {one, other} else one, one, other))
        taken.add(named[-1][0])
    return tuple(named)
