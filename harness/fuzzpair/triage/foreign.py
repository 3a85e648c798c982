"""Whose frame it is: everything here belongs to a runtime, a standard library or the fuzzer, not to the target."""

from __future__ import annotations

import re

from fuzzpair.model import Frame
from fuzzpair.triage.names import normalise

# Where the file is known it decides alone: a target may well have a `string_copy` or a `read` of its own.
_FOREIGN_FILE = re.compile(
    r"/compiler-rt/|/sanitizer_common/|/include/c\+\+/|/bits/|/libstdc\+\+|/libcxx|/libc\+\+|/glibc"
    r"|^\.\./sysdeps/|^\./(?:csu|nptl|stdlib|malloc|assert|debug|signal|string)/"
    r"|^/rustc/|/rustlib/src/|/rustc-[\d.]+/library/|^library/(?:std|core|alloc|proc_macro)/"
    r"|/\.cargo/registry/src/[^/]{1,200}/libfuzzer-sys-|/lib/clang/\d+/include/"
)
_FOREIGN_MODULE = re.compile(
    r"(?:^|/)(?:libc|libc\+\+|libc\+\+abi|libstdc\+\+|libm|libpthread|libgcc_s|ld-linux-x86-64)[.-]"
)
_FOREIGN_FUNCTION = re.compile(
    r"^(?:__(?:interceptor|asan|ubsan|msan|tsan|tysan|hwasan|lsan|sanitizer|rust|rg|rdl|libc|assert|cxa|GI)_?\w*"
    r"|(?:__asan|__ubsan|__msan|__tsan|__lsan|__sanitizer|__hwasan|__interception|fuzzer)::.*|_ZN6fuzzer.*"
    r"|(?:std|core|alloc|__gnu_cxx|__cxxabiv1|__rustc|rustc_std_workspace\w*|hashbrown|test)::.*"
    r"|rust_(?:begin_unwind|panic|eh_personality|oom)|_start|start_thread|clone3?|__clang_call_terminate"
    r"|operator (?:new|delete)(?:\[\])?|malloc|calloc|realloc|reallocarray|c?free|memalign|posix_memalign|aligned_alloc"
    r"|mem(?:cpy|move|set|cmp|chr|rchr|mem|pcpy)|bcmp|bcopy|bzero|wcs(?:len|cpy|ncpy|cat|cmp)|v?s?n?printf|v?asprintf"
    r"|str(?:n?(?:cpy|cat|len|cmp|dup|casecmp)|r?chr|str|casestr|c?spn|pbrk|tok|tok_r|tou?ll?|tod|tof|coll|error)"
    r"|f?(?:puts|read|write|open|close)|send|recv|exit|_exit|abort|raise|gsignal|__stack_chk_fail|__(?:fortify|chk)_fail"
    r"|__\w+_chk|_Unwind_\w*|(?:__)?(?:pthread|gthread)_\w*)$"
)
_FUZZER_CALL = re.compile(r"^(?:fuzzer::Fuzzer::ExecuteCallback\b|_ZN6fuzzer6Fuzzer15ExecuteCallback)")


def is_foreign(frame: Frame) -> bool:
    """Whether a frame says nothing of the target; one without a name or a file is foreign as well."""
    if frame.file:
        return _FOREIGN_FILE.search(frame.file[:1024]) is not None
    if frame.function is None:
        return True
    if frame.module and _FOREIGN_MODULE.search(frame.module[:1024]):
        return True
    return _FOREIGN_FUNCTION.match(normalise(frame.function)) is not None


def own_frames(stack: tuple[Frame, ...]) -> tuple[Frame, ...]:
    """The frames of the target, innermost first. `main` and the fuzz entry count: a harness has bugs as well."""
    called = next((place for place, frame in enumerate(stack) if _is_fuzzer_call(frame)), len(stack))
    return tuple(frame for frame in stack[:called] if not is_foreign(frame))


def _is_fuzzer_call(frame: Frame) -> bool:
    """Where libFuzzer calls the target: the `main` further out is its own."""
    return frame.function is not None and _FUZZER_CALL.match(frame.function) is not None


def top_own_function(stack: tuple[Frame, ...]) -> str | None:
    """The normalised name of the innermost function of the target."""
    for frame in own_frames(stack):
        if frame.function:
            return normalise(frame.function)
    return None
