"""The flags of each sanitizer for builds that are not ours: what $CFLAGS and RUSTFLAGS hold."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from fuzzpair.flavours import SANITIZED_LIBCXX, SANITIZED_LIBCXX_HEADERS
from fuzzpair.model.flavour import Flavour

# What older code does and clang 22 refuses by itself: no reason to find no bugs in it.
_NOT_ERRORS = (
    "deprecated-declarations",
    "implicit-function-declaration",
    "implicit-int",
    "incompatible-function-pointer-types",
    "incompatible-pointer-types",
    "int-conversion",
    "unknown-warning-option",
)
_C = (
    "-O1",
    "-gline-tables-only",
    "-fno-omit-frame-pointer",
    "-fno-optimize-sibling-calls",  # a tail call drops its caller's frame
    "-DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION",
    *(f"-Wno-error={name}" for name in _NOT_ERRORS),
    "-fuse-ld=lld",
    "-Wno-unused-command-line-argument",  # one set of flags compiles and links
    "-fsanitize=fuzzer-no-link",
)
_SANITIZERS: dict[Flavour, tuple[str, ...]] = {
    Flavour.ADDRESS: ("-fsanitize=address", "-fsanitize-address-use-after-scope"),
    Flavour.UNDEFINED: ("-fsanitize=undefined", "-fno-sanitize-recover=undefined"),
    Flavour.MEMORY: ("-fsanitize=memory", "-fsanitize-memory-track-origins=2"),
    Flavour.THREAD: ("-fsanitize=thread",),
}
# What one of the two languages needs besides. C calls functions by types that differ in what does not matter to it.
_ONLY_C: dict[Flavour, tuple[str, ...]] = {Flavour.UNDEFINED: ("-fno-sanitize=function",)}
_ONLY_CXX: dict[Flavour, tuple[str, ...]] = {
    Flavour.UNDEFINED: ("-fsanitize=vptr", "-fno-sanitize-recover=vptr"),
    Flavour.MEMORY: ("-nostdinc++", *SANITIZED_LIBCXX_HEADERS, "-nostdlib++", *SANITIZED_LIBCXX),
}
ENGINE = "-fsanitize=fuzzer"
_LIBRARY = re.compile(r"/opt/fuzzpair/[\w.-]+")
# libFuzzer's archive is C++ on the other library: it is linked beside the instrumented one.
_ENGINES = {Flavour.MEMORY: f"{ENGINE} -Wl,-lstdc++"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CppFlags:
    """$CFLAGS, $CXXFLAGS and $LIB_FUZZING_ENGINE, without what depends on the place."""

    c: tuple[str, ...]
    cxx: tuple[str, ...]
    engine: str

    def shown(self) -> tuple[tuple[str, str], ...]:
        """Variable -> value, for the record."""
        return (*_c_shown(self.c, self.cxx), ("LIB_FUZZING_ENGINE", self.engine))


def image_libraries(flags: Iterable[str]) -> tuple[str, ...]:
    """The folders that flags name of libraries made for one sanitizer, which only the toolchain image has."""
    return tuple(dict.fromkeys(found[0] for flag in flags if (found := _LIBRARY.search(flag))))


def _c_shown(c: tuple[str, ...], cxx: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    return (("CFLAGS", " ".join(c)), ("CXXFLAGS", " ".join(cxx)))


def cpp_flags(flavour: Flavour, without: tuple[str, ...]) -> CppFlags:
    common = (*_C, *_SANITIZERS[flavour])
    off = tuple(f"-fno-sanitize={check}" for check in without)
    return CppFlags(
        c=(*common, *_ONLY_C.get(flavour, ()), *off),
        cxx=(*common, *_ONLY_CXX.get(flavour, ()), *off),
        engine=_ENGINES.get(flavour, ENGINE),
    )


# cargo-fuzz's, from its documentation and by name: coverage, one unit, checks of a debug build.
_RUST = (
    "--cfg=fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Ccodegen-units=1",
    "-Cdebug-assertions=on",
    "-Coverflow-checks=on",  # a switch of its own
    "-Cdebuginfo=line-tables-only",
    "-Cforce-frame-pointers=yes",
    "-Clinker=clang++",
    "-Clink-arg=-fuse-ld=lld",
    "-Clink-arg=-Wl,-u,fuzzpair_describe_rust",  # nobody in the program calls it (docs/agreement.md)
    "-Zexternal-clangrt",  # Debian's rustc comes without runtimes
)
_SYSROOT = "--sysroot=/opt/fuzzpair/sysroot-"
_RUST_SANITIZERS: dict[Flavour, tuple[str, ...]] = {
    Flavour.ADDRESS: ("-Zsanitizer=address", "-Clink-arg=-fsanitize=address"),
    Flavour.MEMORY: (
        "-Zsanitizer=memory",
        "-Zsanitizer-memory-track-origins=2",
        "-Clink-arg=-fsanitize=memory",
        f"{_SYSROOT}memory",
    ),
    Flavour.THREAD: ("-Zsanitizer=thread", "-Clink-arg=-fsanitize=thread", f"{_SYSROOT}thread"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RustFlags:
    """RUSTFLAGS of the target, and the flags of C and C++ that crates compile for it."""

    rust: tuple[str, ...]
    c: tuple[str, ...]
    cxx: tuple[str, ...]

    def shown(self) -> tuple[tuple[str, str], ...]:
        """Variable -> value, for the record."""
        return (("RUSTFLAGS", " ".join(self.rust)), *_c_shown(self.c, self.cxx))


def rust_flags(flavour: Flavour) -> RustFlags:
    cpp = cpp_flags(flavour, ())
    return RustFlags(rust=(*_RUST, *_RUST_SANITIZERS[flavour]), c=cpp.c, cxx=cpp.cxx)
