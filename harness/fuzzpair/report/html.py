"""report.html: one page that stands alone, for a manager, an engineer and an auditor.

It asks the network for nothing (a strict policy in the page says so too), and every text of a log, an input or a patch
is escaped: by clean.py first, by Jinja's autoescape second.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import sha256
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template
from markupsafe import Markup

from fuzzpair.model.past_run import PastRun
from fuzzpair.model.run_record import RunRecord
from fuzzpair.report import charts, claims_text, clean, curves, page_parts, wording
from fuzzpair.report.history_text import counted
from fuzzpair.report.moves import comparable, past_run, trend
from fuzzpair.report.page_parts import Entry, Sections, Shown
from fuzzpair.report.stored import NOTHING_STORED, Stored
from fuzzpair.report.totals import not_run, totals

file_name: Final = "report.html"
SIZE_LIMIT: Final = 10_000_000  # octets of the whole page: what a mail takes, and a browser opens at once
FRAME: Final = 10_000  # of these, for what the page says of sections that are chosen after room was reckoned
AT_ONCE: Final = 2_000_000  # characters of evidence up to which all of it is elements from the start
LATER: Final = '<script type="text/html" class="later">'
REFUSED: Final = 10  # sections that did not fit, after which no other is tried: making one costs more than its words
MATRIX_LIMIT: Final = 4_000  # lines of the matrix
CONTROLS: Final = 1_000
NIGHTS: Final = 20  # past runs in the table of the trend
MOVES: Final = 200  # of one run


def render(record: RunRecord, stored: Stored = NOTHING_STORED, /) -> str:
    """The page, at most SIZE_LIMIT octets: what has no room is counted in it, and named where it would stand."""
    record = clean.cleaned(record)
    entries = page_parts.entries(record)[:MATRIX_LIMIT]
    runs = comparable(stored.runs, past_run(record))
    frame = _Frame(record, runs)
    while True:
        briefs = {entry.anchor: _section(entry, later=True) for entry in entries}  # the longer way
        used = len(frame.page(entries, ()).encode()) + sum(len(each.encode()) for each in briefs.values())
        if used <= SIZE_LIMIT - FRAME or not entries:
            break
        entries = entries[: len(entries) // 2]
    return frame.page(entries, _sections(entries, briefs, Sections(record, stored), SIZE_LIMIT - FRAME - used))


@dataclass(frozen=True, slots=True)
class Section:
    """A mistake's section. Not `full`: the page had no room left for its evidence, and says so."""

    full: bool
    markup: str


def _sections(entries: Sequence[Entry], briefs: Mapping[str, str], parts: Sections, room: int) -> tuple[Section, ...]:
    """In the matrix's order. Much evidence is put in as text, which the page's script makes elements of when a reader
    comes near: a browser lays out all elements before it shows the first."""
    chosen = _evidence_with_room(entries, briefs, parts, room)
    later = sum(map(len, chosen.values())) > AT_ONCE
    return tuple(
        Section(entry.anchor in chosen, _section(entry, chosen.get(entry.anchor, ""), later=later)) for entry in entries
    )


def _evidence_with_room(
    entries: Sequence[Entry], briefs: Mapping[str, str], parts: Sections, room: int
) -> dict[str, Markup]:
    """By anchor; the room goes to what differs from the baseline or could not be done first."""
    made: dict[str, Markup] = {}
    refused = 0
    for entry in sorted(entries, key=lambda each: not (each.differs or "undone" in each.rungs)):
        shown = parts.variants(entry.mistake) if refused < REFUSED else ()
        text = _evidence(entry, shown, parts.fidelity(entry.mistake)) if shown else Markup()
        more = len(_section(entry, text, later=True).encode()) - len(briefs[entry.anchor].encode())
        if text and more <= room:
            room -= more
            made[entry.anchor] = text
        else:
            refused += 1
    return made


def _evidence(entry: Entry, shown: Sequence[Shown], fidelity: str) -> Markup:
    template = _environment().get_template("evidence.jinja")
    return Markup(template.render(entry=entry, variants=shown, fidelity=fidelity))  # noqa: S704 - made by autoescape


