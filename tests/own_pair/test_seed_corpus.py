"""What lies beside a target in $OUT, whoever wrote it."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzzpair.own_pair import seed_corpus
from fuzzpair.own_pair.seed_corpus import dictionary_problem, read_options, read_seeds


def archive(files: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return buffer.getvalue()


def test_each_different_file_is_a_seed_wherever_it_lies() -> None:
    seeds = read_seeds(archive({"a": b"1", "deep/b": b"2", "../../etc/passwd": b"3", "again": b"1"}), "x.zip")
    assert (seeds.contents, seeds.left_out) == ((b"1", b"2", b"3"), ())


def test_a_bomb_is_left_out_and_the_rest_is_kept() -> None:
    content = archive({"bomb": bytes(seed_corpus.SEED_LIMIT + 1), "seed": b"ok"})
    assert len(content) < 10_000
    seeds = read_seeds(content, "x.zip")
    assert seeds.contents == (b"ok",)
    assert seeds.left_out == ("x.zip: 1 seeds left out: larger than 1048576 octets",)


def test_a_size_that_is_a_lie_is_not_believed() -> None:
    content = bytearray(archive({"bomb": bytes(1 << 20)}, zipfile.ZIP_STORED))
    at = content.rindex(b"PK\x01\x02")
    content[at + 20 : at + 28] = (5).to_bytes(4, "little") * 2  # both sizes in the central directory
    seeds = read_seeds(bytes(content), "x.zip")
    assert all(len(seed) <= 5 for seed in seeds.contents)


def test_all_of_them_together_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seed_corpus, "SEEDS_LIMIT", 2)
    seeds = read_seeds(archive({str(number): b"%d" % number for number in range(5)}), "x.zip")
    assert len(seeds.contents) == 2
    assert seeds.left_out == ("x.zip: 3 seeds left out: over the limit of all seeds",)


def test_what_is_not_deflated_is_left_out() -> None:
    seeds = read_seeds(archive({"a": b"1"}, zipfile.ZIP_LZMA), "x.zip")
    assert seeds.left_out == ("x.zip: 1 seeds left out: neither stored nor deflated",)


@pytest.mark.parametrize("content", [b"", b"PK", b"\x7fELF" * 100])
def test_what_is_no_archive_is_said(content: bytes) -> None:
    seeds = read_seeds(content, "x.zip")
    assert seeds.contents == ()
    assert seeds.left_out[0].startswith("x.zip: cannot be read: ")


GOOD = archive({"a": b"1" * 300, "b/c": b"2"})


@settings(deadline=None)
@given(st.integers(0, len(GOOD)), st.binary(max_size=30))
def test_a_damaged_archive_never_raises(at: int, octets: bytes) -> None:
    seeds = read_seeds(GOOD[:at] + octets + GOOD[at + len(octets) :], "x.zip")
    assert all(len(seed) <= seed_corpus.SEED_LIMIT for seed in seeds.contents)


def test_a_seed_whose_name_is_empty_is_a_seed_or_left_out() -> None:
    seeds = read_seeds(GOOD.replace(b"b/c", b"\0/c"), "x.zip")
    assert len(seeds.contents) + len(seeds.left_out) == 2


def test_options_by_section() -> None:
    text = b"[libfuzzer]\nmax_len = 64\ndict=a.dict\n[asan]\ndetect_leaks=0\n[env]\nHOME=/\n"
    assert read_options(text, "x.options") == (
        (("libfuzzer", "max_len", "64"), ("libfuzzer", "dict", "a.dict"), ("asan", "detect_leaks", "0")),
        ("x.options: the section [env] is not known",),
    )


@pytest.mark.parametrize("text", [b"max_len = 64\n", b"\xff\xfe", b"[libfuzzer\n"])
def test_options_that_cannot_be_read(text: bytes) -> None:
    options, notes = read_options(text, "x.options")
    assert options == ()
    assert notes[0].startswith("x.options: cannot be read: ")


@settings(deadline=None)
@given(st.text(max_size=80).map(str.encode))
def test_options_never_raise(text: bytes) -> None:
    read_options(text, "x.options")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b'# words\nkw1="GET"\n"\\x00\\xff"\n\nkw_2 = "a\\"b\\\\"\n', ""),
        (b"kw=GET\n", "line 1 is no entry of a dictionary"),
        (b'"a"\n"\\xg0"\n', "line 2 is no entry of a dictionary"),
        (b'""\n', "line 1 is no entry of a dictionary"),
        (b'"a" "b"\n', "line 1 is no entry of a dictionary"),
    ],
)
def test_dictionaries(text: bytes, problem: str) -> None:
    assert dictionary_problem(text) == problem
