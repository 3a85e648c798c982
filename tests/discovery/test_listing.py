"""Repositories that are hostile, or merely strange."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from discovery.repositories import FUZZ_TOML, TARGET, make
from fuzzpair.discovery import listing as listing_module
from fuzzpair.discovery.advice import notes_on
from fuzzpair.discovery.listing import read_listing
from fuzzpair.discovery.proposal import propose
from fuzzpair.errors import UsageError


def test_links_are_not_followed_nor_listed(tmp_path: Path) -> None:
    outside = make(tmp_path / "outside", {"Cargo.toml": FUZZ_TOML})
    root = make(tmp_path / "root", {"a/b/x.c": TARGET})
    (root / "a" / "b" / "loop").symlink_to(root)
    (root / "self").symlink_to(root / "self")
    (root / "there").symlink_to(outside)
    (root / "Cargo.toml").symlink_to(outside / "Cargo.toml")
    found = read_listing(root)
    assert found.files == ("a/b/x.c",)
    assert propose(found).crates == ()


def test_binary_files_and_huge_ones_are_no_texts(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "a.c": TARGET.encode() + b"\0\xff",
        "b.c": TARGET + " " * listing_module.TEXT_LIMIT,
        "c.c": TARGET.encode() + b"// \xff\xfe latin\n",
        "Cargo.toml": os.urandom(64) + b"\0",
    }
    assert set(read_listing(make(tmp_path, files)).texts) == {"c.c"}


def test_pipes_and_sockets_are_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "build.sh")
    assert read_listing(tmp_path).files == ()


def test_names_that_cannot_be_written_down_are_counted(tmp_path: Path) -> None:
    for name in (b"\xff.c", b"new\nline.c", b"es\x1bcape.c", "plain ü.c".encode()):
        (tmp_path / os.fsdecode(name)).write_text(TARGET)
    found = read_listing(tmp_path)
    assert found.files == ("plain ü.c",)
    assert any("no printable UTF-8" in said and said.endswith("3") for said in found.left_out)


def test_what_is_generated_is_not_looked_at(tmp_path: Path) -> None:
    files = {f"{folder}/Cargo.toml": FUZZ_TOML for folder in listing_module.SKIPPED}
    assert read_listing(make(tmp_path, files)).files == ()


def test_a_huge_repository_ends_and_says_so(tmp_path: Path) -> None:
    make(tmp_path, {f"{number}/x.txt": "" for number in range(30)})
    found = read_listing(tmp_path, file_limit=20)
    assert len(found.files) == 20
    (note,) = [note for note in notes_on(propose(found)) if "more than 20 files" in note.said]
    assert note.to_do


def test_too_much_text_is_not_read_and_what_has_to_do_with_fuzzing_comes_first(tmp_path: Path) -> None:
    files = {f"src/{number}.c": TARGET for number in range(20)} | {"zz/fuzz/t.c": TARGET}
    found = read_listing(make(tmp_path, files), text_limit=3 * len(TARGET))
    assert "zz/fuzz/t.c" in found.texts
    assert any("too much to read: 18" in said for said in found.left_out)


@pytest.mark.parametrize("name", ["absent", "file"])
def test_no_folder_is_a_usage_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=name):
        read_listing(tmp_path / name)


def test_an_empty_folder_says_what_is_missing_on_both_sides(tmp_path: Path) -> None:
    said = [note.said for note in notes_on(propose(read_listing(tmp_path)))]
    assert [text[:6] for text in said] == ["no C o", "no Rus"]
