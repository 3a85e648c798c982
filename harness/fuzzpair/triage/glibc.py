"""glibc's own last words: heap checks, FORTIFY, the stack protector."""

from __future__ import annotations

import re

from fuzzpair.bug_classes import classify
from fuzzpair.model.crash_report import CrashReport
from fuzzpair.model.tool import Tool
from fuzzpair.triage.log import Block, excerpt

# Before 2.26 the line was ``*** Error in `./program': free(): invalid pointer: 0x000055d1 ***``.
_HEAP = re.compile(
    r"(?:^|\*\*\* Error in .{1,512}: )"
    r"((?:free|malloc|realloc|calloc|munmap_chunk|malloc_consolidate|mremap_chunk|tcache_thread_shutdown)\(\): \w.*"
    r"|double free or corruption.*|corrupted size vs\. prev_size.*|corrupted double-linked list.*)$"
)
_OLD_TAIL = re.compile(r": 0x[0-9a-fA-F]{1,16} \*\*\*$")
_ASSERTED = re.compile(r"(?:^|[/ ])malloc\.c:\d{1,6}: (\w{1,64}): Assertion `(.{1,2048})' failed")
# Its wording since 2.36, and since 2.38.
_FATAL = re.compile(
    r"Fatal glibc error: malloc(?: assertion failure in (\w{1,64})|\.c:\d{1,6} \((\w{1,64})\): assertion failed):"
)
_DETECTED = re.compile(
    r"\*\*\* ((?:stack smashing|buffer overflow|%n in writable segment|invalid %N\$ use) detected) \*\*\*"
)


def parse(block: Block) -> CrashReport | None:
    line = block[0]
    detected = _DETECTED.search(line)
    if detected:
        tool = Tool.STACK_PROTECTOR if detected[1].startswith("stack") else Tool.FORTIFY
        return _report(tool, detected[1], line)
    asserted = _ASSERTED.search(line)
    if asserted:
        return _report(Tool.GLIBC_HEAP, f"{asserted[1]}(): assertion", line)
    fatal = _FATAL.search(line)
    if fatal:
        return _report(Tool.GLIBC_HEAP, f"{fatal[1] or fatal[2]}(): assertion", line)
    heap = _HEAP.search(line)
    return _report(Tool.GLIBC_HEAP, _OLD_TAIL.sub("", heap[1].rstrip()), line) if heap else None


def _report(tool: Tool, kind: str, line: str) -> CrashReport:
    kind = kind[:120]
    return CrashReport(
        tool=tool,
        kind=kind,
        bug_class=classify(tool, kind),
        message=line.strip()[:500],
        excerpt=excerpt((line,)),
    )
