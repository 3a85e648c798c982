"""ThreadSanitizer: races with both stacks, lock orders, threads that nobody joins, misused mutexes."""

from __future__ import annotations

import re

from fuzzpair.bug_classes import classify
from fuzzpair.model.crash_report import Access, CrashReport
from fuzzpair.model.tool import Tool
from fuzzpair.triage.log import Block, excerpt
from fuzzpair.triage.sanitizer import MESSAGE_LENGTH, fault_and_others, header

# `  Write of size 4 at 0x55d1 by main thread:`, `  Previous atomic read of size 8 …`
_ACCESS = re.compile(r"^\s*(?:[Aa]tomic )?([Rr]ead|[Ww]rite) of size (\d{1,9}) at (0x[0-9a-fA-F]{1,16})")


def parse(block: Block) -> CrashReport | None:
    head = header(block)
    if head is None or head.tool is not Tool.THREAD:
        return None
    # `data race on vptr (ctor/dtor vs virtual call) (pid=8)`: what stands in brackets explains the kind.
    kind = head.text.partition(" (")[0][:120]
    access, size, address = _first_access(block)
    stack, others = fault_and_others(block)
    return CrashReport(
        tool=Tool.THREAD,
        kind=kind,
        bug_class=classify(Tool.THREAD, kind),
        message=head.text[:MESSAGE_LENGTH],
        access=access,
        size=size,
        address=address,
        stack=stack,
        other_stacks=others,
        excerpt=excerpt(block),
    )


def _first_access(block: Block) -> tuple[Access | None, int | None, int | None]:
    for line in block[1:40]:
        match = _ACCESS.match(line)
        if match:
            return Access(match[1].upper()), int(match[2]), int(match[3], 16)
    return None, None, None
