"""cargo-fuzz folders, and how much of a repository their builds read."""

from __future__ import annotations

from pathlib import Path

from discovery.repositories import FUZZ_TOML, look, told


def test_a_cargo_fuzz_folder_and_its_targets(tmp_path: Path) -> None:
    files = {
        "Cargo.toml": '[package]\nname = "x"\n',
        "fuzz/Cargo.toml": FUZZ_TOML + '[[bin]]\nname = "b"\n[[bin]]\npath = "nameless.rs"\n',
        "fuzz/src/bin/c.rs": "",
        "fuzz/Cargo.lock": "",
    }
    proposal = look(tmp_path, files)
    (crate,) = proposal.crates
    assert (crate.folder, crate.source, crate.programs) == ("fuzz", ".", ("a", "b", "c"))
    assert crate.has_lock
    assert "Cargo.lock" not in told(proposal)


def test_a_source_is_no_more_than_what_is_reached(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "rust/Cargo.toml": "[workspace]\nmembers = ['x']\n",
        "rust/x/Cargo.toml": '[package]\nname = "x"\n[dependencies]\nh = { path = "../h" }\n',
        "rust/x/fuzz/Cargo.toml": FUZZ_TOML,
        "rust/h/Cargo.toml": '[package]\nname = "h"\n',
        "cpp/big.bin": b"\0" * 10,
    }
    (crate,) = look(tmp_path, files).crates
    assert crate.source == "rust"
    assert crate.outside == ()


def test_a_fuzz_crate_with_a_workspace_of_its_own_needs_no_other(tmp_path: Path) -> None:
    files = {
        "Cargo.toml": "[workspace]\n",
        "x/Cargo.toml": '[package]\nname = "x"\n[workspace]\n',
        "x/fuzz/Cargo.toml": FUZZ_TOML + "[workspace]\n",
    }
    (crate,) = look(tmp_path, files).crates
    assert crate.source == "x"


def test_a_dependency_outside_is_said(tmp_path: Path) -> None:
    proposal = look(tmp_path, {"Cargo.toml": FUZZ_TOML.replace('".."', '"../../there"')})
    assert proposal.crates[0].outside == ("../../there",)
    assert "run init in the folder that holds them" in told(proposal)


def test_crates_that_depend_on_each_other_in_a_circle(tmp_path: Path) -> None:
    files = {
        "a/Cargo.toml": '[dependencies]\nb = { path = "../b" }\n',
        "b/Cargo.toml": '[dev-dependencies]\na = { path = "../a" }\n',
        "fuzz/Cargo.toml": FUZZ_TOML.replace('".."', '"../a"'),
    }
    assert look(tmp_path, files).crates[0].source == "."


def test_a_broken_manifest_is_said_with_what_is_wrong(tmp_path: Path) -> None:
    proposal = look(tmp_path, {"fuzz/Cargo.toml": "[package\n"})
    assert proposal.is_empty
    assert "fuzz/Cargo.toml cannot be read" in told(proposal)


def test_of_several_folders_the_nearest_with_targets_is_taken(tmp_path: Path) -> None:
    empty = FUZZ_TOML.partition("[[bin]]")[0]
    files = {"fuzz/Cargo.toml": empty, "y/fuzz/Cargo.toml": FUZZ_TOML, "y/z/fuzz/Cargo.toml": FUZZ_TOML}
    proposal = look(tmp_path, files)
    assert [crate.folder for crate in proposal.crates] == ["y/fuzz", "y/z/fuzz", "fuzz"]
    assert "y/z/fuzz, fuzz" in told(proposal)


def test_a_manifest_whose_values_have_the_wrong_types(tmp_path: Path) -> None:
    odd = "dependencies = ['libfuzzer-sys']\nbin = 3\npackage = 'x'\ntarget = 1\npatch = {a = 1}\nworkspace = 'x'\n"
    assert look(tmp_path, {"Cargo.toml": odd}).crates == ()
    marked = (
        "bin = [1, {name = 2}, {name = 'ok'}]\n[package.metadata]\ncargo-fuzz = true\n[dependencies]\nx = {path = 3}\n"
    )
    assert look(tmp_path, {"Cargo.toml": marked}).crates[0].programs == ("ok",)
