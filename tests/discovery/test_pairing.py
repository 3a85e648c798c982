"""Targets of like names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzzpair.discovery.pairing import essence, pair_up

NAMES = [
    f"{before}{word}{behind}" for before in ("", "fuzz_") for word in ("a", "b", "a_b") for behind in ("", "_fuzzer")
]
names = st.lists(st.sampled_from([*NAMES, "fuzz", "target_1", "A.b"]), unique=True, max_size=6)


@pytest.mark.parametrize(
    ("cpp", "rust"),
    [
        ("inflate_fuzzer", "fuzz_inflate"),
        ("InflateFuzzer", "inflate"),
        ("inflate-fuzz.cc", "inflate"),
        ("test_inflate_target", "inflate_rs"),
        ("cjson_read_fuzzer", "fuzz_cjson_read"),
    ],
)
def test_like_names_are_paired(cpp: str, rust: str) -> None:
    likeness = pair_up([cpp], [rust])
    assert [(one, other) for _, one, other in likeness.alike] == [(cpp, rust)]
    assert not likeness.maybe


def test_the_same_name_needs_no_line() -> None:
    likeness = pair_up(["header", "x"], ["header", "y"])
    assert likeness.same == ("header",)
    assert likeness.maybe == (("x", "x", "y"),)


def test_of_two_candidates_neither_is_taken() -> None:
    likeness = pair_up(["inflate_fuzzer", "fuzz_inflate"], ["inflate"])
    assert not likeness.alike
    assert not likeness.maybe


def test_a_shared_word_is_a_perhaps() -> None:
    likeness = pair_up(["png_read_fuzzer", "png_write_fuzzer"], ["decode_read"])
    assert likeness.maybe == (("read", "png_read_fuzzer", "decode_read"),)


def test_words_that_say_nothing_are_all_that_a_name_has() -> None:
    assert essence("fuzz_target_1") == ("1",)
    assert essence("fuzz_target") == ("fuzz", "target")


@given(names, names)
def test_no_program_is_in_two_pairs_and_no_name_is_used_twice(cpp: list[str], rust: list[str]) -> None:
    likeness = pair_up(cpp, rust)
    pairs = [*likeness.alike, *likeness.maybe]
    paired = [one for _, one, _ in pairs], [other for _, _, other in pairs]
    assert all(len(set(one)) == len(one) for one in paired)
    assert not {*likeness.same} & {*paired[0], *paired[1]}
    assert len({name for name, _, _ in pairs}) == len(pairs)
    for name, one, other in pairs:
        assert name not in {*cpp, *rust} - {one, other}
