"""The section `fuzz:`: what it may hold, and how each mistake in it is said."""

# ruff: noqa: E501, ISC004 - a case is easiest to read on one line

from __future__ import annotations

from pathlib import Path

import pytest

from fuzzpair.config import Config, load_config, shipped_recipe
from fuzzpair.errors import ConfigError, UsageError
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language

REPOSITORY = Path(__file__).parent.parent
GOOD = """\
version: 1
fuzz:
  name: gzip
  cpp:
    source: c
    build: oss-fuzz/build.sh
    sanitizers: [address, undefined]
    without: [alignment]
    fetch: oss-fuzz/fetch.sh
  rust:
    source: rust
    fuzz: rust/fuzz
    sanitizers: [address, memory]
  targets:
    header: {cpp: inflate_fuzzer, rust: header}
  corpus: corpus
  packages: [libssl-dev, g++-multilib]
  state: s3://bucket/pair
  known_issues: known-issues.yml
  change: {seconds: 30, replay_seconds: 20}
  nightly: {seconds: 600, keep_units: 1000, keep_mb: 64}
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("repository")
    for path in (
        "c/a.c",
        "oss-fuzz/build.sh",
        "oss-fuzz/fetch.sh",
        "rust/fuzz/Cargo.toml",
        "corpus/header/1",
        "bare/x",
    ):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text("")
    return folder


def load(root: Path, text: str) -> Config:
    (root / "pipeline.yml").write_text(text)
    return load_config(root / "pipeline.yml")


def test_a_pair_of_ones_own_needs_no_experiment(root: Path) -> None:
    config = load(root, GOOD)
    fuzz = config.own_pair
    assert fuzz.cpp is not None
    assert fuzz.cpp.build == root.resolve() / "oss-fuzz/build.sh"
    assert fuzz.sanitizers(Language.RUST) == (Flavour.ADDRESS, Flavour.MEMORY)
    assert (fuzz.state, fuzz.change.seconds, fuzz.nightly.keep_mb) == ("s3://bucket/pair", 30, 64)
    assert config.image == REPOSITORY / "docker/toolchain" == shipped_recipe("toolchain")


def test_what_may_be_left_out(root: Path) -> None:
    fuzz = load(root, "version: 1\nfuzz:\n  name: a\n  rust: {source: rust, fuzz: rust/fuzz}\n").own_pair
    assert (fuzz.cpp, fuzz.sanitizers(Language.CPP), fuzz.sanitizers(Language.RUST)) == (None, (), (Flavour.ADDRESS,))
    assert fuzz.state == str(root.resolve() / ".fuzzpair/pair")
    assert (fuzz.change.seconds, fuzz.nightly.seconds) == (60, 3600)


def test_the_experiments_verbs_say_what_they_miss(root: Path) -> None:
    config = load(root, GOOD)
    for missing, what in (("pair", lambda: config.pair), ("profiles", lambda: config.profile("default"))):
        with pytest.raises(UsageError, match=f"no section '{missing}'") as caught:
            what()
        assert f"add '{missing}:'" in caught.value.next_step


REFUSED = {
    "nothing": (GOOD, "version: 1\n", ["pipeline.yml:1: neither 'pair' (the experiment) nor 'fuzz' (a pair of your own) is here"]),
    "profiles for no pair": ("fuzz:\n", "profiles: {}\nfuzz:\n", ["pipeline.yml:2: profiles: nothing is listed here"]),
    "no side": (GOOD, "version: 1\nfuzz:\n  name: a\n", ["pipeline.yml:2: fuzz: it has neither a 'cpp' nor a 'rust' side"]),
    "unknown key": ("    fuzz: rust/fuzz", "    fuzz: rust/fuzz\n    sanitisers: [address]", [
        "pipeline.yml:13: unknown key 'sanitisers' in fuzz.rust; perhaps you meant 'sanitizers'"]),
    "misspelt sanitizer": ("[address, memory]", "[adress]", [
        "pipeline.yml:13: fuzz.rust.sanitizers[0]: 'adress' is not one of: default, hardened, libcxx-fast, libcxx-extensive, canary, address, "
        "undefined, integer, conversion, nullability, float, memory, thread, type; perhaps you meant 'address'"]),
    "sanitizer that rustc has not": ("[address, memory]", "[undefined]", [
        "pipeline.yml:13: fuzz.rust.sanitizers[0]: 'undefined' is not fuzzed in Rust (known: address, memory, thread)"]),
    "misspelt check": ("[alignment]", "[aligment]", [
        "pipeline.yml:8: fuzz.cpp.without[0]: 'aligment' is not one of: alignment, array-bounds, bool, builtin, enum, float-cast-overflow, function, "
        "integer-divide-by-zero, nonnull-attribute, null, object-size, pointer-overflow, return, returns-nonnull-attribute, shift, shift-base, "
        "shift-exponent, signed-integer-overflow, unreachable, vla-bound, vptr; perhaps you meant 'alignment'"]),
    "check of what is off": ("[address, undefined]", "[address]", [
        "pipeline.yml:4: fuzz.cpp: 'without' is about UBSan's checks, and 'undefined' is not among the sanitizers"]),
    "no such script": ("build: oss-fuzz/build.sh", "build: oss-fuzz/bild.sh", [
        "pipeline.yml:6: fuzz.cpp.build: there is no file 'oss-fuzz/bild.sh' in {root}"]),
    "script outside": ("build: oss-fuzz/build.sh", "build: ../build.sh", [
        "pipeline.yml:6: fuzz.cpp.build: '../build.sh' leaves the folder of this file"]),
    "no cargo-fuzz folder": ("fuzz: rust/fuzz", "fuzz: bare", [
        "pipeline.yml:12: fuzz.rust.fuzz: 'bare' has no Cargo.toml: it is no cargo-fuzz folder"]),
    "cargo-fuzz folder outside": ("    source: rust", "    source: c", [
        "pipeline.yml:10: fuzz.rust: 'fuzz' is not inside 'source', which is all that a build sees"]),
    "target of nobody": ("{cpp: inflate_fuzzer, rust: header}", "{}", [
        "pipeline.yml:2: fuzz: the target 'header' has a name on neither side"]),
    "two targets of one name": ("    header:", "    other: {cpp: inflate_fuzzer}\n    header:", [
        "pipeline.yml:2: fuzz: 'inflate_fuzzer' is the name of two targets on the side 'cpp'"]),
    "target that is a path": ("cpp: inflate_fuzzer", "cpp: ../inflate", [
        "pipeline.yml:15: fuzz.targets.header.cpp: '../inflate' cannot be a program's name"]),
    "package that is an option": ("libssl-dev", "--reinstall", [
        "pipeline.yml:17: fuzz.packages[0]: '--reinstall' cannot be the name of a Debian package"]),
    "package with a command": ("libssl-dev", "'a; rm -rf /'", [
        "pipeline.yml:17: fuzz.packages[0]: 'a; rm -rf /' cannot be the name of a Debian package"]),
    "no budget": ("seconds: 30,", "seconds: 0,", ["pipeline.yml:20: fuzz.change.seconds: 0 should be greater than 0"]),
    "no state": ("s3://bucket/pair", "' '", ["pipeline.yml:18: fuzz.state: this is neither a path nor a URL"]),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(root: Path, old: str, new: str, expected: list[str]) -> None:
    assert GOOD.count(old) == 1, "the case must change one place"
    with pytest.raises(ConfigError) as caught:
        load(root, GOOD.replace(old, new))
    assert caught.value.message.split("\n") == [line.replace("{root}", str(root.resolve())) for line in expected]


def test_a_target_on_a_side_that_is_not_described(root: Path) -> None:
    text = "version: 1\nfuzz:\n  name: a\n  cpp: {source: c, build: oss-fuzz/build.sh}\n  targets: {t: {rust: t}}\n"
    with pytest.raises(ConfigError, match="'t' is called 't' on the side 'rust', which is not described"):
        load(root, text)


@pytest.mark.parametrize("path", ["examples/gzip/pipeline.yml", "tests/own_pair/records/pipeline.yml"])
def test_our_own_pairs_are_valid(path: str) -> None:
    assert load_config(REPOSITORY / path).own_pair.cpp
