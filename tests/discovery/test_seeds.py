"""Seeds and dictionaries."""

from __future__ import annotations

from pathlib import Path

from discovery.repositories import BUILD, FUZZ_TOML, TARGET, look, told


def test_a_corpus_is_the_folder_with_most_targets_in_it(tmp_path: Path) -> None:
    files = {
        "fuzz/Cargo.toml": FUZZ_TOML + '[[bin]]\nname = "b"\n',
        "fuzz/corpus/a/1": "x",
        "fuzz/corpus/b/1": "x",
        "old/corpus/a/1": "x",
        "src/a/mod.rs": "",
    }
    proposal = look(tmp_path, files)
    assert proposal.seeds.corpus == "fuzz/corpus"
    assert proposal.seeds.of == ("a", "b")


def test_a_folder_of_the_targets_name_is_no_corpus_by_that_alone(tmp_path: Path) -> None:
    assert look(tmp_path, {"fuzz/Cargo.toml": FUZZ_TOML, "lib/a/data": "x"}).seeds.corpus == ""


def test_seeds_that_are_not_arranged_by_target_are_named(tmp_path: Path) -> None:
    proposal = look(tmp_path, {"fuzz/Cargo.toml": FUZZ_TOML, "tests/inputs/1.json": "{}"})
    assert "tests/inputs" in told(proposal)


def test_a_dictionary_that_no_script_copies_is_named(tmp_path: Path) -> None:
    files = {"build.sh": BUILD + "cp fuzz/taken.dict $OUT/a_fuzzer.dict\n", "fuzz/taken.dict": "", "fuzz/left.dict": ""}
    said = told(look(tmp_path, files | {"fuzz/a.cc": TARGET}))
    assert "fuzz/left.dict" in said
    assert "taken.dict" not in said
