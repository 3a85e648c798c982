"""Files to and from a sandbox as tar archives. What comes out was written by hostile programs."""

from __future__ import annotations

import io
import tarfile
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath

from fuzzpair.errors import SandboxError

ENTRY_LIMIT = 100_000
MODE = 0o755


def check_path(path: str) -> PurePosixPath:
    """A path below the sandbox's root. Raises SandboxError on one that leaves it."""
    checked = PurePosixPath(path)
    if checked.is_absolute() or ".." in checked.parts or "\0" in path:
        raise SandboxError(f"{path!r} is not a path inside the sandbox")
    return checked


def pack(files: Mapping[str, bytes], *, owner: int, folders: Iterable[str] = ()) -> bytes:
    """Files and the folders above them, and further folders, all of them `owner`'s, executable and new."""
    buffer = io.BytesIO()
    now = time.time()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for folder in sorted({*_folders(files), *folders}):
            archive.addfile(_entry(folder, tarfile.DIRTYPE, owner, now))
        for path, content in files.items():
            entry = _entry(str(check_path(path)), tarfile.REGTYPE, owner, now)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def _folders(paths: Iterable[str]) -> set[str]:
    """Every folder above the paths but the root, which is there."""
    return {str(parent) for path in paths for parent in check_path(path).parents} - {"."}


def _entry(name: str, kind: bytes, owner: int, modified: float) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode, entry.mtime = kind, MODE, modified
    entry.uid = entry.gid = owner
    return entry


def unpack(chunks: Iterable[bytes], *, asked: str, size_limit: int) -> dict[str, bytes]:
    """The regular files of an archive, named as seen from the sandbox's root; `asked` is for messages.

    Raises SandboxError on anything but files and folders inside, and on too much of them.
    """
    found: dict[str, bytes] = {}
    left = size_limit
    try:
        with tarfile.open(fileobj=_Stream(iter(chunks)), mode="r|") as archive:
            for number, entry in enumerate(archive):
                if number >= ENTRY_LIMIT:
                    raise SandboxError(f"{asked!r} holds more than {ENTRY_LIMIT} files")
                name = _name(entry)
                left -= entry.size
                if left < 0:
                    raise SandboxError(f"{asked!r} holds more than {size_limit} octets")
                if entry.isreg():
                    content = archive.extractfile(entry)
                    assert content is not None
                    found[name] = content.read()
    except tarfile.TarError as problem:
        raise SandboxError(f"{asked!r} came out as a damaged archive: {problem}") from problem
    return found


def _name(entry: tarfile.TarInfo) -> str:
    """The entry's path from the sandbox's root. Raises SandboxError on every link, even one that points inside, on
    devices, and on what tarfile's "data" filter refuses."""
    if not (entry.isreg() or entry.isdir()):
        raise SandboxError(f"{entry.name!r} came out of the sandbox and is a link or a device, not a file")
    try:
        tarfile.data_filter(entry, "/sandbox")
    except tarfile.FilterError as problem:
        raise SandboxError(f"{entry.name!r} came out of the sandbox: {problem}") from problem
    return str(check_path(entry.name))


class _Stream(io.RawIOBase):
    """A file object over chunks."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._pending = b""

    def read(self, size: int = -1) -> bytes:
        while len(self._pending) < size and (chunk := next(self._chunks, None)) is not None:
            self._pending += chunk
        taken, self._pending = self._pending[:size], self._pending[size:]
        return taken
