"""The state folder: one run at a time, the store, and the records of past runs."""

from __future__ import annotations

import fcntl
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from fuzzpair.errors import StoreError, UsageError
from fuzzpair.store import Store

LATEST = "runs/latest"


@contextmanager
def locked_state(folder: Path) -> Iterator[Store]:
    """The store of a state folder, held for this process alone; the kernel frees it however the process ends.

    Raises StoreError when another run holds it or it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StoreError(
            f"cannot use the state folder {folder}: {error.strerror}", next_step="choose another --state"
        ) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.pread(descriptor, 64, 0).decode(errors="replace").strip() or "another process"
            raise StoreError(
                f"the state folder {folder} is in use by process {owner}",
                next_step="wait for it, or choose another --state",
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield open_store(folder)
    finally:
        os.close(descriptor)


def open_store(folder: Path) -> Store:
    """The store of a state folder, for reading."""
    return Store(str(folder.resolve() / "store"))


def new_run_id(started: datetime) -> str:
    """A run's name: its start in UTC, so that names sort by it, and what tells two of one second apart."""
    return f"{started:%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:8]}"


def save_record(store: Store, run_id: str, text: str) -> None:
    """Keep a run's record; the pointer to it is written last, so it never names half a record."""
    store.put_document(f"runs/{run_id}.json", text)
    store.put_document(LATEST, run_id)


def run_ids(store: Store) -> tuple[str, ...]:
    """The ids of all stored runs, in the order of the alphabet, which is that of their start."""
    return tuple(name.removesuffix(".json") for name in store.documents("runs") if name.endswith(".json"))


def record_text(store: Store, run_id: str) -> str:
    """The text of a run's record. Raises UsageError when there is none."""
    text = store.get_document(f"runs/{run_id}.json")
    if text is None:
        raise UsageError(f"there is no run {run_id!r} in the store", next_step="`fuzzpair history` lists them")
    return text


def save_agreement(store: Store, run_id: str, text: str) -> None:
    """Keep the record of a comparison of the twins."""
    store.put_document(f"agreements/{run_id}.json", text)


def agreement_texts(store: Store) -> Iterator[str]:
    """The text of every stored comparison, the oldest first."""
    names = (name for name in store.documents("agreements") if name.endswith(".json"))
    texts = (store.get_document(f"agreements/{name}") for name in names)
    return (text for text in texts if text is not None)


def latest_record(store: Store) -> str:
    """The text of the last run's record. Raises UsageError when there was none."""
    run_id = store.get_document(LATEST)
    text = store.get_document(f"runs/{run_id}.json") if run_id else None
    if text is None:
        raise UsageError("there is no run yet to look at", next_step="./fuzzpair run")
    return text
