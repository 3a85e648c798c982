"""A crash input again: k of n in a sandbox, kept when flaky."""

from __future__ import annotations

import pytest

from fuzzpair.backends.fake import FakeSandbox
from fuzzpair.errors import UsageError
from fuzzpair.model.flavour import Flavour
from fuzzpair.reproduce import count_job, reproduce_job
from fuzzpair.store import Store
from fuzzpair.triage import parse_log
from run_again import Running, crash_with, judge, reproduced
from tiny_pair import asan


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
