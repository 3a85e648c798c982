"""Rust's own stops: panics in all three header forms, aborts, stack overflow, failed allocation."""

from __future__ import annotations

import re

from fuzzpair.bug_classes import classify
from fuzzpair.model.crash_report import CrashReport, Frame
from fuzzpair.model.tool import Tool
from fuzzpair.triage.log import Block, excerpt
from fuzzpair.triage.rust_messages import UNDEFINED_CHECKS, class_of, kind_of
from fuzzpair.triage.sanitizer import MESSAGE_LENGTH
from fuzzpair.triage.stack import position, rust_backtrace

MESSAGE_LINES = 40

# From 1.73 on the message has a line of its own; from 1.95 on a thread has its number: thread 'main' (6451).
_NEW = re.compile(r"([^'\s].{0,1024}?:\d{1,9}:\d{1,9}):$")
_OLD_END = re.compile(r"^(.*)', ([^'\s][^']{0,1024}:\d{1,9}:\d{1,9})\s*$")
_AGAIN = re.compile(r"panicked (?:while processing panic|after panic::always_abort)")
_OVERFLOWED = re.compile(r"thread (.{1,256}) has overflowed its stack")
_ALLOCATION = re.compile(r"memory allocation of (\d{1,20}) bytes failed")
_FATAL = re.compile(r"fatal runtime error: (.{1,512})")
_MESSAGE_ENDS = re.compile(
    r"^\s*$|^stack backtrace:|^note: (?:run with|[Ss]ome details)|^thread caused non-unwinding panic"
    r"|^fatal runtime error|^==\d+==|^AddressSanitizer:"
)
_PANICKED = "panicked at "
_NON_UNWINDING = "thread caused non-unwinding panic"
_BACKTRACE = "stack backtrace:"


def parse(block: Block) -> CrashReport | None:
    return _panic(block) or _abort(block)


def _panic(block: Block) -> CrashReport | None:
    _, mark, head = block[0].partition(_PANICKED)
    if not mark:
        return None
    place, message = _place_and_message(head.rstrip(), block[1:])
    kind = kind_of(message)
    # Undefined behaviour checks, panics in `extern "C"` and in a drop during unwinding end the process at once.
    aborts = kind in UNDEFINED_CHECKS or any(line.startswith(_NON_UNWINDING) for line in block)
    tool = Tool.RUST_ABORT if aborts else Tool.RUST_PANIC
    return _report(tool, kind, message, block, place)


def _place_and_message(head: str, following: Block) -> tuple[str, str]:
    new = _NEW.match(head)
    if new:
        return new[1], "\n".join(_message_lines(following))
    if not head.startswith("'"):
        return "", head
    # The oldest form holds the message in quotes, over several lines for assert_eq!.
    lines: list[str] = []
    for line in (head[1:], *following[:MESSAGE_LINES]):
        end = _OLD_END.match(line)
        if end:
            return end[2], "\n".join([*lines, end[1]])
        lines.append(line)
    return "", head[1:]


def _message_lines(lines: Block) -> list[str]:
    kept: list[str] = []
    for line in lines[:MESSAGE_LINES]:
        # A message may be empty, and then the line below the header is the end already.
        if _MESSAGE_ENDS.match(line):
            break
        kept.append(line)
    return kept


def _abort(block: Block) -> CrashReport | None:
    line = block[0]
    if _AGAIN.search(line):
        return _report(Tool.RUST_ABORT, "panic while panicking", line.strip(), block)
    if _OVERFLOWED.search(line):
        return _report(Tool.RUST_ABORT, "stack overflow", line.strip(), block)
    allocation = _ALLOCATION.search(line)
    if allocation:
        return _report(Tool.RUST_ABORT, "memory allocation failed", line.strip(), block, size=int(allocation[1]))
    fatal = _FATAL.search(line)
    return _report(Tool.RUST_ABORT, "fatal runtime error", fatal[1], block) if fatal else None


def _report(
    tool: Tool, kind: str, message: str, block: Block, place: str = "", *, size: int | None = None
) -> CrashReport:
    start = next((number for number, line in enumerate(block) if line.startswith(_BACKTRACE)), None)
    frames = rust_backtrace(block[start + 1 :]) if start is not None else ()
    file, line, column = position(place)
    where = (Frame(function=None, file=file, line=line, column=column),) if file else ()
    return CrashReport(
        tool=tool,
        kind=kind,
        bug_class=class_of(kind, message) or classify(tool, kind),
        message=message[:MESSAGE_LENGTH],
        size=size,
        stack=frames or where,
        # The compiler knows the place even where inlining or a stripped binary hides it from the backtrace.
        other_stacks=(("panicked at", where),) if where and frames else (),
        excerpt=excerpt(_own_lines(block)),
    )


def _own_lines(block: Block) -> Block:
    """Up to the note that ends a backtrace: what follows is the program's, or libFuzzer's."""
    for number, line in enumerate(block):
        if number and line.startswith(("note: ", _NON_UNWINDING, "==")):
            return block[: number if line.startswith("==") else number + 1]
    return block
