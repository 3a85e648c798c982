"""The history: an index in SQLite over the stored records, made anew from them at will. The records are the truth.

A record is immutable and named by its run, so what is indexed once is never read again; a record that is gone leaves
the index with it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

from fuzzpair import state
from fuzzpair.errors import StoreError, UsageError
from fuzzpair.model.agreement import AgreementRecord
from fuzzpair.model.past_run import PastRow, PastRun
from fuzzpair.report.agreement_json import read_agreement
from fuzzpair.report.json_report import read_record
from fuzzpair.report.moves import past_run
from fuzzpair.store import Store

FILE = "history.sqlite"
VERSION = 2  # an index of another one is thrown away and made again
_TABLES = """
CREATE TABLE run (run_id TEXT PRIMARY KEY, started TEXT, pair TEXT, profile TEXT, fingerprint TEXT, versions TEXT,
                  complete INTEGER, gate TEXT) WITHOUT ROWID;
CREATE TABLE row (run_id TEXT REFERENCES run ON DELETE CASCADE, place INTEGER, row TEXT, bug_class TEXT, rung TEXT,
                  hardened TEXT, PRIMARY KEY (run_id, place)) WITHOUT ROWID;
CREATE TABLE finding (run_id TEXT REFERENCES run ON DELETE CASCADE, row TEXT, key TEXT,
                      PRIMARY KEY (run_id, row, key)) WITHOUT ROWID;
"""


def read_history(store: Store, folder: Path) -> tuple[PastRun, ...]:
    """Every stored run that this version can read, the oldest first. Brings the index in `folder` up to date.

    Raises StoreError when the index cannot be written; deleting it loses nothing.
    """
    path = folder / FILE
    try:
        return _read(store, path)
    except sqlite3.DatabaseError:
        pass  # torn, of another version, or not ours: it is made again
    try:
        path.unlink(missing_ok=True)
        return _read(store, path)
    except (sqlite3.Error, OSError) as error:
        raise StoreError(
            f"cannot write the history {path}: {error}", next_step="delete it, or choose another --state"
        ) from error


def _read(store: Store, path: Path) -> tuple[PastRun, ...]:
    stored = set(state.run_ids(store))
    if not stored:
        return ()
    with closing(sqlite3.connect(path, timeout=30)) as index, index:
        index.execute("PRAGMA foreign_keys = ON")
        if index.execute("PRAGMA user_version").fetchone() != (VERSION,):
            index.executescript(
                f"DROP TABLE IF EXISTS finding; DROP TABLE IF EXISTS row; DROP TABLE IF EXISTS run; {_TABLES}"
            )
            index.execute(f"PRAGMA user_version = {VERSION}")
        known = {run_id for (run_id,) in index.execute("SELECT run_id FROM run")}
        index.executemany("DELETE FROM run WHERE run_id = ?", [(run_id,) for run_id in known - stored])
        for run in _readable(store, sorted(stored - known)):
            _add(index, run)
        return tuple(_runs(index))


def _readable(store: Store, run_ids: Iterable[str]) -> Iterator[PastRun]:
    for run_id in run_ids:
        try:
            yield past_run(read_record(state.record_text(store, run_id)))
        except UsageError:  # an older or a newer format: `fuzzpair report` says so when it is asked for that run
            continue


def _add(index: sqlite3.Connection, run: PastRun) -> None:
    facts = (run.run_id, run.started, run.pair, run.profile, run.fingerprint, run.versions, run.complete, run.gate)
    index.execute("INSERT OR REPLACE INTO run VALUES (?, ?, ?, ?, ?, ?, ?, ?)", facts)
    rows = [(run.run_id, place, row.row, row.bug_class, row.rung, row.hardened) for place, row in enumerate(run.rows)]
    index.executemany("INSERT INTO row VALUES (?, ?, ?, ?, ?, ?)", rows)
    findings = [(run.run_id, row, key) for row, key in run.findings]
    index.executemany("INSERT OR IGNORE INTO finding VALUES (?, ?, ?)", findings)


def _runs(index: sqlite3.Connection) -> Iterator[PastRun]:
    rows: dict[str, list[PastRow]] = {}
    for run_id, row, bug_class, rung, hardened in index.execute(
        "SELECT run_id, row, bug_class, rung, hardened FROM row ORDER BY run_id, place"
    ):
        rows.setdefault(run_id, []).append(PastRow(row=row, bug_class=bug_class, rung=rung, hardened=hardened))
    findings: dict[str, list[tuple[str, str]]] = {}
    for run_id, row, key in index.execute("SELECT run_id, row, key FROM finding ORDER BY run_id, row, key"):
        findings.setdefault(run_id, []).append((row, key))
    for run_id, *facts, complete, gate in index.execute(
        "SELECT run_id, started, pair, profile, fingerprint, versions, complete, gate FROM run ORDER BY started, run_id"
    ):
        started, pair, profile, fingerprint, versions = facts
        yield PastRun(
            run_id=run_id,
            started=started,
            pair=pair,
            profile=profile,
            fingerprint=fingerprint,
            versions=versions,
            complete=bool(complete),
            gate=gate,
            rows=tuple(rows.get(run_id, ())),
            findings=tuple(findings.get(run_id, ())),
        )


def stored_agreements(store: Store) -> tuple[AgreementRecord, ...]:
    """Every stored comparison of twins that this version can read, the oldest first."""
    made = []
    for text in state.agreement_texts(store):
        try:
            made.append(read_agreement(text))
        except UsageError:  # an older or a newer format
            continue
    return tuple(made)


def find_run(asked: str, store: Store) -> PastRun:
    """The run that `asked` means: a run.json, `latest`, a run's id or its beginning. Raises UsageError."""
    if asked.endswith(".json"):
        try:
            return past_run(read_record(Path(asked).read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"cannot read {asked}: {error}") from error
    if asked == "latest":
        return past_run(read_record(state.latest_record(store)))
    fitting = [run_id for run_id in state.run_ids(store) if run_id.startswith(asked)]
    if len(fitting) != 1:
        found = "no run" if not fitting else f"{len(fitting)} runs"
        raise UsageError(f"{found} of the store is called {asked!r}", next_step="`fuzzpair history` lists them")
    return past_run(read_record(state.record_text(store, fitting[0])))
