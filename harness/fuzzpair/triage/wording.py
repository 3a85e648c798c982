"""What the program itself said when it stopped: its message without the values that differ from input to input."""

from __future__ import annotations

import re
from typing import Final

from fuzzpair.model.crash_report import CrashReport
from fuzzpair.model.tool import Tool

MAX_MESSAGE: Final = 400

_QUOTED = re.compile(r"(?<!\w)'[^'\n]*'(?!\w)|\"(?:[^\"\\\n]|\\.)*\"")
_FIELDS = re.compile(r"\{[^{}\n]*\}")
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]+|\d+(?:[.,_]\d+)*")

# Rust words these itself around values of the input; for every other panic its kind is all that is constant.
_PROGRAMS_OWN: Final = frozenset({"panic", "assertion failed", "entered unreachable code", "not implemented"})
_NO_WORDS: Final = ("terminate called", "libc++abi: ")


def constant_part(message: str) -> str:
    """The first line with placeholders for numbers, addresses, quoted text and the fields of a printed struct."""
    line = next((line.strip() for line in message.split("\n") if line.strip()), "")[:MAX_MESSAGE]
    line = _QUOTED.sub("<text>", line)
    while True:
        outer = _FIELDS.sub("<fields>", line)
        # Nested structs go from the inside out; each step takes at least one pair of braces.
        if outer == line:
            return _NUMBER.sub("<n>", line)
        line = outer


def own_words(report: CrashReport) -> str:
    """What tells this stop from another in the same function; empty where only a tool or the C library speaks."""
    match report.tool:
        case Tool.RUST_PANIC:
            return constant_part(report.message) if report.kind in _PROGRAMS_OWN else report.kind
        case Tool.ASSERT:
            return report.message  # the expression, as it stands in the source
        case Tool.CXX_LIBRARY:
            return constant_part(report.message) if _says_more(report) else ""
        case Tool.CXX_EXCEPTION:
            return _thrown(report)
    return ""


def _says_more(report: CrashReport) -> bool:
    """Whether there is a message beside the library's own word for what happened."""
    return report.message not in ("", report.kind) and not report.message.startswith(_NO_WORDS)


def _thrown(report: CrashReport) -> str:
    """The type with its what(); a standard type alone (bad_alloc) says nothing of where it was thrown."""
    if _says_more(report):
        return f"{report.kind}: {constant_part(report.message)}"
    is_own_type = not report.kind.startswith(("std::", "terminate "))
    return report.kind if is_own_type else ""
