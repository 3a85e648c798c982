"""Files in and out of the sandbox."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import struct
import tarfile
from collections.abc import Iterator
from typing import Any, BinaryIO

from fuzzpair.backends.runner.wire import Incoming, Pieces, tell

EXECUTABLE = 0o755
INCOMING = ".incoming"


def put(request: dict[str, Any], incoming: Incoming, answer: BinaryIO) -> None:
    """Write an archive's files below the root; what stands in a file's place is replaced, never written through."""
    incoming.left = request["size"]
    problem = ""
    try:
        with tarfile.open(fileobj=incoming, mode="r|") as archive:  # type: ignore[call-overload] # read() is all it needs
            for entry in archive:
                place(entry, archive, os.path.join(request["root"], entry.name))  # noqa: PTH118
    except (OSError, tarfile.TarError) as error:
        problem = str(error)
    while incoming.read(1 << 16):
        pass
    tell(answer, problem)


def place(entry: tarfile.TarInfo, archive: tarfile.TarFile, path: str) -> None:
    if entry.isdir():
        os.makedirs(path, EXECUTABLE, exist_ok=True)  # noqa: PTH103
        return
    # Whole or not at all: what lies on a shelf is copied by other sandboxes while more is put there.
    incoming = f"{path}{INCOMING}"
    with contextlib.suppress(FileNotFoundError):
        os.unlink(incoming)  # noqa: PTH108
    content = archive.extractfile(entry)
    assert content is not None
    descriptor = os.open(incoming, os.O_WRONLY | os.O_CREAT | os.O_EXCL, EXECUTABLE)
    with open(descriptor, "wb") as target:  # noqa: PTH123
        os.fchmod(descriptor, EXECUTABLE)
        while chunk := content.read(1 << 20):
            target.write(chunk)
    os.replace(incoming, path)  # noqa: PTH105


def keep(request: dict[str, Any], answer: BinaryIO) -> None:
    """Remember files under their sha256. Another name for the same file: what replaces it later leaves this one."""
    problem = ""
    try:
        for path, sha256 in request["keep"].items():
            held = os.path.join(request["held"], sha256)  # noqa: PTH118
            with contextlib.suppress(FileNotFoundError):
                os.unlink(held)  # noqa: PTH108
            os.link(os.path.join(request["root"], path), held, follow_symlinks=False)  # noqa: PTH118
    except OSError as error:
        problem = str(error)
    tell(answer, problem)


def place_blobs(request: dict[str, Any], answer: BinaryIO) -> None:
    """Write files by their sha256, from what was remembered here or lies on the backend's shelf; name the others."""
    problem = ""
    missing: list[str] = []
    try:
        for path, sha256 in request["blobs"].items():
            target = os.path.join(request["root"], path)  # noqa: PTH118
            os.makedirs(os.path.dirname(target), exist_ok=True)  # noqa: PTH103, PTH120
            with contextlib.suppress(FileNotFoundError):
                os.unlink(target)  # noqa: PTH108
            if not (take_held(request["held"], sha256, target) or take_from(request["shelf"], sha256, target)):
                missing.append(path)
    except OSError as error:
        problem = str(error)
    tell(answer, problem, missing=missing)


def take_held(held: str, sha256: str, target: str) -> bool:
    """A name for what is remembered, if it still is what it was: a command may have written to it since."""
    source = os.path.join(held, sha256)  # noqa: PTH118
    try:
        with open(os.open(source, os.O_RDONLY | os.O_NOFOLLOW), "rb") as content:  # noqa: PTH123
            if hashlib.file_digest(content, "sha256").hexdigest() != sha256:
                return False
            os.link(source, target, follow_symlinks=False)
    except OSError:
        return False
    return True


def take_from(shelf: str | None, sha256: str, target: str) -> bool:
    """A link to a file on the shelf, to which no command can write: the shelf is read-only here."""
    if shelf is None or not os.path.exists(os.path.join(shelf, sha256)):  # noqa: PTH110, PTH118
        return False
    os.symlink(os.path.join(shelf, sha256), target)  # noqa: PTH118, PTH211
    return True


def get(request: dict[str, Any], answer: BinaryIO) -> None:
    """Hand out files below the root, links and devices as such: the other end refuses them."""
    problem = ""
    left = request["size_limit"]
    try:
        with tarfile.open(fileobj=Pieces(answer), mode="w|", format=tarfile.PAX_FORMAT) as archive:  # type: ignore[call-overload] # write() is all it needs
            for name in files_of(request["root"], request["paths"]):
                path = os.path.join(request["root"], name)  # noqa: PTH118
                left -= os.lstat(path).st_size
                if left < 0:
                    problem = f"{name!r} and what stands before it holds more than {request['size_limit']} octets"
                    break
                archive.add(path, name, recursive=False)
    except (OSError, tarfile.TarError, RecursionError) as error:
        problem = str(error)
    answer.write(struct.pack(">I", 0))
    tell(answer, problem)


def files_of(root: str, names: list[str]) -> Iterator[str]:
    """What is no folder, at or below these paths; a path that is not there gives nothing."""
    for name in names:
        path = os.path.join(root, name)  # noqa: PTH118
        try:
            is_folder = stat.S_ISDIR(os.lstat(path).st_mode)
        except (FileNotFoundError, NotADirectoryError):
            continue
        if is_folder:
            below = sorted(os.listdir(path))  # noqa: PTH208
            yield from files_of(root, [os.path.normpath(os.path.join(name, one)) for one in below])  # noqa: PTH118
        else:
            yield name
