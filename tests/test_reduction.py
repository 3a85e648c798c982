"""Reduction: never larger, still does it, the same for the same answers, and within its tries."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fuzzpair.reduction import Keeps, reduce_input

MANY = 1 << 20
Does = Callable[[bytes], bool]


def asked_by(does: Does, seen: list[bytes] | None = None) -> Keeps:
    def keeps(candidates: Sequence[bytes]) -> list[bool]:
        if seen is not None:
            seen.extend(candidates)
        return [does(one) for one in candidates]

    return keeps


def whimsical(content: bytes, salt: int) -> Does:
    """Any answer to anything, except that the whole does it: what a parser makes of octets follows no rule."""

    def does(candidate: bytes) -> bool:
        return candidate == content or hashlib.sha256(bytes([salt]) + candidate).digest()[0] % 3 == 0

    return does


@given(st.binary(max_size=80), st.integers(0, 255), st.integers(0, 300))
def test_whatever_does_it(content: bytes, salt: int, tries: int) -> None:
    does = whimsical(content, salt)
    seen: list[bytes] = []
    found = reduce_input(content, asked_by(does, seen), tries)
    assert len(found.content) <= len(content)
    assert does(found.content)
    assert found == reduce_input(content, asked_by(does), tries)
    assert len(seen) == len(set(seen)) == found.tries <= tries
    if found.is_minimal:
        shorter = (found.content[:at] + found.content[at + 1 :] for at in range(len(found.content)))
        assert not any(does(one) for one in shorter)


@given(st.binary(max_size=300), st.lists(st.binary(min_size=1, max_size=4), min_size=1, max_size=3))
@example(b"", [b"x"])
def test_only_what_is_needed_is_left(around: bytes, needles: list[bytes]) -> None:
    def does(candidate: bytes) -> bool:
        place = 0
        for needle in needles:
            place = candidate.find(needle, place) + len(needle)
            if place < len(needle):
                return False
        return True

    content = around + around.join(needles) + around
    found = reduce_input(content, asked_by(does), MANY)
    assert (found.content, found.is_minimal) == (b"".join(needles), True)


def test_a_length_in_front_of_what_it_counts_is_no_trap() -> None:
    # An input of two parts that have to shrink together is left as it is rather than broken.
    content = bytes([3]) + b"abc" + b"tail"
    found = reduce_input(content, asked_by(lambda one: bool(one) and len(one) >= one[0] + 1 and one[0] == 3), MANY)
    assert found.content[0] == 3
    assert len(found.content) == 4


def test_nothing_at_all_may_be_enough() -> None:
    assert reduce_input(b"anything", asked_by(lambda _: True), MANY).content == b""
    assert reduce_input(b"", asked_by(lambda _: True), MANY).tries == 0


@pytest.mark.parametrize("answered", [0, 1, 2, 7, 12])
def test_when_the_time_is_up_the_best_so_far_is_left(answered: int) -> None:
    left = answered

    def keeps(candidates: Sequence[bytes]) -> list[bool]:
        nonlocal left
        said = [b"!" in one for one in candidates[:left]]
        left -= len(said)
        return said

    content = b"a" * 40 + b"!" + b"b" * 40
    found = reduce_input(content, keeps, MANY)
    assert not found.is_minimal
    assert b"!" in found.content
    assert found.tries == answered
    assert (len(found.content) < len(content)) == (answered > 1)


def test_time_grows_with_the_number_of_candidates_only() -> None:
    content = bytes(4096) + b"!"
    found = reduce_input(content, asked_by(lambda one: b"!" in one), MANY)
    assert found.content == b"!"
    assert found.tries < 120
