"""agreement-junit.xml: a case for each target and engine on both sides as they stand, and for each planted mistake.

`failure` is a disagreement that nobody accepted, or a mistake that no engine found; `error` what was not done.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from junit_xml import TestCase, TestSuite

from fuzzpair.model.agreement import AgreementRecord, AgreementRow, What
from fuzzpair.model.standing import Standing
from fuzzpair.report import clean
from fuzzpair.report.agreement import HEADINGS, cells, cleaned, compared, sides_of, standing, to_look_at
from fuzzpair.report.junit_suites import rendered

file_name: Final = "agreement-junit.xml"
_OUTPUT: Final = clean.Cap(lines=60, width=400)


def render(record: AgreementRecord) -> str:
    """The cases have the same classname and name in every run: viewers tell histories apart by them."""
    record = cleaned(record)
    as_they_stand = [_as_it_stands(record, row) for row in record.rows if not row.mistake]
    planted = dict.fromkeys(row.subject for row in record.rows if row.mistake)
    mistakes = [_planted(record, subject) for subject in planted]
    suites = [(compared(record), as_they_stand), ("mistakes", mistakes), ("controls", list(_controls(record)))]
    return rendered(
        TestSuite(_suite(record.pair, name), cases, timestamp=record.started) for name, cases in suites if cases
    )


def _suite(pair: str, name: str) -> str:
    return pair if name == pair else f"{pair}: {name}"


def _as_it_stands(record: AgreementRecord, row: AgreementRow) -> TestCase:
    told = [f"{one.key}; {sides_of(one)}; {one.signature}, {standing(one)}" for one in row.disagreements]
    case = TestCase(row.engine, classname=f"{record.pair}.agreement.{row.target}", stdout=_output([row], told))
    if row.problem:
        case.add_error_info(row.problem, error_type="not done")
    open_ones = [one for one in row.disagreements if one.standing is not Standing.ACCEPTED]
    if open_ones:  # one element: of several the library keeps the last, and most readers the first
        more = f" (and {len(open_ones) - 1} more)" if open_ones[1:] else ""
        lines = [text for one, text in zip(row.disagreements, told, strict=True) if one in open_ones]
        kind = "crash" if open_ones[0].what is What.CRASH else "disagreement"
        case.add_failure_info(f"{open_ones[0].key}{more}", clean.block("\n".join(lines), _OUTPUT), failure_type=kind)
    return case


def _planted(record: AgreementRecord, subject: str) -> TestCase:
    rows = [row for row in record.rows if row.subject == subject]
    mistake, _, variant = subject.rpartition("/")
    told = [f"{row.engine}: {one.key}" for row in rows for one in row.disagreements]
    name = f"{record.pair}.agreement.{mistake or subject}"
    case = TestCase(variant, classname=name, stdout=_output(rows, told))
    problems = [f"{row.engine}: {row.problem}" for row in rows if row.problem]
    if problems:
        case.add_error_info("; ".join(problems), error_type="not done")
    if not any(row.is_found for row in rows):
        case.add_failure_info("no engine found a disagreement", failure_type="not found")
    return case


def _controls(record: AgreementRecord) -> Iterator[TestCase]:
    for control in record.controls:
        case = TestCase(control.name, classname=f"{record.pair}.agreement.controls", stdout=control.detail)
        if not control.passed:
            case.add_error_info(f"control failed: {control.detail}", error_type="control")
        yield case
    look = "\n".join(to_look_at(record))
    whole = TestCase("complete", classname=f"{record.pair}.agreement.run", stdout=clean.block(look, _OUTPUT))
    if not record.rows:
        whole.add_error_info("nothing was compared", error_type="not done")
    yield whole


def _output(rows: list[AgreementRow], told: list[str]) -> str:
    facts = [f"{heading}: {cell}" for row in rows for heading, cell in zip(HEADINGS, cells(row), strict=True)]
    return clean.block("\n".join([*facts, *told]), _OUTPUT)
