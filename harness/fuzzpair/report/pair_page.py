"""report.html of a pair's run: one page that stands alone, made as the experiment's is (html.py)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from markupsafe import Markup

from fuzzpair.errors import FuzzpairError
from fuzzpair.model.pair import PairRecord, SideBuild
from fuzzpair.report import clean, pair_charts, pair_page_parts, pair_text, wording
from fuzzpair.report.page_frame import frame, page_template
from fuzzpair.report.page_room import Section, fitted, told
from fuzzpair.report.pair_page_parts import Entry, Sections
from fuzzpair.report.stored import NOTHING_STORED, Stored

file_name: Final = "report.html"
CONTROLS: Final = 1_000
NOTES: Final = 500
_CHECKUP_HEADINGS: Final = ("program", "health", "edges", "what was seen")
_RUN_HEADINGS: Final = ("run", "verb", "started", "exit code", "what it came to")


def render(record: PairRecord, stored: Stored = NOTHING_STORED, /) -> str:
    """The page, within the limits of page_room.py."""
    record = clean.cleaned(record)
    runs, problem = _runs(record, stored)
    return fitted(_Page(record, Sections(record, stored), runs, problem), pair_page_parts.entries(record))


def _runs(record: PairRecord, stored: Stored) -> tuple[tuple[PairRecord, ...], str]:
    """The kept runs up to this one, this one last; and why there are none, where they cannot be read."""
    try:
        kept = stored.read_nights()
    except FuzzpairError as error:
        return (record,), clean.line(error.message)
    earlier = [one for one in kept if one.run_id != record.run_id and one.started <= record.started]
    return (*map(clean.cleaned, earlier), record), ""


@dataclass(frozen=True)
class _Page:
    """What is the same however many entries are shown is made once."""

    record: PairRecord
    parts: Sections
    runs: tuple[PairRecord, ...]  # this one last
    runs_problem: str

    @cached_property
    def _values(self) -> dict[str, Any]:
        record = self.record
        across = pair_charts.across(record)
        looked_at = list(pair_text.to_look_at(record))
        return {
            **frame(),
            "record": record,
            "title": f"{record.pair}, {record.verb}",
            "sentence": _sentence(record),
            "verdict": _verdict(record),
            "to_look_at": looked_at,
            "pictures": [*([across] if across else []), *pair_charts.coverages(record), *_executions(record)],
            "over_nights": pair_charts.over_nights(self.runs),
            "runs": [_run_cells(one) for one in reversed(self.runs)] if len(self.runs) > 1 else [],
            "run_headings": _RUN_HEADINGS,
            "runs_problem": self.runs_problem,
            "headings": pair_text.FINDING_HEADINGS,
            "standings": list(dict.fromkeys(one.standing.value for one in record.findings)),
            "sides": [(language.value, name) for language, name in pair_text.SIDES.items()],
            "builds": [_build(one) for one in record.builds],
            "checkups": [
                (name, one.health.value, f"{one.edges:,}", "; ".join(one.reasons) or "–")
                for name, one in record.checkups
            ],
            "checkup_headings": _CHECKUP_HEADINGS,
            "campaigns": list(map(pair_text.campaign_cells, record.campaigns)),
            "campaign_headings": pair_text.CAMPAIGN_HEADINGS,
            "corpora": list(pair_text.corpus_rows(record)),
            "corpus_headings": pair_text.CORPUS_HEADINGS,
            "notes": record.notes[:NOTES],
            "controls": record.controls[:CONTROLS],
            "controls_left_out": max(0, len(record.controls) - CONTROLS),
            "controls_failed": sum(not one.passed for one in record.controls),
            "costs": [(each.stage, *wording.costs(each)) for each in record.stages],
            "cost_headings": ("stage", *wording.COSTS),
            "duration": wording.duration(record.duration_s),
        }

    def page(self, entries: Sequence[Entry], sections: Sequence[Section], /) -> str:
        return page_template("pair.jinja").render(
            **self._values,
            **told(sections),
            entries=entries,
            classes=sorted({name for each in entries for name in each.classes}),
            left_out=len(self.record.findings) - len(entries),
        )

    def section(self, entry: Entry, evidence: str, /, *, later: bool) -> str:
        return page_template("finding.jinja").render(entry=entry, evidence=evidence, later=later)

    def evidence(self, entry: Entry, /) -> Markup:
        made = page_template("finding_evidence.jinja").render(
            shown=self.parts.shown(entry.finding), headings=pair_page_parts.INPUT_HEADINGS
        )
        return Markup(made)  # noqa: S704 - made by autoescape


def _sentence(record: PairRecord) -> str:
    across = pair_text.across(record)
    return f"{pair_text.sentence(record)}.{f' {across}.' if across else ''}"


def _verdict(record: PairRecord) -> str:
    if not record.exit_code:
        return "Exit code 0: nothing fails this run."
    first, *others = record.reasons or ("no reason was given",)
    return f"Exit code {record.exit_code}: {first}" + (f", and {len(others)} more" if others else "")


def _executions(record: PairRecord) -> Iterator[Any]:
    chart = pair_charts.executions(record)
    if chart is not None:
        yield chart


def _run_cells(run: PairRecord) -> tuple[str, ...]:
    return run.run_id, run.verb, run.started, str(run.exit_code), pair_text.sentence(run)


@dataclass(frozen=True, slots=True)
class _Build:
    """One side in one flavour, for the auditor."""

    name: str
    came_to: str
    bad: bool
    programs: tuple[str, ...]
    flags: tuple[tuple[str, str], ...]
    log: str
    notes: tuple[str, ...]


def _build(one: SideBuild) -> _Build:
    missing = f"; not left by the build: {', '.join(one.missing)}" if one.missing else ""
    return _Build(
        name=f"{pair_text.SIDES[one.language]}, {one.flavour}",
        came_to=(f"not built: {one.problem}" if one.problem else f"programs: {len(one.programs)}") + missing,
        bad=bool(one.problem or one.missing),
        programs=tuple(f"{each.target} ({each.program_name}): sha256 {each.program}" for each in one.programs),
        flags=one.flags,
        log=one.log,
        notes=one.notes,
    )
