"""A crash input again: k of n in a sandbox, kept when flaky; and a smaller one that shows the same bug and no other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from fuzzpair.backends.fake import FakeBackend, FakeSandbox
from fuzzpair.errors import UsageError
from fuzzpair.jobs import Batch, Outcome, Outcomes, Worker, job_key, run_batch, stored_outcome
from fuzzpair.model.command import Command, Completed, Limits
from fuzzpair.model.finding import Reproduction
from fuzzpair.model.flavour import Flavour
from fuzzpair.reproduce import Judge, Minimised, MinimiseJob, Shown, count_job, minimise_job, reproduce_job, shown_by
from fuzzpair.store import Store
from fuzzpair.triage import parse_log
from tiny_pair import asan

Program = Callable[[bytes, int], bytes | int]  # (input, how often it was run before) -> a log, or a signal
FINGERPRINT = "f"


class Running:
    """A judge whose reports are those of `program`; nothing printed is a clean end."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.runs: Counter[bytes] = Counter()

    def __call__(self, command: Command, files: dict[str, bytes]) -> Completed:
        content = files[f"{command.cwd}/{command.argv[-1]}"]
        self.runs[content] += 1
        said = self.program(content, self.runs[content] - 1)
        if isinstance(said, int):
            return Completed(command=command, exit_code=None, signal=said)
        return Completed(command=command, exit_code=90 if said else 0, stderr=said)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path))


def judge(store: Store, flavour: Flavour = Flavour.ADDRESS) -> Judge:
    return Judge(program=store.put_blob(b"program"), flavour=flavour, target="message", limits=Limits())


def reproduced(store: Store, program: Program, *inputs: bytes, times: int = 5) -> list[Shown | None]:
    job = reproduce_job(judge(store), [store.put_blob(one) for one in inputs], times=times)
    outcomes = Outcomes()
    outcomes.add({job: Outcome(key="", result=job.run(FakeSandbox(Running(program)), store))})
    return list(shown_by(job, outcomes, store).values())


def crash_with(mark: bytes) -> Program:
    return lambda content, _: asan("parse") if mark in content else b""


# --- k of n ------------------------------------------------------------------------------------


def test_an_input_is_run_five_times_and_what_it_shows_is_counted(store: Store) -> None:
    (shown, calm) = reproduced(store, crash_with(b"!"), b"now!", b"calm")
    assert calm is None
    assert shown is not None
    assert (shown.k, shown.n) == (5, 5)
    assert shown.report is not None
    assert shown.report.kind == "heap-use-after-free"
    assert b"AddressSanitizer" in store.get_blob(shown.log)


@pytest.mark.parametrize(("good", "k"), [({1}, 4), ({0, 1, 2, 3}, 1)])
def test_a_flaky_input_is_kept_with_what_it_showed(store: Store, good: set[int], k: int) -> None:
    (shown,) = reproduced(store, lambda _, before: b"" if before in good else asan("parse"), b"x")
    assert shown is not None
    assert (shown.k, shown.n) == (k, 5)


def test_what_it_shows_most_often_is_its_bug(store: Store) -> None:
    (shown,) = reproduced(store, lambda _, before: asan("once" if before == 0 else "often"), b"x")
    assert shown is not None
    assert shown.signature.bug_lines[1] == "in often (name.cpp)"
    assert (shown.k, shown.n) == (4, 5)


def test_a_signal_without_a_word_is_alike_in_each_replay_and_never_in_another_input(store: Store) -> None:
    first, second = reproduced(store, lambda *_: 11, b"x", b"y", times=3)
    assert first is not None
    assert second is not None
    assert (first.k, second.k) == (3, 3)
    assert first.signature.is_unknown
    assert first.signature.bug != second.signature.bug


def test_what_is_known_is_only_counted_by_its_family_and_without_names(store: Store) -> None:
    def program(content: bytes, before: int) -> bytes | int:
        if content == b"race":
            return asan("parse") if before % 2 else b""
        return 11 if content == b"signal" else asan("elsewhere").replace(b"use-after-free", b"buffer-overflow")

    (known,) = parse_log(asan("parse").decode())
    names = [store.put_blob(one) for one in (b"race", b"signal", b"other")]
    job = count_job(judge(store), dict(zip(names, (known, None, known), strict=True)))
    sandbox = FakeSandbox(Running(program))
    assert job.run(sandbox, store).k == (2, 5, 0)
    env = dict(sandbox.commands[0].env)
    assert "symbolize=0" in env["ASAN_OPTIONS"]
    assert "alloc_dealloc_mismatch=1" in env["ASAN_OPTIONS"], "the strict options all the same"


