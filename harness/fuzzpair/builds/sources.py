"""A tree as a job names it: its files by the digest of their text; and which of them a source sees."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping

from fuzzpair.store import Store, canonical_json, digest

Sources = tuple[tuple[str, str], ...]  # path -> sha256 of its text, sorted
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"\n]+)"', re.MULTILINE)


def put_sources(tree: Mapping[str, str], store: Store) -> Sources:
    """Keep a tree's files as blobs; give their names in a stable order."""
    return tuple((path, store.put_blob(text.encode())) for path, text in sorted(tree.items()))


def sources_digest(sources: Sources) -> str:
    """What names a tree: the same for the same files and contents."""
    return digest(canonical_json(sources))


def included(path: str, texts: Mapping[str, str]) -> set[str]:
    """A source and every file of the tree that it includes by a quoted name, however deep; `texts` is the tree.

    A name is looked up beside its includer and from the tree's root (-I.), and counted wherever it could be.
    """
    found: set[str] = set()
    waiting = [path]
    while waiting:
        current = waiting.pop()
        if current in found:
            continue
        found.add(current)
        for name in _INCLUDE.findall(texts.get(current, "")):
            beside = posixpath.normpath(posixpath.join(posixpath.dirname(current), name))
            waiting.extend((beside, posixpath.normpath(name)))
    return found


def units_of(paths: Iterable[str]) -> list[str]:
    """The C++ sources; a tree's other files are headers."""
    return [path for path in paths if path.endswith(".cpp")]
