"""What the page shows of each mistake, as values for the template; nothing here is markup but what page_code made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from fuzzpair.model.evidence import Judgement
from fuzzpair.model.language import Variant
from fuzzpair.model.run_record import Row, RunRecord
from fuzzpair.model.verdict import Rung
from fuzzpair.report import clean, page_code, wording
from fuzzpair.report.page_frame import anchor
from fuzzpair.report.stored import Stored
from fuzzpair.report.totals import Mistake, difference, fidelity, is_undone, mistakes, problem

SEEDS: Final = 300  # of a target, to find the nearest among
SEED_OCTETS: Final = 64 << 10
DIAGNOSTICS: Final = 8
KEYS: Final = 40


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the matrix. `rung` is also the name of its colour; empty where there is no such variant."""

    variant: str
    rung: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the matrix, and what the filters ask of it."""

    anchor: str
    mistake: Mistake
    cells: tuple[Cell, ...]
    triggered: str
    found: str
    fidelity: str
    differs: bool

    @property
    def comes_first(self) -> bool:
        return self.differs or "undone" in self.rungs

    @property
    def rungs(self) -> str:
        """`cpp:detected rust:rejected …`: what the filter for language and rung looks for."""
        names = {(row.variant.language.value, name) for row in self.mistake.rows for name in rungs_of(row)}
        return " ".join(f"{language}:{name}" for language, name in sorted(names))


@dataclass(frozen=True, slots=True)
class Judged:
    """What one build does with the triggering inputs."""

    flavour: str
    what: str
    endings: str
    wrong: str
    counterpart_clean: bool
    log: tuple[page_code.Part, ...]
    note: str
    reproduce: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One variant of a mistake, with all of its evidence."""

    row: Row
    name: str
    verdicts: tuple[str, ...]
    rung: str
    problem: str
    differs: str
    diff: tuple[page_code.Line, ...]
    fixed: tuple[page_code.Line, ...]
    judged: tuple[Judged, ...]
    diagnostics: tuple[tuple[str, str], ...]
    hex: page_code.Hex | None
    input: str
    input_missing: bool
    canary: str
    found: str
    keys: tuple[str, ...]


def entries(record: RunRecord) -> tuple[Entry, ...]:
    return tuple(_entry(number, each, record) for number, each in enumerate(mistakes(record), 1))


def _entry(number: int, mistake: Mistake, record: RunRecord) -> Entry:
    return Entry(
        anchor=anchor("m", number, mistake.name),
        mistake=mistake,
        cells=tuple(_cell(mistake.row(variant), variant, record) for variant in Variant),
        triggered="; ".join(wording.triggered(mistake)),
        found="; ".join(wording.found(mistake)),
        fidelity=wording.fidelity_text(mistake),
        differs=any(difference(record, row) for row in mistake.rows),
    )


def _cell(row: Row | None, variant: Variant, record: RunRecord) -> Cell:
    rung = "" if row is None else next(iter(rungs_of(row)))
    return Cell(wording.VARIANTS[variant], rung.replace(" ", "-"), wording.cell(row, record))


def rungs_of(row: Row) -> tuple[str, ...]:
    """The rungs of both production flavours, the default one first; "undone" where the row could not be judged."""
    if is_undone(row):
        return ("undone",)
    said = [verdict.rung.value for verdict in (row.verdict, row.hardened) if verdict]
    return tuple(dict.fromkeys(said))


