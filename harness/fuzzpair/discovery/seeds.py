"""Inputs and dictionaries that a repository keeps for its targets. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from fuzzpair.discovery.listing import Listing

_CORPUS_WORDS: Final = frozenset({"corpus", "corpora", "seeds", "seed", "seed_corpus", "inputs"})
_ZIP: Final = "_seed_corpus.zip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeds:
    """What was found to start from."""

    corpus: str  # a folder with one folder of inputs a target; "" where there is none
    of: tuple[str, ...]  # its targets
    other: tuple[str, ...]  # folders that look like a corpus and are not arranged by target
    dictionaries: tuple[str, ...]
    archives: tuple[str, ...]


def find_seeds(listing: Listing, targets: Sequence[str]) -> Seeds:
    """The folder below which the most targets have inputs, and what else there is."""
    holders: dict[str, list[str]] = {}
    loose: list[str] = []
    for folder in listing.in_folder:
        path = PurePosixPath(folder)
        if path.name in targets and not _holds_code(listing.in_folder[folder]):
            holders.setdefault(str(path.parent), []).append(path.name)
        elif path.name.lower() in _CORPUS_WORDS:
            loose.append(folder)
    likely = {folder: names for folder, names in holders.items() if _is_corpus(folder)}
    best = max(sorted(likely), key=lambda folder: len(likely[folder]), default="")
    return Seeds(
        corpus=best,
        of=tuple(sorted(likely.get(best, ()))),
        other=tuple(sorted({*loose, *likely} - {best})),
        dictionaries=tuple(path for path in listing.files if path.endswith(".dict")),
        archives=tuple(path for path in listing.files if path.endswith(_ZIP)),
    )


def _is_corpus(folder: str) -> bool:
    """A folder that is called a corpus; src/parser is no corpus because a target is called parser."""
    return any(part.lower() in _CORPUS_WORDS or "corpus" in part.lower() for part in PurePosixPath(folder).parts)


def _holds_code(files: Sequence[str]) -> bool:
    return any(path.endswith((".rs", ".toml", ".c", ".cc", ".cpp", ".h")) for path in files)
