"""Unified diffs, applied strictly: exact context at the exact place, or not at all.

`patch` moves a hunk that does not fit and says 0; an experiment that plants a mistake three lines off measures
something else, so nothing is ever moved here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import PurePosixPath

from fuzzpair.errors import PatchError

_HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


@dataclass(frozen=True, slots=True)
class Hunk:
    first_old: int  # 1-based line in the unpatched file
    lines: tuple[str, ...]  # each with its leading ' ', '-' or '+'
    place: int  # 1-based line of its @@ in the patch file, for messages

    @property
    def old(self) -> list[str]:
        return [line[1:] for line in self.lines if line[0] in " -"]


@dataclass(frozen=True, slots=True)
class Patch:
    """A parsed patch: the words in front of the diff, and its hunks by file."""

    name: str
    header: str
    diff: str
    files: Mapping[str, tuple[Hunk, ...]]


@dataclass(frozen=True, slots=True)
class Applied:
    """A patched tree, and per file the 1-based lines that differ (for a deletion: its two neighbours)."""

    tree: Mapping[str, str]
    changed: Mapping[str, frozenset[int]]


def parse_patch(text: str, name: str) -> Patch:
    """Read a patch.

    Raises PatchError, with the line in the patch, on anything that is not a header and a unified diff of
    existing text files.
    """
    lines = text.split("\n")
    start = next((i for i, line in enumerate(lines) if line.startswith(("diff --git ", "--- a/"))), None)
    if start is None:
        raise PatchError(f"{name}: holds no diff", next_step="write it with `git diff --relative`")
    header = "\n".join(lines[:start])
    return Patch(name, header, "\n".join(lines[start:]), _read_files(lines, start, name))


def _read_files(lines: list[str], start: int, name: str) -> dict[str, tuple[Hunk, ...]]:
    files: dict[str, list[Hunk]] = {}
    current: list[Hunk] | None = None
    position = start
    while position < len(lines):
        line = lines[position]
        if line.startswith("+++ "):
            current = files.setdefault(_target_path(line, name, position + 1), [])
            position += 1
        elif line.startswith("@@"):
            if current is None:
                raise PatchError(f"{name}:{position + 1}: a hunk in front of any `+++ b/…` line")
            hunk, position = _read_hunk(lines, position, name)
            current.append(hunk)
        elif line.startswith(("diff --git ", "index ", "--- ")) or not line.strip() or line == "-- ":
            position += 1
        else:
            _refuse_missing_newline(line, name, position + 1)
            raise PatchError(f"{name}:{position + 1}: not part of a unified diff: {line[:80]!r}")
    if not files or not all(files.values()):
        raise PatchError(f"{name}: changes no line", next_step="a patch that was emptied should be deleted")
    return {path: tuple(hunks) for path, hunks in files.items()}


def _target_path(line: str, name: str, place: int) -> str:
    path = line[4:].split("\t", maxsplit=1)[0].strip()
    if not path.startswith("b/"):
        raise PatchError(f"{name}:{place}: expected `+++ b/<path>`; files are neither made nor removed by a mistake")
    pure = PurePosixPath(path[2:])
    if pure.is_absolute() or ".." in pure.parts:
        raise PatchError(f"{name}:{place}: the path {path[2:]!r} leaves the target's folder")
    return str(pure)


def _read_hunk(lines: list[str], position: int, name: str) -> tuple[Hunk, int]:
    match = _HUNK.match(lines[position])
    if match is None:
        raise PatchError(f"{name}:{position + 1}: malformed hunk header {lines[position][:80]!r}")
    first, old_left, new_left = int(match[1]), int(match[2] or 1), int(match[4] or 1)
    body: list[str] = []
    place = position + 1
    while old_left > 0 or new_left > 0:
        position += 1
        line = lines[position] if position < len(lines) else None
        if line is None or (line and line[0] not in " -+\\"):
            raise PatchError(f"{name}:{position + 1}: the hunk that starts at line {place} ends too early")
        line = line or " "  # editors strip the space of an empty context line
        _refuse_missing_newline(line, name, position + 1)
        body.append(line)
        old_left -= line[0] in " -"
        new_left -= line[0] in " +"
    if old_left or new_left:
        raise PatchError(f"{name}:{place}: the hunk holds other lines than its header counts")
    return Hunk(first, tuple(body), place), position + 1


def _refuse_missing_newline(line: str, name: str, place: int) -> None:
    if line.startswith("\\"):
        raise PatchError(
            f"{name}:{place}: the last line of a patched file has no newline",
            next_step="end the file with a newline, and write the patch again",
        )


def apply_patch(patch: Patch, tree: Mapping[str, str]) -> Applied:
    """Apply all hunks to a tree of texts (path -> content).

    Raises PatchError naming the patch, its line, the file and the first line that is not as expected.
    """
    patched = dict(tree)
    changed: dict[str, frozenset[int]] = {}
    for path, hunks in patch.files.items():
        if path not in tree:
            raise PatchError(f"{patch.name}: there is no file {path} in the target")
        patched[path], changed[path] = _apply_to_file(patch.name, path, tree[path].split("\n"), hunks)
    if all(patched[path] == tree[path] for path in patch.files):
        raise PatchError(
            f"{patch.name}: leaves the target as it was", next_step="plant the mistake again, or delete it"
        )
    return Applied(patched, changed)


def _apply_to_file(name: str, path: str, old: list[str], hunks: tuple[Hunk, ...]) -> tuple[str, frozenset[int]]:
    new: list[str] = []
    changed: set[int] = set()
    done = 0  # lines of `old` already taken over
    for hunk in hunks:
        start = hunk.first_old - 1 if hunk.old else hunk.first_old
        if start < done:
            raise PatchError(f"{name}:{hunk.place}: hunks overlap or are out of order")
        _expect(name, path, old, hunk, start)
        new.extend(old[done:start])
        done = start + len(hunk.old)
        for sign, run in groupby(hunk.lines, key=lambda line: line[0] != " "):
            edit = list(run)
            written = [line[1:] for line in edit if line[0] != "-"]
            if sign:
                above = len(new)
                changed.update(range(above + 1, above + len(written) + 1) if written else (above, above + 1))
            new.extend(written)
    new.extend(old[done:])
    return "\n".join(new), frozenset(changed)


def _expect(name: str, path: str, old: list[str], hunk: Hunk, start: int) -> None:
    if start > len(old):
        raise PatchError(f"{name}:{hunk.place}: does not apply: {path} has no line {start}")
    for offset, expected in enumerate(hunk.old):
        place = start + offset
        found = old[place] if place < len(old) else "<end of file>"
        if found != expected:
            raise PatchError(
                f"{name}:{hunk.place}: does not apply: {path}:{place + 1} is {found!r}, the patch expects {expected!r}",
                next_step="the parser changed, or the patch is broken: write it again against the present file",
            )
