"""TypeSanitizer: an object is read or written through a type that may not alias its own."""

from __future__ import annotations

import re

from fuzzpair.bug_classes import classify
from fuzzpair.model.crash_report import Access, CrashReport
from fuzzpair.model.tool import Tool
from fuzzpair.triage.asan import kind_of
from fuzzpair.triage.log import Block, excerpt
from fuzzpair.triage.sanitizer import MESSAGE_LENGTH, address_in, fault_and_others, header

_ACCESS = re.compile(r"^(READ|WRITE|ATOMIC UPDATE) of size (\d{1,9}) at 0x[0-9a-fA-F]{1,16} (with type .{1,1024})$")


def parse(block: Block) -> CrashReport | None:
    head = header(block)
    if head is None or head.tool is not Tool.TYPE:
        return None
    kind = kind_of(head.text)
    match = next((found for line in block[1:4] if (found := _ACCESS.match(line))), None)
    stack, others = fault_and_others(block)
    return CrashReport(
        tool=Tool.TYPE,
        kind=kind,
        bug_class=classify(Tool.TYPE, kind),
        message=(match[3] if match else head.text)[:MESSAGE_LENGTH],
        access=Access(match[1]) if match and match[1] in list(Access) else None,
        size=int(match[2]) if match else None,
        address=address_in(head.text),
        stack=stack,
        other_stacks=others,
        excerpt=excerpt(_with_its_stack(block)),
    )


def _with_its_stack(block: Block) -> Block:
    """TypeSanitizer ends its report with an empty line and no summary."""
    end = next((number for number, line in enumerate(block) if not line.strip()), len(block))
    return block[:end]
