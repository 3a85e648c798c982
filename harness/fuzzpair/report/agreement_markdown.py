"""agreement.md: the comparison for a step summary: what parted, the texts as a diff, the octets that bring it about."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from fuzzpair.model.agreement import AgreementRecord, Disagreement, Voice
from fuzzpair.report import clean
from fuzzpair.report.agreement import HEADINGS, cells, cleaned, sentence, sides_of, standing, to_look_at
from fuzzpair.report.clean import markdown as safe

file_name: Final = "agreement.md"
SHOWN: Final = 100  # disagreements; agreement.json has all of them
CONTEXT: Final = 1  # lines around what differs
DIFF_LINES: Final = 24
OCTETS: Final = 512
ROW: Final = 16

Read = Callable[[str], bytes]


def render(record: AgreementRecord, read: Read) -> str:
    return "\n".join(_lines(cleaned(record), read)) + "\n"


def _lines(record: AgreementRecord, read: Read) -> Iterator[str]:
    yield from (f"# fuzzpair agree: {safe(record.pair)}", "", f"**{safe(sentence(record))}**", "")
    yield from (f"- {safe(reason)}" for reason in (*record.reasons, *to_look_at(record)))
    yield from ("", *_table(HEADINGS, [cells(row) for row in record.rows]))
    found = [(row, one) for row in record.rows for one in row.disagreements]
    for row, one in found[:SHOWN]:
        yield from ("", f"## {safe(row.subject)}: {safe(one.key)}", "")
        when = f"after {one.executions:,} executions, {one.seconds:.1f} s"
        yield f"{safe(sides_of(one))}. {row.engine} on {safe(row.target)}, {when};"
        yield f"{one.inputs} inputs say the same; the smallest has {one.octets} octets (`{one.input}`)."
        yield f"Signature `{one.signature}`{'' if row.mistake else f', {safe(standing(one))}'}."
        yield from ("", clean.fenced("\n".join(diff_lines(one, read)), "diff"))
        yield from ("", "The octets that matter are in brackets:", "", clean.fenced("\n".join(octet_lines(one, read))))
    if len(found) > SHOWN:
        yield from ("", f"{len(found) - SHOWN} more are in agreement.json.")


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(headings)} |"
    yield f"| {' | '.join('---' for _ in headings)} |"
    yield from (f"| {' | '.join(safe(cell) for cell in row)} |" for row in rows)


def texts(one: Disagreement, read: Read) -> dict[Voice, str]:
    """Each voice's text, cleaned for eyes; its ending where it has none."""
    shown = {}
    for said in one.said:
        text = clean.block(read(said.text).decode(errors="replace"))
        shown[said.voice] = text if text.strip() else f"({said.ending})"
    return shown


def diff_lines(one: Disagreement, read: Read) -> list[str]:
    """A unified diff between the two sides; where they agree, between them and the reference."""
    shown = texts(one, read)
    left, right = Voice.CPP, Voice.RUST
    if one.odd is Voice.REFERENCE and Voice.REFERENCE in shown:
        right = Voice.REFERENCE
    lines = difflib.unified_diff(
        shown.get(left, "").split("\n"),
        shown.get(right, "").split("\n"),
        left.shown if right is Voice.RUST else "both sides",
        right.shown,
        lineterm="",
        n=CONTEXT,
    )
    return list(lines)[:DIFF_LINES]


def octet_lines(one: Disagreement, read: Read) -> list[str]:
    """The input in rows of sixteen; `[xx]` is an octet without whose value it is gone."""
    content, matter = read(one.input)[:OCTETS], set(one.touched)
    return [
        f"{start:04x} "
        + "".join(
            f"[{octet:02x}]" if start + at in matter else f" {octet:02x} "
            for at, octet in enumerate(content[start : start + ROW])
        )
        for start in range(0, len(content), ROW)
    ]
