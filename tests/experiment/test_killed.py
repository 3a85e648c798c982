"""Killed in the middle: nothing outlives the orchestrator, and the next run goes on to the same matrix."""

from __future__ import annotations

import signal
import subprocess

import pytest

from experiment.running import Checkout, Finished, containers_of, kill_hard, volumes, wait_until

pytestmark = pytest.mark.container

CHOSEN = ("use-after-free", "heap-overflow-read")


def _until_fuzzing(checkout: Checkout) -> subprocess.Popen[str]:
    """A run that has to fuzz anew (its seed is another), stopped at by the test while a fuzz container is there."""
    pipeline = checkout.folder / "pipeline.yml"
    text = pipeline.read_text()
    assert "seeds: [1]" in text
    pipeline.write_text(text.replace("seeds: [1]", "seeds: [4711]").replace("found_runs: ", "found_runs: 9"))
    process = checkout.start(*CHOSEN)
    assert process.stderr is not None
    for line in process.stderr:
        if "fuzz:" in line:
            break
    # One that was made and not started yet has no stdin to lose: the next run takes it away (backends/docker.py, reap).
    assert wait_until(lambda: set(containers_of(process.pid)) == {"running"}, 60), "no container of the run was seen"
    return process


def test_kill_9_leaves_no_container_and_no_volume_and_the_next_run_goes_on(
    checkout: Checkout, first_run: Finished
) -> None:
    before = volumes()
    process = _until_fuzzing(checkout)
    kill_hard(process)
    # What was made and not yet started when the signal came cannot end itself; the next run takes it away.
    ended = wait_until(lambda: set(containers_of(process.pid)) <= {"created"}, 40) or containers_of(process.pid)
    assert ended is True
    assert containers_of(process.pid) or wait_until(lambda: volumes() <= before, 20)
    pipeline = checkout.folder / "pipeline.yml"
    pipeline.write_text(pipeline.read_text().replace("found_runs: 9", "found_runs: ").replace("[4711]", "[1]"))
    again = checkout.run(*CHOSEN)
    assert again.exit_code == 0, again.stdout[-3000:]
    assert all(rung == first_run.rungs[name] for name, rung in again.rungs.items())
    assert not containers_of(process.pid)
    assert wait_until(lambda: volumes() <= before, 20)


def test_ctrl_c_says_what_it_had_and_leaves_nothing(checkout: Checkout) -> None:
    process = _until_fuzzing(checkout)
    process.send_signal(signal.SIGINT)
    stdout, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted" in stdout
    assert (checkout.out / "run.json").is_file()
    assert wait_until(lambda: not containers_of(process.pid), 20)
