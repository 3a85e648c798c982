"""How a page stays at a size that can be mailed and opened at once: whose evidence has room, and what waits as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from markupsafe import Markup

SIZE_LIMIT: Final = 10_000_000  # octets of the whole page: what a mail takes, and a browser opens at once
FRAME: Final = 10_000  # of these, for what the page says of sections that are chosen after room was reckoned
TABLE_LIMIT: Final = 4_000  # lines of the table
AT_ONCE: Final = 2_000_000  # characters of evidence up to which all of it is elements from the start
LATER: Final = '<script type="text/html" class="later">'  # of section.jinja
REFUSED: Final = 10  # sections that did not fit, after which no other is tried: making one costs more than its words


class Entry(Protocol):
    """One line of the page's table, and one section behind it."""

    @property
    def anchor(self) -> str: ...

    @property
    def comes_first(self) -> bool:
        """Whether its evidence is given room before that of others."""


AnEntry = TypeVar("AnEntry", bound=Entry)
AnEntry_contra = TypeVar("AnEntry_contra", bound=Entry, contravariant=True)


@dataclass(frozen=True, slots=True)
class Section:
    """An entry's section. Not `full`: the page had no room left for its evidence, and says so."""

    full: bool
    markup: str


class Making(Protocol[AnEntry_contra]):
    """The templates of one kind of page."""

    def page(self, entries: Sequence[AnEntry_contra], sections: Sequence[Section], /) -> str: ...

    def section(self, entry: AnEntry_contra, evidence: str, /, *, later: bool) -> str: ...

    def evidence(self, entry: AnEntry_contra, /) -> Markup: ...


def fitted(made: Making[AnEntry], entries: Sequence[AnEntry]) -> str:
    """The page, at most SIZE_LIMIT octets: what has no room is counted in it, and named where it would stand."""
    entries = entries[:TABLE_LIMIT]
    while True:
        briefs = {entry.anchor: made.section(entry, "", later=True) for entry in entries}  # the longer way
        used = len(made.page(entries, ()).encode()) + sum(len(each.encode()) for each in briefs.values())
        if used <= SIZE_LIMIT - FRAME or not entries:
            break
        entries = entries[: len(entries) // 2]
    return made.page(entries, _sections(made, entries, briefs, SIZE_LIMIT - FRAME - used))


def told(sections: Sequence[Section]) -> dict[str, object]:
    """The sections as a template's values, with how many are brief and whether any of them waits."""
    return {
        "sections": [Markup(each.markup) for each in sections],  # noqa: S704 - made by autoescape
        "brief": sum(not each.full for each in sections),
        "later": any(LATER in each.markup for each in sections),
    }


def _sections(
    made: Making[AnEntry], entries: Sequence[AnEntry], briefs: Mapping[str, str], room: int
) -> tuple[Section, ...]:
    """In the table's order. Much evidence is put in as text, which the page's script makes elements of when a reader
    comes near: a browser lays out all elements before it shows the first."""
    chosen = _evidence_with_room(made, entries, briefs, room)
    later = sum(map(len, chosen.values())) > AT_ONCE
    return tuple(
        Section(entry.anchor in chosen, made.section(entry, chosen.get(entry.anchor, ""), later=later))
        for entry in entries
    )


def _evidence_with_room(
    made: Making[AnEntry], entries: Sequence[AnEntry], briefs: Mapping[str, str], room: int
) -> dict[str, Markup]:
    """By anchor."""
    chosen: dict[str, Markup] = {}
    refused = 0
    for entry in sorted(entries, key=lambda each: not each.comes_first):
        text = made.evidence(entry) if refused < REFUSED else Markup()
        more = len(made.section(entry, text, later=True).encode()) - len(briefs[entry.anchor].encode())
        if text and more <= room:
            room -= more
            chosen[entry.anchor] = text
        else:
            refused += 1
    return chosen
