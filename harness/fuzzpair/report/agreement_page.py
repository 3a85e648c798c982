"""agreement.html: one page that stands alone: each disagreement as a diff of the texts, beside the octets behind it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from fuzzpair.model.agreement import AgreementRecord, AgreementRow, Disagreement
from fuzzpair.report import charts
from fuzzpair.report.agreement import HEADINGS, cells, cleaned, sentence, sides_of, standing, to_look_at
from fuzzpair.report.agreement_markdown import OCTETS, ROW, diff_lines
from fuzzpair.report.page_frame import page_template, policy, style_text

file_name: Final = "agreement.html"
SHOWN: Final = 100
_KINDS: Final = {"+": "add", "-": "del", "@": "hunk"}


@dataclass(frozen=True, slots=True)
class OctetRow:
    """Sixteen octets of an input, each with whether it matters."""

    place: str
    octets: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """One disagreement as the page shows it."""

    subject: str
    key: str
    told: str
    standing: str
    diff: tuple[tuple[str, str], ...]
    octets: tuple[OctetRow, ...]
    matters: str


def render(record: AgreementRecord, read: Callable[[str], bytes]) -> str:
    """The page. It asks the network for nothing, and every text of an input is escaped."""
    record = cleaned(record)
    found = [(row, one) for row in record.rows for one in row.disagreements]
    style = style_text()
    return page_template("agreement.jinja").render(
        record=record,
        sentence=sentence(record),
        headings=HEADINGS,
        rows=[cells(row) for row in record.rows],
        found=[_shown(row, one, read) for row, one in found[:SHOWN]],
        left_out=max(0, len(found) - SHOWN),
        to_look_at=list(to_look_at(record)),
        growth=charts.growth(record),
        style=Markup(style),  # noqa: S704 - a file of this package
        policy=policy(style),
    )


def _shown(row: AgreementRow, one: Disagreement, read: Callable[[str], bytes]) -> Shown:
    told = (
        f"{sides_of(one)}. {row.engine} on {row.target}, first after {one.executions:,} executions, "
        f"{one.seconds:.1f} s; "
        f"{one.inputs} inputs say the same. The smallest has {one.octets} octets"
        f"{'' if one.is_minimal else ' (not minimal)'}: {one.input}."
    )
    lines = tuple((_kind(line), line) for line in diff_lines(one, read))
    where = one.signature if row.mistake else f"{one.signature}: {standing(one)}"
    subject = f"{row.subject} {row.target} {row.engine}"  # no two parts of the page are called alike
    return Shown(subject, one.key, told, where, lines, _octets(one, read), _matters(one))


def _matters(one: Disagreement) -> str:
    left_out = f" The first {OCTETS} of {one.octets} are shown." if one.octets > OCTETS else ""
    if not one.touched:
        return f"Which octets matter was not tried, or no single one does.{left_out}"
    places = ", ".join(f"{at:04x}" for at in one.touched[:ROW])
    more = f" and {len(one.touched) - ROW} more" if len(one.touched) > ROW else ""
    return f"Marked: with another value in one of them ({places}{more}) it is gone, or is another one.{left_out}"


def _kind(line: str) -> str:
    return "file" if line.startswith(("+++", "---")) else _KINDS.get(line[:1], "same")


def _octets(one: Disagreement, read: Callable[[str], bytes]) -> tuple[OctetRow, ...]:
    content, matter = read(one.input)[:OCTETS], set(one.touched)
    return tuple(
        OctetRow(
            f"{start:04x}",
            tuple((f"{octet:02x}", start + at in matter) for at, octet in enumerate(content[start : start + ROW])),
        )
        for start in range(0, len(content), ROW)
    )
