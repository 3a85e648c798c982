"""The scheduler: flows side by side, what is reused, and what one broken job does to the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from typing import Any

import pytest

from echo_jobs import Echo, EchoJob, Watched, compile_anything
from fuzzpair.backends.fake import FakeBackend
from fuzzpair.builds.job import build_job
from fuzzpair.builds.record import Build
from fuzzpair.errors import BackendError, BuildError
from fuzzpair.jobs import Batch, Job, Worker, stored_outcome
from fuzzpair.model.command import Limits
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language
from fuzzpair.model.run_facts import StageCost
from fuzzpair.progress import Silent
from fuzzpair.scheduler import Flow, Scheduler, Step
from fuzzpair.store import Store

FINGERPRINT = "f00d"


class Heard(Silent):
    """Keeps what an observer is told, and raises in the middle where a test wants Ctrl-C there."""

    def __init__(self, interrupt_after: int = -1) -> None:
        self.done: list[tuple[str, bool]] = []
        self.cpu_s = 0.0
        self.costs: list[StageCost] = []
        self.planned: list[tuple[str, int, int]] = []
        self._interrupt_after = interrupt_after

    def stage_planned(self, name: str, total: int, reused: int) -> None:
        self.planned.append((name, total, reused))

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
def worker(store: Store) -> Worker:
    return Worker(backend=Watched(), store=store, fingerprint=FINGERPRINT, limits=Limits())


@pytest.fixture
def executor() -> Iterator[Executor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


def batches(*texts: str, place: str | None = None) -> list[Batch]:
    return [Batch((EchoJob(text=text),), text, place) for text in texts]


def stored(job: Job, store: Store) -> object:
    outcome = stored_outcome(job, store, FINGERPRINT)
    return None if outcome is None else outcome.result


# --- one stage -------------------------------------------------------------------------------------


def test_a_stage_runs_what_the_store_does_not_hold(worker: Worker, executor: Executor) -> None:
    first, second = Heard(), Heard()
    Scheduler(executor, worker, first).run_stage("build", batches("a", "fail"))
    outcomes = Scheduler(executor, worker, second).run_stage("build", batches("a", "fail", "b"))
    assert outcomes.result(EchoJob(text="a")) == Echo("a")
    assert (first.planned, second.planned) == ([("build", 2, 0)], [("build", 3, 1)])
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


# --- flows -----------------------------------------------------------------------------------------


def test_a_step_is_planned_from_what_the_one_before_it_came_to(worker: Worker, executor: Executor) -> None:
    scheduler = Scheduler(executor, worker, Silent())

    def steps() -> Iterator[Step]:
        yield Step("build", batches("a"))
        result = scheduler.outcomes.result(EchoJob(text="a"))
        assert isinstance(result, Echo)
        yield Step("fuzz", batches(f"after {result.text}"))

    scheduler.run_flows([Flow("one", steps())])
    assert scheduler.outcomes.result(EchoJob(text="after a")) == Echo("after a")
    assert [(cost.stage, cost.jobs_run) for cost in scheduler.costs] == [("build", 1), ("fuzz", 1)]


def test_flows_end_one_by_one_and_no_more_are_open_than_there_are_slots(worker: Worker, executor: Executor) -> None:
    scheduler = Scheduler(executor, worker, Silent(), slots=2)
    told: list[str] = []

    def steps(name: str) -> Iterator[Step]:
        told.append(f"{name} begins")
        yield Step("build", batches(f"{name} built"))
        yield Step("fuzz", batches(f"{name} fuzzed"))

    flows = (Flow(name, steps(name)) for name in ("one", "two", "three", "four"))
    scheduler.run_flows(flows, lambda name: told.append(f"{name} ends"))
    assert sorted(told) == sorted(
        f"{name} {what}" for name in ("one", "two", "three", "four") for what in ("begins", "ends")
    )
    for number, line in enumerate(told):
        begun = sum(one.endswith("begins") for one in told[: number + 1])
        ended = sum(one.endswith("ends") for one in told[: number + 1])
        assert begun - ended <= 2, f"{line}: three flows were open"


def test_a_place_is_left_when_its_flow_ends(worker: Worker, executor: Executor) -> None:
    plan = [Step("build", batches("a", place="one")), Step("fuzz", batches("b", place="one"))]
    with executor:
        Scheduler(executor, worker, Silent()).run_flows([Flow("one", iter(plan)), Flow("two", iter([]))])
    assert isinstance(worker.backend, Watched)
    assert (worker.backend.places, worker.backend.left) == (["one", "one"], ["one"])


def test_batches_of_a_flow_s_place_wait_for_each_other_and_others_do_not(worker: Worker) -> None:
    executor = InOrder()
    scheduler = Scheduler(executor, worker, Heard(interrupt_after=1))
    plan = [*batches("a", "b", "c", place="one"), *batches("d", "e")]
    with pytest.raises(KeyboardInterrupt):
        scheduler.run_flows([Flow("one", iter([Step("build", plan)]))])
    assert len(executor.futures) == 3, "d, e, and the first of the place"


def test_all_batches_of_a_place_are_run(worker: Worker, executor: Executor) -> None:
    heard = Heard()
    plan = [*batches("a", "b", "c", place="one"), *batches("d", "e")]
    Scheduler(executor, worker, heard).run_flows([Flow("one", iter([Step("build", plan)]))])
    assert sorted(label for label, _ in heard.done) == ["a", "b", "c", "d", "e"]
    assert [label for label, _ in heard.done if label in "abc"] == ["a", "b", "c"]


def test_a_flow_whose_results_are_stored_starts_no_sandbox(worker: Worker, executor: Executor) -> None:
    for _ in range(2):
        ended: list[str] = []
        scheduler = Scheduler(executor, worker, Silent())
        scheduler.run_flows(
            [Flow("one", iter([Step("build", batches("a")), Step("fuzz", batches("b"))]))], ended.append
        )
        assert ended == ["one"]
    assert isinstance(worker.backend, Watched)
    assert worker.backend.sessions == 2
    assert [(cost.jobs_run, cost.jobs_reused) for cost in scheduler.costs] == [(0, 1), (0, 1)]


def test_a_job_that_an_earlier_step_ran_is_not_run_or_counted_again(worker: Worker, executor: Executor) -> None:
    heard = Heard()
    scheduler = Scheduler(executor, worker, heard)
    scheduler.run_flows([Flow("one", iter([Step("build", batches("fail")), Step("build", batches("fail", "a"))]))])
    assert heard.done == [("fail", True), ("a", False)]
    assert heard.planned == [("build", 1, 0), ("build", 1, 0)]


def test_a_broken_engine_ends_all_flows(worker: Worker) -> None:
    executor = InOrder()
    scheduler = Scheduler(executor, worker, Silent(), slots=3)
    ended: list[str] = []
    flows = [Flow(text, iter([Step("build", batches(text))])) for text in ("broken", "a", "b", "c")]
    with pytest.raises(BackendError, match="the engine is gone"):
        scheduler.run_flows(flows, ended.append)
    assert ended == []
    assert [future.cancelled() for future in executor.futures] == [False, True, True]
