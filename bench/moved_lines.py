"""The mistakes of a run again, from sources in which every line has moved, and the same inputs replayed on them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from fuzzpair.backends.select import open_backend
from fuzzpair.config import Config, load_config
from fuzzpair.flavours import judge_env
from fuzzpair.jobs import Batch, Worker
from fuzzpair.mistakes import load_mistake, read_tree
from fuzzpair.model.evidence import ReplayedProgram
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language
from fuzzpair.model.replay import Replay
from fuzzpair.model.run_record import Row, RunRecord
from fuzzpair.progress import Silent
from fuzzpair.replay import ReplayJob, Replays
from fuzzpair.scheduler import Scheduler
from fuzzpair.store import Store
from fuzzpair.subjects import Subject, planted_subject, unpatched_subject

FLAVOUR = Flavour.ADDRESS
TIMEOUT_S = 5.0
ABOVE, BEHIND = 7, 2  # lines of comment above a file, and behind each function


def moved(text: str) -> str:
    """The same code: no line stays where it was, and no two functions move equally far."""
    comment = "// moved\n"
    return comment * ABOVE + re.sub(r"(?m)^\}\n", "}\n" + comment * BEHIND, text)


@dataclass(frozen=True, slots=True)
class MovedRow:
    """A row whose mistake is built again, and what the run had judged it on."""

    row: Row
    judged: ReplayedProgram
    subject: Subject


def moved_replays(record: RunRecord, config_file: Path, store: Store) -> Iterator[tuple[Row, Replay]]:
    """Build each row's patched files with moved lines, in containers, and replay the run's inputs on it.

    Needs the pair and the toolchain of the run; what it makes is stored beside it. Raises FuzzpairError.
    """
    config = load_config(config_file)
    backend = open_backend(config.backend, os.environ, print)
    executor = ThreadPoolExecutor(os.cpu_count())
    try:
        toolchain = backend.prepare(config.image)
        limits = config.limits.to_model()
        worker = Worker(backend=backend, store=store, fingerprint=toolchain.fingerprint, limits=limits)
        yield from _replays(record, config, Scheduler(executor, worker, Silent()), worker)
    finally:
        executor.shutdown(wait=False, cancel_futures=True)
        backend.stop_all()


def _replays(record: RunRecord, config: Config, scheduler: Scheduler, worker: Worker) -> Iterator[tuple[Row, Replay]]:
    bases = {language: _unpatched(config, language, worker.store) for language in Language}
    scheduler.run_stage("unpatched", [Batch((job,), job.label) for base in bases.values() for _, job in base.builds])
    rows = list(_moved_rows(record, config, bases, worker))
    scheduler.run_stage("build", [Batch((job,), job.label) for one in rows for _, job in one.subject.builds])
    jobs: list[tuple[Row, ReplayJob]] = []
    for one in rows:
        program = one.subject.program(FLAVOUR, scheduler.outcomes)
        if program is not None:
            job = ReplayJob(
                program=program,
                flavour=FLAVOUR,
                target=one.judged.target,
                inputs=one.judged.inputs,
                env=judge_env(FLAVOUR),
                wall_timeout_s=TIMEOUT_S,
                limits=config.limits.to_model(),
                subject=one.subject.name,
            )
            jobs.append((one.row, job))
    outcomes = scheduler.run_stage("replay", [Batch((job,), job.label) for _, job in jobs])
    for row, job in jobs:
        result = outcomes.result(job)
        if isinstance(result, Replays):
            yield from ((row, replayed) for replayed in result.replays)


def _unpatched(config: Config, language: Language, store: Store) -> Subject:
    tree = read_tree(config.pair.folder(language))
    return unpatched_subject(language, tree, tuple(config.pair.targets), (FLAVOUR,), store)


def _moved_rows(
    record: RunRecord, config: Config, bases: dict[Language, Subject], worker: Worker
) -> Iterator[MovedRow]:
    for row in record.rows:
        judged = next((one for one in row.evidence.replays if one.flavour is FLAVOUR), None)
        mistake = load_mistake(row.mistake, config.pair.cpp, config.pair.rust)
        planted = mistake.variant(row.variant)
        if judged is None or planted is None:
            continue
        tree = {path: moved(text) if path in planted.changed else text for path, text in planted.tree.items()}
        again = replace(planted, tree=tree, canary_tree=None)
        base = bases[row.variant.language]
        yield MovedRow(row, judged, planted_subject(mistake, again, base, (FLAVOUR,), worker.store, worker.fingerprint))
