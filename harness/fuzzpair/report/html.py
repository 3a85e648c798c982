"""report.html: one page that stands alone, for a manager, an engineer and an auditor.

It asks the network for nothing (a strict policy in the page says so too), and every text of a log, an input or a patch
is escaped: by clean.py first, by Jinja's autoescape second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from markupsafe import Markup

from fuzzpair.model.past_run import PastRun
from fuzzpair.model.run_record import RunRecord
from fuzzpair.report import agreed, charts, claims_text, clean, curves, over_time, page_parts, wording
from fuzzpair.report.agreed import Agreed
from fuzzpair.report.history_text import counted
from fuzzpair.report.moves import comparable, past_run, trend
from fuzzpair.report.page_frame import frame, page_template
from fuzzpair.report.page_parts import Entry, Sections
from fuzzpair.report.page_room import Section, fitted, told
from fuzzpair.report.stored import NOTHING_STORED, Stored
from fuzzpair.report.totals import not_run, totals

file_name: Final = "report.html"
CONTROLS: Final = 1_000
NIGHTS: Final = 20  # past runs in the table of the trend
MOVES: Final = 200  # of one run


def render(record: RunRecord, stored: Stored = NOTHING_STORED, /) -> str:
    """The page, within the limits of page_room.py."""
    record = clean.cleaned(record)
    entries = page_parts.entries(record)
    runs = comparable(stored.runs, past_run(record))
    compared = clean.cleaned(agreed.agreed(record, stored))
    return fitted(_Page(record, runs, Sections(record, stored), compared), entries)


@dataclass(frozen=True)
class _Page:
    """What is the same however many entries are shown is made once."""

    record: RunRecord
    runs: tuple[PastRun, ...]  # comparable ones, this one last
    parts: Sections
    agreed: tuple[Agreed, ...] | None

    @cached_property
    def _parts(self) -> dict[str, Any]:
        record = self.record
        numbers = totals(record)
        return {
            **frame(),
            "record": record,
            "numbers": numbers,
            "title": wording.title(record),
            "sentence": wording.sentence(record, numbers),
            "gate": wording.gate(record.gate),
            "ladder": charts.ladder(numbers),
            "searches": (*charts.searches(record), *curves.survivals(record), *curves.coverages(record)),
            "nights": [each(self.runs) for each in (over_time.nights, over_time.findings_over_nights)],
            "trend": list(reversed(trend(self.runs)[-NIGHTS:])) if len(self.runs) > 1 else [],
            "moves": MOVES,
            "counted": counted,
            "variants": wording.VARIANTS,
            "rungs": page_parts.rungs_in_use(record),
            "meanings": [(rung.value, wording.MEANINGS[rung]) for rung in wording.occurring(record)],
            "claims": [(claims_text.cells(each), list(claims_text.evidence(each))) for each in record.claims],
            "claim_headings": claims_text.HEADINGS,
            "agreed": [(one.report, agreed.cells(one)) for one in self.agreed or ()],
            "agreed_headings": agreed.HEADINGS,
            "agreed_silence": agreed.silence(self.agreed),
            "silent": _silent(record),
            "controls": record.controls[:CONTROLS],
            "controls_left_out": max(0, len(record.controls) - CONTROLS),
            "costs": [
                *((each.stage, *wording.costs(each)) for each in record.stages),
                ("all", *wording.costs(numbers)),
            ],
            "cost_headings": ("stage", *wording.COSTS),
            "duration": wording.duration(record.duration_s),
        }

    def page(self, entries: Sequence[Entry], sections: Sequence[Section], /) -> str:
        return page_template("page.jinja").render(
            **self._parts,
            **told(sections),
            entries=entries,
            classes=sorted({each.mistake.bug_class for each in entries}),
            left_out=self._parts["numbers"].mistakes - len(entries),
        )

    def section(self, entry: Entry, evidence: str, /, *, later: bool) -> str:
        return page_template("mistake.jinja").render(entry=entry, evidence=evidence, later=later)

    def evidence(self, entry: Entry, /) -> Markup:
        shown = self.parts.variants(entry.mistake)
        if not shown:
            return Markup()
        made = page_template("evidence.jinja").render(
            entry=entry, variants=shown, fidelity=self.parts.fidelity(entry.mistake)
        )
        return Markup(made)  # noqa: S704 - made by autoescape


def _silent(record: RunRecord) -> Sequence[tuple[str, str, str, int]]:
    """Tools that were not run: (variant, flavour, why, on how many rows)."""
    counted: dict[tuple[str, str, str], int] = {}
    for row in record.rows:
        for flavour, why in not_run(row):
            key = (wording.VARIANTS[row.variant], flavour, why)
            counted[key] = counted.get(key, 0) + 1
    return [(*key, count) for key, count in counted.items()]
