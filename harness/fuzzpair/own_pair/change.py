"""Which targets a change touches: the files that it changed against the files that each target is made of. Pure.

What a target is made of, libFuzzer says: the file of every function that it instruments, of both languages alike. A
changed file that is in no target's list may still matter to all of them (a header of constants, a build script, a lock
file): only files that no build reads are taken for harmless.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Final

from fuzzpair.own_pair.wish import Chosen
from fuzzpair.triage.stack import CODEGEN_UNIT

_NOT_CODE: Final = frozenset({".md", ".rst", ".adoc", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".pdf", ".ico"})
_NOT_CODE_NAMES: Final = re.compile(
    r"(?:LICENSE|LICENCE|COPYING|NOTICE|AUTHORS|CODEOWNERS|CHANGELOG)(?:[.-].*)?|\.git(?:ignore|attributes)|\.gitlab-ci\.yml",
    re.IGNORECASE,
)
_HEADERS: Final = frozenset({".h", ".hh", ".hpp", ".hxx", ".inc", ".inl", ".ipp", ".tcc", ".tpp", ".def"})
_NOT_CODE_FOLDERS: Final = (".github/", ".gitlab/")
SHOWN: Final = 3


def is_code(path: str) -> bool:
    """Whether a build could read a file. Anything that is not known to be harmless could."""
    name = PurePosixPath(path)
    harmless = name.suffix.lower() in _NOT_CODE or _NOT_CODE_NAMES.fullmatch(name.name)
    return not (harmless or path.startswith(_NOT_CODE_FOLDERS))


def touched(changed: Sequence[str], linked: Mapping[str, Iterable[str] | None], seeds: str = "") -> Chosen:
    """The targets that a change touches. `linked` has each target's files, None where they are not known; paths are
    the repository's. `seeds` is the pair's corpus folder, whose files are a target's own."""
    every = frozenset(linked)
    code = [path for path in changed if is_code(path)]
    unknown = sorted(target for target, files in linked.items() if files is None)
    if unknown and code:
        return Chosen(targets=every, why=f"all targets are fuzzed: what {_some(unknown)} is made of cannot be told")
    owners = {path: _owners(path, linked, seeds) for path in code}
    orphans = sorted(path for path, owned in owners.items() if not owned)
    if orphans:
        return Chosen(targets=every, why=f"all targets are fuzzed: any of them may depend on {_some(orphans)}")
    chosen = frozenset(target for owned in owners.values() for target in owned)
    if not chosen:
        return Chosen(targets=chosen, why="no target is fuzzed: the change touches no code")
    left_out = sorted(every - chosen)
    why = f"fuzzed is what the change touches: {_some(sorted(chosen))}" if left_out else ""
    return Chosen(targets=chosen, why=why)


def _owners(path: str, linked: Mapping[str, Iterable[str] | None], seeds: str) -> set[str]:
    """What is inlined is in no list. A header may be so in any target: it has no owner, and all are touched. Rust
    inlines the functions of a crate into each other: a file stands for its crate."""
    if seeds and path.startswith(f"{seeds}/"):
        return {path.removeprefix(f"{seeds}/").partition("/")[0]} & set(linked)
    name = PurePosixPath(path)
    if name.suffix.lower() in _HEADERS:
        return set()
    crate, in_crate, _ = path.rpartition("src/") if name.suffix == ".rs" else ("", "", "")
    return {
        target
        for target, files in linked.items()
        if any(_is_same(path, one) or (in_crate and _is_below(f"{crate}src", one)) for one in files or ())
    }


def _is_below(folder: str, linked: str) -> bool:
    plain = linked.removeprefix("./")
    return plain.startswith(f"{folder}/") or f"/{folder}/" in plain


def _is_same(path: str, linked: str) -> bool:
    """A build knows a file by the repository's path, by a longer one, or by one from its own folder on."""
    plain = linked.removeprefix("./")
    return plain == path or plain.endswith(f"/{path}") or _is_crate_of(path, plain)


def _is_crate_of(path: str, linked: str) -> bool:
    """Where rustc gives no file, it names a part of the crate, `header.434b49e68955613-cgu.0`; cargo calls the crate of
    a target as its file."""
    name = PurePosixPath(path)
    crate = linked.partition(".")[0]
    return name.suffix == ".rs" and CODEGEN_UNIT.fullmatch(linked) is not None and crate == name.stem.replace("-", "_")


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
