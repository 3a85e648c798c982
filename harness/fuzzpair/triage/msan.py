"""MemorySanitizer: reads of uninitialised memory, with the stacks of where it came from."""

from __future__ import annotations

import re

from fuzzpair.bug_classes import classify
from fuzzpair.model.crash_report import CrashReport
from fuzzpair.model.tool import Tool
from fuzzpair.triage.asan import kind_of
from fuzzpair.triage.log import Block, excerpt
from fuzzpair.triage.sanitizer import MESSAGE_LENGTH, fault_and_others, header

_ORIGIN = re.compile(r"^\s*Uninitialized value was created by (.{1,200})")


def parse(block: Block) -> CrashReport | None:
    head = header(block)
    if head is None or head.tool is not Tool.MEMORY:
        return None
    kind = kind_of(head.text)
    origin = next((found[1] for line in block if (found := _ORIGIN.match(line))), "")
    stack, others = fault_and_others(block)
    return CrashReport(
        tool=Tool.MEMORY,
        kind=kind,
        # Freed memory is poisoned as well: then it was no forgotten initialisation.
        bug_class="use-after-free" if "heap deallocation" in origin else classify(Tool.MEMORY, kind),
        message=(f"{kind}: created by {origin}" if origin else head.text)[:MESSAGE_LENGTH],
        stack=stack,
        other_stacks=others,
        excerpt=excerpt(block),
    )