def test_the_canary_reports_nothing(store: Store) -> None:
    with pytest.raises(UsageError, match="canary"):
        reproduce_job(judge(store, Flavour.CANARY), ["0"])


# --- smaller -----------------------------------------------------------------------------------


def again(store: Store, content: bytes, program: Program, *, k: int = 5) -> Reproduction:
    (shown,) = reproduced(store, program, content, times=1)
    assert shown is not None
    name = shown.input
    return Reproduction(
        name="x", input=name, octets=len(content), bug=shown.signature.bug, k=k, n=5, log=shown.log, command=""
    )


def minimised(
    store: Store, content: bytes, program: Program, *, k: int = 5, fuse_s: float = 60
) -> tuple[bytes, Minimised]:
    job = minimise_job(judge(store), again(store, content, program, k=k), fuse_s=fuse_s)
    result = job.run(FakeSandbox(Running(program)), store)
    return store.get_blob(result.input), result


def test_only_what_shows_the_bug_is_left(store: Store) -> None:
    content, result = minimised(store, b"a long message that crashes! with a tail", crash_with(b"!"))
    assert content == b"!"
    assert (result.octets, result.is_minimal, result.complete) == (1, True, True)


def test_another_bug_on_the_way_is_not_taken_for_this_one(store: Store) -> None:
    def program(content: bytes, _: int) -> bytes:
        if b"!" not in content:
            return b""
        return asan("parse" if b"key" in content else "read_name")

    assert minimised(store, b"with the key, then! and more", program)[0] in (b"key!", b"key,!")
    assert minimised(store, b"without, then! and more", program)[0] == b"!"


def test_what_differs_between_two_logs_of_one_bug_is_no_hindrance(store: Store) -> None:
    def program(content: bytes, before: int) -> bytes:
        log = asan("parse").replace(b"0x602000000010", f"0x60200000{len(content):04x}".encode())
        return log.replace(b"name.cpp:2", f"name.cpp:{before + 7}".encode()) if b"!" in content else b""

    assert minimised(store, b"a message! and a tail", program)[0] == b"!"


def test_an_input_that_shows_it_now_and_then_gets_the_chances_that_this_asks_for(store: Store) -> None:
    def program(content: bytes, before: int) -> bytes:
        return asan("parse") if b"!" in content and before % 3 == 0 else b""

    content, result = minimised(store, b"a race! between", program, k=2)
    assert content == b"!"
    assert result.tries > 0
    assert minimise_job(judge(store), again(store, b"!", program, k=2), fuse_s=1).chances == 3


def test_an_input_that_no_longer_shows_it_stays_as_it_is(store: Store) -> None:
    job = minimise_job(judge(store), again(store, b"x!", crash_with(b"!")), fuse_s=60)
    result = job.run(FakeSandbox(Running(lambda *_: b"")), store)
    assert (store.get_blob(result.input), result.tries, result.is_minimal) == (b"x!", 0, False)


def test_what_the_fuse_ended_is_handed_on_and_not_stored(store: Store) -> None:
    worker = Worker(
        backend=FakeBackend(Running(crash_with(b"!"))), store=store, fingerprint=FINGERPRINT, limits=Limits()
    )
    found = again(store, b"x!", crash_with(b"!"))
    for fuse_s, is_stored in ((1e-9, False), (60, True)):
        job = minimise_job(judge(store), found, fuse_s=fuse_s)
        outcome = run_batch(Batch((job,), job.label), worker)[job]
        assert outcome.error is None
        assert (stored_outcome(job, store, FINGERPRINT) is not None) == is_stored


def test_the_bug_and_the_input_are_part_of_the_key_and_the_label_is_not(store: Store) -> None:
    found = again(store, b"x!", crash_with(b"!"))

    def key(job: MinimiseJob) -> str:
        return job_key(job, FINGERPRINT)

    job = minimise_job(judge(store), found, fuse_s=60)
    assert key(job) == key(minimise_job(judge(store), found, fuse_s=60, subject="stale/cpp"))
    assert key(job) != key(minimise_job(judge(store), again(store, b"y!", crash_with(b"!")), fuse_s=60))
