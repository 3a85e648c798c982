"""Who runs jobs, and in which order: flows of steps over any concurrent.futures executor.

A flow plans each of its steps from the results of those before it. Flows know nothing of each other: a mistake whose
last step is done has its row while others are still being built. Only the main thread schedules.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import suppress
from dataclasses import dataclass, field

from fuzzpair.errors import BackendError, SandboxError
from fuzzpair.jobs import Batch, Job, Outcome, Outcomes, Worker, run_batch, stored_outcome
from fuzzpair.model.run_facts import StageCost
from fuzzpair.progress import Observer


@dataclass(frozen=True, slots=True)
class Step:
    """Batches that a flow wants done before it goes on; `stage` is what their cost is counted under."""

    stage: str
    batches: Iterable[Batch]


@dataclass(frozen=True, slots=True)
class Flow:
    """Steps in their order. Each is asked for when the one before it is done.

    Of a step, batches with the flow's name as their place run one after another, and all others side by side.
    """

    name: str
    steps: Iterator[Step]


def _nothing_follows(_flow: str) -> None:
    pass


class Scheduler:
    """Runs what the store does not hold yet, on an executor that does `slots` batches at once."""

    def __init__(self, executor: Executor, worker: Worker, observer: Observer, *, slots: int = 1) -> None:
        self._executor = executor
        self._worker = worker
        self._observer = observer
        self._slots = slots
        self._stages: dict[str, _Stage] = {}
        self.outcomes = Outcomes()
        self.failures: list[str] = []  # what could not be done, and why

    @property
    def costs(self) -> list[StageCost]:
        """Of every stage, in the order in which they began."""
        return [stage.cost() for stage in self._stages.values()]

    def run_stage(self, stage: str, batches: Iterable[Batch]) -> Outcomes:
        """One step alone, up to its end; everything known so far."""
        self.run_flows([Flow(stage, iter([Step(stage, batches)]))])
        return self.outcomes

    def run_flows(self, flows: Iterable[Flow], on_end: Callable[[str], None] = _nothing_follows) -> None:
        """Run flows, as many side by side as there are slots, the first ones first; tell of each that it ended.

        KeyboardInterrupt, and the BackendError of a broken engine, pass through after waiting jobs are cancelled
        and every sandbox is ended; what was done until then is in `outcomes` and in the store.
        """
        running = _Running(deque(flows))
        before = set(self._stages)
        try:
            self._start_flows(running, on_end)
            while running.futures:
                self._collect(running, on_end)
                self._start_flows(running, on_end)
        except BaseException:
            for future in running.futures:
                future.cancel()
            with suppress(BackendError):  # what broke the stage is told, not that the engine still is broken
                self._worker.backend.stop_all()
            raise
        finally:
            for name in self._stages.keys() - before:
                self._observer.stage_finished(self._stages[name].cost())

    def _start_flows(self, running: _Running, on_end: Callable[[str], None]) -> None:
        while running.waiting and running.open < self._slots:
            running.open += 1
            self._go_on(running.waiting.popleft(), running, on_end)

    def _go_on(self, flow: Flow, running: _Running, on_end: Callable[[str], None]) -> None:
        """Submit a flow's next step that has something to do, or end it."""
        for step in flow.steps:
            pending = self._plan(step)
            if pending:
                running.left[flow.name] = len(pending)
                queue = running.queues[flow.name] = deque(one for one in pending if one.place == flow.name)
                self._submit(flow, step.stage, [one for one in pending if one.place != flow.name], running)
                self._submit(flow, step.stage, [queue.popleft()] if queue else [], running)
                return
        running.open -= 1
        if flow.name in running.placed:  # not in this thread: to end a sandbox takes as long as a small job
            self._executor.submit(self._worker.backend.leave, flow.name)
        on_end(flow.name)

    def _submit(self, flow: Flow, stage: str, batches: Iterable[Batch], running: _Running) -> None:
        for batch in batches:
            future = self._executor.submit(run_batch, batch, self._worker)
            running.futures[future] = (flow, stage)
            if batch.place is not None:
                running.placed.add(batch.place)

    def _plan(self, step: Step) -> list[Batch]:
        """Split what has to run from what this run or the store already answers; a job asked for twice runs once."""
        stage = self._stages.setdefault(step.stage, _Stage(step.stage))
        seen: set[Job] = set()
        pending: list[Batch] = []
        reused = 0
        for batch in step.batches:
            left: list[Job] = []
            for job in batch.jobs:
                if job in seen or self.outcomes.of(job) is not None:
                    continue
                seen.add(job)
                stored = stored_outcome(job, self._worker.store, self._worker.fingerprint)
                if stored is None:
                    left.append(job)
                else:
                    reused += 1
                    self.outcomes.add({job: stored})
            if left:
                pending.append(Batch(tuple(left), batch.label, batch.place))
        stage.reused += reused
        self._observer.stage_planned(step.stage, len(seen), reused)
        return pending

    def _collect(self, running: _Running, on_end: Callable[[str], None]) -> None:
        # Short waits: a signal is only handled between them.
        done, _ = wait(running.futures, timeout=0.5, return_when=FIRST_COMPLETED)
        for future in done:
            flow, stage = running.futures.pop(future)
            outcomes = future.result()
            self.outcomes.add(outcomes)
            for job, outcome in outcomes.items():
                self._count(stage, job, outcome)
            _raise_if_broken(outcomes)
            running.left[flow.name] -= 1
            queue = running.queues[flow.name]
            if not running.left[flow.name]:
                self._go_on(flow, running, on_end)
            elif queue and not any(other is flow for other, _ in running.futures.values()):
                self._submit(flow, stage, [queue.popleft()], running)

    def _count(self, stage: str, job: Job, outcome: Outcome) -> None:
        self._stages[stage].add(outcome)
        if outcome.error is not None:
            said = outcome.error.message
            self.failures.append(said if said.startswith(job.label) else f"{job.label}: {said}")
        self._observer.job_done(stage, job.label, outcome.cpu_s, failed=outcome.error is not None)


def _raise_if_broken(outcomes: Mapping[Job, Outcome]) -> None:
    """A broken engine breaks every job: say it once and stop, rather than once for each."""
    for outcome in outcomes.values():
        if isinstance(outcome.error, BackendError) and not isinstance(outcome.error, SandboxError):
            raise outcome.error


@dataclass
class _Running:
    waiting: deque[Flow]
    futures: dict[Future[dict[Job, Outcome]], tuple[Flow, str]] = field(default_factory=dict)
    queues: dict[str, deque[Batch]] = field(default_factory=dict)  # what waits for its flow's place
    left: dict[str, int] = field(default_factory=dict)  # batches of a flow's step that are not done
    placed: set[str] = field(default_factory=set)
    open: int = 0


@dataclass
class _Stage:
    name: str
    started: float = field(default_factory=time.monotonic)
    ended: float | None = None
    run: int = 0
    reused: int = 0
    failed: int = 0
    cpu_s: float = 0.0

    def add(self, outcome: Outcome) -> None:
        self.run += 1
        self.failed += outcome.error is not None
        self.cpu_s += outcome.cpu_s
        self.ended = time.monotonic()

    def cost(self) -> StageCost:
        return StageCost(
            stage=self.name,
            jobs_run=self.run,
            jobs_reused=self.reused,
            jobs_failed=self.failed,
            wall_s=(self.ended or self.started) - self.started,
            cpu_s=self.cpu_s,
        )
