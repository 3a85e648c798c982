"""`fuzzpair init` on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from discovery.repositories import FUZZ_TOML, make
from fuzzpair import cli
from fuzzpair.config import load_config

RUST = {"fuzz/Cargo.toml": FUZZ_TOML, "Cargo.toml": "[package]\nname = 'x'\n"}


def test_it_writes_a_file_that_loads_and_says_what_it_did_not_find(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make(tmp_path, dict(RUST))
    assert cli.main(["init", str(tmp_path)], {}) == 0
    assert load_config(tmp_path / "pipeline.yml").own_pair.rust is not None
    said = capsys.readouterr()
    assert said.out == ""
    assert "+ Rust: fuzz, targets a" in said.err
    assert "? no C or C++ side" in said.err


def test_what_is_there_is_never_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make(tmp_path, {**RUST, "pipeline.yml": "mine"})
    assert cli.main(["init", str(tmp_path)], {}) == 2
    assert (tmp_path / "pipeline.yml").read_text() == "mine"
    assert "not overwritten" in capsys.readouterr().err


def test_print_prints_the_file_and_writes_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make(tmp_path, dict(RUST))
    assert cli.main(["init", str(tmp_path), "--print", "--name", "Mine!"], {}) == 0
    said = capsys.readouterr()
    assert "  name: mine\n" in said.out
    assert not (tmp_path / "pipeline.yml").exists()
    (tmp_path / "pipeline.yml").write_text(said.out)
    load_config(tmp_path / "pipeline.yml")


def test_a_dangling_link_in_its_place_is_not_written_through(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make(tmp_path, dict(RUST))
    (tmp_path / "pipeline.yml").symlink_to(tmp_path / "elsewhere")
    assert cli.main(["init", str(tmp_path)], {}) == 3
    assert not (tmp_path / "elsewhere").exists()
    assert "cannot be written" in capsys.readouterr().err


def test_nothing_to_fuzz_is_not_done_and_nothing_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["init", str(tmp_path)], {}) == 3
    assert not list(tmp_path.iterdir())
    assert "nothing was written" in capsys.readouterr().err


def test_no_folder_is_a_usage_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["init", str(tmp_path / "no")], {}) == 2
    assert "next: name the folder" in capsys.readouterr().err
