"""A pair's builds on this machine, with compilers of a kind: what they are given, and what they leave.

Real compilers on the local backend: docs/pair-contract.md says where that was seen.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from fuzzpair.backends.local import LocalBackend
from fuzzpair.backends.local_pair import C_TOOLS
from fuzzpair.errors import BackendError
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language
from own_pair_bench import Bench, bench
from tiny_elf import TARGET

# Each notes how it was called; the linker and cargo leave a program that was made beforehand.
CLANG = """#!/bin/sh
echo "$(basename "$0") $*" >> '{log}'
case "$1" in
  --version) echo 'clang version 22.1'; exit ;;
  -dumpmachine) echo x86_64-pc-linux-gnu; exit ;;
  -print-file-name=*) echo '{target}'; exit ;;
esac
while [ "$#" -gt 1 ]; do
  if [ "$1" = -o ]; then cp '{target}' "$2"; fi
  shift
done
"""
RUSTC = """#!/bin/sh
case "$1" in --print) echo '{here}' ;; *) echo 'rustc 1.96'; echo 'host: x86_64-unknown-linux-gnu' ;; esac
"""
CARGO = """#!/bin/sh
echo "cargo $* CARGO_HOME=$CARGO_HOME RUSTFLAGS=$RUSTFLAGS" >> '{log}'
case "$1" in
  locate-project) for last; do :; done; echo "$last"; exit ;;
  vendor) echo '# settings'; exit ;;
esac
test -f "$2"
mkdir -p "$CARGO_TARGET_DIR/x86_64-unknown-linux-gnu/release"
cp '{target}' "$CARGO_TARGET_DIR/x86_64-unknown-linux-gnu/release/header"
"""
BUILD = """$CC $CFLAGS -c header.c -o "$WORK/header.o"
$CXX $CXXFLAGS "$WORK/header.o" $LIB_FUZZING_ENGINE -o "$OUT/header"
"""
CPP = "  cpp: {source: c, build: oss-fuzz/build.sh, sanitizers: [address, memory]}\n"
RUST = "  rust: {source: rust, fuzz: rust/fuzz, sanitizers: [address, memory]}\n"
MANIFEST = """[package]
name = "header-fuzz"
version = "0.0.0"
[[bin]]
name = "header"
path = "fuzz_targets/header.rs"
[workspace]
"""


class Machine:
    """A folder with a pair and one with tools, which go before the system's own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.log = root / "calls"
        (root / "target").write_bytes(TARGET)
        files = {"c/header.c": "", "oss-fuzz/build.sh": BUILD, "rust/fuzz/Cargo.toml": MANIFEST}
        for path, text in {**files, "rust/fuzz/Cargo.lock": "", "rust/fuzz/fuzz_targets/header.rs": ""}.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        (root / "bin").mkdir()
        self.install(*(f"{name}-22" for name in C_TOOLS), script=CLANG)
        self.system = "/usr/bin:/bin"

    def install(self, *names: str, script: str) -> None:
        for name in names:
            program = self.root / "bin" / name
            text = script.format(log=self.log, target=self.root / "target", here=self.root)
            program.write_text(text)
            program.chmod(0o755)

    def bench(self, sides: str) -> Bench:
        (self.root / "pipeline.yml").write_text(f"version: 1\nfuzz:\n  name: gzip\n{sides}")
        environ = {"PATH": f"{self.root / 'bin'}:{self.system}", "HOME": str(self.root / "home")}
        return bench(self.root / "pipeline.yml", self.root / "store", LocalBackend(environ))

    @property
    def calls(self) -> str:
        return self.log.read_text()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.mark.slow
def test_a_c_side_alone_is_built_and_needs_no_rustc(machine: Machine) -> None:
    made = machine.bench(CPP)
    build = made.build(Language.CPP, Flavour.ADDRESS)
    assert (build.problem, build.missing) == ("", ())
    (program,) = build.programs
    assert made.store.get_blob(program.program) == TARGET
    calls = machine.calls.splitlines()
    (linked,) = (line for line in calls if line.startswith("clang++ ") and line.endswith("/header"))
    assert "-fsanitize=address" in linked
    assert " -fsanitize=fuzzer " in linked
    assert dict(build.flags)["LIB_FUZZING_ENGINE"] == "-fsanitize=fuzzer"


@pytest.mark.slow
def test_a_rust_side_is_vendored_with_this_users_cargo_and_built_without_network(machine: Machine) -> None:
    machine.install("rustc", script=RUSTC)
    machine.install("cargo", script=CARGO)
    build = machine.bench(RUST).build(Language.RUST, Flavour.ADDRESS)
    assert (build.problem, build.missing) == ("", ())
    assert [one.program_name for one in build.programs] == ["header"]
    vendored = next(line for line in machine.calls.splitlines() if line.startswith("cargo vendor"))
    assert f"CARGO_HOME={machine.root / 'home' / '.cargo'}" in vendored
    built = next(line for line in machine.calls.splitlines() if " build " in line)
    assert " --offline " in built
    assert "-Zsanitizer=address" in built
    assert "-Zsanitizer=address" in dict(build.flags)["RUSTFLAGS"]


@pytest.mark.parametrize(
    ("sides", "absent", "packages"),
    [
        (CPP, ("ld.lld", "llvm-symbolizer"), "lld-22 llvm-22"),
        (CPP + RUST, ("rustc", "cargo"), "rustc-web cargo-web"),
    ],
)
def test_a_missing_tool_is_named_before_anything_is_made(
    machine: Machine, sides: str, absent: tuple[str, ...], packages: str
) -> None:
    for name in absent:
        (machine.root / "bin" / f"{name}-22").unlink(missing_ok=True)
    machine.system = "/nowhere"  # a machine of this test may have them
    with pytest.raises(BackendError) as caught:
        machine.bench(sides)
    assert caught.value.message == f"{' and '.join(absent)} cannot be found on PATH"
    assert f"apt-get install {packages})" in caught.value.next_step
    assert not (machine.root / "home").exists()


@pytest.mark.slow
@pytest.mark.parametrize("language", list(Language))
def test_a_sanitizer_whose_libraries_only_the_image_has_is_said(machine: Machine, language: Language) -> None:
    machine.install("rustc", script=RUSTC)
    machine.install("cargo", script=CARGO)
    build = machine.bench(CPP + RUST).build(language, Flavour.MEMORY)
    assert "libraries built for 'memory' come with the toolchain image alone" in build.problem
    assert "use the docker backend, or leave 'memory' out" in build.problem
