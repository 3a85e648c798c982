"""The frames to leave out of a stack: one table with a reason for each entry. The own ones are never among them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

from fuzzpair.model.crash_report import Frame
from fuzzpair.triage.names import normalise

READ_LENGTH: Final = 1024  # of a path; what is longer was made to be


class Part(StrEnum):
    """The part of a frame that an entry looks at."""

    FILE = "file"
    MODULE = "module"
    FUNCTION = "function"


@dataclass(frozen=True, slots=True)
class Ignored:
    """One entry: a pattern for one part of a frame, and why such a frame says nothing of the target."""

    part: Part
    pattern: str
    reason: str


# Files and modules are searched, functions match as a whole after `normalise`. Where the file is known it decides
# alone: a target may well have a `string_copy` or a `read` of its own, and a vendored glib is a project, too.
TABLE: Final[tuple[Ignored, ...]] = (
    Ignored(Part.FILE, r"/compiler-rt/|/sanitizer_common/", "source of a sanitizer's run-time library or of libFuzzer"),
    Ignored(
        Part.FILE, r"/lib/clang/\d+/include/", "a header of the compiler's own: intrinsics, the fuzzer's interface"
    ),
    Ignored(Part.FILE, r"/\.cargo/registry/src/[^/]{1,200}/libfuzzer-sys-", "libFuzzer as cargo-fuzz builds it"),
    Ignored(
        Part.FILE, r"/include/c\+\+/|/bits/|/libstdc\+\+", "libstdc++: its templates are inlined into every caller"
    ),
    Ignored(Part.FILE, r"/libcxx|/libc\+\+", "libc++ and its ABI library"),
    Ignored(Part.FILE, r"/glibc|^\.\./sysdeps/", "glibc: start-up, system calls, string functions"),
    Ignored(
        Part.FILE,
        r"^\./(?:csu|nptl|stdlib|malloc|assert|debug|signal|string)/",
        "glibc, as Debian's debug files name it",
    ),
    Ignored(Part.FILE, r"^/rustc/|/rustlib/src/|/rustc-[\d.]+/library/", "Rust's std, core and alloc, by build"),
    Ignored(Part.FILE, r"^library/(?:std|core|alloc|proc_macro)/", "Rust's std, core and alloc, paths remapped"),
    Ignored(
        Part.FILE,
        r"^(?:std|core|alloc|compiler_builtins|panic_\w{1,20})\.[0-9a-f]{16}-cgu\.",
        "Rust's library built without line tables: its unit of code generation stands for the file",
    ),
    Ignored(
        Part.MODULE,
        r"(?:^|/)(?:libc|libc\+\+|libc\+\+abi|libstdc\+\+|libm|libpthread|libgcc_s|ld-linux-x86-64)[.-]",
        "a shared library of the system: the fault shows there, but is its caller's",
    ),
    Ignored(
        Part.FUNCTION,
        r"__(?:interceptor|asan|ubsan|msan|tsan|tysan|hwasan|lsan|sanitizer)_?\w*"
        r"|(?:__asan|__ubsan|__msan|__tsan|__lsan|__sanitizer|__hwasan|__interception)::.*",
        "a sanitizer's run-time library: it reports the fault, and does not make it",
    ),
    Ignored(
        Part.FUNCTION,
        r"[\w.]{1,80}\.(?:cpp|cc|c|S)\.o",
        "a stripped run-time library: the symbolizer gives the object file for want of a function",
    ),
    Ignored(
        Part.FUNCTION,
        r"(?:crtstuff|crti|crtn|start)\.[cS]",
        "what starts and ends a process: the symbolizer gives its file for want of a function",
    ),
    Ignored(Part.FUNCTION, r"fuzzer::.*|_ZN6fuzzer.*", "libFuzzer's loop around the target, demangled or not"),
    Ignored(
        Part.FUNCTION,
        r"operator (?:new|delete)(?:\[\])?|malloc|calloc|realloc|reallocarray|c?free"
        r"|memalign|posix_memalign|aligned_alloc|__r(?:g|dl)_?\w*",
        "an allocator: the same on top of every allocation and every release",
    ),
    Ignored(
        Part.FUNCTION,
        r"mem(?:cpy|move|set|cmp|chr|rchr|mem|pcpy)|bcmp|bcopy|bzero|wcs(?:len|cpy|ncpy|cat|cmp)"
        r"|str(?:n?(?:cpy|cat|len|cmp|dup|casecmp)|r?chr|str|casestr|c?spn|pbrk|tok|tok_r|tou?ll?|tod|tof|coll|error)",
        "libc's memory and string functions: they do what they are told, the caller was wrong",
    ),
    Ignored(
        Part.FUNCTION,
        r"v?s?n?printf|v?asprintf|f?(?:puts|read|write|open|close)|send|recv",
        "libc's input and output: as above",
    ),
    Ignored(
        Part.FUNCTION,
        r"exit|_exit|abort|raise|gsignal|__stack_chk_fail|__(?:fortify|chk)_fail|__\w+_chk|__assert_?\w*",
        "how a process ends itself once a check has failed",
    ),
    Ignored(
        Part.FUNCTION,
        r"_start|start_thread|clone3?|__(?:libc|GI)_?\w*|(?:__)?(?:pthread|gthread)_\w*",
        "what starts a process or a thread",
    ),
    Ignored(
        Part.FUNCTION,
        r"(?:std|__gnu_cxx|__cxxabiv1)::.*|__cxa_?\w*|__clang_call_terminate|_Unwind_\w*",
        "the C++ library: containers, exceptions, terminate; and the unwinder",
    ),
    Ignored(
        Part.FUNCTION,
        r"(?:core|alloc|__rustc|rustc_std_workspace\w*|hashbrown|test)::.*|__rust_?\w*"
        r"|rust_(?:begin_unwind|panic|eh_personality|oom)",
        "Rust's library and its panic machinery: the same on top of every panic (google/oss-fuzz#5516)",
    ),
)


def _any_of(part: Part) -> str:
    return "|".join(f"(?:{entry.pattern})" for entry in TABLE if entry.part is part)


# One alternation per part: a stack of 300 frames is looked through in one pass each.
_FILE: Final = re.compile(_any_of(Part.FILE))
_MODULE: Final = re.compile(_any_of(Part.MODULE))
_FUNCTION: Final = re.compile(_any_of(Part.FUNCTION))
_FUZZER_NAMES: Final = ("fuzzer::", "_ZN6fuzzer")
_FUZZER_CALL: Final = re.compile(r"^(?:fuzzer::Fuzzer::ExecuteCallback\b|_ZN6fuzzer6Fuzzer15ExecuteCallback)")
# What calls the code under test. cargo-fuzz's macro makes a function of the closure that the user writes.
_HARNESS: Final = re.compile(
    r"(?:\w{1,200}::)?main|LLVMFuzzer(?:TestOneInput|Initialize|CustomMutator|CustomCrossOver)"
    r"|rust_fuzzer_test_input|(?:\w{1,200}::){0,4}__libfuzzer_sys_run"
)


def is_ignored(frame: Frame) -> bool:
    """Whether a frame says nothing of the target; one without a name or a file says nothing as well."""
    if frame.file:
        return _is_of_a_library(frame.file[:READ_LENGTH])
    if frame.function is None:
        return True
    return is_of_the_system(frame) or _is_machinery(frame.function)


# A target's logs hold the same few files and names in every stack, and a look-up costs a twentieth of the patterns.
@lru_cache(maxsize=1 << 12)
def _is_of_a_library(file: str) -> bool:
    return _FILE.search(file) is not None


@lru_cache(maxsize=1 << 12)
def _is_machinery(function: str) -> bool:
    return _FUNCTION.fullmatch(normalise(function)) is not None


@lru_cache(maxsize=1 << 12)
def _calls_the_target(function: str) -> bool:
    return _HARNESS.fullmatch(normalise(function)) is not None


def is_of_the_system(frame: Frame) -> bool:
    """Whether a frame lies in a shared library of the system, which is known without any symbol."""
    return frame.module is not None and _MODULE.search(frame.module[:READ_LENGTH]) is not None


def is_harness(frame: Frame) -> bool:
    """Whether a frame only calls the code under test: `main` or the fuzz target."""
    return frame.function is not None and _calls_the_target(frame.function)


def own_frames(stack: tuple[Frame, ...]) -> tuple[Frame, ...]:
    """The frames of the target, innermost first. `main` and the fuzz entry count: a harness has bugs as well."""
    called = next((place for place, frame in enumerate(stack) if _is_fuzzer_call(frame)), len(stack))
    return tuple([frame for frame in stack[:called] if not is_ignored(frame)])


def blamed_frames(stack: tuple[Frame, ...]) -> tuple[Frame, ...]:
    """The own frames without the harness; with nothing else left, the harness is where the bug is."""
    own = own_frames(stack)
    return tuple([frame for frame in own if not is_harness(frame)]) or own


def _is_fuzzer_call(frame: Frame) -> bool:
    """Where libFuzzer calls the target: the `main` further out is its own."""
    name = frame.function
    return name is not None and name.startswith(_FUZZER_NAMES) and _FUZZER_CALL.match(name) is not None


def top_own_function(stack: tuple[Frame, ...]) -> str | None:
    """The normalised name of the innermost function of the target."""
    for frame in own_frames(stack):
        if frame.function:
            return normalise(frame.function)
    return None
