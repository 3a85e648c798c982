"""Progress: a table on a terminal, few and plain lines in a log."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace

from rich.console import Console

from fuzzpair.model.run_facts import StageCost
from fuzzpair.progress import Observer, Silent
from fuzzpair.report.console import make_console
from fuzzpair.report.live import LiveProgress, PlainProgress, make_observer, row_line
from report.records import full_record


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def cost(stage: str, failed: int = 0) -> StageCost:
    return StageCost(stage=stage, jobs_run=4, jobs_reused=2, jobs_failed=failed, wall_s=65.0, cpu_s=120.0)


def plain(clock: Clock) -> tuple[PlainProgress, io.StringIO]:
    stream = io.StringIO()
    return PlainProgress(make_console(stream, is_terminal=False), clock), stream


def test_a_log_tells_start_and_end_of_a_stage() -> None:
    progress, stream = plain(Clock())
    with progress:
        progress.stage_planned("build", 6, 2)
        progress.stage_finished(cost("build"))
    assert stream.getvalue().splitlines() == [
        "[    0.0 s] build: 6 jobs to begin with, 2 of them stored already",
        "[    0.0 s] build: finished in 1 min 05 s, 120.0 CPU s; 4 jobs run, 2 reused, 0 failed",
    ]


def test_a_log_gets_at_most_one_line_in_five_seconds() -> None:
    clock = Clock()
    progress, stream = plain(clock)
    progress.stage_planned("fuzz", 1002, 2)
    for _ in range(100):  # 20 seconds
        clock.now += 0.2
        progress.job_done("fuzz", "data-race/cpp", 0.2, failed=False)
    lines = stream.getvalue().splitlines()[1:]
    assert 3 <= len(lines) <= 4
    assert lines[0] == "[    5.0 s] fuzz: 27/1002 done, 2 reused, 0 failed (data-race/cpp)"


def test_the_last_failure_stays_readable() -> None:
    clock = Clock()
    progress, stream = plain(clock)
    progress.stage_planned("build", 10, 0)
    progress.job_done("build", "leak/cpp", 1.0, failed=True)
    clock.now = 6.0
    progress.job_done("build", "leak/rust", 1.0, failed=False)
    assert "1 failed" in stream.getvalue()
    assert "(failed: leak/cpp)" in stream.getvalue()


def test_no_label_reaches_a_log_unescaped() -> None:
    progress, stream = plain(Clock())
    progress.message("a\x1b[2J\nforged line [red]x[/red] :smile: " + "y" * 500)
    assert stream.getvalue().count("\n") == 1
    assert "a\\x1b[2J\\nforged line [red]x[/red] :smile: yyy" in stream.getvalue()


def test_a_stage_grows_with_each_mistake_and_is_told_of_once() -> None:
    progress, stream = plain(Clock())
    progress.stage_planned("build", 6, 2)
    progress.stage_planned("build", 4, 4)
    assert len(stream.getvalue().splitlines()) == 1
    assert (progress._stages[0].total, progress._stages[0].reused) == (10, 6)


def test_a_mistake_s_rows_are_told_as_they_are_done_with_the_time_left() -> None:
    clock = Clock(5.0)
    progress, stream = plain(clock)
    rows = full_record().rows[:2]
    for done in (1, 2, 3):
        progress.mistake_judged(rows, done, 10)
        clock.now += 6.0
    first, second, third = stream.getvalue().splitlines()
    assert f"[1/10] {rows[0].mistake}: {rows[0].variant} " in first
    assert "[2/10, about 48.0 s left]" in second
    assert "[3/10, about 42.0 s left]" in third


def test_a_row_that_could_not_be_done_says_so_and_is_escaped() -> None:
    row = replace(full_record().rows[0], verdict=None, problem="no\x1b[2J patch")
    assert row_line([row]).endswith("could not be done (no\\x1b[2J patch)")


def test_a_terminal_shows_every_stage_and_the_time_left() -> None:
    clock = Clock()
    console = Console(file=io.StringIO(), force_terminal=True, width=120, record=True)
    with LiveProgress(console, clock) as progress:
        progress.stage_planned("build", 6, 2)
        progress.stage_finished(cost("build", failed=1))
        progress.stage_planned("fuzz", 12, 2)
        clock.now = 10.0
        for _ in range(5):
            progress.job_done("fuzz", "data-race\x1b[2J", 3.0, failed=False)
        for done in (1, 2):
            progress.mistake_judged(full_record().rows[:1], done, 4)
            clock.now += 10.0
        progress.message("made from \x1b[2Jdebian:bookworm-slim")
        stream = io.StringIO()
        Console(file=stream, width=120).print(progress._table())
    lines = [line.split() for line in stream.getvalue().splitlines() if line.strip() and "─" not in line]
    title, _, build, fuzz = lines
    assert " ".join(title) == "mistakes 2/4, about 40.0 s left"
    assert build[:4] == ["build", "2/6", "2", "1"]
    assert fuzz == ["fuzz", "7/12", "2", "0", "30.0", "s", "15.0", "data-race\\x1b[2J"]
    assert "made from \\x1b[2Jdebian:bookworm-slim" in console.export_text()


def test_a_job_of_a_stage_never_announced_is_not_lost() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=120)
    with LiveProgress(console) as progress:
        progress.job_done("replay", "x", 1.0, failed=False)
        progress.stage_finished(cost("tally"))
        assert [stage.name for stage in progress._stages] == ["replay", "tally"]


def test_the_display_fits_where_the_output_goes() -> None:
    console = make_console(io.StringIO(), is_terminal=False)
    observers: list[Observer] = [make_observer(console, True), make_observer(console, False), Silent()]
    assert [type(each) for each in observers] == [LiveProgress, PlainProgress, Silent]
    Silent().message("nobody hears it")
