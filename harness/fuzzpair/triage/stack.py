"""Stacks: the frames of a report, with the line above that says what they are."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fuzzpair.model.crash_report import REPOSITORY, Frame

MAX_FRAMES = 300
LABEL_LENGTH = 80
NUMBER_DIGITS = 9  # of a line or a column
NO_NAMES = frozenset({"", "<null>", "<unknown>", "(<unknown module>)"})

# `#3 0x55d1 in name file:line:col`; ThreadSanitizer leaves the address and the "in" out.
_NUMBERED = re.compile(r"^\s*#(\d{1,4})\s+(?:0x[0-9a-fA-F]{1,16}\s+)?(?:in\s+)?(.*)$")
_BUILD_ID = re.compile(r"\(BuildId: [0-9a-fA-F]{0,64}\)$")
_MODULE = re.compile(r"\(([^()]*)\+0x([0-9a-fA-F]{1,16})\)$")
# rustc names this in the place of a file where a crate, often std, was built without line tables.
CODEGEN_UNIT = re.compile(r"[\w.-]{1,80}\.[0-9a-f]{8,16}-cgu\.\d{1,5}")
# A Rust backtrace: `3: name` or `3: 0x55d1 - name`, and the place on a line of its own.
_RUST = re.compile(r"^\s*(\d{1,4}):\s+(?:0x[0-9a-fA-F]{1,16} - )?(\S.*)$")
_RUST_PLACE = re.compile(r"^\s+at (\S.*)$")

# What stands above a stack that is not the one of the fault itself.
_LABELS = (
    ("freed by", re.compile(r"^freed by ")),
    ("allocated by", re.compile(r"^(?:previously )?allocated by |is heap block .* allocated by ")),
    ("thread created", re.compile(r"^Thread \S+ .*created by ")),
    ("in frame", re.compile(r"is located in stack of ")),
    ("origin", re.compile(r"^Uninitialized value was created")),
    ("stored to memory", re.compile(r"^Uninitialized value was stored")),
    ("previous access", re.compile(r"^Previous (?:atomic )?(?:read|write)\b")),
    ("mutex created", re.compile(r"^Mutex \S+ .*created at")),
    ("mutex acquired", re.compile(r"^Mutex \S+ .*acquired ")),
    ("live allocation", re.compile(r"^\d+ byte\(s\) .* allocation\(s\)$")),
    ("leaked", re.compile(r"^(?:Direct|Indirect) leak of ")),
)

Labelled = tuple[str, tuple[Frame, ...]]


def stacks(lines: Sequence[str]) -> tuple[Labelled, ...]:
    """Every stack with its label; a stack of unknown purpose has the text above it as its label."""
    found: list[tuple[str, list[Frame]]] = []
    last_number, heading = -1, ""
    for line in lines:
        match = _NUMBERED.match(line)
        if match is None:
            heading = line.strip() or heading
            continue
        number = int(match[1])
        # Text of another thread may stand between two frames: only a number that falls starts a new stack.
        if number <= last_number or not found:
            found.append((_label(heading), []))
        if len(found[-1][1]) < MAX_FRAMES:
            found[-1][1].append(_frame(match[2]))
        last_number = number
    return tuple((label, tuple(frames)) for label, frames in found)


def _label(heading: str) -> str:
    for label, pattern in _LABELS:
        if pattern.search(heading[:512]):
            return label
    return heading.rstrip(":")[:LABEL_LENGTH]


def _frame(text: str) -> Frame:
    text = text.rstrip()
    module, offset = None, None
    if text.endswith(")"):  # what stands in brackets at the end: the build's id, and before it the module
        text = _BUILD_ID.sub("", text).rstrip()
        match = _MODULE.search(text)
        if match:
            module, offset = match[1], int(match[2], 16)
            text = text[: match.start()]
    function, place = _split_place(text.strip())
    file, line, column = position(place)
    known = None if function in NO_NAMES else function
    return Frame(function=known, file=file, line=line, column=column, module=module, offset=offset)


def _split_place(text: str) -> tuple[str, str]:
    """(function, place). Names hold spaces and so do paths: an absolute path starts at the first " /"."""
    before, slash, after = text.partition(" /")
    if slash:
        return before, f"/{after}"
    before, _, last = text.rpartition(" ")
    if last == "<null>":
        return before, ""
    if before and CODEGEN_UNIT.fullmatch(last):
        return before, last
    # Without a line number, a last word is part of the name: `operator new(unsigned long)`.
    return (before, last) if before and _without_number(last)[1] else (text, "")


def position(place: str) -> tuple[str | None, int | None, int | None]:
    """`file:line:column` → its parts; a line of 0 means that none is known."""
    file, last = _without_number(place)
    path, line = _without_number(file) if last else (file, "")
    if not line:
        path, line, last = file, last, ""
    if not path or path == "<null>":
        return None, None, None
    return path.removeprefix(REPOSITORY), int(line or 0) or None, int(last or 0) or None


def _without_number(place: str) -> tuple[str, str]:
    """(what stands in front, the number behind the last colon), or all of it and nothing."""
    before, colon, number = place.rpartition(":")
    return (before, number) if colon and number.isdecimal() and len(number) <= NUMBER_DIGITS else (place, "")


def rust_backtrace(lines: Sequence[str]) -> tuple[Frame, ...]:
    """The frames of a Rust backtrace: a line with the name, and one with the place where it is known."""
    frames: list[Frame] = []
    for line in lines:
        place = _RUST_PLACE.match(line)
        if place and frames and frames[-1].file is None:
            file, number, column = position(place[1])
            frames[-1] = Frame(function=frames[-1].function, file=file, line=number, column=column)
            continue
        match = _RUST.match(line)
        if match is None or len(frames) >= MAX_FRAMES:
            break
        frames.append(Frame(function=None if match[2] in NO_NAMES else match[2]))
    return tuple(frames)
