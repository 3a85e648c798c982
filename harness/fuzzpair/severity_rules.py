"""What a bug of each class is worth to an attacker, in the metrics of CVSS 3.1, each with its reason. Data alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from types import MappingProxyType
from typing import Final


class Reachability(Enum):
    """Who can bring the program to the fault, as the exploitability metrics of CVSS 3.1, and why these."""

    UNTRUSTED = (
        "untrusted",
        "AV:N/PR:N/UI:N",
        "A fuzz target hands octets to the function that production feeds from outside: who sends them reaches it.",
    )
    UNKNOWN = (
        "unknown",
        "AV:L/PR:N/UI:R",
        "A log without its target. Someone opens a file that an attacker made: what CVSS assumes of a library.",
    )
    HARNESS = (
        "harness",
        "AV:L/PR:H/UI:N",
        "Only calls of the harness itself lead there, no input does: an attacker must already run the program.",
    )

    def __init__(self, word: str, metrics: str, reason: str) -> None:
        self.word = word
        self.metrics = metrics
        self.reason = reason


class Effect(Enum):
    """What an attacker gains from a fault: attack complexity and the three impacts of CVSS 3.1, and why these."""

    TAKEOVER = (
        "takeover",
        "AC:L/C:H/I:H/A:H",
        "The attacker chooses what is written, or what is called: the usual way to run code.",
    )
    SHAPED_TAKEOVER = (
        "takeover, if shaped",
        "AC:H/C:H/I:H/A:H",
        "The same, once the heap, the stack or the threads are as the attacker needs them; CVE-2024-6387 is scored so.",
    )
    DISCLOSURE = (
        "disclosure",
        "AC:L/C:H/I:N/A:N",
        "Memory beside the object comes out, and how much is the attacker's choice; CVE-2014-0160 is scored so.",
    )
    FOREIGN_FILE = (
        "foreign files",
        "AC:L/C:H/I:H/A:N",
        "Files that were never meant for the program are read or written.",
    )
    SOME_OCTETS = (
        "some octets",
        "AC:L/C:L/I:N/A:N",
        "A few octets of old memory come out, which the attacker does not choose.",
    )
    UNPREDICTABLE = (
        "unpredictable",
        "AC:L/C:L/I:N/A:L",
        "What follows depends on old memory or on the compiler's choice: an octet leaks, a branch goes wrong, it ends.",
    )
    MISJUDGED = ("misjudged", "AC:L/C:L/I:L/A:N", "The program allows or believes what it should refuse.")
    WRONG_VALUE = (
        "wrong value",
        "AC:L/C:N/I:L/A:N",
        "A figure is wrong and the program goes on. The memory fault that may follow is a finding of its own.",
    )
    WRONG_IN_TIME = (
        "wrong value, by chance",
        "AC:H/C:N/I:L/A:L",
        "The same, when two threads meet in an order that the attacker cannot force.",
    )
    EXHAUSTION = (
        "exhaustion",
        "AC:L/C:N/I:N/A:H",
        "The service stays away: it waits, computes or swaps, and nothing restarts what has not ended.",
    )
    DEADLOCK = (
        "exhaustion, by chance",
        "AC:H/C:N/I:N/A:H",
        "The same, when two threads meet in an order that the attacker cannot force.",
    )
    CRASH = (
        "crash",
        "AC:L/C:N/I:N/A:L",
        "One process ends and can be started again.",
    )
    NOTHING = ("nothing", "AC:L/C:N/I:N/A:N", "No input brings it about, so no attacker gains by it.")

    def __init__(self, word: str, metrics: str, reason: str) -> None:
        self.word = word
        self.metrics = metrics
        self.reason = reason


class Touch(StrEnum):
    """What was done to the memory at fault. A free is told by the class, as no tool calls it an access."""

    READ = "read"
    WRITE = "write"
    FREE = "free"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What one class of bugs is worth to an attacker. Where no tool saw the access, the worse of the two counts."""

    read: Effect
    write: Effect
    unknown: Effect
    free: Effect
    reason: str

    def effect(self, touch: Touch) -> Effect:
        match touch:
            case Touch.READ:
                return self.read
            case Touch.WRITE:
                return self.write
            case Touch.FREE:
                return self.free
            case Touch.UNKNOWN:
                return self.unknown


def _always(effect: Effect, reason: str) -> Rule:
    return Rule(read=effect, write=effect, unknown=effect, free=effect, reason=reason)


def _by_access(read: Effect, write: Effect, reason: str, *, unknown: Effect | None = None) -> Rule:
    return Rule(read=read, write=write, unknown=unknown or write, free=write, reason=reason)


