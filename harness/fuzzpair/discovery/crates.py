"""cargo-fuzz's side of a repository: its folders, their targets, and what their builds read of the rest. Pure."""

from __future__ import annotations

import posixpath
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from pathlib import PurePosixPath
from typing import Any, Final

from fuzzpair.discovery.listing import Listing

_TABLES: Final = ("dependencies", "dev-dependencies", "build-dependencies")


@dataclass(frozen=True, slots=True, kw_only=True)
class FuzzCrate:
    """A cargo-fuzz folder."""

    folder: str
    source: str  # the smallest folder that holds it and all crates that it reaches by path
    programs: tuple[str, ...]
    has_lock: bool
    outside: tuple[str, ...]  # paths of dependencies that leave the repository
    unread: str = ""  # why its manifest could not be read


def find_crates(listing: Listing) -> tuple[FuzzCrate, ...]:
    """cargo-fuzz folders, the one nearest to the root first."""
    manifests = {path: text for path, text in listing.texts.items() if PurePosixPath(path).name == "Cargo.toml"}
    parsed = {str(PurePosixPath(path).parent): _parsed(text) for path, text in manifests.items()}
    found = (_crate(folder, one, parsed, listing) for folder, one in parsed.items() if _is_cargo_fuzz(folder, one))
    return tuple(sorted(found, key=lambda crate: (not crate.programs, crate.folder.count("/"), crate.folder)))


def _parsed(text: str) -> dict[str, Any] | str:
    """A manifest, or why it is none."""
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        return str(error) or type(error).__name__


def _is_cargo_fuzz(folder: str, manifest: dict[str, Any] | str) -> bool:
    if isinstance(manifest, str):
        return PurePosixPath(folder).name == "fuzz"
    marked = at(manifest, "package", "metadata", "cargo-fuzz") is True
    return marked or "libfuzzer-sys" in _table(at(manifest, "dependencies"))


def at(value: Any, *keys: str) -> Any:  # noqa: ANN401 - any TOML value
    """A value below tables, None where there is none or something is no table."""
    return reduce(lambda table, key: table.get(key) if isinstance(table, dict) else None, keys, value)


def _table(value: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any TOML value
    return value if isinstance(value, dict) else {}


def _crate(folder: str, manifest: dict[str, Any] | str, all_of: Mapping[str, Any], listing: Listing) -> FuzzCrate:
    if isinstance(manifest, str):
        return FuzzCrate(folder=folder, source=folder, programs=(), has_lock=False, outside=(), unread=manifest)
    reached, outside = _reached(folder, all_of)
    return FuzzCrate(
        folder=folder,
        source=posixpath.commonpath([*reached]) or "." if "." not in reached else ".",
        programs=_programs(folder, manifest, listing),
        has_lock=f"{folder}/Cargo.lock".removeprefix("./") in listing.files,
        outside=tuple(sorted(outside)),
    )


def _programs(folder: str, manifest: dict[str, Any], listing: Listing) -> tuple[str, ...]:
    """The [[bin]]s; what cargo finds by itself in src/bin counts too."""
    bins = at(manifest, "bin")
    named = [name for one in bins if isinstance(name := at(one, "name"), str)] if isinstance(bins, list) else []
    inside = listing.in_folder.get(f"{folder}/src/bin", ())
    return tuple(dict.fromkeys([*named, *(PurePosixPath(path).stem for path in inside if path.endswith(".rs"))]))


def _reached(folder: str, all_of: Mapping[str, Any]) -> tuple[set[str], set[str]]:
    """Folders that a build from this one reads: path dependencies of path dependencies, and the roots of workspaces."""
    reached, outside, waiting = set[str](), set[str](), [folder]
    while waiting:
        here = waiting.pop()
        if here in reached:
            continue
        if here == ".." or here.startswith(("../", "/")):
            outside.add(here)
            continue
        reached.add(here)
        waiting += [posixpath.normpath(posixpath.join(here, path)) for path in _paths(_table(all_of.get(here)))]
        waiting += _workspace_of(here, all_of)
    return reached, outside


def _paths(manifest: Mapping[str, Any]) -> Iterator[str]:
    places = [manifest, *_table(manifest.get("target")).values(), _table(manifest.get("workspace"))]
    tables = [_table(at(place, name)) for place in places for name in _TABLES]
    tables += [_table(one) for one in _table(manifest.get("patch")).values()]
    for table in tables:
        yield from (path for one in table.values() if isinstance(path := at(one, "path"), str) and "\0" not in path)


def _workspace_of(folder: str, all_of: Mapping[str, Any]) -> list[str]:
    """The root of the workspace that cargo finds above a crate: manifests inherit from it, its lock file counts."""
    if folder == "." or "workspace" in _table(all_of.get(folder)):
        return []
    above = [str(parent) for parent in PurePosixPath(folder).parents]
    return [one for one in above if "workspace" in _table(all_of.get(one))][:1]
