"""Progress while a run goes on: a live table on a terminal, plain lines in a log."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from types import TracebackType
from typing import Final, Self

from rich.box import SIMPLE
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from fuzzpair.model.run_facts import StageCost
from fuzzpair.model.run_record import Row
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

    def plan(self, total: int, reused: int) -> None:
        self.total += total
        self.reused += reused


@dataclass(slots=True)
class _Judged:
    """How many mistakes have their rows."""

    began: float | None = None
    done: int = 0
    total: int = 0

    def add(self, done: int, total: int, now: float) -> None:
        if self.began is None:  # the first one's time holds what all share; the guess is of those behind it
            self.began = now
        self.done, self.total = done, total

    def shown(self, now: float) -> str:
        left = self.total - self.done
        if self.began is None or self.done < 2 or not left:
            return f"{self.done}/{self.total}"
        return f"{self.done}/{self.total}, about {duration((now - self.began) / (self.done - 1) * left)} left"


class LiveProgress:
    """A table that rich redraws in place. Its thread reads what the main thread writes, hence the lock."""

    def __init__(self, console: Console, clock: Clock = time.monotonic) -> None:
        self._console, self._clock = console, clock
        self._stages: list[_Stage] = []
        self._judged = _Judged()
        self._lock = Lock()
        self._live = Live(console=console, get_renderable=self._table, refresh_per_second=4)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._live.stop()

    def stage_planned(self, name: str, total: int, reused: int) -> None:
        with self._lock:
            _stage(self._stages, name, self._clock()).plan(total, reused)

    def job_done(self, name: str, label: str, cpu_s: float, failed: bool) -> None:
        with self._lock:
            _stage(self._stages, name, self._clock()).job_done(label, cpu_s, failed)

    def stage_finished(self, cost: StageCost) -> None:
        with self._lock:
            _stage(self._stages, cost.stage, self._clock()).cost = cost

    def mistake_judged(self, rows: Sequence[Row], done: int, total: int) -> None:
        with self._lock:
            self._judged.add(done, total, self._clock())
        self._live.console.print(Text(row_line(rows)))

    def message(self, text: str) -> None:
        self._live.console.print(Text(line(text)))

    def _table(self) -> Table:
        with self._lock:
            title = f"mistakes {self._judged.shown(self._clock())}" if self._judged.total else None
        table = Table(box=SIMPLE, pad_edge=False, title=title, title_justify="left")
        table.add_column("stage")
        for heading in ("done", "reused", "failed", "time", "CPU s"):
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
        self._judged = _Judged()
        self._began = clock()
        self._last_line = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        """Nothing to put back: a log is never redrawn."""

    def stage_planned(self, name: str, total: int, reused: int) -> None:
        """Said once, as the stage begins: each mistake adds to it."""
        is_new = not any(stage.name == name for stage in self._stages)
        _stage(self._stages, name, self._clock()).plan(total, reused)
        if is_new:
            self.message(f"{name}: {total} jobs to begin with, {reused} of them stored already")

    def job_done(self, name: str, label: str, cpu_s: float, failed: bool) -> None:
        stage = _stage(self._stages, name, self._clock())
        stage.job_done(label, cpu_s, failed)
        if stage.done + stage.reused < stage.total and self._is_due():
            self.message(f"{name}: {_counts(stage)} ({stage.label})")

    def mistake_judged(self, rows: Sequence[Row], done: int, total: int) -> None:
        self._judged.add(done, total, self._clock())
        self.message(f"[{self._judged.shown(self._clock())}] {row_line(rows)}")

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


def row_line(rows: Sequence[Row]) -> str:
    """A mistake's rows as one line: `double-free: cpp crashed, rust rejected, rust-next no effect`."""
    said = (
        f"{row.variant} {row.verdict.rung if row.verdict else f'could not be done ({row.problem})'}" for row in rows
    )
    return line(f"{rows[0].mistake}: {', '.join(said)}") if rows else ""


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
        Text(stage.label if not cost or failed else ""),
    )
