"""junit.xml: one case per mistake and variant. `failure` is a breached gate, `error` is a job not done."""

from __future__ import annotations

from typing import Final

from junit_xml import TestCase, TestSuite

from fuzzpair.model.gate import Difference, Gate, GateStatus
from fuzzpair.model.run_facts import Control
from fuzzpair.model.run_record import Row, RunRecord
from fuzzpair.model.verdict import Fidelity
from fuzzpair.report import clean, wording
from fuzzpair.report.junit_suites import rendered
from fuzzpair.report.stored import NOTHING_STORED, Stored
from fuzzpair.report.totals import Totals, difference, is_undone, not_run, problem, totals

file_name: Final = "junit.xml"
# GitLab drops a file over 30 MB, so what one case may say is bounded.
_OUTPUT: Final = clean.Cap(lines=40, width=400)


def render(record: RunRecord, _: Stored = NOTHING_STORED, /) -> str:
    """The cases have the same classname and name in every run: viewers tell histories apart by them."""
    record = clean.cleaned(record)
    suites = [_mistakes(record), _controls(record), _run(record)]
    return rendered(suites)


def _mistakes(record: RunRecord) -> TestSuite:
    cases = [_case(row, record) for row in record.rows]
    known = {row.name for row in record.rows}
    cases += [_missing(each, record) for each in record.gate.differences if each.row not in known]
    name = f"{record.pair}: mistakes"
    return TestSuite(name, cases, timestamp=record.started, properties=_numbers(totals(record)))


def _case(row: Row, record: RunRecord) -> TestCase:
    case = TestCase(row.variant.value, classname=_classname(record, row.mistake), stdout=_output(row, record))
    differs = difference(record, row)
    if is_undone(row) and problem(row).startswith("not run"):
        case.add_skipped_info(problem(row))
    elif is_undone(row):
        case.add_error_info(f"could not be done: {problem(row)}", error_type="not done")
    elif row.evidence.fidelity is Fidelity.FAILED:
        case.add_error_info(f"fidelity failed: {row.evidence.fidelity_why}", error_type="control")
    elif differs and _is_breach(record.gate):
        case.add_failure_info(_said(differs), failure_type="gate")
    return case


def _missing(differs: Difference, record: RunRecord) -> TestCase:
    """The baseline names a row that this run does not have: a breach, or it would vanish silently."""
    mistake, _, variant = differs.row.rpartition("/")
    case = TestCase(variant, classname=_classname(record, mistake))
    if _is_breach(record.gate):
        case.add_failure_info(_said(differs), failure_type="gate")
    else:
        case.add_skipped_info(_said(differs))
    return case


def _controls(record: RunRecord) -> TestSuite:
    cases = [_control(control, record) for control in record.controls]
    return TestSuite(f"{record.pair}: controls", cases, timestamp=record.started)


def _control(control: Control, record: RunRecord) -> TestCase:
    case = TestCase(control.name, classname=f"{record.pair}.controls", stdout=control.detail)
    if not control.passed:
        case.add_error_info(f"control failed: {control.detail}", error_type="control")
    return case


def _run(record: RunRecord) -> TestSuite:
    """What belongs to no row: whether the run ended, and a gate that failed for reasons of its own."""
    whole = TestCase("complete", classname=f"{record.pair}.run")
    if not record.complete:
        whole.add_error_info("the run is incomplete", error_type="not done")
    gate = TestCase("gate", classname=f"{record.pair}.run", stdout=_gate_output(record.gate))
    if record.gate.status is GateStatus.ERROR:
        gate.add_error_info("; ".join(record.gate.reasons) or "the gate is in error", error_type="not done")
    elif _is_breach(record.gate) and not record.gate.differences:
        gate.add_failure_info("; ".join(record.gate.reasons) or "the gate is breached", failure_type="gate")
    return TestSuite(f"{record.pair}: run", [whole, gate], timestamp=record.started)


def _is_breach(gate: Gate) -> bool:
    # With status ERROR the differences are still real findings: 3 wins over 1 only in the exit code.
    return gate.status in (GateStatus.BREACHED, GateStatus.ERROR)


def _classname(record: RunRecord, mistake: str) -> str:
    return f"{record.pair}.{mistake}"


def _said(differs: Difference) -> str:
    return f"{differs.row}: expected {differs.expected}, measured {differs.measured}"


def _output(row: Row, record: RunRecord) -> str:
    lines = [f"{row.title} (CWE-{row.cwe})", *wording.cell(row, record)]
    lines += [f"tools: {', '.join(row.tools)}"] if row.tools else []
    lines += [f"not run: {flavour}: {reason}" for flavour, reason in not_run(row)]
    lines += [f"{each.flavour}: {each.reproduce}" for each in row.evidence.judgements if each.reproduce]
    return clean.block("\n".join(lines), _OUTPUT)


def _gate_output(gate: Gate) -> str:
    return clean.block("\n".join([wording.gate(gate), *map(_said, gate.differences), *gate.reasons]), _OUTPUT)


def _numbers(numbers: Totals) -> dict[str, str]:
    """The totals as properties, the same numbers as in every other report."""
    counted = {
        "mistakes": numbers.mistakes,
        "rows": numbers.rows,
        "could not be done": numbers.could_not_be_done,
        "jobs run": numbers.jobs_run,
        "jobs reused": numbers.jobs_reused,
        "jobs failed": numbers.jobs_failed,
    }
    for variant, counts in numbers.rungs:
        counted |= {f"{variant}: {rung}": count for rung, count in counts}
    return {name: str(count) for name, count in counted.items()}
