"""Many small files as one blob for the way into a sandbox: a corpus has tens of thousands, each its own file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from fuzzpair.errors import StoreError
from fuzzpair.store import Files, canonical_json, digest

FOLDER: Final = "packs"


def pack(units: Mapping[str, bytes]) -> bytes:
    """One line of JSON, names and sizes in their order, then the contents."""
    listed = sorted(units)
    return (
        canonical_json([[name, len(units[name])] for name in listed]) + b"\n" + b"".join(units[one] for one in listed)
    )


def unpack(content: bytes) -> dict[str, bytes]:
    header, _, rest = content.partition(b"\n")
    units: dict[str, bytes] = {}
    start = 0
    for name, size in json.loads(header):
        units[name] = rest[start : start + size]
        start += size
    return units


def put_pack(files: Files, units: Mapping[str, bytes]) -> str:
    """Keep a pack beside the store for as long as a run lasts; its sha256."""
    content = pack(units)
    name = digest(content)
    files.write(f"{FOLDER}/{name}", content)
    return name


def get_pack(files: Files, name: str) -> dict[str, bytes]:
    """The units of a pack. Raises StoreError when it is gone or altered."""
    content = files.read(f"{FOLDER}/{name}")
    if content is None or digest(content) != name:
        raise StoreError(f"the pack of units {name} is gone or was altered", next_step="run again")
    return unpack(content)


def clear_packs(files: Files) -> None:
    """Remove what this run, or one that was killed, has packed: the state has every unit."""
    files.delete(f"{FOLDER}/{path}" for path in files.found(FOLDER))
