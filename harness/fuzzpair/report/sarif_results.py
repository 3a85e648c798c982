"""SARIF's results: one for each word of a judge on a row, with its stacks, its fingerprints and how to see it again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from fuzzpair.bug_classes import BUG_CLASSES
from fuzzpair.model.diagnostic import Diagnostic
from fuzzpair.model.evidence import Judgement
from fuzzpair.model.gate import Difference
from fuzzpair.model.run_record import Row, RunRecord
from fuzzpair.report import clean, sarif_places
from fuzzpair.report.findings_of import Said
from fuzzpair.report.sarif_rules import CWE, level, rule_id
from fuzzpair.report.wording import VARIANTS
from fuzzpair.triage.signature import signature

Json = dict[str, Any]

MESSAGE_LIMIT: Final = 1_000
_LINKS: Final = str.maketrans({"[": "\\[", "]": "\\]"})  # [text](target) is a link in a SARIF message (3.11.6)
_PLANTED: Final = "a mistake planted on purpose, and its verdict is the one that the reviewed baseline expects"


@dataclass(frozen=True, slots=True)
class Results:
    """Makes the results of one record. `differences` is None where there was no baseline to compare with."""

    record: RunRecord
    differences: Mapping[str, Difference] | None
    rule_indices: Mapping[str, int]

    def result(self, said: Said) -> Json:
        slug = rule_id(said.row.bug_class)
        made: Json = {
            "ruleId": slug,
            "ruleIndex": self.rule_indices[slug],
            "kind": "fail",
            "level": _level(said),
            "message": {"text": _text(" ".join(_message(said)))},
            "locations": [each for each in [self._location(said)] if each],
            "partialFingerprints": fingerprints(said),
            "properties": _properties(said),
            **self._state(said.row),
        }
        if slug in BUG_CLASSES:
            made["taxa"] = [{"id": str(BUG_CLASSES[slug].cwe), "toolComponent": CWE}]
        if said.report:
            made["stacks"] = sarif_places.stacks(said.report, said.row, self.record)
            flow = sarif_places.code_flow(said.report, said.row, self.record)
            made |= {"codeFlows": [flow]} if flow else {}
        return made

    def _location(self, said: Said) -> Json | None:
        found = None
        if said.diagnostic:
            spans = sorted(said.diagnostic.spans, key=lambda span: not span.primary)
            found = next((each for each in map(self._span(said.row), spans) if each), None)
        return (
            found
            or sarif_places.of_report(said.report, said.row, self.record)
            or sarif_places.of_patch(said.row, self.record)
        )

    def _span(self, row: Row) -> Any:  # noqa: ANN401 - a function from a span to a location
        return lambda span: sarif_places.of_span(span, row, self.record)

    def _state(self, row: Row) -> Json:
        """Against the baseline. What it expects is suppressed: a planted mistake is no news, a moved verdict is."""
        if self.differences is None:
            return {}
        differs = self.differences.get(row.name)
        if differs is None:
            accepted = {"kind": "external", "status": "accepted", "justification": _PLANTED}
            return {"baselineState": "unchanged", "suppressions": [accepted]}
        return {"baselineState": "new" if differs.expected == "no such row" else "updated", "suppressions": []}


def fingerprints(said: Said) -> dict[str, str]:
    """What stays when lines move. Two rows are two mistakes, also where one function holds both."""
    if said.diagnostic:
        bug = crash = f"{said.judge}: {said.diagnostic.code or said.diagnostic.message}"
    else:
        assert said.judgement is not None
        keys = signature(said.report, f"{said.row.name} {said.judgement.tool}")
        bug, crash = keys.bug, keys.crash
    row = f"{said.row.name}\0{said.judge}\0{bug}"
    return {
        # The only one that GitHub reads; it makes its own from the source line where there is none.
        "primaryLocationLineHash": f"{sha256(row.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}:1",
        "fuzzpairBug/v1": clean.line(bug, MESSAGE_LIMIT),
        "fuzzpairCrash/v1": clean.line(crash, MESSAGE_LIMIT),
    }


def _level(said: Said) -> str:
    if said.diagnostic:
        return "error" if said.diagnostic.level == "error" else "warning"
    return level(said.severity)


def _message(said: Said) -> Iterator[str]:
    row = said.row
    yield f"{row.title or row.mistake} ({VARIANTS[row.variant]})."
    if said.diagnostic:
        yield _diagnosed(said.diagnostic)
    if said.judgement:
        yield _judged(said.judgement)
        if said.judgement.reproduce:
            yield f"See it again: {said.judgement.reproduce}"
    if said.log_missing:
        yield "Its log is not in the store: stacks are those of the excerpt in run.json."


def _diagnosed(diagnostic: Diagnostic) -> str:
    return f"{diagnostic.tool} says {diagnostic.level} {diagnostic.code or ''}: {diagnostic.message}"


def _judged(judgement: Judgement) -> str:
    kinds = ", ".join(f"{count} {kind}" for kind, count in judgement.kinds)
    said = f"{judgement.tool} catches it on {judgement.k} of {judgement.n} triggering inputs"
    return f"{said} in the {judgement.flavour} build{f': {kinds}' if kinds else ''}."


def _text(text: str) -> str:
    return clean.line(text, MESSAGE_LIMIT).translate(_LINKS)


def _properties(said: Said) -> Json:
    made: Json = {
        "mistake": said.row.mistake,
        "variant": said.row.variant.value,
        "severity": said.severity.severity.value,
        "cvss": said.severity.vector,
        "score": said.severity.score,
        "why": said.severity.reason,
    }
    if said.judgement:
        made |= {
            "reproduce": said.judgement.reproduce,
            "input": said.judgement.example_input,
            "log": said.judgement.example_log,
            "logIsStored": not said.log_missing,
        }
    return made
