"""What verbs write besides reports."""

from __future__ import annotations

from pathlib import Path

from fuzzpair.errors import FuzzpairError


def write_text(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise FuzzpairError(f"{path}: cannot be written: {error.strerror}", next_step="name another file") from error


def write_octets(path: Path, content: bytes) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise FuzzpairError(f"{path}: cannot be written: {error.strerror}", next_step="name another folder") from error
    return path