_OUT_OF_BOUNDS: Final = "A read gives what lies beside the object, a write changes it (CWE-125, CWE-787)."
STALE: Final = (
    "The memory may hold an attacker's data by the time it is used again (CWE-416): a read can give a pointer."
)
_STACK_STALE: Final = "Later calls reuse the stack frame: a read gives their data, a write changes their return path."

# For every class its rule, in the order of bug_classes.py; tests/test_severity.py holds the two tables together.
# fmt: off
RULES: Final[Mapping[str, Rule]] = MappingProxyType({
    # bounds
    "heap-buffer-overflow-read": _always(Effect.DISCLOSURE, _OUT_OF_BOUNDS),
    "heap-buffer-overflow-write": _always(Effect.TAKEOVER, _OUT_OF_BOUNDS),
    "stack-buffer-overflow": _by_access(Effect.DISCLOSURE, Effect.TAKEOVER,
        "Return addresses lie behind the buffer (CWE-121)."),
    "stack-buffer-overflow-read": _always(Effect.DISCLOSURE, "Return addresses and canaries lie there (CWE-125)."),
    "global-buffer-overflow": _by_access(Effect.DISCLOSURE, Effect.TAKEOVER, _OUT_OF_BOUNDS),
    "index-out-of-bounds": _by_access(Effect.DISCLOSURE, Effect.TAKEOVER,
        "The index is the attacker's, so the place is as well (CWE-129)."),
    "off-by-one": _by_access(Effect.SOME_OCTETS, Effect.SHAPED_TAKEOVER,
        "One element too far: what lies there is luck (CWE-193)."),
    "far-out-of-bounds-read": _always(Effect.DISCLOSURE, "The distance is the attacker's choice (CWE-125)."),
    "string-copy-overflow": _by_access(Effect.DISCLOSURE, Effect.TAKEOVER,
        "Content and length of the write are the attacker's (CWE-120)."),
    "unterminated-string-read": _always(Effect.DISCLOSURE,
        "The read goes on to the next zero octet, wherever that is (CWE-170)."),
    "dynamic-stack-array": _by_access(Effect.DISCLOSURE, Effect.TAKEOVER,
        "A length of the attacker's moves the stack pointer (CWE-789)."),
    "intra-object-overflow": _by_access(Effect.SOME_OCTETS, Effect.TAKEOVER,
        "The next member may be a length or a pointer (CWE-787)."),
    "intra-object-memcpy": _by_access(Effect.SOME_OCTETS, Effect.TAKEOVER,
        "The next member may be a length or a pointer (CWE-787)."),
    "container-overflow": _by_access(Effect.SOME_OCTETS, Effect.SHAPED_TAKEOVER,
        "Still inside the block: old elements, or ones to come (CWE-119)."),
    "container-data-overflow": _by_access(Effect.SOME_OCTETS, Effect.SHAPED_TAKEOVER,
        "Still inside the block: old elements, or ones to come (CWE-119)."),
    "negative-size": _always(Effect.SHAPED_TAKEOVER,
        "A copy of nearly all memory; it is caught in time only by luck (CWE-195)."),
    "signed-bound-check": _by_access(Effect.DISCLOSURE, Effect.TAKEOVER,
        "A negative index passes the check (CWE-839)."),
    "overlapping-copy": _always(Effect.WRONG_VALUE,
        "Inside of bounds, in an order nobody promised: the copy is wrong (CWE-475)."),
    "stale-buffer-read": _always(Effect.DISCLOSURE, "Another user's data is in the buffer (CWE-126)."),
    "stale-index": _by_access(Effect.DISCLOSURE, Effect.TAKEOVER, _OUT_OF_BOUNDS),
    # initialisation
    "uninitialised-read": _always(Effect.UNPREDICTABLE, "The value is whatever was there before (CWE-457)."),
    "padding-leak": _always(Effect.SOME_OCTETS, "Octets between the members go out with them (CWE-200)."),
    "exposed-uninitialised": _always(Effect.SHAPED_TAKEOVER,
        "A destructor runs on values that were never made (CWE-908)."),
    # types
    "null-dereference": _always(Effect.CRASH, "The first page is never mapped (CWE-476)."),
    "null-argument": _always(Effect.CRASH,
        "The callee reads through it, and the first page is not mapped (CWE-476)."),
    "bad-downcast": _by_access(Effect.DISCLOSURE, Effect.TAKEOVER,
        "Members beyond the object, pointers read from data (CWE-843)."),
    "bad-downcast-same-size": _by_access(Effect.DISCLOSURE, Effect.TAKEOVER,
        "One member's octets are used as another's pointer (CWE-843)."),
    "wrong-function-type": _always(Effect.SHAPED_TAKEOVER,
        "Registers are read as arguments of other types (CWE-843)."),
    "invalid-bool": _always(Effect.UNPREDICTABLE, "Neither branch was made for it (CWE-704)."),
    "invalid-enum": _always(Effect.UNPREDICTABLE, "A jump table has no entry for it (CWE-704)."),
    "misaligned-access": _always(Effect.CRASH, "x86-64 allows most and traps some; others trap all (CWE-188)."),
    "strict-aliasing": _always(Effect.UNPREDICTABLE, "The compiler may use either of two values (CWE-758)."),
    "union-confusion": _by_access(Effect.DISCLOSURE, Effect.TAKEOVER,
        "One member's octets are used as another's pointer (CWE-843)."),
    "missing-return": _always(Effect.UNPREDICTABLE,
        "What is returned, or run next, is the compiler's choice (CWE-758)."),
    "reached-unreachable": _always(Effect.UNPREDICTABLE, "What is run next is the compiler's choice (CWE-758)."),
    "invalid-builtin-argument": _always(Effect.WRONG_VALUE, "Another number per processor (CWE-475)."),
    "const-input-written": _always(Effect.WRONG_VALUE, "Callers trust that their input stays as it is (CWE-758)."),
    # lifetime
    "use-after-free": _by_access(Effect.SHAPED_TAKEOVER, Effect.TAKEOVER, STALE),
    "double-free": _always(Effect.SHAPED_TAKEOVER, "Two owners get one block, unless the heap notices (CWE-415)."),
    "invalid-free": _always(Effect.SHAPED_TAKEOVER,
        "A block of the attacker's making enters the free lists (CWE-590)."),
    "free-of-offset-pointer": _always(Effect.SHAPED_TAKEOVER,
        "The heap reads a header out of the block's own data (CWE-761)."),
    "allocator-mismatch": _always(Effect.CRASH, "Two allocators, which on Linux share one heap (CWE-762)."),
    "delete-without-virtual-destructor": _always(Effect.CRASH,
        "Members are not destroyed, and the heap is told a wrong size (CWE-1079)."),
    "use-after-return": _by_access(Effect.DISCLOSURE, Effect.SHAPED_TAKEOVER, _STACK_STALE),
    "use-after-scope": _by_access(Effect.DISCLOSURE, Effect.SHAPED_TAKEOVER, _STACK_STALE),
    "dangling-view": _by_access(Effect.DISCLOSURE, Effect.SHAPED_TAKEOVER,
        "The text is another's by now; views are seldom written (CWE-825)."),
    "dangling-reference": _by_access(Effect.DISCLOSURE, Effect.SHAPED_TAKEOVER, _STACK_STALE),
    "iterator-invalidation": _by_access(Effect.SHAPED_TAKEOVER, Effect.TAKEOVER, STALE),
    "iterator-invalidation-erase": _by_access(Effect.SOME_OCTETS, Effect.SHAPED_TAKEOVER,
        "The block is still the container's, the element is not (CWE-416)."),
    "use-after-move": _always(Effect.WRONG_VALUE, "A value nobody chose, in a valid object (CWE-672)."),
    "use-after-move-pointer": _always(Effect.CRASH, "A moved-from smart pointer is null (CWE-476)."),
    "pure-virtual-call": _always(Effect.CRASH, "The runtime ends the process at the call (CWE-758)."),
    "call-on-freed-object": _always(Effect.TAKEOVER, "The table of functions is read out of freed memory (CWE-416)."),
    # arithmetic
    "unsigned-wrap": _always(Effect.WRONG_VALUE,
        "Too short an allocation; the overflow after it counts itself (CWE-190)."),
    "unsigned-underflow": _always(Effect.WRONG_VALUE,
        "Too long a length; the overflow after it counts itself (CWE-191)."),
    "signed-overflow": _always(Effect.WRONG_VALUE, "Checks behind it may be compiled away (CWE-190)."),
    "truncating-cast": _always(Effect.WRONG_VALUE, "The high bits are lost, often those of a length (CWE-197)."),
    "sign-change": _always(Effect.WRONG_VALUE, "A negative number becomes a huge length (CWE-195)."),
    "shift-out-of-range": _always(Effect.WRONG_VALUE, "Another number per processor (CWE-1335)."),
    "division-by-zero": _always(Effect.CRASH, "x86-64 traps (CWE-369)."),
    "division-overflow": _always(Effect.CRASH, "x86-64 traps (CWE-190)."),
    "float-to-int": _always(Effect.WRONG_VALUE, "Another number per processor (CWE-681)."),
    "pointer-overflow": _always(Effect.WRONG_VALUE, "Bounds checks behind it may be compiled away (CWE-823)."),
    # concurrency
    "data-race": _always(Effect.WRONG_IN_TIME, "A number is lost or torn (CWE-362)."),
    "data-race-shared-pointer": _always(Effect.SHAPED_TAKEOVER,
        "A lost count frees an object in use (CWE-362, CWE-416)."),
    "data-race-container": _always(Effect.SHAPED_TAKEOVER,
        "One thread grows what another one walks (CWE-362, CWE-416)."),
    "lock-order-inversion": _always(Effect.DEADLOCK, "Both threads wait for ever (CWE-833)."),
    "double-lock": _always(Effect.EXHAUSTION, "The thread waits for itself, for ever (CWE-833)."),
    "mutex-misuse": _always(Effect.WRONG_IN_TIME, "The lock protects nothing any more (CWE-667)."),
    "thread-leak": _always(Effect.CRASH, "Threads add up until none can be started (CWE-772)."),
    "signal-unsafe-call": _always(Effect.SHAPED_TAKEOVER,
        "The handler enters a heap that is half changed (CWE-479)."),
    "double-borrow": _always(Effect.CRASH, "The check of RefCell stops it (CWE-664)."),
    # resources
    "memory-leak": _always(Effect.CRASH, "Memory adds up until the process is ended (CWE-401)."),
    "reference-cycle": _always(Effect.CRASH, "Memory adds up until the process is ended (CWE-401)."),
    "unbounded-growth": _always(Effect.EXHAUSTION, "A small input takes the machine's memory (CWE-770)."),
    "unbounded-recursion": _always(Effect.CRASH, "The guard page ends the process (CWE-674)."),
    "impossible-allocation": _always(Effect.CRASH, "The allocator refuses (CWE-789)."),
    "excessive-allocation": _always(Effect.EXHAUSTION, "A small input takes the machine's memory (CWE-789)."),
    "endless-loop": _always(Effect.EXHAUSTION, "A small input keeps a core busy for ever (CWE-835)."),
    # errors
    "uncaught-exception": _always(Effect.CRASH, "std::terminate ends the process (CWE-248)."),
    "throw-in-destructor": _always(Effect.CRASH, "std::terminate or abort ends the process (CWE-248)."),
    "reachable-assertion": _always(Effect.CRASH, "The program's own check ends it (CWE-617)."),
    "unchecked-unwrap": _always(Effect.CRASH,
        "A panic; in C++ a read of an empty optional is uninitialised (CWE-248)."),
    "explicit-panic": _always(Effect.CRASH, "The program ends itself (CWE-248)."),
    "format-string": _always(Effect.TAKEOVER, "%n writes where an argument points, %s reads there (CWE-134)."),
    "initialisation-order": _always(Effect.NOTHING, "Before main, so before any input (CWE-1188)."),
    "odr-violation": _always(Effect.NOTHING, "A fault of the build, before any input (CWE-758)."),
    # controls
    "path-traversal": _always(Effect.FOREIGN_FILE, "The attacker names the file (CWE-22)."),
    "wrong-check": _always(Effect.MISJUDGED, "What is allowed in the end is not known here (CWE-697)."),
    "swapped-field": _always(Effect.WRONG_VALUE, "The answer is wrong (CWE-683)."),
    # logic
    "wrong-bound": _always(Effect.MISJUDGED, "What is accepted beyond the bound is not known here (CWE-1284)."),
    "missing-check": _always(Effect.MISJUDGED, "What the check would have kept out is not known here (CWE-1288)."),
    "case-handling": _always(Effect.MISJUDGED, "One that is taken for two may be a way past a rule (CWE-178)."),
    "wrong-order-of-checks": _always(Effect.WRONG_VALUE, "Another reason is told than the first (CWE-696)."),
    "wrong-escape": _always(Effect.MISJUDGED, "Who reads the text takes data for its syntax (CWE-116)."),
    "wrong-calculation": _always(Effect.WRONG_VALUE, "The answer is wrong (CWE-682)."),
})
# fmt: on

# What no class is known of: an access is judged as one out of bounds, and what only ended as a crash.
UNCLASSIFIED: Final = _by_access(
    Effect.DISCLOSURE,
    Effect.TAKEOVER,
    "A fault at an address that no class explains is out of bounds until shown otherwise; a bare signal is a crash.",
    unknown=Effect.CRASH,
)
