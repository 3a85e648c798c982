"""AddressSanitizer, LeakSanitizer and HWAddressSanitizer."""

from __future__ import annotations

import re

from fuzzpair.bug_classes import classify
from fuzzpair.model.crash_report import CrashReport, Frame
from fuzzpair.model.tool import Tool
from fuzzpair.triage.log import Block, excerpt
from fuzzpair.triage.sanitizer import (
    MESSAGE_LENGTH,
    access_and_size,
    address_in,
    fault_and_others,
    header,
)
from fuzzpair.triage.stack import stacks

# Headers that are sentences, with the word that the summary line has for them.
_SENTENCES = (
    ("double-free", re.compile(r"^attempting double-free")),
    ("bad-free", re.compile(r"^attempting free on address which was not malloc")),
    ("bad-malloc_usable_size", re.compile(r"^attempting to call malloc_usable_size")),
    ("bad-__sanitizer_get_allocated_size", re.compile(r"^attempting to call __sanitizer_get_allocated_size")),
    ("bad-__sanitizer_annotate_contiguous_container", re.compile(r"^bad parameters to __sanitizer_annotate")),
)
_FIRST_WORD = re.compile(r"^[\w.+-]{1,64}")
_LOCATED = re.compile(
    r"^(?:Address )?0x[0-9a-fA-F]{1,16} is (?:located|a wild pointer)|^0x[0-9a-fA-F]{1,16} is located"
)
_REGISTERS = re.compile(r" at pc 0x| \(pc 0x| in thread T")

_LEAK = re.compile(r"^(Direct|Indirect) leak of (\d{1,19}) byte\(s\) in (\d{1,19}) object\(s\)")
_TAGGED = re.compile(r"^Cause: ([\w-]{1,64}(?: tag-mismatch)?)")


def parse(block: Block) -> CrashReport | None:
    """A report of AddressSanitizer proper."""
    head = header(block)
    if head is None or head.tool is not Tool.ADDRESS:
        return None
    kind = kind_of(head.text)
    access, size = access_and_size(block)
    stack, others = fault_and_others(block)
    return CrashReport(
        tool=Tool.ADDRESS,
        kind=kind,
        bug_class=classify(Tool.ADDRESS, kind, access),
        message=_message(head.text, block),
        access=access,
        size=size,
        address=address_in(head.text),
        stack=stack,
        other_stacks=others,
        excerpt=excerpt(block),
    )


def kind_of(text: str) -> str:
    """The tool's word for the fault, as its summary line has it."""
    for kind, pattern in _SENTENCES:
        if pattern.match(text):
            return kind
    word = _FIRST_WORD.match(text)
    return word[0] if word else "unknown"


def _message(text: str, block: Block) -> str:
    """The fault without registers, and where the address lies: the line that a reader looks for."""
    fault = _REGISTERS.split(text, maxsplit=1)[0]
    located = next((line for line in block if _LOCATED.match(line)), "")
    return f"{fault}; {located}"[:MESSAGE_LENGTH] if located else fault[:MESSAGE_LENGTH]


def parse_leak(block: Block) -> CrashReport | None:
    """All leaks of a process are one report; the first direct one is its stack, the others stand beside it."""
    head = header(block)
    if head is None or head.tool is not Tool.LEAK:
        return None
    # A log cut off below the header still says that something leaked.
    leaks = _leaks(block) or [("leak", 0, ())]
    kind, size, stack = next((leak for leak in leaks if leak[0] == "direct leak"), leaks[0])
    rest = [leak for leak in leaks if leak[2] is not stack]
    return CrashReport(
        tool=Tool.LEAK,
        kind=kind,
        # What only points at itself has no direct leak: LeakSanitizer marks each member as reached by another.
        bug_class=classify(Tool.LEAK, kind),
        message=f"{len(leaks)} places leak {sum(leak[1] for leak in leaks)} octets",
        size=size or None,
        stack=stack,
        other_stacks=tuple((one_kind, frames) for one_kind, _, frames in rest),
        excerpt=excerpt(block),
    )


def _leaks(block: Block) -> list[tuple[str, int, tuple[Frame, ...]]]:
    starts = [number for number, line in enumerate(block) if _LEAK.match(line)]
    found = []
    for start, end in zip(starts, [*starts[1:], len(block)], strict=False):
        match = _LEAK.match(block[start])
        assert match is not None
        frames = stacks(block[start:end])
        found.append((f"{match[1].lower()} leak", int(match[2]), frames[0][1] if frames else ()))
    return found


def parse_tagged(block: Block) -> CrashReport | None:
    """HWAddressSanitizer: the header says only that tags differ, the cause comes later."""
    head = header(block)
    if head is None or head.tool is not Tool.HWADDRESS:
        return None
    cause = next((found[1] for line in block if (found := _TAGGED.match(line))), None)
    kind = cause or kind_of(head.text)
    access, size = access_and_size(block)
    stack, others = fault_and_others(block)
    return CrashReport(
        tool=Tool.HWADDRESS,
        kind=kind,
        bug_class=classify(Tool.HWADDRESS, kind, access),
        message=head.text[:MESSAGE_LENGTH],
        access=access,
        size=size,
        address=address_in(head.text),
        stack=stack,
        other_stacks=others,
        excerpt=excerpt(block),
    )
