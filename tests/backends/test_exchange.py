from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from fuzzpair.backends.exchange import Surroundings, encode_request, longest_s, read_answers
from fuzzpair.errors import BackendError
from fuzzpair.model import Command

COMMAND = Command(argv=("tool", "\udcff"), timeout_s=5, output_limit=100)


def answer(**facts: object) -> bytes:
    ending = {"exit_code": 0, "signal": None, "timed_out": False, "oom_killed": False, "stdout": 0, "stderr": 0}
    return json.dumps({**ending, **facts}).encode() + b"\n"


def cut(octets: bytes, size: int) -> Iterator[bytes]:
    return (octets[start : start + size] for start in range(0, len(octets), size))


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_answers_are_read_however_they_are_cut(size: int) -> None:
    octets = answer(stdout=3, stderr=2) + b"a\nb" + b"xy" + answer(exit_code=None, signal=11)
    first, second = read_answers(cut(octets, size), [COMMAND, COMMAND], keep_going=True)
    assert (first.stdout, first.stderr, first.command) == (b"a\nb", b"xy", COMMAND)
    assert (second.exit_code, second.signal) == (None, 11)


def test_reading_stops_where_the_runner_stopped() -> None:
    assert len(read_answers(iter([answer(exit_code=1)]), [COMMAND] * 3, keep_going=False)) == 1


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"not json\n",
        b"[]\n",
        b"x" * 5000,
        answer()[:-5],
        answer(stdout=10),
        answer(stdout=-1),
        answer(stdout="1"),
        answer(stdout=1 << 40),
        answer(surprise=1),
    ],
)
def test_what_no_runner_writes_is_an_error_and_never_an_ending(octets: bytes) -> None:
    with pytest.raises(BackendError, match="not the runner's answer"):
        read_answers(iter([octets]), [COMMAND], keep_going=True)


def test_a_request_is_one_line_whatever_it_holds() -> None:
    around = Surroundings(root="/job", env={"A": "new\nline"})
    request = encode_request([COMMAND], around, keep_going=True)
    assert request.count(b"\n") == 1
    assert json.loads(request)["commands"][0]["argv"] == ["tool", "\udcff"]


def test_the_fuse_is_longer_than_all_time_limits() -> None:
    assert longest_s([COMMAND] * 10) > 50
