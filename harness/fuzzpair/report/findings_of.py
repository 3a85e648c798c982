"""The record's rows as findings: what each judge said of each variant, with the report read from its stored log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from fuzzpair.bug_classes import BUG_CLASSES
from fuzzpair.model.crash_report import CrashReport
from fuzzpair.model.diagnostic import Diagnostic
from fuzzpair.model.evidence import Judgement
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.gate import Difference, Gate, GateStatus
from fuzzpair.model.language import Language
from fuzzpair.model.run_record import Row, RunRecord
from fuzzpair.model.tool import Tool
from fuzzpair.report.stored import Stored
from fuzzpair.severity import Assessment, Fault, assess, rate
from fuzzpair.severity_rules import Reachability
from fuzzpair.triage import first_report

_COMPILERS: Final = {Language.CPP: Tool.CLANG, Language.RUST: Tool.RUSTC}
_ANALYZERS: Final = {
    Language.CPP: (Tool.CLANG_ANALYZER, Tool.CLANG_TIDY),
    Language.RUST: (Tool.CLIPPY, Tool.CLIPPY_PEDANTIC),
}
# A judge is whoever may speak of a row on its own: a compiler, an analyzer, or the build of one flavour. UBSan's groups
# that flag legal code are one: apart they were more than the 20 runs that code scanning takes of one file.
JUDGING: Final = tuple(one for one in Flavour if one is not Flavour.CANARY)
LEGAL_GROUPS: Final = "undefined (also of legal code)"
SILENT: Final = frozenset({"none", "not run"})
_AGREEING: Final = frozenset({GateStatus.PASSED, GateStatus.BREACHED, GateStatus.DRIFT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One judge's word on one row. Exactly one of `judgement` and `diagnostic` is there."""

    row: Row
    judge: str
    judgement: Judgement | None = None
    diagnostic: Diagnostic | None = None
    report: CrashReport | None = None  # of the judgement's example log
    log_missing: bool = False  # the record names a log that is not stored; `report` is read from its excerpt
    severity: Assessment

    @property
    def language(self) -> Language:
        return self.row.variant.language


def judges_asked(record: RunRecord) -> tuple[tuple[Language, str], ...]:
    """Every (language, judge) of a run, also those that said nothing: their silence closes old alerts."""
    asked = {(language, compiler.value) for language, compiler in _COMPILERS.items()}
    for row in record.rows:
        language = row.variant.language
        asked |= {(language, _judge_in(each.flavour)) for each in row.evidence.judgements if _speaks(each)}
        asked |= {(language, judge_of(each, language)) for each in row.evidence.warnings}
    analyzers = dict(record.budgets).get("analyzers", "")
    asked |= {
        (language, tool.value) for language, tools in _ANALYZERS.items() for tool in tools if _names(tool, analyzers)
    }
    return tuple((language, judge) for language in Language for judge in _order(language) if (language, judge) in asked)


def _names(tool: Tool, analyzers: str) -> bool:
    return tool.value.replace(" ", "-") in analyzers.split(", ")


def _speaks(judgement: Judgement) -> bool:
    return judgement.flavour in JUDGING and judgement.tool != "not run"


def _order(language: Language) -> tuple[str, ...]:
    tools = (_COMPILERS[language], *_ANALYZERS[language])
    return (*(tool.value for tool in tools), *dict.fromkeys(map(_judge_in, JUDGING)))


def _judge_in(flavour: Flavour) -> str:
    return LEGAL_GROUPS if flavour.flags_legal else flavour.value


def judge_of(diagnostic: Diagnostic, language: Language) -> str:
    known = diagnostic.tool in _ANALYZERS[language]
    return diagnostic.tool.value if known else _COMPILERS[language].value


@dataclass
class Findings:
    """What was said in one record. A log is read once, however many reporters or rows name it."""

    record: RunRecord
    stored: Stored
    _reports: dict[str, CrashReport | None] = field(default_factory=dict)

    def said(self) -> Iterator[Said]:
        """In the record's order. A row that could not be judged says nothing, and `gate.reasons` say why."""
        for row in self.record.rows:
            if row.problem is None and row.verdict is not None:
                yield from self.of_row(row)

    def of_row(self, row: Row) -> Iterator[Said]:
        refused = row.evidence.rejection.diagnostics if row.evidence.rejection else ()
        # One code is one finding of a row, wherever else the compiler says it: without lines they would be alike.
        said = {_code(each, row): each for each in reversed((*refused, *row.evidence.warnings))}
        for (judge, _), diagnostic in reversed(said.items()):
            yield Said(row=row, judge=judge, diagnostic=diagnostic, severity=by_class(row.bug_class))
        for judgement in row.evidence.judgements:
            if judgement.flavour in JUDGING and judgement.k and judgement.tool not in SILENT:
                yield self._judged(row, judgement)

    def _judged(self, row: Row, judgement: Judgement) -> Said:
        report, missing = self.report_of(judgement)
        return Said(
            row=row,
            judge=_judge_in(judgement.flavour),
            judgement=judgement,
            report=report,
            log_missing=missing,
            severity=_severity(row, judgement, report),
        )

    def report_of(self, judgement: Judgement) -> tuple[CrashReport | None, bool]:
        """The first report of a judgement's example log, and whether that log is missing."""
        name = judgement.example_log
        if name and name not in self._reports:
            text = self.stored.text(name)
            if text is None:
                return first_report(judgement.excerpt), True
            self._reports[name] = first_report(text)
        return (self._reports[name], False) if name else (first_report(judgement.excerpt), False)


def _code(diagnostic: Diagnostic, row: Row) -> tuple[str, str]:
    return judge_of(diagnostic, row.variant.language), diagnostic.code or diagnostic.message


def by_class(slug: str) -> Assessment:
    """What a class is worth, whatever the access: for a rule, and where nothing ran."""
    known = BUG_CLASSES.get(slug)
    return rate(Fault(bug_class=known.slug if known else None), Reachability.UNTRUSTED)


def _severity(row: Row, judgement: Judgement, report: CrashReport | None) -> Assessment:
    """The mistake's class is known, as it was planted; a tool's word for its effect may name another."""
    known = BUG_CLASSES.get(row.bug_class)
    slug = known.slug if known else None
    if report is None or report.tool.value != judgement.tool:
        return rate(Fault(bug_class=slug), Reachability.UNTRUSTED)
    return assess(replace(report, bug_class=slug), Reachability.UNTRUSTED)


def compared(gate: Gate) -> bool:
    """Whether the record tells what a baseline expects: an error without any difference may have had none."""
    return gate.status in _AGREEING or bool(gate.differences)


def worst_first(said: Iterable[Said]) -> Sequence[Said]:
    return sorted(said, key=lambda each: (-each.severity.score, each.row.name, each.judge))


def differences_by_row(gate: Gate) -> dict[str, Difference]:
    return {each.row: each for each in gate.differences}
