"""The canary overlay: lines put into a patched tree, in a flavour of their own, that record whether the slip was
reached and triggered, in both languages through one C function (runtime/canary.c).

A patch describes its overlay in trailers; continuation lines are indented:

    Canary-At: src/name.cpp: std::memcpy(buffer.data(), label.data(), label.size());
    Canary: label.size() > buffer.size()

`Canary-At` names a file and the one line (without its indentation) in front of which the overlay goes, and
`Canary-After` the one behind which it goes. `Canary` is the predicate. `Canary-Code` is inserted as it stands, for
what the predicate needs to remember.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fuzzpair.errors import PatchError
from fuzzpair.model.language import Language

CALL = {
    # The predicate is evaluated once, converted to bool, before the slip.
    Language.CPP: "::fuzzpair_canary(({predicate}) ? 1 : 0);",
    Language.RUST: "::fuzzpair_canary::canary({predicate});",
}


@dataclass(frozen=True, slots=True)
class Insertion:
    file: str
    anchor: str
    behind: bool
    lines: tuple[tuple[str, str], ...]  # (trailer, text)


Overlay = tuple[Insertion, ...]


def parse_overlay(trailers: Sequence[tuple[str, str]], name: str) -> Overlay:
    """Group `Canary…` trailers into insertions.

    Raises PatchError when one has no place, or no insertion holds a predicate.
    """
    insertions: list[Insertion] = []
    for key, value in trailers:
        if key in ("Canary-At", "Canary-After"):
            file, separator, anchor = value.partition(": ")
            if not separator:
                raise PatchError(f"{name}: `{key}: {value}` should be `{key}: <file>: <line>`")
            insertions.append(Insertion(file.strip(), anchor.strip(), key == "Canary-After", ()))
        elif key in ("Canary", "Canary-Code"):
            if not insertions:
                raise PatchError(f"{name}: `{key}:` needs a `Canary-At: <file>: <line>` in front of it")
            last = insertions[-1]
            insertions[-1] = Insertion(last.file, last.anchor, last.behind, (*last.lines, (key, value)))
        else:
            raise PatchError(
                f"{name}: unknown trailer `{key}:`", next_step="Canary-At, Canary-After, Canary, Canary-Code"
            )
    if insertions and not any(key == "Canary" for one in insertions for key, _ in one.lines):
        raise PatchError(f"{name}: its canary has no predicate", next_step="add `Canary: <expression>`")
    return tuple(insertions)


def apply_overlay(overlay: Overlay, tree: Mapping[str, str], language: Language, name: str) -> dict[str, str]:
    """Insert the overlay. Raises PatchError when an anchor is not exactly one line of its file."""
    result = dict(tree)
    for insertion in overlay:
        if insertion.file not in result:
            raise PatchError(f"{name}: the canary names a file that is not there: {insertion.file}")
        lines = result[insertion.file].split("\n")
        places = [i for i, line in enumerate(lines) if line.strip() == insertion.anchor]
        if len(places) != 1:
            raise PatchError(
                f"{name}: the canary's line occurs {len(places)} times in {insertion.file}: {insertion.anchor!r}",
                next_step="name a line of the patched file that occurs exactly once",
            )
        place = places[0] + insertion.behind
        lines[place:place] = _rendered(insertion, language)
        result[insertion.file] = "\n".join(lines)
    return result


def _rendered(insertion: Insertion, language: Language) -> list[str]:
    texts: list[str] = []
    for key, value in insertion.lines:
        texts.extend((CALL[language].format(predicate=value) if key == "Canary" else value).split("\n"))
    return texts
