"""Files at an fsspec URL; and the store on them: immutable blobs by sha256, job results by key.

Truth is files. A write is a temporary file beside its target, then a rename; a read checks the digest, so a
torn or altered file is never taken for a result. Merging two stores is copying their files together.
"""

from __future__ import annotations

import hashlib
import json
import os
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

import fsspec
from fsspec.spec import AbstractFileSystem

from fuzzpair.errors import FuzzpairError, StoreError

DELETED_AT_ONCE = 1000  # S3 takes no more in one request


def digest(content: bytes) -> str:
    """The name of a blob: lower-case hex sha256 of its octets."""
    return hashlib.sha256(content).hexdigest()


def canonical_json(value: Any) -> bytes:  # noqa: ANN401 - any JSON value
    """One text for one value: sorted keys, no spaces. Raises TypeError on what JSON cannot hold."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


@dataclass(frozen=True)
class Files:
    """Whole files under `url` (a path, or any fsspec URL). Picklable: connects on first use.

    Paths are relative to it and in POSIX's form. Raises StoreError where the place cannot be read or written.
    """

    url: str

    @cached_property
    def _place(self) -> tuple[AbstractFileSystem, str]:
        try:
            filesystem, root = fsspec.core.url_to_fs(self.url)
        except (ImportError, ValueError) as error:
            raise StoreError(
                f"{self.url}: {error}", next_step="install fuzzpair[s3] for s3://, or name a folder or another URL"
            ) from error
        return filesystem, str(root).rstrip("/")

    def __reduce__(self) -> tuple[type[Files], tuple[str]]:
        return (type(self), (self.url,))

    @property
    def is_local(self) -> bool:
        return "file" in self._place[0].protocol

    def read(self, path: str) -> bytes | None:
        """A file's octets; None where there is no such file."""
        with self._trouble(f"cannot read {path}", "check that it is there and may be read"):
            try:
                return bytes(self._place[0].cat_file(self._full(path)))
            except FileNotFoundError:
                return None

    def read_all(self, paths: Iterable[str]) -> dict[str, bytes]:
        """Those of the files that are there. A distant place is asked for many of them at once."""
        wanted = {self._full(path): path for path in paths}
        if self.is_local:
            contents = ((path, self.read(path)) for path in wanted.values())
            return {path: content for path, content in contents if content is not None}
        with self._trouble("cannot read", "check that it is there and may be read"):
            answers = self._place[0].cat(list(wanted), on_error="return") if wanted else {}
            for answer in answers.values():
                if isinstance(answer, Exception) and not isinstance(answer, FileNotFoundError):
                    raise answer
            return {wanted[full]: bytes(each) for full, each in answers.items() if not isinstance(each, Exception)}

    def write(self, path: str, content: bytes) -> None:
        """All of a file or none of it, on the disk when this returns."""
        full = self._full(path)
        with self._trouble(f"cannot write {full}", "free some space or choose another --state"):
            filesystem, _ = self._place
            if not self.is_local:
                filesystem.pipe_file(full, content)  # object stores write an object whole or not at all
                return
            filesystem.makedirs(full.rpartition("/")[0], exist_ok=True)
            temporary = Path(f"{full}.{uuid.uuid4().hex}.tmp")
            try:
                with temporary.open("wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                temporary.replace(full)
            finally:
                temporary.unlink(missing_ok=True)

    def write_all(self, files: Mapping[str, bytes]) -> None:
        """Many files, each of them whole or not at all."""
        if self.is_local:
            for path, content in files.items():
                self.write(path, content)
        elif files:
            with self._trouble("cannot write", "check that it may be written"):
                self._place[0].pipe({self._full(path): content for path, content in files.items()})

    def found(self, folder: str) -> dict[str, int]:
        """Every file below a folder, by its path in there, with its size in octets. Links are none."""
        filesystem, _ = self._place
        top = self._full(folder)
        with self._trouble(f"cannot list {folder}", "check that it is there and may be read"):
            filesystem.invalidate_cache()  # others write here too
            entries = filesystem.find(top, detail=True)
        below = {full.removeprefix(f"{top}/"): entry for full, entry in entries.items() if full.startswith(f"{top}/")}
        return {path: int(entry["size"]) for path, entry in sorted(below.items()) if not entry.get("islink")}

    def delete(self, paths: Iterable[str]) -> None:
        """Files that need not be there."""
        filesystem, _ = self._place
        full = [self._full(path) for path in paths]
        with self._trouble("cannot delete", "check that it may be written"):
            if not self.is_local:
                for start in range(0, len(full), DELETED_AT_ONCE):
                    filesystem.rm(full[start : start + DELETED_AT_ONCE])
                return
            for path in full:
                Path(path).unlink(missing_ok=True)

    def _full(self, path: str) -> str:
        return f"{self._place[1]}/{path}"

    @contextmanager
    def _trouble(self, doing: str, next_step: str) -> Iterator[None]:
        """Whatever a file system raises, as a StoreError: those of distant places have errors of their own."""
        try:
            yield
        except FuzzpairError:
            raise
        except OSError as error:
            raise StoreError(f"{doing} ({self.url}): {error}", next_step=next_step) from error
        except Exception as error:
            if self.is_local:
                raise
            said = f"{type(error).__name__}: {error}"
            raise StoreError(f"{doing} ({self.url}): {said}", next_step=next_step) from error


@dataclass(frozen=True)
class Store(Files):
    """Blobs and results under `url`."""

    def put_blob(self, content: bytes) -> str:
        """Keep octets; give their sha256. Keeping them again costs one look-up."""
        name = digest(content)
        path = self._path("blobs", name)
        if not self._place[0].exists(self._full(path)):
            self.write(path, content)
        return name

    def get_blob(self, name: str) -> bytes:
        """The octets named by a sha256.

        Raises StoreError when they are missing or are no longer what their name says.
        """
        content = self.read(self._path("blobs", name))
        if content is None:
            raise StoreError(
                f"blob {name} is not in the store {self.url}",
                next_step=f"delete {self._results} and run again: it is made anew",
            )
        if digest(content) != name:
            raise StoreError(
                f"blob {name} in {self.url} was altered: its content has another digest",
                next_step=f"delete {self._full(self._path('blobs', name))} and {self._results}, and run again",
            )
        return content

    def put_result(self, key: str, result: Any) -> None:  # noqa: ANN401 - any JSON value
        """Keep a job's result, a JSON value, under the job's key."""
        body = canonical_json(result)
        self.write(self._path("results", key), digest(body).encode() + b"\n" + body)

    def get_result(self, key: str) -> Any | None:  # noqa: ANN401 - any JSON value
        """The JSON value kept under a key, or None. A torn record counts as absent: the job runs again."""
        content = self.read(self._path("results", key))
        if content is None:
            return None
        checksum, _, body = content.partition(b"\n")
        return json.loads(body) if checksum.decode(errors="replace") == digest(body) else None

    def put_document(self, path: str, text: str) -> str:
        """Write a named document (a run's record); gives its full path."""
        self.write(path, text.encode())
        return self._full(path)

    def get_document(self, path: str) -> str | None:
        content = self.read(path)
        return None if content is None else content.decode()

    def documents(self, folder: str) -> tuple[str, ...]:
        """The names of a folder's documents, in the order of the alphabet; none where there is no such folder."""
        with self._trouble(f"cannot list {folder}", "check the state folder"):
            try:
                found = self._place[0].ls(self._full(folder), detail=False)
            except FileNotFoundError:
                return ()
        return tuple(sorted(PurePosixPath(path).name for path in found))

    @property
    def _results(self) -> str:
        # A result names its blobs and is reused without a look at them: only without it they are made again.
        return self._full("results")

    @staticmethod
    def _path(kind: str, name: str) -> str:
        return f"{kind}/{name[:2]}/{name}"
