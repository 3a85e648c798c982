"""The closed table of bug classes: what each is called in CWE, and by each tool that can name it."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from fuzzpair.errors import UsageError
from fuzzpair.model.crash_report import Access
from fuzzpair.model.tool import Tool

ANY_KIND: Final = "*"

# What these say depends on an address or a message, which only the parser sees; alone they show no class.
SHOW_NO_CLASS: Final = frozenset(
    {"SEGV", "BUS", "library assertion failed", "hardening assertion failed", "unsafe precondition violated"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BugClass:
    """One kind of slip. `tool_names` holds the kinds (CrashReport.kind) under which a tool reports it."""

    slug: str
    title: str
    cwe: int
    cwe_name: str
    group: str
    undefined: bool  # undefined behaviour in C++ and in unsafe Rust
    access: Access | None  # the only access that fits, where a kind alone is ambiguous
    tool_names: Mapping[Tool, tuple[str, ...]] = field(hash=False)

    @property
    def is_race(self) -> bool:
        """Whether it is chance if two threads meet, so that one run of an input says little (CWE-362)."""
        return self.cwe == 362

    @property
    def is_leak(self) -> bool:
        """Whether memory is never given back, so that it is replayed under a memory limit until that is full."""
        return self.cwe == 401

    @property
    def is_logic(self) -> bool:
        """Whether the program does what it says and the slip is in what it says: only another program sees it."""
        return self.group == "logic" or self.slug in ("wrong-check", "swapped-field")

    @property
    def is_latent(self) -> bool:
        """Whether the harm lies outside of what one run prints: a file that is not there today, a thread that came in
        time. Triggered and seen by nobody is then not seen, and not without effect, in either language."""
        return self.slug in ("path-traversal", "lock-order-inversion")

    def is_named_by(self, tool: Tool, kind: str, access: Access | None = None) -> bool:
        """Whether a report of this tool and kind may be about this class."""
        fits = access is None or self.access is None or access is self.access
        kinds = self.tool_names.get(tool, ())
        return fits and (kind in kinds or ANY_KIND in kinds)


def bug_class(slug: str) -> BugClass:
    """The class of that name; a usage error with the nearest names where there is none."""
    found = BUG_CLASSES.get(slug)
    if found is not None:
        return found
    near = difflib.get_close_matches(slug, BUG_CLASSES, n=3)
    hint = f"perhaps you meant {' or '.join(near)}" if near else "fuzzpair/bug_classes.py lists them all"
    raise UsageError(f"there is no bug class {slug!r}", next_step=hint)


# Logs have few kinds and many reports, and each look-up asks every class.
@lru_cache(maxsize=1 << 10)
def candidates(tool: Tool, kind: str, access: Access | None = None) -> tuple[str, ...]:
    """Every class that a report may be about, the one that it shows by itself first."""
    return tuple(known.slug for known in BUG_CLASSES.values() if known.is_named_by(tool, kind, access))


def classify(tool: Tool, kind: str, access: Access | None = None) -> str | None:
    """The class that a report shows by itself. What led to it (an iterator, a view) no tool can see."""
    return None if kind in SHOW_NO_CLASS else next(iter(candidates(tool, kind, access)), None)


# fmt: off
CWE_NAMES: Final[Mapping[int, str]] = MappingProxyType({
    22: "Improper Limitation of a Pathname to a Restricted Directory ('Path Traversal')",
    116: "Improper Encoding or Escaping of Output",
    119: "Improper Restriction of Operations within the Bounds of a Memory Buffer",
    120: "Buffer Copy without Checking Size of Input ('Classic Buffer Overflow')",
    121: "Stack-based Buffer Overflow",
    125: "Out-of-bounds Read",
    126: "Buffer Over-read",
    129: "Improper Validation of Array Index",
    134: "Use of Externally-Controlled Format String",
    170: "Improper Null Termination",
    178: "Improper Handling of Case Sensitivity",
    188: "Reliance on Data/Memory Layout",
    190: "Integer Overflow or Wraparound",
    191: "Integer Underflow (Wrap or Wraparound)",
    193: "Off-by-one Error",
    195: "Signed to Unsigned Conversion Error",
    197: "Numeric Truncation Error",
    200: "Exposure of Sensitive Information to an Unauthorized Actor",
    248: "Uncaught Exception",
    362: "Concurrent Execution using Shared Resource with Improper Synchronization ('Race Condition')",
    369: "Divide By Zero",
    401: "Missing Release of Memory after Effective Lifetime",
    415: "Double Free",
    416: "Use After Free",
    457: "Use of Uninitialized Variable",
    475: "Undefined Behavior for Input to API",
    476: "NULL Pointer Dereference",
    479: "Signal Handler Use of a Non-reentrant Function",
    562: "Return of Stack Variable Address",
    590: "Free of Memory not on the Heap",
    617: "Reachable Assertion",
    664: "Improper Control of a Resource Through its Lifetime",
    667: "Improper Locking",
    672: "Operation on a Resource after Expiration or Release",
    674: "Uncontrolled Recursion",
    681: "Incorrect Conversion between Numeric Types",
    682: "Incorrect Calculation",
    683: "Function Call With Incorrect Order of Arguments",
    696: "Incorrect Behavior Order",
    697: "Incorrect Comparison",
    704: "Incorrect Type Conversion or Cast",
    758: "Reliance on Undefined, Unspecified, or Implementation-Defined Behavior",
    761: "Free of Pointer not at Start of Buffer",
    762: "Mismatched Memory Management Routines",
    770: "Allocation of Resources Without Limits or Throttling",
    772: "Missing Release of Resource after Effective Lifetime",
    787: "Out-of-bounds Write",
    789: "Memory Allocation with Excessive Size Value",
    823: "Use of Out-of-range Pointer Offset",
    825: "Expired Pointer Dereference",
    833: "Deadlock",
    835: "Loop with Unreachable Exit Condition ('Infinite Loop')",
    839: "Numeric Range Comparison Without Minimum Check",
    843: "Access of Resource Using Incompatible Type ('Type Confusion')",
    908: "Use of Uninitialized Resource",
    1079: "Parent Class without Virtual Destructor Method",
    1188: "Initialization of a Resource with an Insecure Default",
    1284: "Improper Validation of Specified Quantity in Input",
    1288: "Improper Validation of Consistency within Input",
    1335: "Incorrect Bitwise Shift of Integer",
})

# A row: slug, title, CWE, what tells it apart (undefined or not, access), and the kinds of each tool. Where a
# kind fits several classes, the first row that has it is the one that a report shows by itself.
BOUNDS: Final[tuple[Row, ...]] = (
    ("heap-buffer-overflow-read", "heap over-read", 125, True, Access.READ, {
        Tool.ADDRESS: ("heap-buffer-overflow",),
        Tool.HWADDRESS: ("heap-buffer-overflow",),
        Tool.RUST_ABORT: ("unsafe precondition violated",),
    }),
    ("heap-buffer-overflow-write", "heap over-write", 787, True, Access.WRITE, {
        Tool.ADDRESS: ("heap-buffer-overflow",),
        Tool.HWADDRESS: ("heap-buffer-overflow", "allocation-tail-overwritten"),
        Tool.GLIBC_HEAP: (
            "malloc(): corrupted top size", "malloc(): invalid size (unsorted)",
            "malloc(): invalid next size (unsorted)", "malloc(): mismatching next->prev_size (unsorted)",
            "malloc(): unsorted double linked list corrupted",
            "malloc(): invalid next->prev_inuse (unsorted)", "malloc(): corrupted unsorted chunks",
            "malloc(): memory corruption", "malloc(): unaligned tcache chunk detected",
            "malloc_consolidate(): invalid chunk size",
            "malloc_consolidate(): unaligned fastbin chunk detected", "corrupted size vs. prev_size",
            "corrupted size vs. prev_size while consolidating", "corrupted double-linked list",
            "free(): invalid next size (fast)", "free(): invalid next size (normal)",
            "free(): corrupted unsorted chunks", "realloc(): invalid next size",
            "realloc(): invalid old size",
        ),
        Tool.RUST_ABORT: ("unsafe precondition violated",),
    }),
    ("stack-buffer-overflow", "stack buffer over-write", 121, True, Access.WRITE, {
        Tool.ADDRESS: ("stack-buffer-overflow", "stack-buffer-underflow"),
        Tool.HWADDRESS: ("stack-buffer-overflow", "stack tag-mismatch"),
        Tool.STACK_PROTECTOR: ("stack smashing detected",),
    }),
    ("stack-buffer-overflow-read", "stack buffer over-read", 125, True, Access.READ, {
        Tool.ADDRESS: ("stack-buffer-overflow", "stack-buffer-underflow"),
        Tool.HWADDRESS: ("stack-buffer-overflow", "stack tag-mismatch"),
    }),
    ("global-buffer-overflow", "global buffer overflow", 125, True, None, {
        Tool.ADDRESS: ("global-buffer-overflow",),
        Tool.HWADDRESS: ("global-overflow",),
    }),
    ("index-out-of-bounds", "index beyond an array or container", 129, True, None, {
        Tool.UNDEFINED: ("out-of-bounds-index",),
        Tool.RUST_PANIC: (
            "index out of bounds", "slice range out of bounds", "slice lengths differ",
            "not a char boundary",
        ),
        Tool.RUST_ABORT: ("unsafe precondition violated",),
        Tool.CXX_LIBRARY: ("library assertion failed", "hardening assertion failed"),
    }),
    ("off-by-one", "off by one", 193, True, None, {
        Tool.ADDRESS: ("heap-buffer-overflow", "stack-buffer-overflow", "global-buffer-overflow"),
        Tool.UNDEFINED: ("out-of-bounds-index",),
        Tool.RUST_PANIC: ("index out of bounds", "slice range out of bounds"),
    }),
    ("far-out-of-bounds-read", "far jump past the redzone", 125, True, Access.READ, {
        Tool.ADDRESS: ("SEGV", "heap-buffer-overflow", "unknown-crash"),
        Tool.SIGNAL: ("SEGV",),
        Tool.RUST_PANIC: ("index out of bounds", "slice range out of bounds"),
    }),
    ("string-copy-overflow", "string copy overflow", 120, True, Access.WRITE, {
        Tool.FORTIFY: ("buffer overflow detected",),
        Tool.ADDRESS: ("heap-buffer-overflow", "stack-buffer-overflow"),
    }),
    ("unterminated-string-read", "unterminated string read", 170, True, Access.READ, {
        Tool.ADDRESS: ("heap-buffer-overflow", "stack-buffer-overflow"),
    }),
    ("dynamic-stack-array", "variable-length stack array or alloca", 789, True, None, {
        Tool.ADDRESS: ("dynamic-stack-buffer-overflow",),
        Tool.UNDEFINED: ("non-positive-vla-index",),
    }),
    ("intra-object-overflow", "intra-object overflow by index", 787, True, None, {
        Tool.ADDRESS: ("intra-object-overflow",),
        Tool.UNDEFINED: ("out-of-bounds-index",),
    }),
    ("intra-object-memcpy", "intra-object overflow by memcpy", 787, True, Access.WRITE, {
        Tool.FORTIFY: ("buffer overflow detected",),
    }),
    ("container-overflow", "container element between size and capacity", 119, True, None, {
        Tool.ADDRESS: ("container-overflow",),
        Tool.CXX_LIBRARY: ("library assertion failed", "hardening assertion failed"),
    }),
    ("container-data-overflow", "access past size through data()", 119, True, None, {
        Tool.ADDRESS: ("container-overflow",),
    }),
    ("negative-size", "negative or wrapped size to memcpy", 195, True, None, {
        Tool.ADDRESS: ("negative-size-param",),
        Tool.FORTIFY: ("buffer overflow detected",),
    }),
    ("signed-bound-check", "maximum checked and minimum not", 839, True, None, {
        Tool.ADDRESS: ("negative-size-param",),
    }),
    ("overlapping-copy", "overlapping copy", 475, True, None, {
        Tool.ADDRESS: (
            "memcpy-param-overlap", "strcpy-param-overlap", "strcat-param-overlap", "strncpy-param-overlap",
            "strncat-param-overlap", "wcscpy-param-overlap",
        ),
        Tool.RUST_ABORT: ("unsafe precondition violated",),
    }),
    ("stale-buffer-read", "stale octets of a reused buffer (Heartbleed)", 126, False, Access.READ, {}),
    ("stale-index", "index kept after its table changed", 125, True, None, {
        Tool.ADDRESS: ("heap-buffer-overflow", "container-overflow"),
        Tool.RUST_PANIC: ("index out of bounds",),
    }),
)

INITIALISATION: Final[tuple[Row, ...]] = (
    ("uninitialised-read", "read of uninitialised memory", 457, True, None, {
        Tool.MEMORY: ("use-of-uninitialized-value",),
    }),
    ("padding-leak", "padding leaked to the output", 200, False, None, {
        Tool.MEMORY: ("use-of-uninitialized-value",),
    }),
    ("exposed-uninitialised", "panic between set_len and initialisation", 908, True, None, {
        Tool.MEMORY: ("use-of-uninitialized-value",),
    }),
)

TYPES: Final[tuple[Row, ...]] = (
    ("null-dereference", "null dereference", 476, True, None, {
        Tool.ADDRESS: ("SEGV",),
        Tool.SIGNAL: ("SEGV",),
        Tool.UNDEFINED: ("null-pointer-use",),
        Tool.RUST_ABORT: ("null pointer dereference", "unsafe precondition violated"),
        Tool.CXX_LIBRARY: ("library assertion failed", "hardening assertion failed"),
    }),
    ("null-argument", "null passed to a nonnull parameter", 476, True, None, {
        Tool.UNDEFINED: ("invalid-null-argument", "invalid-null-return"),
    }),
    ("bad-downcast", "downcast to a larger wrong type", 843, True, None, {
        Tool.UNDEFINED: ("dynamic-type-mismatch", "insufficient-object-size", "cfi-bad-type"),
    }),
    ("bad-downcast-same-size", "downcast to a wrong type of the same size", 843, True, None, {
        Tool.UNDEFINED: ("dynamic-type-mismatch",),
    }),
    ("wrong-function-type", "call through a wrong function pointer type", 843, True, None, {
        Tool.UNDEFINED: ("function-type-mismatch",),
    }),
    ("invalid-bool", "invalid bool value", 704, True, None, {Tool.UNDEFINED: ("invalid-bool-load",)}),
    ("invalid-enum", "invalid enum value", 704, True, None, {
        Tool.UNDEFINED: ("invalid-enum-load",),
        Tool.RUST_ABORT: ("invalid enum value",),
    }),
    ("misaligned-access", "misaligned access", 188, True, None, {
        Tool.UNDEFINED: ("misaligned-pointer-use", "alignment-assumption"),
        Tool.RUST_ABORT: ("misaligned pointer dereference", "unsafe precondition violated"),
        Tool.SIGNAL: ("BUS",),
        Tool.ADDRESS: ("BUS",),
    }),
    ("strict-aliasing", "access through an incompatible type", 758, True, None, {
        Tool.TYPE: ("type-aliasing-violation",),
    }),
    ("union-confusion", "wrong union member", 843, True, None, {Tool.TYPE: ("type-aliasing-violation",)}),
    ("missing-return", "missing return", 758, True, None, {Tool.UNDEFINED: ("missing-return",)}),
    ("reached-unreachable", "code promised unreachable is reached", 758, True, None, {
        Tool.UNDEFINED: ("unreachable-call",),
        Tool.RUST_ABORT: ("unsafe precondition violated",),
    }),
    ("invalid-builtin-argument", "argument outside a builtin's domain", 475, True, None, {
        Tool.UNDEFINED: ("invalid-builtin-use",),
    }),
    ("const-input-written", "write to the fuzzer's const input", 758, True, None, {
        Tool.LIBFUZZER: ("overwrites-const-input",),
    }),
)

LIFETIME: Final[tuple[Row, ...]] = (
    ("use-after-free", "use after free", 416, True, None, {
        Tool.ADDRESS: ("heap-use-after-free", "use-after-poison"),
        Tool.THREAD: ("heap-use-after-free", "heap-use-after-free (virtual call vs free)"),
        Tool.HWADDRESS: ("use-after-free",),
        Tool.MEMORY: ("use-of-uninitialized-value",),
        Tool.GLIBC_HEAP: ("free(): unaligned chunk detected in tcache 2",),
    }),
    ("double-free", "double free", 415, True, None, {
        Tool.ADDRESS: ("double-free",),
        Tool.GLIBC_HEAP: (
            "free(): double free detected in tcache 2", "double free or corruption (!prev)",
            "double free or corruption (fasttop)", "double free or corruption (top)",
            "double free or corruption (out)", "double free or corruption",
        ),
        Tool.HWADDRESS: ("double-free",),
    }),
    ("invalid-free", "free of a stack, global or offset pointer", 590, True, None, {
        Tool.ADDRESS: ("bad-free", "bad-malloc_usable_size"),
        Tool.HWADDRESS: ("invalid-free",),
        Tool.GLIBC_HEAP: (
            "free(): invalid pointer", "free(): invalid size", "munmap_chunk(): invalid pointer",
            "realloc(): invalid pointer",
        ),
    }),
    ("free-of-offset-pointer", "free of a pointer into the middle of a block", 761, True, None, {
        Tool.ADDRESS: ("bad-free",),
        Tool.HWADDRESS: ("invalid-free",),
        Tool.GLIBC_HEAP: (
            "free(): invalid pointer", "free(): invalid size", "munmap_chunk(): invalid pointer",
            "realloc(): invalid pointer",
        ),
    }),
    ("allocator-mismatch", "new[]/delete or malloc/delete mismatch", 762, True, None, {
        Tool.ADDRESS: ("alloc-dealloc-mismatch",),
    }),
    ("delete-without-virtual-destructor", "delete through a base with plain destructor", 1079, True, None, {
        Tool.ADDRESS: ("new-delete-type-mismatch",),
    }),
    ("use-after-return", "use after return", 562, True, None, {
        Tool.ADDRESS: ("stack-use-after-return",),
        Tool.HWADDRESS: ("stack tag-mismatch",),
    }),
    ("use-after-scope", "use after scope", 825, True, None, {
        Tool.ADDRESS: ("stack-use-after-scope",),
        Tool.HWADDRESS: ("stack tag-mismatch",),
    }),
    ("dangling-view", "view of a temporary or of a dead buffer", 825, True, None, {
        Tool.ADDRESS: ("stack-use-after-scope", "stack-use-after-return", "heap-use-after-free"),
    }),
    ("dangling-reference", "reference to a temporary", 825, True, None, {
        Tool.ADDRESS: ("stack-use-after-scope", "stack-use-after-return"),
    }),
    ("iterator-invalidation", "iterator or reference invalidated by growth", 416, True, None, {
        Tool.ADDRESS: ("heap-use-after-free", "container-overflow"),
        Tool.CXX_LIBRARY: ("library assertion failed", "hardening assertion failed"),
    }),
    ("iterator-invalidation-erase", "iterator invalidated by erase", 416, True, None, {
        Tool.ADDRESS: ("heap-use-after-free", "container-overflow"),
        Tool.CXX_LIBRARY: ("library assertion failed", "hardening assertion failed"),
    }),
    ("use-after-move", "use after move", 672, False, None, {}),
    ("use-after-move-pointer", "dereference of a moved-from pointer", 476, True, None, {
        Tool.ADDRESS: ("SEGV",),
        Tool.UNDEFINED: ("null-pointer-use",),
        Tool.SIGNAL: ("SEGV",),
        Tool.CXX_LIBRARY: ("library assertion failed", "hardening assertion failed"),
    }),
    ("pure-virtual-call", "pure virtual method called", 758, True, None, {
        Tool.CXX_LIBRARY: ("pure virtual method called",),
    }),
    ("call-on-freed-object", "virtual call on a freed object", 416, True, None, {
        Tool.ADDRESS: ("heap-use-after-free",),
        Tool.UNDEFINED: ("dynamic-type-mismatch",),
        Tool.THREAD: ("heap-use-after-free (virtual call vs free)",),
        Tool.CXX_LIBRARY: ("pure virtual method called",),
    }),
)

ARITHMETIC: Final[tuple[Row, ...]] = (
    ("unsigned-wrap", "unsigned wrap that shortens an allocation", 190, False, None, {
        Tool.UNDEFINED: ("unsigned-integer-overflow",),
        Tool.ADDRESS: ("calloc-overflow", "reallocarray-overflow", "pvalloc-overflow"),
        Tool.MEMORY: ("calloc-overflow", "reallocarray-overflow"),
        Tool.THREAD: ("calloc-overflow", "reallocarray-overflow"),
        Tool.RUST_PANIC: ("attempt to add with overflow", "attempt to multiply with overflow"),
    }),
    ("unsigned-underflow", "unsigned underflow", 191, False, None, {
        Tool.UNDEFINED: ("unsigned-integer-overflow",),
        Tool.RUST_PANIC: ("attempt to subtract with overflow",),
    }),
    ("signed-overflow", "signed overflow", 190, True, None, {
        Tool.UNDEFINED: ("signed-integer-overflow",),
        Tool.RUST_PANIC: (
            "attempt to negate with overflow", "attempt to add with overflow",
            "attempt to multiply with overflow", "attempt to subtract with overflow",
        ),
    }),
    ("truncating-cast", "truncating cast", 197, False, None, {
        Tool.UNDEFINED: (
            "implicit-unsigned-integer-truncation", "implicit-signed-integer-truncation",
            "implicit-signed-integer-truncation-or-sign-change", "implicit-bitfield-conversion",
        ),
    }),
    ("sign-change", "sign change", 195, False, None, {
        Tool.UNDEFINED: ("implicit-integer-sign-change", "implicit-signed-integer-truncation-or-sign-change"),
    }),
    ("shift-out-of-range", "shift out of range", 1335, True, None, {
        Tool.UNDEFINED: ("invalid-shift-exponent", "invalid-shift-base"),
        Tool.RUST_PANIC: ("attempt to shift left with overflow", "attempt to shift right with overflow"),
    }),
    ("division-by-zero", "division by zero", 369, True, None, {
        Tool.UNDEFINED: ("divide-by-zero", "integer-divide-by-zero", "float-divide-by-zero"),
        Tool.ADDRESS: ("FPE",),
        Tool.SIGNAL: ("FPE",),
        Tool.RUST_PANIC: (
            "attempt to divide by zero", "attempt to calculate the remainder with a divisor of zero",
        ),
    }),
    ("division-overflow", "INT_MIN / -1", 190, True, None, {
        Tool.UNDEFINED: ("signed-integer-overflow",),
        Tool.ADDRESS: ("FPE",),
        Tool.SIGNAL: ("FPE",),
        Tool.RUST_PANIC: (
            "attempt to divide with overflow", "attempt to calculate the remainder with overflow",
        ),
    }),
    ("float-to-int", "float to int out of range", 681, True, None, {
        Tool.UNDEFINED: ("float-cast-overflow",),
    }),
    ("pointer-overflow", "pointer arithmetic overflow", 823, True, None, {
        Tool.UNDEFINED: (
            "pointer-overflow", "nullptr-with-offset", "nullptr-with-nonzero-offset",
            "nullptr-after-nonzero-offset",
        ),
        Tool.RUST_ABORT: ("unsafe precondition violated",),
    }),
)

CONCURRENCY: Final[tuple[Row, ...]] = (
    ("data-race", "data race on an integer", 362, True, None, {
        Tool.THREAD: ("data race", "data race on vptr", "use-after-free race", "race on external object"),
    }),
    ("data-race-shared-pointer", "data race on a shared pointer", 362, True, None, {
        Tool.THREAD: ("data race", "data race on vptr", "heap-use-after-free"),
        Tool.ADDRESS: ("heap-use-after-free",),
    }),
    ("data-race-container", "data race on a container", 362, True, None, {
        Tool.THREAD: ("data race", "heap-use-after-free"),
        Tool.ADDRESS: ("heap-use-after-free",),
    }),
    ("lock-order-inversion", "lock-order inversion", 833, False, None, {
        Tool.THREAD: ("lock-order-inversion",),
    }),
    ("double-lock", "double lock, or a guard that lives too long", 833, False, None, {
        Tool.THREAD: ("double lock of a mutex", "read lock of a write locked mutex", "lock-order-inversion"),
    }),
    ("mutex-misuse", "mutex destroyed while locked, unlocked while free", 667, True, None, {
        Tool.THREAD: (
            "destroy of a locked mutex", "unlock of an unlocked mutex",
            "read unlock of a write locked mutex", "use of an invalid mutex",
        ),
    }),
    ("thread-leak", "thread never joined", 772, False, None, {Tool.THREAD: ("thread leak",)}),
    ("signal-unsafe-call", "call that is unsafe in a signal handler", 479, True, None, {
        Tool.THREAD: ("signal-unsafe call inside of a signal", "signal handler spoils errno"),
    }),
    ("double-borrow", "double borrow at run time", 664, False, None, {
        Tool.RUST_PANIC: ("already borrowed",),
    }),
)

RESOURCES: Final[tuple[Row, ...]] = (
    ("memory-leak", "leak", 401, False, None, {Tool.LEAK: ("direct leak", "leak")}),
    ("reference-cycle", "reference cycle", 401, False, None, {Tool.LEAK: ("indirect leak", "direct leak")}),
    ("unbounded-growth", "unbounded growth", 770, False, None, {
        Tool.LIBFUZZER: ("out-of-memory",),
        Tool.ADDRESS: ("out-of-memory", "rss-limit-exceeded"),
        Tool.MEMORY: ("out-of-memory", "rss-limit-exceeded"),
        Tool.THREAD: ("out-of-memory",),
        Tool.OUT_OF_MEMORY: ("killed",),
    }),
    ("unbounded-recursion", "unbounded recursion", 674, False, None, {
        Tool.ADDRESS: ("stack-overflow",),
        Tool.SIGNAL: ("stack-overflow",),
        Tool.RUST_ABORT: ("stack overflow",),
    }),
    ("impossible-allocation", "allocation by an attacker's length: impossible", 789, False, None, {
        Tool.ADDRESS: ("allocation-size-too-big", "out-of-memory"),
        Tool.MEMORY: ("allocation-size-too-big",),
        Tool.THREAD: ("allocation-size-too-big",),
        Tool.LEAK: ("allocation-size-too-big",),
        Tool.RUST_PANIC: ("capacity overflow",),
        Tool.RUST_ABORT: ("memory allocation failed",),
        Tool.CXX_EXCEPTION: ("std::bad_alloc", "std::bad_array_new_length", "std::length_error"),
    }),
    ("excessive-allocation", "allocation by an attacker's length: gigabytes", 789, False, None, {
        Tool.LIBFUZZER: ("malloc-limit",),
        Tool.ADDRESS: ("allocation-size-too-big", "out-of-memory"),
        Tool.RUST_ABORT: ("memory allocation failed",),
        Tool.CXX_EXCEPTION: ("std::bad_alloc",),
    }),
    ("endless-loop", "endless loop", 835, False, None, {
        Tool.LIBFUZZER: ("timeout",),
        Tool.TIMEOUT: ("killed",),
    }),
)

ERRORS: Final[tuple[Row, ...]] = (
    ("uncaught-exception", "uncaught exception", 248, False, None, {Tool.CXX_EXCEPTION: ("*",)}),
    ("throw-in-destructor", "throw in a destructor", 248, False, None, {
        Tool.RUST_ABORT: ("panic in a destructor", "panic while panicking"),
        Tool.CXX_EXCEPTION: ("*",),
    }),
    ("reachable-assertion", "assertion reached", 617, False, None, {
        Tool.ASSERT: ("assertion failed",),
        Tool.RUST_PANIC: ("assertion failed", "entered unreachable code", "not implemented"),
    }),
    ("unchecked-unwrap", "unwrap of what an attacker controls", 248, True, None, {
        Tool.RUST_PANIC: ("unwrap on None", "unwrap on Err"),
        Tool.CXX_LIBRARY: ("library assertion failed", "hardening assertion failed"),
    }),
    ("explicit-panic", "panic raised by the program itself", 248, False, None, {
        Tool.RUST_PANIC: ("panic", "Box<dyn Any>"),
        Tool.RUST_ABORT: ("panic in a function that cannot unwind",),
    }),
    ("format-string", "format string", 134, True, None, {
        Tool.FORTIFY: ("%n in writable segment detected", "invalid %N$ use detected"),
    }),
    ("initialisation-order", "initialisation order", 1188, True, None, {
        Tool.ADDRESS: ("initialization-order-fiasco",),
    }),
    ("odr-violation", "ODR violation", 758, True, None, {Tool.ADDRESS: ("odr-violation",)}),
)

CONTROLS: Final[tuple[Row, ...]] = (
    ("path-traversal", "path traversal", 22, False, None, {}),
    ("wrong-check", "wrong check or authorisation logic", 697, False, None, {}),
    ("swapped-field", "swapped field", 683, False, None, {}),
)

# What no tool names, and every language compiles: the program does what it says, and that is not what was meant. Only
# another program, or a specification, says otherwise (docs/agreement.md).
LOGIC: Final[tuple[Row, ...]] = (
    ("wrong-bound", "wrong bound of an accepted range", 1284, False, None, {}),
    ("missing-check", "missing or too weak check of what must fit together", 1288, False, None, {}),
    ("case-handling", "upper and lower case told apart, or not", 178, False, None, {}),
    ("wrong-order-of-checks", "checks in the wrong order", 696, False, None, {}),
    ("wrong-escape", "text that is not escaped, or twice", 116, False, None, {}),
    ("wrong-calculation", "wrong calculation: a mask, a unit, a constant", 682, False, None, {}),
)
# fmt: on

Row = tuple[str, str, int, bool, Access | None, Mapping[Tool, tuple[str, ...]]]

GROUPS: Final[Mapping[str, tuple[Row, ...]]] = MappingProxyType(
    {
        "bounds": BOUNDS,
        "initialisation": INITIALISATION,
        "types": TYPES,
        "lifetime": LIFETIME,
        "arithmetic": ARITHMETIC,
        "concurrency": CONCURRENCY,
        "resources": RESOURCES,
        "errors": ERRORS,
        "controls": CONTROLS,
        "logic": LOGIC,
    }
)


def _classes() -> Iterator[BugClass]:
    for group, rows in GROUPS.items():
        for slug, title, cwe, undefined, access, names in rows:
            yield BugClass(
                slug=slug,
                title=title,
                cwe=cwe,
                cwe_name=CWE_NAMES[cwe],
                group=group,
                undefined=undefined,
                access=access,
                tool_names=names,
            )


BUG_CLASSES: Final[Mapping[str, BugClass]] = MappingProxyType({known.slug: known for known in _classes()})
