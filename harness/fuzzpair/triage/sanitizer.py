"""What the reports of all sanitizers share: the header, the stacks, the allocator's and the kernel's errors."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fuzzpair.bug_classes import classify
from fuzzpair.model.crash_report import Access, CrashReport, Frame
from fuzzpair.model.tool import Tool
from fuzzpair.triage.log import Block, excerpt
from fuzzpair.triage.stack import Labelled, stacks

TOOLS = {
    tool.value: tool
    for tool in (Tool.ADDRESS, Tool.LEAK, Tool.UNDEFINED, Tool.MEMORY, Tool.THREAD, Tool.TYPE, Tool.HWADDRESS)
}
NEAR_NULL = 0x1000
HIGHEST_USER_ADDRESS = 0x7FFF_FFFF_FFFF
MESSAGE_LENGTH = 500

_HEADER = re.compile(r"(?:ERROR|WARNING): (\w{1,24}Sanitizer):? (.{1,2048})")
_ACCESS = re.compile(r"^\s*(READ|WRITE) of size (\d{1,19})\b")
_ADDRESS = re.compile(r"\b(?:on(?: unknown)? address|on|malloc\(\)-ed:|for:) (0x[0-9a-fA-F]{1,16})")
_SIGNAL = re.compile(r"^(SEGV|BUS|FPE|ILL|TRAP|ABRT|UNKNOWN SIGNAL|stack-overflow) on ")
_CAUSED_BY = re.compile(r"The signal is caused by a (READ|WRITE) memory access")

# What the allocator that all sanitizers share refuses: its sentence, and the word of its summary.
_REFUSED = (
    ("allocation-size-too-big", re.compile(r"^requested allocation size (0x[0-9a-fA-F]{1,16})")),
    ("calloc-overflow", re.compile(r"^calloc parameters overflow")),
    ("reallocarray-overflow", re.compile(r"^reallocarray parameters overflow")),
    ("pvalloc-overflow", re.compile(r"^pvalloc parameters overflow")),
    ("out-of-memory", re.compile(r"^allocator is out of memory trying to allocate (0x[0-9a-fA-F]{1,16})")),
    ("out-of-memory", re.compile(r"^failed to allocate (0x[0-9a-fA-F]{1,16})")),
    ("rss-limit-exceeded", re.compile(r"RSS limit")),
    ("invalid-allocation-alignment", re.compile(r"^invalid (?:allocation|aligned_alloc|posix_memalign) alignment")),
)


@dataclass(frozen=True, slots=True)
class Header:
    tool: Tool
    text: str


def header(block: Block) -> Header | None:
    """Who reports, and the rest of the line; None where the block is no sanitizer's."""
    match = _HEADER.search(block[0])
    tool = TOOLS.get(match[1]) if match else None
    return Header(tool, match[2].strip()) if match and tool else None


def access_and_size(block: Block) -> tuple[Access | None, int | None]:
    for line in block[1:12]:
        match = _ACCESS.match(line)
        if match:
            return Access(match[1]), int(match[2])
    return None, None


def address_in(text: str) -> int | None:
    match = _ADDRESS.search(text)
    return int(match[1], 16) if match else None


def fault_and_others(block: Block) -> tuple[tuple[Frame, ...], tuple[Labelled, ...]]:
    """The stack of the fault, which every sanitizer prints first, and the labelled rest."""
    found = stacks(block)
    return (found[0][1], found[1:]) if found else ((), ())


def parse_signal(block: Block) -> CrashReport | None:
    """A deadly signal that a sanitizer's runtime caught. It is a finding of AddressSanitizer only."""
    head = header(block)
    match = _SIGNAL.match(head.text) if head else None
    if head is None or match is None:
        return None
    tool = Tool.ADDRESS if head.tool is Tool.ADDRESS else Tool.SIGNAL
    kind, address = match[1], address_in(head.text)
    access = next((Access(found[1]) for line in block[:6] if (found := _CAUSED_BY.search(line))), None)
    stack, others = fault_and_others(block)
    return CrashReport(
        tool=tool,
        kind=kind,
        bug_class=_signal_class(tool, kind, address),
        message=f"{kind} on {_address_class(address)}",
        access=access,
        address=address,
        stack=stack,
        other_stacks=others,
        excerpt=excerpt(block),
    )


def _signal_class(tool: Tool, kind: str, address: int | None) -> str | None:
    if kind == "SEGV":
        return "null-dereference" if address is not None and address < NEAR_NULL else None
    return classify(tool, kind)


def _address_class(address: int | None) -> str:
    if address is None:
        return "an unknown address"
    if address < NEAR_NULL:
        return f"address {address:#x}, in the zero page"
    return f"address {address:#x}" + (", beyond user space" if address > HIGHEST_USER_ADDRESS else "")


def parse_refused_allocation(block: Block) -> CrashReport | None:
    """An allocation that the sanitizers' common allocator refuses."""
    head = header(block)
    if head is None:
        return None
    for kind, pattern in _REFUSED:
        match = pattern.search(head.text)
        if match:
            stack, others = fault_and_others(block)
            return CrashReport(
                tool=head.tool,
                kind=kind,
                bug_class=classify(head.tool, kind),
                message=head.text[:MESSAGE_LENGTH],
                size=int(match[1], 16) if match.groups() else None,
                stack=stack,
                other_stacks=others,
                excerpt=excerpt(block),
            )
    return None
