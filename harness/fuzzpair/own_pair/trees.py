"""A folder → an archive that is the same whenever its files are: what a build sees, and nothing that it must not."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from fuzzpair.errors import ConfigError

Leave = frozenset[Path]

NO_SOURCES = (".git", ".hg", ".svn", ".fuzzpair", ".venv")
CACHE_TAG, CACHE_SIGNATURE = "CACHEDIR.TAG", b"Signature: 8a477f597d28d172789f06886806bc55"  # bford.info/cachedir
SIZE_LIMIT = 1 << 30  # octets of one side's files
FILES_LIMIT = 100_000
# Some time after 1980, which is the first that a ZIP file can hold; the same for all, so that make finds nothing older.
MODIFIED = 946_684_800


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A file, or a link (its target as it is written)."""

    content: bytes = b""
    is_executable: bool = False
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """Files by path, in order, and what was left out with the reason."""

    files: dict[str, Entry]
    left_out: tuple[str, ...]


def take(folder: Path, leave: Leave = frozenset(), *, is_flat: bool = False) -> Taken:
    """Read a folder; with `is_flat` only the files that lie in it directly.

    Left out are version control, build caches (folders with a CACHEDIR.TAG, as cargo's `target` is), `leave`, and
    links that lead out of it. Raises ConfigError where something cannot be read, or it is far too much.
    """
    files: dict[str, Entry] = {}
    left_out: list[str] = []
    size = 0
    for path in _walk(folder, leave, is_flat=is_flat):
        name = path.relative_to(folder).as_posix()
        entry = _entry(path, folder, SIZE_LIMIT - size)
        if entry is None:
            left_out.append(f"{name}: a link out of the folder, or neither a file nor a link")
            continue
        size += len(entry.content)
        files[name] = entry
        if len(files) > FILES_LIMIT:
            raise _too_much(folder, f"{FILES_LIMIT} files")
    return Taken(files, tuple(left_out))


def _walk(folder: Path, leave: Leave, *, is_flat: bool) -> Iterator[Path]:
    """Files and links in the order of names, links to folders not followed."""
    try:
        children = sorted(folder.iterdir())
    except OSError as error:
        raise ConfigError(f"{folder} cannot be read: {error.strerror}") from error
    for path in children:
        if path in leave:
            continue
        if path.is_symlink() or not path.is_dir():
            yield path
        elif not is_flat and path.name not in NO_SOURCES and not _is_cache(path):
            yield from _walk(path, leave, is_flat=False)


def _is_cache(folder: Path) -> bool:
    try:
        with (folder / CACHE_TAG).open("rb") as file:
            return file.read(len(CACHE_SIGNATURE)) == CACHE_SIGNATURE
    except OSError:
        return False


def _entry(path: Path, folder: Path, left: int) -> Entry | None:
    try:
        if path.is_symlink():
            target = path.readlink()
            is_inside = not target.is_absolute() and path.resolve().is_relative_to(folder.resolve())
            return Entry(link=str(target)) if is_inside else None
        if not path.is_file():
            return None
        with path.open("rb") as file:
            content = file.read(max(left, 0) + 1)
        if len(content) > left:
            raise _too_much(folder, f"{SIZE_LIMIT >> 20} MiB")
        return Entry(content=content, is_executable=os.access(path, os.X_OK))
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links
        raise ConfigError(f"{path} cannot be read: {error}", next_step="make it readable, or take it away") from error


def _too_much(folder: Path, limit: str) -> ConfigError:
    return ConfigError(
        f"{folder} holds more than {limit}, all of which a build would be given",
        next_step="name a smaller folder as 'source' in pipeline.yml, or mark caches in it with a CACHEDIR.TAG",
    )


def archive(files: Mapping[str, Entry]) -> bytes:
    """A tar archive, compressed. The same octets for the same files, whoever owns them and whenever they were made."""
    buffer = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=1, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for name, entry in sorted(files.items()):
            tar.addfile(_header(name, entry), io.BytesIO(entry.content))
    return buffer.getvalue()


def _header(name: str, entry: Entry) -> tarfile.TarInfo:
    header = tarfile.TarInfo(name)
    header.mtime, header.mode = MODIFIED, 0o755 if entry.is_executable else 0o644
    if entry.link is not None:
        header.type, header.linkname = tarfile.SYMTYPE, entry.link
    else:
        header.size = len(entry.content)
    return header
