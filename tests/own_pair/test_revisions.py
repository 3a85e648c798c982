"""What git knows of a change, asked of a real repository."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from fuzzpair.errors import UsageError
from fuzzpair.own_pair.revisions import Repository

ENV = {
    "PATH": os.environ.get("PATH", ""),
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    **{f"GIT_{who}_{what}": "a@b.example" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
}


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(("git", "-C", str(folder), *words), env=ENV, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """Two commits on main, one on a branch that left at the first; the pair lies in a folder of its own."""
    root = tmp_path / "checkout"
    (root / "pair").mkdir(parents=True)
    git(root, "init", "-q", "-b", "main")
    (root / "pair" / "a.c").write_text("one")
    (root / "beside.h").write_text("one")
    git(root, "add", ".")
    git(root, "commit", "-qm", "first")
    git(root, "checkout", "-qb", "change")
    (root / "pair" / "ü b.c").write_text("new")
    git(root, "add", ".")
    git(root, "commit", "-qm", "the change")
    git(root, "checkout", "-q", "main")
    (root / "pair" / "a.c").write_text("two")
    git(root, "commit", "-qam", "main goes on")
    git(root, "checkout", "-q", "change")
    return Repository(root / "pair", ENV)


def test_the_base_is_where_the_change_left(repository: Repository) -> None:
    base = repository.base_of("main")
    assert base == git(repository.root, "rev-parse", "main~1")
    assert repository.changed_files(base) == ("ü b.c",), "what main did since is not the change's"


def test_what_is_not_committed_yet_counts_and_so_does_what_lies_beside_the_pair(repository: Repository) -> None:
    (repository.root / "untracked.c").write_text("x")
    (repository.root.parent / "beside.h").write_text("two")
    changed = repository.changed_files(repository.base_of("main"))
    assert changed == ("ü b.c", "untracked.c", "beside.h")


def test_the_base_is_exported_as_it_was(repository: Repository, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    folder = repository.export(repository.base_of("main"), tmp_path / "empty")
    assert {path.name: path.read_text() for path in folder.iterdir()} == {"a.c": "one"}


@pytest.mark.parametrize("revision", ["no-such-branch", "--help", ""])
def test_what_is_no_revision_is_told_in_gits_words(repository: Repository, revision: str) -> None:
    with pytest.raises(UsageError) as caught:
        repository.base_of(revision)
    assert caught.value.next_step


def test_outside_of_a_repository_there_is_a_next_step(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="git rev-parse"):
        Repository(tmp_path, {**ENV, "GIT_CEILING_DIRECTORIES": str(tmp_path.parent)}).base_of("main")