@dataclass
class Sections:
    """Makes the sections of one record; seeds are read once a target."""

    record: RunRecord
    stored: Stored
    _seeds: dict[str, Sequence[tuple[str, bytes]]] = field(default_factory=dict)

    def variants(self, mistake: Mistake) -> tuple[Shown, ...]:
        return tuple(self._shown(row) for row in mistake.rows)

    def fidelity(self, mistake: Mistake) -> str:
        said = fidelity(mistake)
        return f"{said[0]}: {said[1]}" if said else ""

    def _shown(self, row: Row) -> Shown:
        evidence = row.evidence
        undone = is_undone(row)
        differs = difference(self.record, row)
        example = next((each.example_input for each in evidence.judgements if each.example_input), None)
        octets = self.stored.octets(example)
        return Shown(
            row=row,
            name=wording.VARIANTS[row.variant],
            verdicts=() if undone else wording.cell(row, self.record),
            rung=next(iter(rungs_of(row))).replace(" ", "-"),
            problem=problem(row) if undone else "",
            differs=f"expected {differs.expected}, measured {differs.measured}" if differs else "",
            diff=page_code.diff(evidence.patch, row.variant.language),
            fixed=page_code.diff(evidence.fixed_patch, row.variant.language),
            judged=tuple(self._judged(row)),
            diagnostics=tuple(self._diagnostics(row)),
            hex=page_code.hex_view(octets, self._seeds_of(row)) if octets is not None else None,
            input=example or "",
            input_missing=bool(example) and octets is None,
            canary=_canary(row),
            found=wording.search(evidence.found) if evidence.found else "",
            keys=evidence.job_keys[:KEYS],
        )

    def _judged(self, row: Row) -> Iterator[Judged]:
        for each in row.evidence.judgements:
            text, note = self._log(each)
            yield Judged(
                flavour=wording.production(each.flavour),
                what=_what(each),
                endings=_counts(each.endings),
                wrong=f"{each.wrong_output} of {each.n}" if each.n else "",
                counterpart_clean=each.counterpart_clean or each.tool == "not run",
                log=page_code.log_parts(text) if text else (),
                note=note,
                reproduce=each.reproduce,
            )

    def _log(self, judgement: Judgement) -> tuple[str, str]:
        """The report's own words; of a log in which no parser found one, its text, if anything was caught."""
        if judgement.excerpt or not judgement.example_log or not judgement.k:
            return judgement.excerpt, ""
        text = self.stored.text(judgement.example_log)
        if text is None:
            return "", f"its log {judgement.example_log} is not in the store"
        return text, ""

    @staticmethod
    def _diagnostics(row: Row) -> Iterator[tuple[str, str]]:
        refused = row.evidence.rejection.diagnostics if row.evidence.rejection else ()
        said = (*refused, *row.evidence.warnings)
        for each in said[:DIAGNOSTICS]:
            yield (
                f"{each.tool} {each.level} {each.code or ''}".strip(),
                clean.block(each.rendered or each.message, page_code.LOG),
            )
        if len(said) > DIAGNOSTICS:
            yield f"{len(said) - DIAGNOSTICS} more", "they are in run.json"
        for check in row.evidence.crashed_checks:
            yield f"{clean.line(check)} was left out", "the analyzer itself crashed in it"

    def _seeds_of(self, row: Row) -> Sequence[tuple[str, bytes]]:
        target = next((each.target for each in row.evidence.replays), "")
        if target not in self._seeds:
            names = dict(self.record.corpus).get(target, ())[:SEEDS]
            read = [(name, self.stored.octets(name, SEED_OCTETS)) for name in names]
            self._seeds[target] = [(name, octets) for name, octets in read if octets is not None]
        return self._seeds[target]


def _what(judgement: Judgement) -> str:
    if judgement.tool == "not run":
        return f"not run: {', '.join(kind for kind, _ in judgement.kinds) or 'no reason given'}"
    if judgement.tool == "none":
        return f"nothing is caught on {judgement.n} inputs"
    return f"{judgement.tool} on {judgement.k} of {judgement.n}: {_counts(judgement.kinds) or 'no report'}"


def _canary(row: Row) -> str:
    canary = row.evidence.canary
    return f"reached on {canary.reached:,} inputs, triggered on {canary.triggered:,}" if canary else ""


def _counts(pairs: Sequence[tuple[str, int]]) -> str:
    return ", ".join(f"{count} {name}" for name, count in pairs)


def rungs_in_use(record: RunRecord) -> tuple[str, ...]:
    """For the filter: the rungs that a cell shows, then those that could not be done."""
    undone = ("undone",) if any(is_undone(row) for row in record.rows) else ()
    return (*(Rung(each).value for each in wording.occurring(record)), *undone)
