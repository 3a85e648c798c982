"""A folder as an archive: the same for the same files, and only what a build may see."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest

from fuzzpair.errors import EXIT_USAGE, ConfigError
from fuzzpair.own_pair import trees
from fuzzpair.own_pair.trees import archive, take


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for path, text in {"a.c": "int a;", "deep/b.c": "int b;", "build.sh": "#!/bin/sh"}.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    (tmp_path / "build.sh").chmod(0o755)
    return tmp_path


def test_the_same_files_are_the_same_octets(folder: Path) -> None:
    first = archive(take(folder).files)
    os.utime(folder / "a.c", (1, 1))
    assert archive(take(folder).files) == first
    (folder / "a.c").write_text("int c;")
    assert archive(take(folder).files) != first


def test_modes_and_links_inside_are_kept(folder: Path) -> None:
    (folder / "link.c").symlink_to("deep/b.c")
    with tarfile.open(fileobj=io.BytesIO(archive(take(folder).files))) as tar:
        modes = {entry.name: entry.mode for entry in tar if entry.isreg()}
        assert modes == {"a.c": 0o644, "build.sh": 0o755, "deep/b.c": 0o644}
        assert tar.getmember("link.c").linkname == "deep/b.c"


def test_a_link_that_leads_out_is_left_out_and_said(folder: Path) -> None:
    (folder / "out.c").symlink_to("../../etc/passwd")
    (folder / "absolute.c").symlink_to(folder / "a.c")
    taken = take(folder)
    assert "out.c" not in taken.files
    assert [line.split(":")[0] for line in taken.left_out] == ["absolute.c", "out.c"]


def test_version_control_caches_and_what_is_named_are_no_sources(folder: Path) -> None:
    for path in (".git/HEAD", "target/debug/a", "corpus/1"):
        (folder / path).parent.mkdir(parents=True)
        (folder / path).write_text("x")
    (folder / "target/CACHEDIR.TAG").write_bytes(trees.CACHE_SIGNATURE + b"\n# cargo's\n")
    assert sorted(take(folder, frozenset({folder / "corpus"})).files) == ["a.c", "build.sh", "deep/b.c"]


def test_flat_is_only_the_folder_itself(folder: Path) -> None:
    assert sorted(take(folder, is_flat=True).files) == ["a.c", "build.sh"]


@pytest.mark.parametrize(("limit", "value"), [("SIZE_LIMIT", 10), ("FILES_LIMIT", 2)])
def test_far_too_much_is_said_with_a_next_step(
    folder: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: int
) -> None:
    monkeypatch.setattr(trees, limit, value)
    with pytest.raises(ConfigError, match="holds more than") as caught:
        take(folder)
    assert "source" in caught.value.next_step
    assert caught.value.exit_code == EXIT_USAGE


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        take(tmp_path / "absent")
