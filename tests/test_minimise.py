"""A smaller input that shows the same bug and no other."""

from __future__ import annotations

from fuzzpair.backends.fake import FakeBackend, FakeSandbox
from fuzzpair.jobs import Batch, Worker, job_key, run_batch, stored_outcome
from fuzzpair.minimise import Minimised, MinimiseJob, minimise_job
from fuzzpair.model.command import Limits
from fuzzpair.model.finding import Reproduction
from fuzzpair.store import Store
from run_again import Program, Running, crash_with, judge, reproduced
from tiny_pair import asan

FINGERPRINT = "f"


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
