"""What each flavour means to the compilers: flags, link flags and run-time options, in one table a language.

Both languages use one LLVM (docs/toolchain.md), so a flavour's instrumentation is the same in both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language
from fuzzpair.model.tool import Tool


@dataclass(frozen=True, slots=True)
class Recipe:
    """Compile flags, link flags, and what the link of a fuzz target adds."""

    compile: tuple[str, ...]
    link: tuple[str, ...] = ()
    fuzz_link: tuple[str, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    runtime: tuple[str, ...] = ()  # C files of runtime/, without suffix, that are compiled for the links

    @property
    def is_fuzzed(self) -> bool:
        """Whether this flavour also gets libFuzzer targets."""
        return bool(self.fuzz_link)


# -gline-tables-only: frames with file and line at a third of -g's cost. -O1 for judges: at -O2 the optimiser removes
# some faults before a sanitizer sees them.
# A tail call drops its caller's frame: `free(p);` as a last statement would hide the function that freed.
_LINES = ("-gline-tables-only", "-fno-omit-frame-pointer", "-fno-optimize-sibling-calls")
_JUDGE = ("-O1", *_LINES)
_REPLAYED = ("-O0", *_LINES)  # what is only replayed, never fuzzed: see _RUST_REPLAYED
_NO_LINK = "-fsanitize=fuzzer-no-link"

SANITIZED_LIBCXX_HEADERS = ("-isystem", "/opt/fuzzpair/libcxx-memory/include/c++/v1")
SANITIZED_LIBCXX = ("-L/opt/fuzzpair/libcxx-memory/lib", "-l:libc++.a", "-l:libc++abi.a")

CPP_COMMON = (
    "-std=c++20",
    "-Wall",
    "-Wextra",
    "-fno-color-diagnostics",
    "-ffile-compilation-dir=.",
    "-pthread",
)
CPP_LINK_COMMON = ("-fuse-ld=lld", "-pthread")
# The OpenSSF compiler hardening guide's run-time options that clang has on every triple; the library's come to these.
_HARDENED = (
    "-O2",
    "-fstack-protector-strong",
    "-fstack-clash-protection",
    "-ftrivial-auto-var-init=zero",
    "-D_FORTIFY_SOURCE=3",
)
_HARDENED_LINK = ("-pie", "-Wl,-z,relro,-z,now")
# A check that fails ends in a bare trap instruction, which an optimiser also makes of undefined behaviour: the one is
# stopped, the other has crashed. So libc++'s own text and abort() stand in the trap's place, as in its debug mode.
_SPEAKING_CHECKS = (
    "-include",
    "__verbose_abort",
    "-D_LIBCPP___ASSERTION_HANDLER",  # the guard of the header that would define it as a trap
    '-D_LIBCPP_ASSERTION_HANDLER(message)=_LIBCPP_VERBOSE_ABORT("%s", message)',
)


def _on_libcxx(mode: str) -> Recipe:
    """Hardened in all but the library. Debian's libc++ is linked statically: its shared one is an older version's."""
    return Recipe(
        (
            *_HARDENED,
            "-stdlib=libc++",
            f"-D_LIBCPP_HARDENING_MODE=_LIBCPP_HARDENING_MODE_{mode}",
            *_SPEAKING_CHECKS,
            "-fPIE",
        ),
        (*_HARDENED_LINK, "-nostdlib++", "-l:libc++.a", "-l:libc++abi.a"),
    )


def _ubsan(checks: str) -> Recipe:
    return Recipe((*_REPLAYED, f"-fsanitize={checks}", f"-fno-sanitize-recover={checks}"), (f"-fsanitize={checks}",))


CPP: dict[Flavour, Recipe] = {
    # `dpkg-buildflags` of Debian 12; it defines no _GLIBCXX_ASSERTIONS.
    Flavour.DEFAULT: Recipe(
        ("-O2", "-fstack-protector-strong", "-Wformat", "-Werror=format-security", "-D_FORTIFY_SOURCE=2"),
        ("-Wl,-z,relro",),
    ),
    Flavour.HARDENED: Recipe((*_HARDENED, "-D_GLIBCXX_ASSERTIONS", "-fPIE"), _HARDENED_LINK),
    Flavour.LIBCXX_FAST: _on_libcxx("FAST"),
    Flavour.LIBCXX_EXTENSIVE: _on_libcxx("EXTENSIVE"),
    Flavour.CANARY: Recipe((*_JUDGE, _NO_LINK), (_NO_LINK,), ("-fsanitize=fuzzer",)),
    Flavour.ADDRESS: Recipe(
        (
            *_JUDGE,
            "-fsanitize=address,fuzzer-no-link",
            "-fsanitize-address-use-after-return=always",
            "-fsanitize-address-use-after-scope",
            "-D_GLIBCXX_SANITIZE_VECTOR",
        ),
        ("-fsanitize=address",),
        ("-fsanitize=address,fuzzer",),
    ),
    Flavour.UNDEFINED: Recipe(
        (*_REPLAYED, "-fsanitize=undefined,vptr", "-fno-sanitize-recover=undefined,vptr"),
        ("-fsanitize=undefined,vptr",),
    ),
    # UBSan's groups that also speak of legal C++, each in a flavour of its own. The part of clang's `integer` that is
    # undefined, or is `implicit-conversion`, is left to those.
    Flavour.INTEGER: _ubsan("unsigned-integer-overflow,unsigned-shift-base"),
    Flavour.CONVERSION: _ubsan("implicit-conversion"),
    Flavour.NULLABILITY: _ubsan("nullability"),
    Flavour.FLOAT: _ubsan("float-cast-overflow,float-divide-by-zero"),
    # The image's libc++ is built with MSan; beside Debian's, precompiled and not, std::string is falsely reported.
    Flavour.MEMORY: Recipe(
        (
            *_REPLAYED,
            "-fsanitize=memory",
            "-fsanitize-memory-track-origins=2",
            "-nostdinc++",
            *SANITIZED_LIBCXX_HEADERS,
        ),
        ("-fsanitize=memory", "-nostdlib++", *SANITIZED_LIBCXX),
    ),
    Flavour.THREAD: Recipe((*_REPLAYED, "-fsanitize=thread"), ("-fsanitize=thread",)),
}

RUST_COMMON = (
    "--edition=2021",
    "--error-format=json",
    "-Clinker=clang",
    "-Clink-arg=-fuse-ld=lld",
)
# Cargo's release profile with `lto = "off"`: docs/decisions/0006 says what that changes.
_RUST_RELEASE = ("-Copt-level=3", "-Clto=off", "-Cembed-bitcode=no", "-Cstrip=debuginfo")
_RUST_LINES = ("-Cdebuginfo=line-tables-only", "-Cforce-frame-pointers=yes")
_RUST_JUDGE = ("-Copt-level=1", *_RUST_LINES)
# What is only replayed, never fuzzed: level 0 takes two fifths of level 1's time to compile, and no fault is optimised
# away. It would switch the checks of a debug build on, which production has not.
_RUST_REPLAYED = ("-Copt-level=0", "-Cdebug-assertions=off", "-Coverflow-checks=off", *_RUST_LINES)
RUST_COVERAGE = (
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
)
# -Z flags on Debian's stable compiler; its package ships no sanitizer runtimes of its own, hence clang's.
_NIGHTLY = (("RUSTC_BOOTSTRAP", "1"),)


RUST: dict[Flavour, Recipe] = {
    Flavour.DEFAULT: Recipe(_RUST_RELEASE),
    Flavour.HARDENED: Recipe((*_RUST_RELEASE, "-Coverflow-checks=on")),
    Flavour.CANARY: Recipe(_RUST_REPLAYED),  # triggers are gathered on the C++ twin
    # cargo-fuzz's profile: overflow checks and debug assertions on. They are two switches.
    Flavour.ADDRESS: Recipe(
        (
            *_RUST_JUDGE,
            "-Clto=off",  # half a second a build; an execution takes a tenth longer, which is less
            *RUST_COVERAGE,
            "-Coverflow-checks=on",
            "-Cdebug-assertions=on",
            "-Zsanitizer=address",
            "-Zexternal-clangrt",
        ),
        ("-Clink-arg=-fsanitize=address",),
        ("-Clink-arg=-fsanitize=address,fuzzer",),
        _NIGHTLY,
    ),
    # std is rebuilt for these two (docker/toolchain), or they report what is not there.
    Flavour.MEMORY: Recipe(
        (
            *_RUST_REPLAYED,
            "-Zsanitizer=memory",
            "-Zsanitizer-memory-track-origins=2",
            "-Zexternal-clangrt",
            "--sysroot=/opt/fuzzpair/sysroot-memory",
        ),
        ("-Clink-arg=-fsanitize=memory",),
        (),
        _NIGHTLY,
    ),
    Flavour.THREAD: Recipe(
        (*_RUST_REPLAYED, "-Zsanitizer=thread", "-Zexternal-clangrt", "--sysroot=/opt/fuzzpair/sysroot-thread"),
        ("-Clink-arg=-fsanitize=thread",),
        (),
        _NIGHTLY,
    ),
}

RECIPES = {Language.CPP: CPP, Language.RUST: RUST}

# What a user would fuzz. The C++ canary's targets, the only others, gather triggering inputs.
FUZZED: Final = Flavour.ADDRESS

# What is only replayed in the experiment, as fuzz targets: with coverage, and at a level that is worth fuzzing.
_FUZZED = (*_JUDGE, _NO_LINK)
_RUST_FUZZED = (*_RUST_JUDGE, *RUST_COVERAGE, "-Coverflow-checks=on", "-Cdebug-assertions=on", "-Zexternal-clangrt")


def _rust_soaked(sanitizer: str, *more: str) -> Recipe:
    return Recipe(
        (*_RUST_FUZZED, f"-Zsanitizer={sanitizer}", *more, f"--sysroot=/opt/fuzzpair/sysroot-{sanitizer}"),
        (f"-Clink-arg=-fsanitize={sanitizer}",),
        (f"-Clink-arg=-fsanitize={sanitizer},fuzzer",),
        _NIGHTLY,
    )


SOAKED: dict[Language, dict[Flavour, Recipe]] = {
    Language.CPP: {
        Flavour.ADDRESS: CPP[Flavour.ADDRESS],
        Flavour.UNDEFINED: Recipe(
            (*_FUZZED, "-fsanitize=undefined,vptr", "-fno-sanitize-recover=undefined,vptr"),
            ("-fsanitize=undefined,vptr",),
            ("-fsanitize=undefined,vptr,fuzzer",),
        ),
        # libFuzzer's archive is C++ on the other library: it is linked beside the instrumented one.
        Flavour.MEMORY: Recipe(
            (
                *_FUZZED,
                "-fsanitize=memory",
                "-fsanitize-memory-track-origins=2",
                "-nostdinc++",
                *SANITIZED_LIBCXX_HEADERS,
            ),
            ("-fsanitize=memory", "-nostdlib++", *SANITIZED_LIBCXX),
            ("-fsanitize=memory,fuzzer", *SANITIZED_LIBCXX, "-Wl,-lstdc++"),
        ),
        Flavour.THREAD: Recipe((*_FUZZED, "-fsanitize=thread"), ("-fsanitize=thread",), ("-fsanitize=thread,fuzzer",)),
    },
    Language.RUST: {
        Flavour.ADDRESS: RUST[Flavour.ADDRESS],
        Flavour.MEMORY: _rust_soaked("memory", "-Zsanitizer-memory-track-origins=2"),
        Flavour.THREAD: _rust_soaked("thread"),
    },
}

# Exit codes of the sanitizers, apart from each other and from libFuzzer's 70-77 and Rust's 101; the log is still
# trusted before the code.
SANITIZER_EXIT = {
    Flavour.ADDRESS: 90,
    Flavour.UNDEFINED: 91,
    Flavour.MEMORY: 92,
    Flavour.THREAD: 93,
    Flavour.TYPE: 94,
    Flavour.INTEGER: 95,
    Flavour.CONVERSION: 96,
    Flavour.NULLABILITY: 97,
    Flavour.FLOAT: 98,
}
# Which tools a flavour's silence is about, each with the fault of runtime/known_bad that it has to report.
SPEAKS = {
    Flavour.LIBCXX_FAST: {"index": Tool.CXX_LIBRARY},
    Flavour.LIBCXX_EXTENSIVE: {"index": Tool.CXX_LIBRARY, "null-text": Tool.CXX_LIBRARY},
    Flavour.ADDRESS: {"address": Tool.ADDRESS, "leak": Tool.LEAK},
    Flavour.UNDEFINED: {"undefined": Tool.UNDEFINED},
    Flavour.INTEGER: {"unsigned-wrap": Tool.UNDEFINED},
    Flavour.CONVERSION: {"truncation": Tool.UNDEFINED, "sign-change": Tool.UNDEFINED},
    Flavour.NULLABILITY: {"nullability": Tool.UNDEFINED},
    Flavour.FLOAT: {"float-cast": Tool.UNDEFINED, "float-division": Tool.UNDEFINED},
    Flavour.MEMORY: {"memory": Tool.MEMORY},
    Flavour.THREAD: {"thread": Tool.THREAD},
}

_UBSAN = ("UBSAN_OPTIONS", {"print_stacktrace": "1", "halt_on_error": "1"})
_STRICT: dict[Flavour, tuple[str, dict[str, str]]] = {
    Flavour.ADDRESS: (
        "ASAN_OPTIONS",
        {
            # OSS-Fuzz, ClusterFuzz and FuzzBench switch the first one off; a tally of bug classes needs it.
            "alloc_dealloc_mismatch": "1",
            "detect_stack_use_after_return": "1",
            "detect_leaks": "1",
            "detect_container_overflow": "1",
            "strict_string_checks": "1",
            "check_initialization_order": "1",
            "strict_init_order": "1",
            "handle_sigill": "1",  # a trap leaves no text otherwise
        },
    ),
    Flavour.UNDEFINED: _UBSAN,
    Flavour.INTEGER: _UBSAN,
    Flavour.CONVERSION: _UBSAN,
    Flavour.NULLABILITY: _UBSAN,
    Flavour.FLOAT: _UBSAN,
    Flavour.MEMORY: ("MSAN_OPTIONS", {}),
    # TSan sleeps for a second at the end of a program that has threads left: a fifth of the runs, for nothing here.
    Flavour.THREAD: ("TSAN_OPTIONS", {"halt_on_error": "1", "second_deadlock_stack": "1", "atexit_sleep_ms": "0"}),
    Flavour.TYPE: ("TYSAN_OPTIONS", {"print_stacktrace": "1"}),
}


def judge_env(flavour: Flavour) -> tuple[tuple[str, str], ...]:
    """The strict run-time options under which a flavour judges one input."""
    backtrace = (("RUST_BACKTRACE", "1"),)
    if flavour not in _STRICT:
        return backtrace
    name, options = _STRICT[flavour]
    joined = {**options, "exitcode": str(SANITIZER_EXIT[flavour]), "symbolize": "1"}
    return (*backtrace, (name, ":".join(f"{key}={value}" for key, value in joined.items())))


def search_env(flavour: Flavour) -> tuple[tuple[str, str], ...]:
    """Cheaper options for a campaign; what it finds is judged again under the strict ones."""
    if flavour is not Flavour.ADDRESS:
        return judge_env(flavour)
    options = "malloc_context_size=4:quarantine_size_mb=16:max_malloc_fill_size=0:alloc_dealloc_mismatch=1"
    return (
        ("RUST_BACKTRACE", "1"),
        ("ASAN_OPTIONS", f"{options}:detect_leaks=1:exitcode={SANITIZER_EXIT[flavour]}"),
    )
