"""Progress while a run goes on: a live table on a terminal, plain lines in a log."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from types import TracebackType
from typing import Final, Self

from rich.box import SIMPLE
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from fuzzpair.model import StageCost
from fuzzpair.report.clean import line
from fuzzpair.report.wording import duration

Clock = Callable[[], float]
LINE_EVERY_S: Final = 5.0
LABEL_LIMIT: Final = 60


@dataclass(slots=True)
class _Stage:
    """One stage as a display knows it."""

    name: str
    total: int
    reused: int
    started: float
    done: int = 0  # without the reused ones
    failed: int = 0
    cpu_s: float = 0.0
    label: str = ""
    cost: StageCost | None = None

    def job_done(self, label: str, cpu_s: float, failed: bool) -> None:
        self.done += 1
        self.failed += failed
        self.cpu_s += cpu_s
        if failed or not self.failed:  # the last failure stays readable
            self.label = line(f"failed: {label}" if failed else label, LABEL_LIMIT)

    def left(self, now: float) -> str:
        """A guess from the jobs done so far; nothing before there is one to go by."""
        remaining = self.total - self.reused - self.done
        if self.cost or remaining <= 0 or not self.done:
            return ""
        return duration((now - self.started) / self.done * remaining)


class LiveProgress:
    """A table that rich redraws in place. Its thread reads what the main thread writes, hence the lock."""

    def __init__(self, console: Console, clock: Clock = time.monotonic) -> None:
        self._console, self._clock = console, clock
        self._stages: list[_Stage] = []
        self._lock = Lock()
        self._live = Live(console=console, get_renderable=self._table, refresh_per_second=4)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._live.stop()

    def stage_started(self, name: str, total: int, reused: int) -> None:
        with self._lock:
            self._stages.append(_Stage(name, total, reused, self._clock()))

    def job_done(self, name: str, label: str, cpu_s: float, failed: bool) -> None:
        with self._lock:
            _stage(self._stages, name, self._clock()).job_done(label, cpu_s, failed)

    def stage_finished(self, cost: StageCost) -> None:
        with self._lock:
            _stage(self._stages, cost.stage, self._clock()).cost = cost

    def message(self, text: str) -> None:
        self._live.console.print(Text(line(text)))

    def _table(self) -> Table:
        table = Table(box=SIMPLE, pad_edge=False)
        table.add_column("stage")
        for heading in ("done", "reused", "failed", "time", "CPU s", "left"):
            table.add_column(heading, justify="right")
        table.add_column("last", no_wrap=True, overflow="ellipsis")
        now = self._clock()
        with self._lock:
            for stage in self._stages:
                table.add_row(*_cells(stage, now))
        return table


class PlainProgress:
    """Lines for a log: a stage's start and end, and at most one line every five seconds between."""

    def __init__(self, console: Console, clock: Clock = time.monotonic) -> None:
        self._console, self._clock = console, clock
        self._stages: list[_Stage] = []
        self._began = clock()
        self._last_line = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        """Nothing to put back: a log is never redrawn."""

    def stage_started(self, name: str, total: int, reused: int) -> None:
        self._stages.append(_Stage(name, total, reused, self._clock()))
        self.message(f"{name}: {total} jobs, {reused} of them stored already")

    def job_done(self, name: str, label: str, cpu_s: float, failed: bool) -> None:
        stage = _stage(self._stages, name, self._clock())
        stage.job_done(label, cpu_s, failed)
        if stage.done + stage.reused < stage.total and self._is_due():
            left = stage.left(self._clock())
            self.message(f"{name}: {_counts(stage)}, about {left} left ({stage.label})")

    def stage_finished(self, cost: StageCost) -> None:
        self.message(
            f"{cost.stage}: finished in {duration(cost.wall_s)}, {cost.cpu_s:.1f} CPU s; "
            f"{cost.jobs_run} jobs run, {cost.jobs_reused} reused, {cost.jobs_failed} failed"
        )

    def message(self, text: str) -> None:
        self._last_line = self._clock()
        # Not wrapped at the console's width: one event is one line for whoever greps the log.
        self._console.print(Text(f"[{self._last_line - self._began:7.1f} s] {line(text)}"), soft_wrap=True)

    def _is_due(self) -> bool:
        return self._clock() - self._last_line >= LINE_EVERY_S


def make_observer(console: Console, is_terminal: bool) -> LiveProgress | PlainProgress:
    """The display that fits where the output goes; a context manager either way."""
    return LiveProgress(console) if is_terminal else PlainProgress(console)


def _stage(stages: list[_Stage], name: str, now: float) -> _Stage:
    # The latest of that name: a stage may come twice. One never announced is shown rather than lost.
    found = next((stage for stage in reversed(stages) if stage.name == name), None)
    if found is None:
        found = _Stage(name, 0, 0, now)
        stages.append(found)
    return found


def _counts(stage: _Stage) -> str:
    return f"{stage.done + stage.reused}/{stage.total} done, {stage.reused} reused, {stage.failed} failed"


def _cells(stage: _Stage, now: float) -> tuple[Text, ...]:
    cost = stage.cost
    failed = cost.jobs_failed if cost else stage.failed
    return (
        Text(line(stage.name, LABEL_LIMIT)),
        Text(f"{stage.done + stage.reused}/{stage.total}"),
        Text(str(stage.reused)),
        Text(str(failed), style="bold red" if failed else ""),
        Text(duration(cost.wall_s if cost else now - stage.started)),
        Text(f"{cost.cpu_s if cost else stage.cpu_s:.1f}"),
        Text(stage.left(now)),
        Text(stage.label if not cost or failed else ""),
    )
