"""A repository as it is looked at: the paths of its files, and the texts that say how it is fuzzed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

from fuzzpair.errors import UsageError

FILE_LIMIT: Final = 200_000
TEXT_LIMIT: Final = 1 << 20  # octets of one file; a longer one is generated
ALL_TEXTS_LIMIT: Final = 256 << 20
ENTRY: Final = "LLVMFuzzerTestOneInput"
# Version control, and what builds and package managers leave: nobody keeps a fuzz target there.
SKIPPED: Final = frozenset(
    {".git", ".hg", ".svn", ".fuzzpair", ".venv", ".tox", ".mypy_cache", "__pycache__", "node_modules", "target"}
)
C_SUFFIXES: Final = frozenset({".c", ".cc", ".cpp", ".cxx", ".c++"})
_NAMED: Final = frozenset({"Cargo.toml", "Dockerfile", "project.yaml"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What was seen of a repository. Paths are POSIX and relative to its root.

    `texts` holds manifests, shell scripts, Dockerfiles, and those C and C++ sources that define a fuzz target.
    """

    name: str  # of the root folder
    files: tuple[str, ...]
    texts: Mapping[str, str]
    left_out: tuple[str, ...] = ()  # what was not looked at, in words
    in_folder: Mapping[str, tuple[str, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        folders: dict[str, list[str]] = {}
        for file in self.files:
            folders.setdefault(str(PurePosixPath(file).parent), []).append(file)
        object.__setattr__(self, "in_folder", {folder: tuple(inside) for folder, inside in folders.items()})


def read_listing(root: Path, *, file_limit: int = FILE_LIMIT, text_limit: int = ALL_TEXTS_LIMIT) -> Listing:
    """Look at a folder: at most so many files, and so many octets of texts.

    Links are not followed, so a loop of them does no harm and nothing outside is read.

    Raises UsageError where there is no such folder, or it cannot be read.
    """
    try:
        os.scandir(root).close()
    except OSError as error:
        raise UsageError(
            f"{root} cannot be looked at: {error.strerror}", next_step="name the folder of a repository"
        ) from error
    walk = _Walk(root, file_limit)
    files = tuple(sorted(walk.files()))
    reading = _Reading(root, text_limit)
    texts = {file: text for file in sorted(files, key=_promising) if (text := reading.text(file)) is not None}
    return Listing(name=root.resolve().name, files=files, texts=texts, left_out=(*walk.left_out(), *reading.left_out()))


def _promising(file: str) -> tuple[bool, str]:
    """Where not everything can be read, what has to do with fuzzing comes first."""
    return "fuzz" not in file.lower() and PurePosixPath(file).name not in _NAMED, file


class _Walk:
    """All files below a folder, as long as they are not too many."""

    def __init__(self, root: Path, limit: int) -> None:
        self._root = root
        self._limit = limit
        self._count = 0
        self._unnameable = 0
        self._closed: list[str] = []

    def files(self) -> Iterator[str]:
        waiting = [""]
        while waiting and self._count < self._limit:
            folder = waiting.pop()
            for entry in self._entries(folder):
                path = f"{folder}{entry.name}"
                if entry.is_dir(follow_symlinks=False):
                    if entry.name not in SKIPPED:
                        waiting.append(f"{path}/")
                elif entry.is_file(follow_symlinks=False) and self._count < self._limit:
                    self._count += 1
                    yield path

    def _entries(self, folder: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(self._root / folder) as scan:
                entries = sorted(scan, key=lambda entry: entry.name)
        except OSError:
            self._closed.append(folder or ".")
            return []
        nameable = [entry for entry in entries if entry.name.isprintable()]  # nor lone surrogates: not UTF-8
        self._unnameable += len(entries) - len(nameable)
        return nameable

    def left_out(self) -> Iterator[str]:
        if self._count >= self._limit:
            yield f"there are more than {self._limit:,} files; the rest was not looked at: name a folder in it"
        if self._unnameable:
            yield f"names that are no printable UTF-8 were not looked at: {self._unnameable}"
        if self._closed:
            yield f"folders that cannot be read: {', '.join(self._closed[:5])}{', …' if self._closed[5:] else ''}"


class _Reading:
    """The texts that matter, as long as they are not too much."""

    def __init__(self, root: Path, limit: int) -> None:
        self._root = root
        self._left = limit
        self._unread = 0

    def text(self, file: str) -> str | None:
        """A file's text, if it says something about fuzzing."""
        path = PurePosixPath(file)
        is_source = path.suffix.lower() in C_SUFFIXES
        if not (is_source or path.name in _NAMED or path.suffix == ".sh"):
            return None
        if self._left <= 0:
            self._unread += 1
            return None
        content = self._content(file)
        if b"\0" in content or (is_source and ENTRY.encode() not in content):
            return None
        return content.decode(errors="replace")

    def _content(self, file: str) -> bytes:
        try:
            with (self._root / file).open("rb") as opened:
                content = opened.read(TEXT_LIMIT + 1)
        except OSError:
            self._unread += 1
            return b""
        self._left -= len(content)
        return content if len(content) <= TEXT_LIMIT else b""

    def left_out(self) -> Iterator[str]:
        if self._unread:
            yield f"files that could not be read, or were too much to read: {self._unread:,}"
