"""Keys, batches and the scheduler: what is stored, what is reused, and what one broken job does to the others."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import _GeneratorContextManager
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from echo_jobs import Echo, EchoJob, compile_anything, echo
from fuzzpair.backends import Sandbox
from fuzzpair.backends.fake import FakeBackend
from fuzzpair.build import Build, build_job
from fuzzpair.errors import BackendError, BuildError, StoreError
from fuzzpair.flavours import CPP_COMMON
from fuzzpair.jobs import Batch, Job, Scheduler, Worker, job_key, run_batch, stored_outcome
from fuzzpair.model import Flavour, Language, Limits, StageCost
from fuzzpair.progress import Silent
from fuzzpair.store import Store

FINGERPRINT = "f00d"


class Watched(FakeBackend):
    """Counts what it was asked for; a session can fail to start."""

    def __init__(self, broken: bool = False) -> None:
        super().__init__(echo)
        self.broken = broken
        self.sessions = 0
        self.stopped = 0

    def session(self, limits: Limits) -> _GeneratorContextManager[Sandbox]:
        if self.broken:
            raise BackendError("no engine answers", next_step="start it")
        self.sessions += 1
        return super().session(limits)

    def stop_all(self) -> None:
        self.stopped += 1


class Heard(Silent):
    """Keeps what an observer is told, and raises in the middle where a test wants Ctrl-C there."""

    def __init__(self, interrupt_after: int = -1) -> None:
        self.done: list[tuple[str, bool]] = []
        self.cpu_s = 0.0
        self.costs: list[StageCost] = []
        self.started: list[tuple[str, int, int]] = []
        self._interrupt_after = interrupt_after

    def stage_started(self, name: str, total: int, reused: int) -> None:
        self.started.append((name, total, reused))

    def job_done(self, name: str, label: str, cpu_s: float, failed: bool) -> None:
        assert name == "build"
        self.done.append((label, failed))
        self.cpu_s += cpu_s
        if len(self.done) == self._interrupt_after:
            raise KeyboardInterrupt

    def stage_finished(self, cost: StageCost) -> None:
        self.costs.append(cost)


class InOrder(Executor):
    """Runs the first call and lets all others wait: no thread, so no race in a test."""

    def __init__(self) -> None:
        self.futures: list[Future[Any]] = []

    def submit(self, call: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.futures.append(future)
        if len(self.futures) == 1:
            future.set_result(call(*args, **kwargs))
        return future


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "store"))


@pytest.fixture
def worker(store: Store) -> Worker:
    return Worker(backend=Watched(), store=store, fingerprint=FINGERPRINT, limits=Limits())


@pytest.fixture
def executor() -> Iterator[Executor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


def batches(*texts: str) -> list[Batch]:
    return [Batch((EchoJob(text=text),), text) for text in texts]


def stored(job: Job, store: Store) -> object:
    outcome = stored_outcome(job, store, FINGERPRINT)
    return None if outcome is None else outcome.result


# --- keys ------------------------------------------------------------------------------------------


def test_a_key_is_the_same_in_every_process_and_version() -> None:
    # Written out: a change of this line means that every stored result is lost.
    key = job_key(EchoJob(text="a", inputs=("b",)), FINGERPRINT)
    assert key == "faaae39ffa34fa2af117e7e7de0dc50c511aa09acaf7a73131111880adcfa17a"


def test_a_label_is_no_part_of_the_work() -> None:
    job = EchoJob(text="a", subject="one")
    assert job_key(job, FINGERPRINT) == job_key(replace(job, subject="other"), FINGERPRINT)
    assert job == replace(job, subject="other")


def test_whatever_changes_the_result_changes_the_key() -> None:
    job = EchoJob(text="a")
    others = [replace(job, text="b"), replace(job, inputs=("a",)), replace(job, inputs=("", "a"))]
    keys = {job_key(one, FINGERPRINT) for one in (job, *others)} | {job_key(job, "cafe")}
    assert len(keys) == 5


def test_a_build_s_key_knows_its_sources_targets_and_every_flag(store: Store) -> None:
    job = build_job(Language.CPP, Flavour.DEFAULT, (("src/a.cpp", "1"),), ("message",), subject="one")
    changed = [
        build_job(Language.CPP, Flavour.DEFAULT, (("src/a.cpp", "2"),), ("message",)),
        build_job(Language.CPP, Flavour.DEFAULT, (("src/b.cpp", "1"),), ("message",)),
        build_job(Language.CPP, Flavour.DEFAULT, (("src/a.cpp", "1"),), ("stream",)),
        build_job(Language.CPP, Flavour.HARDENED, (("src/a.cpp", "1"),), ("message",)),
        build_job(Language.RUST, Flavour.DEFAULT, (("src/a.cpp", "1"),), ("message",)),
        build_job(Language.CPP, Flavour.DEFAULT, (("src/a.cpp", "1"),), ("message",), base=("key", ())),
        replace(job, flags=(*job.flags, "-O3")),
    ]
    assert len({job_key(one, FINGERPRINT) for one in (job, *changed)}) == 8
    assert set(CPP_COMMON) <= set(job.flags), "a flag of every build has to be in every build's key"


def test_a_canary_build_s_key_knows_the_runtime_that_it_links() -> None:
    job = build_job(Language.RUST, Flavour.CANARY, (), ("message",))
    assert {flag.partition(":")[0] for flag in job.flags} >= {"canary.c", "canary.h", "canary.rs", "canary_fuzz.c"}
    assert not any(flag.startswith("canary") for flag in build_job(Language.RUST, Flavour.DEFAULT, (), ()).flags)


# --- one batch -------------------------------------------------------------------------------------


def test_each_job_of_a_batch_is_stored_and_metered(worker: Worker) -> None:
    jobs = (EchoJob(text="a"), EchoJob(text="b"))
    outcomes = run_batch(Batch(jobs, "both"), worker)
    assert [(outcomes[job].result, outcomes[job].cpu_s) for job in jobs] == [(Echo("a"), 0.25), (Echo("b"), 0.25)]
    assert [stored(job, worker.store) for job in jobs] == [Echo("a"), Echo("b")]
    assert isinstance(worker.backend, Watched)
    assert worker.backend.sessions == 1


def test_what_the_fuse_ended_is_handed_on_and_never_stored(worker: Worker) -> None:
    job = EchoJob(text="fused")
    outcome = run_batch(Batch((job,), ""), worker)[job]
    assert outcome.result == Echo("fused", complete=False)
    assert stored(job, worker.store) is None


def test_a_failing_job_does_not_stop_its_batch(worker: Worker) -> None:
    jobs = [EchoJob(text=text) for text in ("fail", "hostile", "a")]
    outcomes = run_batch(Batch(tuple(jobs), ""), worker)
    assert [str(outcomes[job].error) for job in jobs] == ["it does not compile", "a link", "None"]
    assert [stored(job, worker.store) for job in jobs] == [None, None, Echo("a")]


def test_a_session_that_does_not_start_is_every_job_s_error(store: Store) -> None:
    worker = Worker(backend=Watched(broken=True), store=store, fingerprint=FINGERPRINT, limits=Limits())
    jobs = (EchoJob(text="a"), EchoJob(text="b"))
    outcomes = run_batch(Batch(jobs, ""), worker)
    assert [type(outcomes[job].error) for job in jobs] == [BackendError, BackendError]


@pytest.mark.parametrize("record", [{"result": {"words": 1}, "cpu_s": 0}, {"result": None}, {}, [], "text"])
def test_a_result_of_another_version_is_made_anew(worker: Worker, record: object) -> None:
    job = EchoJob(text="a")
    worker.store.put_result(job_key(job, FINGERPRINT), record)
    assert stored_outcome(job, worker.store, FINGERPRINT) is None


def test_errors_come_through_a_pickle_whole() -> None:
    error = pickle.loads(pickle.dumps(StoreError("torn", next_step="delete it")))
    assert (type(error), error.message, error.next_step) == (StoreError, "torn", "delete it")


# --- the scheduler ---------------------------------------------------------------------------------


def test_a_stage_runs_what_the_store_does_not_hold(worker: Worker, executor: Executor) -> None:
    first, second = Heard(), Heard()
    Scheduler(executor, worker, first).run_stage("build", batches("a", "fail"))
    outcomes = Scheduler(executor, worker, second).run_stage("build", batches("a", "fail", "b"))
    assert outcomes.result(EchoJob(text="a")) == Echo("a")
    assert (first.started, second.started) == ([("build", 2, 0)], [("build", 3, 1)])
    assert sorted(second.done) == [("b", False), ("fail", True)]
    (cost,) = second.costs
    assert (cost.jobs_run, cost.jobs_reused, cost.jobs_failed, cost.cpu_s) == (2, 1, 1, 0.5)
    assert second.cpu_s == 0.5


def test_equal_jobs_run_once_whatever_they_are_called(worker: Worker, executor: Executor) -> None:
    heard = Heard()
    same = [EchoJob(text="a", subject=name) for name in ("one", "two", "three")]
    plan = [Batch((same[0], same[1]), ""), Batch((same[2],), "")]
    outcomes = Scheduler(executor, worker, heard).run_stage("build", plan)
    assert heard.done == [("one", False)]
    assert [outcomes.result(job) for job in same] == [Echo("a")] * 3


def test_a_broken_engine_stops_the_stage_once(worker: Worker) -> None:
    executor, heard = InOrder(), Heard()
    scheduler = Scheduler(executor, worker, heard)
    with pytest.raises(BackendError, match="the engine is gone"):
        scheduler.run_stage("build", batches("broken", "a", "b"))
    assert [future.cancelled() for future in executor.futures] == [False, True, True]
    assert isinstance(worker.backend, Watched)
    assert worker.backend.stopped == 1
    assert heard.costs[0].jobs_failed == 1


def test_a_hostile_sandbox_is_one_job_s_failure(worker: Worker, executor: Executor) -> None:
    heard = Heard()
    Scheduler(executor, worker, heard).run_stage("build", batches("hostile", "a"))
    assert sorted(heard.done) == [("a", False), ("hostile", True)]


def test_ctrl_c_cancels_what_waits_and_ends_every_sandbox(worker: Worker) -> None:
    executor, heard = InOrder(), Heard(interrupt_after=1)
    scheduler = Scheduler(executor, worker, heard)
    with pytest.raises(KeyboardInterrupt):
        scheduler.run_stage("build", batches("a", "b", "c"))
    assert [future.cancelled() for future in executor.futures] == [False, True, True]
    assert isinstance(worker.backend, Watched)
    assert worker.backend.stopped == 1
    # What was done until then is there to report, and the next run finds it.
    assert scheduler.outcomes.result(EchoJob(text="a")) == Echo("a")
    assert stored(EchoJob(text="a"), worker.store) == Echo("a")
    assert scheduler.costs == heard.costs


def test_jobs_run_in_spawned_processes_as_they_would_on_a_cluster(store: Store) -> None:
    sources = (("src/main.cpp", store.put_blob(b"int main() {}")),)
    build = build_job(Language.CPP, Flavour.DEFAULT, sources, ("message",))
    backend = FakeBackend(compile_anything)
    worker = Worker(backend=backend, store=store, fingerprint=FINGERPRINT, limits=Limits())
    plan = [*batches("a", "fail"), Batch((build,), "build")]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        outcomes = Scheduler(pool, worker, Silent()).run_stage("build", plan)
    assert outcomes.result(EchoJob(text="a")) == Echo("a")
    failed = outcomes.of(EchoJob(text="fail"))
    assert failed is not None
    assert isinstance(failed.error, BuildError)
    assert failed.error.next_step == "look"
    built = stored(build, store)
    assert isinstance(built, Build)
    assert store.get_blob(built.program("judge")) == b"linked judge"
