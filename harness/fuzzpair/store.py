"""The store: immutable blobs by sha256 and job results by key, at one fsspec URL.

Truth is files. A write is a temporary file beside its target, then a rename; a read checks the digest, so a
torn or altered file is never taken for a result. Merging two stores is copying their files together.
"""

from __future__ import annotations

import hashlib
import json
import os
import uuid
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

import fsspec
from fsspec.spec import AbstractFileSystem

from fuzzpair.errors import StoreError


def digest(content: bytes) -> str:
    """The name of a blob: lower-case hex sha256 of its octets."""
    return hashlib.sha256(content).hexdigest()


def canonical_json(value: Any) -> bytes:  # noqa: ANN401 - any JSON value
    """One text for one value: sorted keys, no spaces. Raises TypeError on what JSON cannot hold."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


@dataclass(frozen=True)
class Store:
    """Blobs and results under `url` (a path, or any fsspec URL). Picklable: connects on first use."""

    url: str

    @cached_property
    def _place(self) -> tuple[AbstractFileSystem, str]:
        filesystem, root = fsspec.core.url_to_fs(self.url)
        return filesystem, str(root)

    def __reduce__(self) -> tuple[type[Store], tuple[str]]:
        return (Store, (self.url,))

    def put_blob(self, content: bytes) -> str:
        """Keep octets; give their sha256. Keeping them again costs one look-up."""
        name = digest(content)
        path = self._path("blobs", name)
        if not self._place[0].exists(path):
            self._write(path, content)
        return name

    def get_blob(self, name: str) -> bytes:
        """The octets named by a sha256.

        Raises StoreError when they are missing or are no longer what their name says.
        """
        content = self._read(self._path("blobs", name))
        if content is None:
            raise StoreError(
                f"blob {name} is not in the store {self.url}",
                next_step=f"delete {self._results} and run again: it is made anew",
            )
        if digest(content) != name:
            raise StoreError(
                f"blob {name} in {self.url} was altered: its content has another digest",
                next_step=f"delete {self._path('blobs', name)} and {self._results}, and run again",
            )
        return content

    def put_result(self, key: str, result: Any) -> None:  # noqa: ANN401 - any JSON value
        """Keep a job's result, a JSON value, under the job's key."""
        body = canonical_json(result)
        self._write(self._path("results", key), digest(body).encode() + b"\n" + body)

    def get_result(self, key: str) -> Any | None:  # noqa: ANN401 - any JSON value
        """The JSON value kept under a key, or None. A torn record counts as absent: the job runs again."""
        content = self._read(self._path("results", key))
        if content is None:
            return None
        checksum, _, body = content.partition(b"\n")
        return json.loads(body) if checksum.decode(errors="replace") == digest(body) else None

    def put_document(self, path: str, text: str) -> str:
        """Write a named document (a run's record); gives its full path."""
        full = self._path(*PurePosixPath(path).parts)
        self._write(full, text.encode())
        return full

    def get_document(self, path: str) -> str | None:
        content = self._read(self._path(*PurePosixPath(path).parts))
        return None if content is None else content.decode()

    def documents(self, folder: str) -> tuple[str, ...]:
        """The names of a folder's documents, in the order of the alphabet; none where there is no such folder."""
        filesystem, root = self._place
        try:
            found = filesystem.ls(f"{root.rstrip('/')}/{folder}", detail=False)
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise StoreError(f"cannot list {folder}: {error}", next_step="check the state folder") from error
        return tuple(sorted(PurePosixPath(path).name for path in found))

    @property
    def _results(self) -> str:
        # A result names its blobs and is reused without a look at them: only without it they are made again.
        return f"{self._place[1].rstrip('/')}/results"

    def _path(self, *parts: str) -> str:
        kind, name = parts[0], parts[-1]
        middle = (name[:2],) if kind in ("blobs", "results") else parts[1:-1]
        return "/".join((self._place[1].rstrip("/"), kind, *middle, name))

    def _read(self, path: str) -> bytes | None:
        try:
            return bytes(self._place[0].cat_file(path))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreError(f"cannot read {path}: {error}", next_step="check the state folder") from error

    def _write(self, path: str, content: bytes) -> None:
        filesystem, _ = self._place
        try:
            filesystem.makedirs(path.rpartition("/")[0], exist_ok=True)
            if "file" not in filesystem.protocol:
                filesystem.pipe_file(path, content)  # object stores write an object whole or not at all
                return
            temporary = Path(f"{path}.{uuid.uuid4().hex}.tmp")
            try:
                with temporary.open("wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                temporary.replace(path)
            finally:
                temporary.unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(
                f"cannot write {path}: {error}", next_step="free some space or choose another --state"
            ) from error
