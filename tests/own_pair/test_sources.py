"""What is read of each side, and what the pair's image is made from."""

from __future__ import annotations

import io
import shutil
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from fuzzpair.backends.docker_pair_image import dockerfile
from fuzzpair.backends.pair_files import addition_digest, certificates, write_files
from fuzzpair.config import Config, load_config
from fuzzpair.errors import ConfigError, UsageError
from fuzzpair.model.language import Language
from fuzzpair.model.pair import ImageAddition
from fuzzpair.own_pair.sources import CppSources, RustSources, image_addition, read_side
from fuzzpair.store import Store

RECORDS = Path(__file__).parent / "records"


@pytest.fixture
def config(tmp_path: Path) -> Config:
    shutil.copytree(RECORDS, tmp_path / "records")
    return load_config(tmp_path / "records/pipeline.yml")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "store"))


def names(store: Store, sha256: str) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(store.get_blob(sha256))) as tar:
        return tar.getnames()


def test_the_cpp_side_is_its_tree_and_the_folder_of_its_script(config: Config, store: Store) -> None:
    code = read_side(config.own_pair, Language.CPP, config.root, store).code
    assert isinstance(code, CppSources)
    assert (code.folder, code.beside_folder, code.script) == ("project", "oss-fuzz", "build.sh")
    assert names(store, code.tree) == [
        "Makefile",
        *(f"src/{name}" for name in ("checksum.c", "checksum.h", "record.cpp", "record.hpp")),
    ]
    assert {"build.sh", "record_fuzzer.cc", "record_fuzzer.options"} <= set(names(store, code.beside))


def test_a_script_in_the_source_itself_brings_only_its_neighbours(config: Config, store: Store) -> None:
    fuzz = config.own_pair
    assert fuzz.cpp is not None
    (config.root / "build.sh").write_text("")
    at_root = fuzz.model_copy(update={"cpp": fuzz.cpp.model_copy(update={"build": config.root / "build.sh"})})
    code = read_side(at_root, Language.CPP, config.root, store).code
    assert isinstance(code, CppSources)
    assert names(store, code.beside) == ["build.sh"]


def test_the_rust_side_has_its_targets_and_its_corpora_apart(config: Config, store: Store) -> None:
    sources = read_side(config.own_pair, Language.RUST, config.root, store)
    assert isinstance(sources.code, RustSources)
    assert (sources.code.fuzz, sources.code.targets) == ("fuzz", ("record",))
    ((target, seeds),) = sources.seeds
    assert target == "record"
    assert [store.get_blob(one) for one in seeds] == [b"\x01\x04name\xaa"]
    assert not [name for name in names(store, sources.code.tree) if "corpus" in name]


def test_a_grown_corpus_builds_nothing_again(config: Config, store: Store) -> None:
    before = read_side(config.own_pair, Language.RUST, config.root, store)
    (config.root / "rust/fuzz/corpus/record/new").write_bytes(b"new")
    after = read_side(config.own_pair, Language.RUST, config.root, store)
    assert (after.code, after.seeds == before.seeds) == (before.code, False)


def test_a_side_that_is_not_there(config: Config, store: Store) -> None:
    alone = config.own_pair.model_copy(update={"rust": None})
    with pytest.raises(UsageError, match="no side 'rust'"):
        read_side(alone, Language.RUST, config.root, store)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[package]\nname='x'\n", "has no \\[\\[bin\\]\\]"),
        ("bin = 3\n", "is no manifest"),
        ("[[bin]]\npath='x'", "is no manifest"),
        ("=", "is no manifest"),
    ],
)
def test_a_manifest_without_targets(config: Config, store: Store, text: str, said: str) -> None:
    (config.root / "rust/fuzz/Cargo.toml").write_text(text)
    with pytest.raises(ConfigError, match=f"^rust/fuzz/Cargo.toml:1: {said}"):
        read_side(config.own_pair, Language.RUST, config.root, store)


# --- the image ---------------------------------------------------------------------------------


def addition(config: Config) -> ImageAddition:
    made = image_addition(config.own_pair)
    assert made is not None
    return made


def test_an_image_is_made_of_packages_scripts_manifests_and_locks(config: Config) -> None:
    made = addition(config)
    assert {"bsdextrautils", "cmake", "zip"} <= set(made.packages)
    assert [path for path, _ in made.files] == [
        "rust/Cargo.toml", "rust/fuzz/Cargo.lock", "rust/fuzz/Cargo.toml", "scripts/fetch.sh",
    ]  # fmt: skip
    assert (made.fetch, made.manifest) == ("scripts/fetch.sh", "rust/fuzz/Cargo.toml")
    assert made.stubs == ("rust/fuzz/fuzz_targets/record.rs", "rust/src/lib.rs")


def test_it_is_found_again_after_a_change_of_code_and_of_nothing_else(config: Config) -> None:
    before = addition_digest(addition(config), "toolchain")
    (config.root / "rust/src/lib.rs").write_text("// changed")
    (config.root / "rust/src/new.rs").write_text("// new")
    (config.root / "project/src/record.cpp").write_text("// changed")
    assert addition_digest(addition(config), "toolchain") == before
    digests = {before, addition_digest(addition(config), "another")}
    for path in ("rust/Cargo.toml", "rust/fuzz/Cargo.lock", "oss-fuzz/fetch.sh"):
        (config.root / path).write_text("# changed")
        digests.add(addition_digest(addition(config), "toolchain"))
    digests.add(addition_digest(replace(addition(config), packages=("zip",)), "toolchain"))
    assert len(digests) == 6


def test_a_rust_side_alone_wants_no_packages(config: Config) -> None:
    alone = image_addition(config.own_pair.model_copy(update={"cpp": None, "packages": ()}))
    assert alone is not None
    assert (alone.packages, alone.fetch) == ((), "")
    assert "apt-get" not in dockerfile("sha256:1", alone, has_certificates=False)


def test_stubs_are_empty_and_no_code_goes_along(config: Config, tmp_path: Path) -> None:
    write_files(addition(config), tmp_path / "given")
    assert (tmp_path / "given/rust/src/lib.rs").read_bytes() == b""
    assert not list((tmp_path / "given").rglob("*.c*c"))


def test_the_hosts_certificates_stay_in_a_stage_that_is_not_kept(config: Config) -> None:
    stages = dockerfile("sha256:1", addition(config), has_certificates=True).split("\nFROM ")
    assert ["ca-certificates.crt" in stage for stage in stages] == [False, True, False]
    assert stages[2].startswith("packages\nCOPY --from=fetched /opt/fuzzpair/pair ")


def test_a_bundle_that_the_environment_names_comes_first(tmp_path: Path) -> None:
    (tmp_path / "own.crt").write_text("")
    assert certificates({"SSL_CERT_FILE": str(tmp_path / "own.crt")}) == tmp_path / "own.crt"
    assert certificates({"SSL_CERT_FILE": str(tmp_path / "absent")}) != tmp_path / "absent"
