"""The C++ runtime and library: uncaught exceptions, library checks, assert()."""

from __future__ import annotations

import re

from fuzzpair.bug_classes import classify
from fuzzpair.model.crash_report import CrashReport, Frame
from fuzzpair.model.tool import Tool
from fuzzpair.triage.log import Block, excerpt
from fuzzpair.triage.sanitizer import MESSAGE_LENGTH

_THROWN = re.compile(
    r"terminate called (?:recursively|after throwing an instance of '(.{1,2048})')"
    r"|libc\+\+abi: terminating (?:due to|with) (?:uncaught|unexpected)(?: foreign)? exception"
    r"(?: of type ([^\s].{0,2047}))?"
)
_NO_EXCEPTION = re.compile(r"terminate called without an active exception|libc\+\+abi: terminating\s*$")
_WHAT = re.compile(r"^\s*what\(\):\s*(.*)$")
_PURE = re.compile(r"pure virtual (?:method|function) called", re.IGNORECASE)

# libstdc++ quotes with '…', glibc's assert() with `…'. Both name a function, which may be empty.
_PLACE = re.compile(r"^(.{1,1024}?):(\d{1,9})(?:: (.*))?$")
_HARDENED = re.compile(r"^(.{1,1024}?):(\d{1,9}):(?: libc\+\+ Hardening)?$")
_DEBUG_MODE = re.compile(r"^Error: (attempt to .{1,512})")
_WITH = re.compile(r" \[(?:with )?\w+ = .*$")

# What a check's expression or message speaks of; the first that fits counts.
_CHECKED = tuple(
    (slug, re.compile(pattern))
    for slug, pattern in (
        ("unchecked-unwrap", r"_M_is_engaged|has_value\(\)|disengaged|__engaged_"),
        ("null-dereference", r"pointer\(\)|_M_get\(\) != nullptr|!= nullptr|null pointer|null (?:unique|shared)_ptr"),
        ("iterator-invalidation", r"singular iterator|past-the-end iterator|invalidated iterator|iterator .*not valid"),
        (
            "index-out-of-bounds",
            r"size\(\)|_M_len|out of bounds|out of range|out-of-bounds|empty\(\)|_Nm\b|\bempty\b|end of",
        ),
    )
)


def parse(block: Block) -> CrashReport | None:
    return _exception(block) or _pure_virtual(block) or _assertion(block) or _hardening(block) or _debug_mode(block)


def _exception(block: Block) -> CrashReport | None:
    line = block[0]
    if _NO_EXCEPTION.search(line):
        return _report(Tool.CXX_EXCEPTION, "terminate without an active exception", line, block[:1])
    match = _THROWN.search(line)
    if match is None:
        return None
    # libc++ has the text of the exception on the same line: `… of type std::out_of_range: vector`.
    kind, message = match[1] or "unknown exception", line.strip()
    if match[2]:
        kind, _, message = re.sub(r"(?<!:):(?!:) ", "\0", match[2], count=1).partition("\0")
    what = next((found[1] for following in block[1:3] if (found := _WHAT.match(following))), None)
    return _report(Tool.CXX_EXCEPTION, kind, what or message or line.strip(), block[: 1 if what is None else 3])


def _pure_virtual(block: Block) -> CrashReport | None:
    if not _PURE.search(block[0]):
        return None
    return _report(Tool.CXX_LIBRARY, "pure virtual method called", block[0].strip(), block[:1])


def _assertion(block: Block) -> CrashReport | None:
    place, _, asserted = block[0].partition(": Assertion ")
    match = _PLACE.match(place)
    expression, failed, _ = asserted[1:].rpartition("' failed")
    if match is None or not failed:
        return None
    # glibc puts the program's name in front of the file.
    file, function = match[1].rpartition(": ")[2], match[3]
    frame = Frame(function=_WITH.sub("", function) if function else None, file=file, line=int(match[2]))
    if asserted.startswith("`"):
        return _report(Tool.ASSERT, "assertion failed", expression, block[:1], frame)
    return _report(Tool.CXX_LIBRARY, "library assertion failed", expression, block[:1], frame)


def _hardening(block: Block) -> CrashReport | None:
    place, _, asserted = block[0].partition(" assertion ")
    match = _HARDENED.match(place)
    expression, failed, message = asserted.partition(" failed: ")
    if match is None or not failed:
        return None
    frame = Frame(function=None, file=match[1], line=int(match[2]))
    return _report(Tool.CXX_LIBRARY, "hardening assertion failed", f"{expression}: {message}", block[:1], frame)


def _debug_mode(block: Block) -> CrashReport | None:
    match = _DEBUG_MODE.match(block[0])
    if match is None:
        return None
    return _report(Tool.CXX_LIBRARY, "library assertion failed", match[1], block[:20])


def _report(tool: Tool, kind: str, message: str, block: Block, frame: Frame | None = None) -> CrashReport:
    known = classify(tool, kind)
    if tool is Tool.CXX_LIBRARY and known is None:
        known = next((slug for slug, pattern in _CHECKED if pattern.search(message[:1024])), None)
    return CrashReport(
        tool=tool,
        kind=kind[:200],
        bug_class=known,
        message=message[:MESSAGE_LENGTH],
        stack=(frame,) if frame else (),
        excerpt=excerpt(block),
    )
