"""Who says something of a tree or of a process."""

from __future__ import annotations

from enum import StrEnum

from fuzzpair.model.language import Language


class Tool(StrEnum):
    """Who said it: a compiler, a sanitizer, a run-time check, or the kernel."""

    CLANG = "clang"
    RUSTC = "rustc"
    CLANG_ANALYZER = "clang-analyzer"
    CLANG_TIDY = "clang-tidy"
    CLIPPY = "clippy"
    CLIPPY_PEDANTIC = "clippy pedantic"
    ADDRESS = "AddressSanitizer"
    LEAK = "LeakSanitizer"
    UNDEFINED = "UndefinedBehaviorSanitizer"
    MEMORY = "MemorySanitizer"
    THREAD = "ThreadSanitizer"
    TYPE = "TypeSanitizer"
    HWADDRESS = "HWAddressSanitizer"
    LIBFUZZER = "libFuzzer"
    RUST_PANIC = "rust panic"
    RUST_ABORT = "rust abort"
    CXX_EXCEPTION = "uncaught C++ exception"
    CXX_LIBRARY = "C++ library check"
    ASSERT = "assert"
    FORTIFY = "FORTIFY"
    STACK_PROTECTOR = "stack protector"
    GLIBC_HEAP = "glibc heap check"
    SIGNAL = "signal"
    TIMEOUT = "timeout"
    OUT_OF_MEMORY = "out of memory"
    CANARY = "canary"
    COMPARISON = "comparison with the fixed counterpart"


class Analyzer(StrEnum):
    """A tool that reads a tree and runs nothing; each is asked only where a profile names it."""

    CLANG_ANALYZER = "clang-analyzer"
    CLANG_TIDY = "clang-tidy"
    CLIPPY = "clippy"
    CLIPPY_PEDANTIC = "clippy-pedantic"

    @property
    def language(self) -> Language:
        return Language.RUST if self in (Analyzer.CLIPPY, Analyzer.CLIPPY_PEDANTIC) else Language.CPP
