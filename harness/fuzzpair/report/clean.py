"""The one escape in front of all reporters. Logs and inputs are an attacker's; nothing of them is markup.

`cleaned(record)` goes first in every reporter that writes for eyes: after it each string holds printable
characters only, and is capped. What is markup in a format (XML by its library, Markdown here) comes second.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from enum import Enum
from typing import Final, TypeVar, cast

Record = TypeVar("Record")  # a frozen dataclass: a run's or a pair's

# Fields whose line breaks mean something. Everywhere else a line break could forge a line of a log.
BLOCK_FIELDS: Final = frozenset({"excerpt", "rendered", "patch", "fixed_patch"})
LINE_LIMIT: Final = 2_000
BLOCK_LINES: Final = 1_000
MARKED_LIMIT: Final = 120  # below this, saying how much was cut would leave no room for the text
_WORDS: Final[Mapping[str, str]] = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")
# Entities, not backslashes: a backslash in front of a pipe means different things to different table
# parsers. Only what would do something, so that the source stays readable too.
_MARKDOWN: Final = re.compile(
    r"""[\\`*{}\[\]<|~$]                        # code, emphasis, links, HTML, cells, mathematics
    |(?<![a-z0-9])_|_(?![a-z0-9])             # emphasis; inside a word it is a letter
    |[&@\#](?=[\w\#])                          # entities, mentions, issue numbers
    |:(?=//|[\w+-]+:)|(?<=www)\.              # addresses come alive by themselves, :emoji: too
    |^[-+=>\#\ ]|^\d(?=\d*[.)](?:\s|$))               # what starts a block where a line of ours begins with it
    """,
    re.IGNORECASE | re.VERBOSE | re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Cap:
    """How much of one block of text is shown."""

    lines: int = BLOCK_LINES
    width: int = LINE_LIMIT


def line(text: str, limit: int = LINE_LIMIT) -> str:
    """One printable line of at most `limit` characters; the rest is counted, not shown."""
    return _limited(text, limit, "")


def block(text: str, cap: Cap | None = None) -> str:
    """Printable lines; long ones and those over the cap are cut, and the cut is said."""
    cap = cap or Cap()
    lines = text.split("\n", cap.lines)
    shown = [_limited(each, cap.width, "\t") for each in lines[: cap.lines]]
    if len(lines) > cap.lines:
        more = text.count("\n") + 1 - (cap.lines - 1)
        shown[-1] = f"… {more:,} more lines"
    return "\n".join(shown)


def without_surrogates(text: str) -> str:
    """Text that every JSON parser takes: a lone surrogate is written out, all else stays as it is."""
    return _SURROGATE.sub(lambda match: _escape(match.group()), text)


def markdown(text: str) -> str:
    """Text for the inside of a Markdown line or table cell: shown as it is, never read as markup."""
    return _MARKDOWN.sub(lambda match: f"&#{ord(match.group())};", line(text))


def fenced(text: str, language: str = "") -> str:
    """A Markdown code block whose fence is longer than any run of backticks inside it."""
    shown = block(text)
    longest = max((len(run) for run in re.findall(r"`+", shown)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{shown}\n{fence}"


def cleaned(record: Record) -> Record:
    """The record with every string made harmless to look at. Doing it twice changes nothing."""
    return cast(Record, _cleaned(record, is_block=False))


def _cleaned(value: object, *, is_block: bool) -> object:
    if isinstance(value, Enum):  # before str: our enums are strings
        return value
    if isinstance(value, str):
        return block(value) if is_block else line(value)
    if isinstance(value, tuple):
        return tuple(_cleaned(each, is_block=is_block) for each in value)
    if is_dataclass(value) and not isinstance(value, type):
        changed = {
            each.name: _cleaned(getattr(value, each.name), is_block=each.name in BLOCK_FIELDS) for each in fields(value)
        }
        return replace(value, **changed)
    return value


def _limited(text: str, limit: int, allowed: str) -> str:
    # Cut before escaping, so that a line of 100 MB costs no more than a short one.
    shown = _printable(text[: limit + 1], allowed)
    if len(shown) <= limit:
        return shown
    mark = f"… ({len(text):,} characters)" if limit >= MARKED_LIMIT else "…"
    return shown[: limit - len(mark)] + mark


def _printable(text: str, allowed: str) -> str:
    if text.isprintable():  # almost every string; the loop below is the slow path
        return text
    return "".join(char if char.isprintable() or char in allowed else _escape(char) for char in text)


def _escape(char: str) -> str:
    # isprintable() is false for controls, formats (right-to-left marks, zero-width), surrogates,
    # private use, unassigned (U+FFFE, U+FFFF) and every space but the usual one.
    if char in _WORDS:
        return _WORDS[char]
    point = ord(char)
    return f"\\x{point:02x}" if point < 0x100 else f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"
