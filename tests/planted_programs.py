"""Which planted mistakes could stand in one program: those whose patches change no common lines in different ways."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

_HUNK = re.compile(r"^@@ -(\d+)(?:,\d+)? \+\d+(?:,\d+)? @@")
Change = tuple[
    str, int, int, tuple[str, ...]
]  # file, first old line, line behind the last old one, what stands there now


@dataclass
class _Place:
    """A reader's place in a patch: the file, its next old line, and the change that is being read."""

    file: str = ""
    line: int = 0
    start: int = 0
    added: tuple[str, ...] | None = None

    def taken(self) -> Iterator[Change]:
        if self.added is not None:
            yield self.file, self.start, self.line, self.added
        self.added = None

    def change(self) -> tuple[str, ...]:
        if self.added is None:
            self.start = self.line
        return self.added or ()


def changes(patch: str) -> tuple[Change, ...]:
    """Each run of changed lines of a unified diff, by the numbers of the file before it."""
    return tuple(_changes(patch))


def _changes(patch: str) -> Iterator[Change]:
    at = _Place()
    for line in patch.split("\n"):
        if line.startswith("--- a/"):
            yield from at.taken()
            at = _Place(file=line[6:].split("\t")[0])
        elif hunk := _HUNK.match(line):
            yield from at.taken()
            at.line = int(hunk[1])
        elif at.line and line.startswith("-"):
            at.added = at.change()
            at.line += 1
        elif at.line and line.startswith("+") and not line.startswith("+++ "):
            at.added = (*at.change(), line[1:])
        elif at.line:
            yield from at.taken()
            at.line += 1
    yield from at.taken()


def exclude_each_other(ones: Iterable[Change], others: Sequence[Change]) -> bool:
    """Whether two patches are two versions of one place. The same change made by both is none."""
    return any(
        one != other and one[0] == other[0] and one[1] <= other[2] and other[1] <= one[2]
        for one in ones
        for other in others
    )


def programs(patches: Mapping[str, str]) -> dict[str, int]:
    """The number of the program that each patch goes into: the first in which nothing excludes it, by name."""
    read = {name: changes(patch) for name, patch in patches.items()}
    made: list[list[str]] = []
    placed: dict[str, int] = {}
    for name in sorted(read):
        fits = (n for n, inside in enumerate(made) if not any(exclude_each_other(read[name], read[o]) for o in inside))
        number = next(fits, len(made))
        made[number:number] = [[]] if number == len(made) else []
        made[number].append(name)
        placed[name] = number
    return placed
