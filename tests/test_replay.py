"""Replays: one process an input; of a race, more than one chance."""

from __future__ import annotations

from collections import Counter

import pytest

from fuzzpair.backends.fake import FakeSandbox
from fuzzpair.flavours import judge_env
from fuzzpair.model.command import Command, Completed, Limits
from fuzzpair.model.flavour import Flavour
from fuzzpair.replay import RACE_TRIES, ReplayJob, Replays, for_race
from fuzzpair.store import Store


class Races:
    """A judge that reports on an input's third run, and never on what holds "calm"."""

    def __init__(self) -> None:
        self.runs: Counter[bytes] = Counter()

    def __call__(self, command: Command, files: dict[str, bytes]) -> Completed:
        content = files[f"{command.cwd}/{command.argv[-1]}"]
        self.runs[content] += 1
        return Completed(command=command, exit_code=93 if self.runs[content] == 3 and content != b"calm" else 0)


def job_of(store: Store, flavour: Flavour, *inputs: bytes) -> ReplayJob:
    names = tuple(map(store.put_blob, inputs))
    return ReplayJob(
        program=store.put_blob(b"judge"),
        flavour=flavour,
        target="message",
        inputs=names,
        env=judge_env(flavour),
        wall_timeout_s=5,
        limits=Limits(),
    )


def exit_codes(replays: Replays) -> list[int | None]:
    return [one.exit_code for one in replays.replays]


def test_an_input_is_run_once(store: Store) -> None:
    judge = Races()
    assert exit_codes(job_of(store, Flavour.THREAD, b"a", b"b").run(FakeSandbox(judge), store)) == [0, 0]
    assert set(judge.runs.values()) == {1}


def test_a_race_is_run_until_it_is_reported_and_no_longer(store: Store) -> None:
    judge = Races()
    job = for_race(job_of(store, Flavour.THREAD, b"a", b"calm", b"b"))
    assert exit_codes(job.run(FakeSandbox(judge), store)) == [93, 0, 93]
    assert judge.runs == {b"a": 3, b"b": 3, b"calm": RACE_TRIES[Flavour.THREAD]}


def test_production_has_one_chance_as_for_any_mistake(store: Store) -> None:
    job = job_of(store, Flavour.DEFAULT, b"a")
    assert for_race(job) == job


@pytest.mark.parametrize("full", [set(), {b"1"}, {b"1", b"2", b"3"}])
def test_hangs_and_full_memory_decide_behind_three(full: set[bytes], store: Store) -> None:
    def judge(command: Command, files: dict[str, bytes]) -> Completed:
        is_full = files[f"{command.cwd}/{command.argv[-1]}"] in full
        return Completed(command=command, exit_code=None, oom_killed=is_full, timed_out=not is_full)

    replays = job_of(store, Flavour.THREAD, b"1", b"2", b"3", b"4", b"5").run(FakeSandbox(judge), store)
    assert (len(replays.replays), replays.skipped) == (3, 2)


def test_three_that_end_otherwise_decide_nothing(store: Store) -> None:
    def judge(command: Command, files: dict[str, bytes]) -> Completed:
        is_full = files[f"{command.cwd}/{command.argv[-1]}"] != b"1"
        return Completed(command=command, exit_code=None if is_full else 0, oom_killed=is_full)

    assert job_of(store, Flavour.THREAD, b"1", b"2", b"3", b"4").run(FakeSandbox(judge), store).skipped == 0
