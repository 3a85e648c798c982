from __future__ import annotations

import io
import json
import struct
import tarfile
from collections.abc import Iterator

import pytest

from fuzzpair.backends.exchange import (
    PIECE_LIMIT,
    Surroundings,
    encode_get,
    encode_put,
    encode_request,
    longest_s,
    read_answers,
    read_got,
    read_put,
)
from fuzzpair.errors import BackendError, SandboxError
from fuzzpair.model.command import Command

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


def archive(kind: bytes = tarfile.REGTYPE) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as out:
        entry = tarfile.TarInfo("out/a")
        entry.type, entry.size = kind, 3 if kind == tarfile.REGTYPE else 0
        out.addfile(entry, io.BytesIO(b"abc"))
    return buffer.getvalue()


def pieces(*contents: bytes) -> bytes:
    return b"".join(struct.pack(">I", len(one)) + one for one in (*contents, b""))


FINE = b'{"problem": ""}\n'


@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_files_come_out_however_the_answer_is_cut(size: int) -> None:
    octets = pieces(archive()[:700], archive()[700:]) + FINE
    assert read_got(cut(octets, size), ["out"], 10) == {"out/a": b"abc"}


def test_what_the_runner_could_not_do_is_the_sandbox_s_error() -> None:
    with pytest.raises(SandboxError, match="no space"):
        read_put(iter([b'{"problem": "no space"}\n']))
    with pytest.raises(SandboxError, match="out cannot be read from the sandbox: denied"):
        read_got(iter([pieces(archive()) + b'{"problem": "denied"}\n']), ["out"], 10)


@pytest.mark.parametrize(
    "octets",
    [
        pieces(archive(tarfile.SYMTYPE)) + FINE,
        pieces(archive()[:1000]) + FINE,
        pieces(archive(), *[bytes(PIECE_LIMIT)] * 2) + FINE,
        struct.pack(">I", PIECE_LIMIT + 1),
    ],
)
def test_what_must_not_come_out_is_refused_whatever_the_runner_says(octets: bytes) -> None:
    with pytest.raises(SandboxError):
        read_got(iter([octets]), ["out"], 10)


def test_a_word_that_no_runner_says_is_no_success() -> None:
    for said in (b"[]\n", b"{}\n", b"fine\n"):
        with pytest.raises(BackendError, match="not the runner's answer"):
            read_put(iter([said]))


def test_requests_for_files_state_their_size_in_one_line() -> None:
    line, _, octets = encode_put({"a": b"new\nline"}, "/job", 1000).partition(b"\n")
    assert json.loads(line) == {"root": "/job", "size": len(octets)}
    assert json.loads(encode_get(["a"], "/job", 5)) == {"root": "/job", "paths": ["a"], "size_limit": 5}


def test_the_fuse_is_longer_than_all_time_limits() -> None:
    assert longest_s([COMMAND] * 10) > 50