def _section(entry: Entry, evidence: str = "", *, later: bool = False) -> str:
    return _environment().get_template("mistake.jinja").render(entry=entry, evidence=evidence, later=later)


@dataclass(frozen=True)
class _Frame:
    """All of the page but the sections; what it is made from is made once."""

    record: RunRecord
    runs: tuple[PastRun, ...]  # comparable ones, this one last

    @cached_property
    def _parts(self) -> dict[str, Any]:
        record, style, script = self.record, _read("page.css"), _read("page.js")
        numbers = totals(record)
        return {
            "record": record,
            "numbers": numbers,
            "title": wording.title(record),
            "sentence": wording.sentence(record, numbers),
            "gate": wording.gate(record.gate),
            "policy": _policy(style, script),
            "style": Markup(style),  # noqa: S704 - files of this package
            "script": Markup(script),  # noqa: S704
            "ladder": charts.ladder(numbers),
            "searches": (*charts.searches(record), *curves.survivals(record), *curves.coverages(record)),
            "nights": [each for each in (charts.nights(self.runs), charts.findings_over_nights(self.runs)) if each],
            "trend": list(reversed(trend(self.runs)[-NIGHTS:])) if len(self.runs) > 1 else [],
            "moves": MOVES,
            "counted": counted,
            "variants": wording.VARIANTS,
            "rungs": page_parts.rungs_in_use(record),
            "meanings": [(rung.value, wording.MEANINGS[rung]) for rung in wording.occurring(record)],
            "claims": [(claims_text.cells(each), list(claims_text.evidence(each))) for each in record.claims],
            "claim_headings": claims_text.HEADINGS,
            "silent": _silent(record),
            "controls": record.controls[:CONTROLS],
            "controls_left_out": max(0, len(record.controls) - CONTROLS),
            "costs": [(each.stage, wording.costs(each)) for each in record.stages],
            "cost_headings": wording.COSTS,
            "all_costs": wording.costs(numbers),
            "duration": wording.duration(record.duration_s),
        }

    def page(self, entries: Sequence[Entry], sections: Sequence[Section]) -> str:
        return (
            _environment()
            .get_template("page.jinja")
            .render(
                **self._parts,
                entries=entries,
                classes=sorted({each.mistake.bug_class for each in entries}),
                left_out=self._parts["numbers"].mistakes - len(entries),
                sections=[Markup(each.markup) for each in sections],  # noqa: S704 - made by autoescape
                brief=sum(not each.full for each in sections),
                later=any(LATER in each.markup for each in sections),
            )
        )


def page_template(name: str) -> Template:
    """A template of this folder, for pages of other verbs."""
    return _environment().get_template(name)


def style_text() -> str:
    return _read("page.css")


def policy(style: str) -> str:
    """Nothing but the page's own style, and no script."""
    return f"default-src 'none'; style-src '{_digest(style)}'; base-uri 'none'; form-action 'none'"


def _silent(record: RunRecord) -> Sequence[tuple[str, str, str, int]]:
    """Tools that were not run: (variant, flavour, why, on how many rows)."""
    counted: dict[tuple[str, str, str], int] = {}
    for row in record.rows:
        for flavour, why in not_run(row):
            key = (wording.VARIANTS[row.variant], flavour, why)
            counted[key] = counted.get(key, 0) + 1
    return [(*key, count) for key, count in counted.items()]


def _policy(style: str, script: str) -> str:
    """Nothing but this page's own style and script, known by their digests; no address at all."""
    allowed: Iterable[str] = (
        "default-src 'none'",
        f"style-src '{_digest(style)}'",
        f"script-src '{_digest(script)}'",
        "base-uri 'none'",
        "form-action 'none'",
    )
    return "; ".join(allowed)


def _digest(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _read(name: str) -> str:
    return (files("fuzzpair") / "report" / "page" / name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    return Environment(
        loader=FunctionLoader(_read),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
