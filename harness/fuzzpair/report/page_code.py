"""Code, logs and octets for the page: highlighted diffs, reports with their library frames folded, inputs as hex."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from itertools import groupby
from typing import Final

from markupsafe import Markup, escape
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Keyword, Number, String, _TokenType

from fuzzpair.model.crash_report import Frame
from fuzzpair.model.language import Language
from fuzzpair.report import clean
from fuzzpair.triage.ignored import is_ignored
from fuzzpair.triage.stack import stacks

DIFF: Final = clean.Cap(lines=160, width=400)
LOG: Final = clean.Cap(lines=120, width=400)
HIGHLIGHT_LIMIT: Final = 6_000  # characters of one diff that a lexer is given: it reads some 100,000 a second
SHOWN_OCTETS: Final = 512
COMPARED_OCTETS: Final = 2_048  # SequenceMatcher is quadratic at its worst, and an input is an attacker's
ROW: Final = 16
FOLD_FROM: Final = 2  # one library frame alone is shorter than the line that would fold it
_LEXERS: Final = {Language.CPP: "cpp", Language.RUST: "rust"}
_CLASSES: Final = ((Comment, "co"), (Keyword, "kw"), (String, "st"), (Number, "nu"))


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a patch: `kind` is head (the author's words in front of the diff), file, hunk, add, del or same."""

    kind: str
    code: Markup


def diff(text: str, language: Language) -> tuple[Line, ...]:
    """A unified diff with the language's own colours. Plain where it is too large for a lexer."""
    lines = clean.block(text.rstrip("\n"), DIFF).split("\n") if text else []
    start = next((place for place, line in enumerate(lines) if line.startswith(("diff --git ", "--- "))), 0)
    kinds = ["head"] * start + [_kind(line) for line in lines[start:]]
    code = [line[1:] if kind in ("add", "del", "same") else "" for line, kind in zip(lines, kinds, strict=True)]
    coloured = _coloured(code, language)
    return tuple(
        Line(kind, Markup("{}{}").format(line[:1], made) if kind in ("add", "del", "same") else escape(line))
        for line, kind, made in zip(lines, kinds, coloured, strict=True)
    )


def _kind(line: str) -> str:
    if line.startswith(("+++", "---", "diff --git", "index ")):
        return "file"
    return {"+": "add", "-": "del", "@": "hunk"}.get(line[:1], "same")


def _coloured(code: Sequence[str], language: Language) -> Sequence[Markup]:
    text = "\n".join(code)
    if len(text) > HIGHLIGHT_LIMIT:
        return [escape(line) for line in code]
    lexer = get_lexer_by_name(_LEXERS[language], stripnl=False, ensurenl=False)
    made = [""]
    # Tokens of one colour go together: most of a file is plain, and a span for each would be most of the page.
    for name, run in groupby(lexer.get_tokens(text), lambda pair: _class(pair[0])):
        first, *others = "".join(value for _, value in run).split("\n")
        made[-1] += _span(name, first)
        made.extend(_span(name, each) for each in others)
    # A lexer that gives back other lines than it was given would put colours beside the wrong sign.
    same = len(made) == len(code)
    return [Markup(line) if same else escape(line) for line in (made if same else code)]  # noqa: S704 - _span escapes


@cache
def _class(token: _TokenType) -> str:
    return next((name for kind, name in _CLASSES if kind in token.split()), "")


def _span(name: str, text: str) -> str:
    escaped = str(escape(text))
    return f'<span class="{name}">{escaped}</span>' if name and text else escaped


@dataclass(frozen=True, slots=True)
class Part:
    """Lines of a log; `folded` says what they are where a reader rarely wants them."""

    text: str
    folded: str = ""


def log_parts(text: str, cap: clean.Cap = LOG) -> tuple[Part, ...]:
    """A report with its runs of library frames and its shadow memory folded."""
    lines = clean.block(text.rstrip("\n"), cap).split("\n")
    return tuple(_parts(lines))


def stack_parts(frames: Sequence[Frame], shown: Callable[[int, Frame], str]) -> tuple[Part, ...]:
    """A stack line by line, innermost first, its runs of library frames folded."""
    parts = []
    numbered = list(enumerate(frames[: LOG.lines]))
    for ignored, group in groupby(numbered, lambda pair: is_ignored(pair[1])):
        block = [clean.line(shown(number, frame), LOG.width) for number, frame in group]
        folds = ignored and len(block) >= FOLD_FROM
        parts.append(Part("\n".join(block), f"{len(block)} library frames" if folds else ""))
    return tuple(parts)


def _parts(lines: Iterable[str]) -> Iterator[Part]:
    for what, group in groupby(lines, _what):
        block = list(group)
        many = len(block) >= FOLD_FROM and what
        yield Part("\n".join(block), f"{len(block)} {what}" if many else "")


def _what(line: str) -> str:
    found = stacks([line])
    if found and is_ignored(found[0][1][0]):
        return "library frames"
    shadow = line.startswith(
        ("  0x", "=>0x", "Shadow byte", "  Addressable", "  Partially", "  Heap", "  Freed", "  Stack")
    )
    return "lines of shadow memory" if shadow else ""


@dataclass(frozen=True, slots=True)
class Octets:
    """One row of a hex view: its offset, and each octet with whether the nearest seed has another there."""

    offset: str
    cells: tuple[tuple[str, bool], ...]
    text: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class Hex:
    """An input. `seed` names what it was compared with; None where no seed is stored, and nothing is marked."""

    size: int
    rows: tuple[Octets, ...]
    cut: int
    seed: str | None
    differing: int


def hex_view(octets: bytes, seeds: Sequence[tuple[str, bytes]]) -> Hex:
    """The input's first octets, those marked that its nearest seed has not. What was taken out cannot be marked."""
    nearest = max(seeds, key=lambda seed: _likeness(octets, seed[1]), default=None)
    marked = _differing(octets, nearest[1]) if nearest else frozenset()
    shown = octets[:SHOWN_OCTETS]
    rows = tuple(_row(shown, start, marked) for start in range(0, len(shown), ROW))
    return Hex(len(octets), rows, len(octets) - len(shown), nearest[0] if nearest else None, len(marked))


def _likeness(octets: bytes, seed: bytes) -> tuple[int, int]:
    """What both begin and end with, for a mutation changes little; then how near their sizes are."""
    most = min(len(octets), len(seed), COMPARED_OCTETS)
    front = next((i for i in range(most) if octets[i] != seed[i]), most)
    back = next((i for i in range(most - front) if octets[-1 - i] != seed[-1 - i]), most - front)
    return front + back, -abs(len(octets) - len(seed))


def _differing(octets: bytes, seed: bytes) -> frozenset[int]:
    own = octets[:COMPARED_OCTETS]
    matcher = SequenceMatcher(None, own, seed[:COMPARED_OCTETS], autojunk=len(own) > SHOWN_OCTETS)
    blocks = (block for block in matcher.get_opcodes() if block[0] != "equal")
    return frozenset(place for _, start, end, _, _ in blocks for place in range(start, end))


def _row(octets: bytes, start: int, marked: frozenset[int]) -> Octets:
    row = octets[start : start + ROW]
    flags = [start + place in marked for place in range(len(row))]
    text = [chr(octet) if 0x20 <= octet < 0x7F else "·" for octet in row]
    cells = tuple((f"{octet:02x}", flag) for octet, flag in zip(row, flags, strict=True))
    return Octets(f"{start:04x}", cells, tuple(zip(text, flags, strict=True)))
