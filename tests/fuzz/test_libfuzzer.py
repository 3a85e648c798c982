"""libFuzzer: one command line for both twins, and what its endings mean. Logs are real where there is one."""

from __future__ import annotations

from pathlib import Path

import pytest

from fuzzpair.fuzz import Engine, Reading, Task
from fuzzpair.fuzz.libfuzzer import LibFuzzer
from fuzzpair.model.command import Completed
from fuzzpair.model.tool import Tool

LOGS = Path(__file__).parents[1] / "logs" / "fuzz"
TASK = Task(
    program="fuzz_message",
    seeds=("corpus/one", "corpus/two"),
    seed=7,
    runs=500,
    fuse_s=30.2,
    env=(("ASAN_OPTIONS", "a=1"),),
    folder="campaign-7",
)
DONE = b"#500\tDONE   cov: 12 ft: 20 corp: 3/9b\nDone 500 runs in 1 second(s)\nstat::number_of_executed_units: 500\n"
HALF = b"#250\tpulse  cov: 12 ft: 20 corp: 3/9b\n"
CRASH = {"campaign-7/artifacts/crash-0a": b"x", "campaign-7/artifacts/.keep": b""}


def read(
    log: bytes, files: dict[str, bytes] | None = None, exit_code: int | None = 0, timed_out: bool = False
) -> Reading:
    engine: Engine = LibFuzzer()
    completed = Completed(command=engine.command(TASK), exit_code=exit_code, stderr=log, timed_out=timed_out)
    return engine.read(completed, files or {})


def test_a_campaign_is_bounded_by_executions_and_the_rest_is_a_fuse() -> None:
    command = LibFuzzer().command(TASK)
    assert command.argv[0] == "./fuzz_message"
    assert {"-runs=500", "-seed=7", "-max_total_time=31", "-timeout=5", "-artifact_prefix=artifacts/"} <= set(
        command.argv
    )
    assert command.argv[-1] == "-seed_inputs=@seeds.list"
    assert LibFuzzer().files(TASK) == {"seeds.list": b"corpus/one,corpus/two"}
    assert (command.cwd, command.env) == ("campaign-7", TASK.env)
    # From outside later than from inside, or a fuse that works would look like a hang.
    assert command.timeout_s > TASK.fuse_s + TASK.unit_timeout_s


def test_a_budget_that_was_spent_is_complete() -> None:
    reading = read(DONE)
    assert (reading.executions, reading.edges, reading.corpus_units) == (500, 12, 3)
    assert (reading.artifact, reading.report, reading.fused) == (None, None, False)


@pytest.mark.parametrize(
    ("log", "exit_code", "timed_out"), [(HALF, 0, False), (HALF, None, True), (DONE, None, True), (b"", 0, False)]
)
def test_what_the_time_limit_ended_is_fused(log: bytes, exit_code: int | None, timed_out: bool) -> None:
    assert read(log, exit_code=exit_code, timed_out=timed_out).fused


def test_a_run_that_says_nothing_executed_nothing() -> None:
    assert read(b"sh: fuzz_message: not found\n", exit_code=127).executions == 0


@pytest.mark.parametrize("name", ["crash-0a", "leak-0a", "timeout-0a", "oom-0a"])
def test_an_artifact_is_a_crash_that_no_fuse_ended(name: str) -> None:
    path = f"campaign-7/artifacts/{name}"
    reading = read(HALF, {path: b"x", "campaign-7/artifacts/.keep": b""}, exit_code=77)
    assert (reading.artifact, reading.executions, reading.fused) == (path, 250, False)


@pytest.mark.parametrize("name", [".keep", "slow-unit-0a"])
def test_what_is_no_crashing_input_is_none(name: str) -> None:
    assert read(DONE, {f"campaign-7/artifacts/{name}": b""}).artifact is None


@pytest.mark.parametrize(
    ("log", "tool", "kind"),
    [("aborts", Tool.LIBFUZZER, "deadly signal"), ("loops", Tool.LIBFUZZER, "timeout"), ("leaks", Tool.LEAK, None)],
)
def test_a_crash_has_its_report(log: str, tool: Tool, kind: str | None) -> None:
    report = read((LOGS / f"{log}.log").read_bytes(), CRASH, exit_code=77).report
    assert report is not None
    assert report.tool is tool
    assert kind in (None, report.kind)


def test_a_log_that_quotes_a_report_is_none_where_the_run_ended_well() -> None:
    assert read((LOGS / "aborts.log").read_bytes() + DONE).report is None
