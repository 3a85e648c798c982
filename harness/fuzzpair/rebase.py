"""Re-base patches after the parser has changed: find where each hunk belongs now, and write the patch against that.

Patches apply strictly (patches.py), so a changed parser breaks the patches around the change. Here a hunk may move,
and its outer context may differ, but only to the one place in the file that fits; where there is none, or more than
one, a person has to look. What was re-based is read by a person anyway: it comes out as a diff of the patches.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import unified_diff
from pathlib import Path

from fuzzpair.errors import PatchError
from fuzzpair.mistakes import load_mistake, mistake_names, read_tree
from fuzzpair.patches import Hunk, Patch, apply_patch, parse_patch

# What is left of a hunk's context has to be more than a brace that happens to stand alone.
TELLING = 8  # characters


@dataclass(frozen=True, slots=True)
class Rebased:
    """What became of one patch. No `text`: it applies as it is, or `problem` says what is to be done."""

    path: Path
    text: str | None = None
    problem: str = ""


def rebase_all(folders: tuple[Path, ...], names: tuple[str, ...] = ()) -> Iterator[Rebased]:
    """Every patch of the named mistakes, or of all, in every folder of a twin. Nothing is written here."""
    for folder in folders:
        tree = read_tree(folder)
        for path in sorted((folder / "mistakes").glob("*.patch")):
            if not names or path.name.split(".")[0] in names:
                yield _rebase_file(path, tree)


def _rebase_file(path: Path, tree: Mapping[str, str]) -> Rebased:
    try:
        patch = parse_patch(path.read_text(encoding="utf-8"), path.name)
    except (PatchError, UnicodeDecodeError) as error:
        return Rebased(path, problem=error.message if isinstance(error, PatchError) else "is not UTF-8 text")
    try:
        apply_patch(patch, tree)
    except PatchError:
        try:
            return Rebased(path, rebase(patch, tree))
        except PatchError as error:
            return Rebased(path, problem=error.message)
    return Rebased(path)


def rebase(patch: Patch, tree: Mapping[str, str]) -> str:
    """The patch against the present tree. Raises PatchError naming the hunk that has no place, or more than one."""
    files: dict[str, tuple[Hunk, ...]] = {}
    for path, hunks in patch.files.items():
        if path not in tree:
            raise PatchError(f"{patch.name}: there is no file {path} in the target any more")
        files[path] = _placed(patch.name, path, tree[path].split("\n"), hunks)
    applied = apply_patch(replace(patch, files=files), tree)
    return patch.header + "\n" + "".join(_diff(path, tree[path], applied.tree[path]) for path in files)


def _diff(path: str, old: str, new: str) -> str:
    lines = unified_diff(old.split("\n"), new.split("\n"), f"a/{path}", f"b/{path}", lineterm="", n=3)
    return "\n".join((f"diff --git a/{path} b/{path}", *lines, ""))


def _placed(name: str, path: str, lines: list[str], hunks: tuple[Hunk, ...]) -> tuple[Hunk, ...]:
    found: list[Hunk] = []
    done = 0  # lines that earlier hunks have taken
    for hunk in hunks:
        placed = _place(hunk, lines, done)
        if placed is None:
            wanted = next((line for line in hunk.old if line.strip()), "")
            raise PatchError(
                f"{name}:{hunk.place}: the hunk at {wanted.strip()[:60]!r} has no place of its own in {path}",
                next_step="write it again against the present file",
            )
        found.append(placed)
        done = placed.first_old - 1 + len(placed.old)
    return tuple(found)


def _place(hunk: Hunk, lines: list[str], done: int) -> Hunk | None:
    """The hunk, with as much of its context as still fits, at the only place that fits."""
    for kept in _with_less_context(hunk):
        old = kept.old
        if not any(len(line.strip()) >= TELLING for line in old):
            return None
        places = [at for at in range(done, len(lines) - len(old) + 1) if lines[at : at + len(old)] == old]
        if len(places) == 1:
            return replace(kept, first_old=places[0] + 1)
        if places:  # less context fits in still more places
            return None
    return None


def _with_less_context(hunk: Hunk) -> Iterator[Hunk]:
    """The hunk, then without more and more of its outermost context lines, below and above in turn."""
    body = list(hunk.lines)
    yield hunk
    while body[0][0] == " " or body[-1][0] == " ":
        for end in (-1, 0):
            if body[end][0] == " ":
                without = body[:-1] if end else body[1:]
                yield replace(hunk, lines=tuple(without))
        body = body[body[0][0] == " " : len(body) - (body[-1][0] == " ")]
        if not any(line[0] in " -" for line in body):
            return
        yield replace(hunk, lines=tuple(body))


def problems_behind(cpp: Path, rust: Path, names: tuple[str, ...] = ()) -> Iterator[str]:
    """What is wrong with the mistakes besides their hunks, above all a canary's anchor that is gone."""
    for name in names or tuple(mistake_names(cpp, rust)):
        try:
            mistake = load_mistake(name, cpp, rust)
        except PatchError as error:
            yield error.message
            continue
        yield from (f"{name}/{one.variant}: {one.problem}" for one in mistake.planted if one.problem)
