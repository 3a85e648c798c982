"""The seam to whoever reads a run: a reporter turns a RunRecord, and blobs that it names, into the text of one file."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Protocol, TypeVar

from fuzzpair.errors import FuzzpairError
from fuzzpair.model.pair import PairRecord
from fuzzpair.model.run_record import RunRecord
from fuzzpair.report import (
    html,
    json_report,
    junit,
    markdown,
    pair_json,
    pair_junit,
    pair_markdown,
    pair_page,
    pair_sarif,
    sarif,
)
from fuzzpair.report.stored import NOTHING_STORED, Stored

Record = TypeVar("Record")
Record_contra = TypeVar("Record_contra", contravariant=True)


class Reporter(Protocol[Record_contra]):
    """A module (or object) that writes one file. `render` is pure: the same record and blobs, the same text."""

    @property
    def file_name(self) -> str: ...

    def render(self, record: Record_contra, stored: Stored = ..., /) -> str: ...


# run.json first: it is the truth that the others can be made from again.
REPORTERS: Final[Mapping[str, Reporter[RunRecord]]] = {
    "json": json_report,
    "junit": junit,
    "markdown": markdown,
    "sarif": sarif,
    "html": html,
}


# pair.json first, for the same reason.
PAIR_REPORTERS: Final[Mapping[str, Reporter[PairRecord]]] = {
    "json": pair_json,
    "junit": pair_junit,
    "markdown": pair_markdown,
    "sarif": pair_sarif,
    "html": pair_page,
}


def write_reports(
    record: RunRecord,
    folder: Path,
    reporters: Mapping[str, Reporter[RunRecord]] = REPORTERS,
    stored: Stored = NOTHING_STORED,
) -> tuple[Path, ...]:
    """Write every report into `folder`; raise only after all had their turn."""
    return _write_all(record, folder, reporters, stored)


def write_pair_reports(record: PairRecord, folder: Path, stored: Stored = NOTHING_STORED) -> tuple[Path, ...]:
    """Write every report of a pair's run into `folder`; raise only after all had their turn."""
    return _write_all(record, folder, PAIR_REPORTERS, stored)


def _write_all(
    record: Record, folder: Path, reporters: Mapping[str, Reporter[Record]], stored: Stored
) -> tuple[Path, ...]:
    failures: dict[str, Exception] = {}
    written = []
    for reporter in reporters.values():
        path = folder / reporter.file_name
        try:
            _replace(path, reporter.render(record, stored))
            written.append(path)
        except Exception as error:  # noqa: BLE001 - one broken reporter must not take the others with it
            failures[reporter.file_name] = error
            _forget(path)
    if failures:
        raise _failure(folder, failures)
    return tuple(written)


def _replace(path: Path, text: str) -> None:
    """All of the file or none of it: a reader never meets half a report."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _forget(path: Path) -> None:
    # The last run's file must not pass for this run's.
    with contextlib.suppress(OSError):  # the folder itself is what broke, and `failures` says so
        path.unlink(missing_ok=True)


def _failure(folder: Path, failures: Mapping[str, Exception]) -> FuzzpairError:
    said = "; ".join(f"{name}: {type(error).__name__}: {error}" for name, error in failures.items())
    error = FuzzpairError(
        f"{folder}: reports not written: {said}",
        next_step="check that the folder can be written and has space; the other reports are there",
    )
    error.__cause__ = next(iter(failures.values()))
    return error
