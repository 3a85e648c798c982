"""Jobs: frozen, picklable values with a key; and batches of them that share one sandbox.

A job's key is the digest of its kind, its own fields (which name every input file by sha256) and the toolchain's
fingerprint. Its result is stored under that key, so a run does only what changed, and goes on where it was killed.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, ClassVar, Protocol

from pydantic import TypeAdapter, ValidationError

from fuzzpair.backends import Backend, ReadBlob, Sandbox
from fuzzpair.errors import FuzzpairError, InternalError
from fuzzpair.model.command import Command, Completed, Limits
from fuzzpair.store import Store, canonical_json, digest


class Job(Protocol):
    """A pure piece of work. Implementations are frozen dataclasses; their compared fields are the specification.

    One whose result is how a process ends has a field `limits`: the sandbox's, of which that may be a consequence.
    """

    kind: ClassVar[str]
    revision: ClassVar[int]  # raised when `run` itself changes what it does: constants are in no field
    result_type: ClassVar[type[Any]]

    @property
    def label(self) -> str:
        """What a person calls it, e.g. `use-after-free/cpp address`."""

    def run(self, sandbox: Sandbox, store: Store) -> Any:  # noqa: ANN401 - a result_type
        """Do the work and give a `result_type`. Raises FuzzpairError when it could not be done.

        A result with `complete = False` (ended by the fuse) is handed on but never stored.
        """


@dataclass(frozen=True, slots=True)
class Batch:
    """Jobs that run one after another in one sandbox. What shares a sandbox can only spoil itself, so a batch
    never mixes two mistakes, nor a mistake with an unpatched twin's build.

    Batches of one `place` may share a sandbox too, one after another: then what was built there is replayed there.
    """

    jobs: tuple[Job, ...]
    label: str
    place: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one job: a result, or the error that kept it from one."""

    key: str
    result: Any = None
    error: FuzzpairError | None = None
    cpu_s: float = 0.0
    reused: bool = False


class Outcomes:
    """What all jobs of a run came to, by job."""

    def __init__(self) -> None:
        self._by_job: dict[Job, Outcome] = {}

    def add(self, outcomes: Mapping[Job, Outcome]) -> None:
        self._by_job.update(outcomes)

    def of(self, job: Job) -> Outcome | None:
        return self._by_job.get(job)

    def result(self, job: Job) -> Any | None:  # noqa: ANN401 - the job's result_type
        outcome = self._by_job.get(job)
        return None if outcome is None else outcome.result


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """Everything a batch needs besides itself; travels to other processes with it."""

    backend: Backend
    store: Store
    fingerprint: str
    limits: Limits


@cache
def _adapter_of(kind: Hashable) -> TypeAdapter[Any]:
    return TypeAdapter(kind)  # type: ignore[arg-type]


def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    return _adapter_of(kind)  # type: ignore[arg-type] # a class is hashable


def job_key(job: Job, fingerprint: str) -> str:
    """sha256 over kind, revision, fields and toolchain. A field with compare=False (a label) is no part of the work."""
    labels = {one.name for one in fields(job) if not one.compare}  # type: ignore[arg-type]
    spec = _adapter(type(job)).dump_python(job, mode="json", exclude=labels)
    return digest(canonical_json([job.kind, job.revision, spec, fingerprint]))


def stored_outcome(job: Job, store: Store, fingerprint: str) -> Outcome | None:
    """The job's outcome if an earlier run stored one that this version can still read."""
    key = job_key(job, fingerprint)
    record = store.get_result(key)
    if record is None:
        return None
    try:
        result = _adapter(job.result_type).validate_python(record["result"], strict=False)
        return Outcome(key=key, result=result, cpu_s=record["cpu_s"], reused=True)
    except (ValidationError, KeyError, TypeError):  # another version's; the job runs again
        return None


class _MeteredSandbox:
    """A sandbox that adds up the CPU seconds of its commands."""

    def __init__(self, inner: Sandbox) -> None:
        self._inner = inner
        self.cpu_s = 0.0

    @property
    def has_fixed_root(self) -> bool:
        return self._inner.has_fixed_root

    def put(self, files: Mapping[str, bytes]) -> None:
        self._inner.put(files)

    def put_blobs(self, files: Mapping[str, str], read: ReadBlob, *, shared: bool = False) -> None:
        self._inner.put_blobs(files, read, shared=shared)

    def keep(self, files: Mapping[str, str]) -> None:
        self._inner.keep(files)

    def run(self, command: Command) -> Completed:
        return self.run_all((command,))[0]

    def run_all(self, commands: Sequence[Command], *, keep_going: bool = True) -> tuple[Completed, ...]:
        completed = self._inner.run_all(commands, keep_going=keep_going)
        self.cpu_s += sum(one.cpu_s for one in completed)
        return completed

    def get(self, paths: Sequence[str], *, size_limit: int = 256 << 20) -> dict[str, bytes]:
        return self._inner.get(paths, size_limit=size_limit)


def run_batch(batch: Batch, worker: Worker) -> dict[Job, Outcome]:
    """Run the jobs of a batch, each stored as soon as it is done. Never raises FuzzpairError: a job that could not
    be done has an outcome that says so, and the jobs behind it in a broken sandbox say the same."""
    outcomes: dict[Job, Outcome] = {}
    try:
        with worker.backend.session(_limits_of(batch, worker.limits), batch.place) as sandbox:
            for job in batch.jobs:
                outcomes[job] = _run_job(job, sandbox, worker)
    except FuzzpairError as error:
        for job in batch.jobs:
            outcomes.setdefault(job, Outcome(key=job_key(job, worker.fingerprint), error=error))
    return outcomes


def _limits_of(batch: Batch, standard: Limits) -> Limits:
    """The limits that the jobs were planned with: they are a part of their keys (docs/decisions/0009)."""
    stated = {job.limits for job in batch.jobs if hasattr(job, "limits")}
    if len(stated) > 1:
        raise InternalError(f"{batch.label}: its jobs state different limits for the one sandbox that they share")
    return stated.pop() if stated else standard


def _run_job(job: Job, sandbox: Sandbox, worker: Worker) -> Outcome:
    key = job_key(job, worker.fingerprint)
    metered = _MeteredSandbox(sandbox)
    try:
        result = job.run(metered, worker.store)
    except FuzzpairError as error:
        return Outcome(key=key, error=error, cpu_s=metered.cpu_s)
    except Exception as error:  # noqa: BLE001 - a fault of ours in one job must not take the others' results with it
        told = InternalError(f"{job.label}: internal error: {type(error).__name__}: {error}")
        return Outcome(key=key, error=told, cpu_s=metered.cpu_s)
    if getattr(result, "complete", True):
        record = {
            "result": _adapter(job.result_type).dump_python(result, mode="json"),
            "cpu_s": metered.cpu_s,
        }
        worker.store.put_result(key, record)
    return Outcome(key=key, result=result, cpu_s=metered.cpu_s)
