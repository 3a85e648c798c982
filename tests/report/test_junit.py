"""junit.xml: stable names, `failure` for the gate, `error` for a job not done, XML whatever a log says."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest
from hypothesis import given

from fuzzpair.model.gate import Difference, Gate, GateStatus
from fuzzpair.model.run_record import RunRecord
from fuzzpair.model.verdict import Fidelity
from fuzzpair.report import junit
from report.junit_schema import objections
from report.records import HOSTILE, SOME_RECORDS, full_record, passing_record, records


def outcomes(record: RunRecord) -> dict[str, tuple[str, str]]:
    """classname:name -> (what it is, what it says) of each case."""
    found = {}
    for case in ET.fromstring(junit.render(record)).iter("testcase"):
        inner = [each for each in case if each.tag in ("failure", "error", "skipped")]
        said = (inner[0].tag, inner[0].get("message", "")) if inner else ("passed", "")
        found[f"{case.get('classname')}:{case.get('name')}"] = said
    return found


def test_each_kind_of_outcome_has_its_element() -> None:
    cases = outcomes(full_record())
    assert cases["dns.use-after-free:cpp"] == ("passed", "")
    assert cases["dns.endless-loop:cpp"] == (
        "failure",
        "endless-loop/cpp: expected stopped, measured observed",
    )
    assert cases["dns.gone:cpp"] == ("failure", "gone/cpp: expected detected, measured no such row")
    assert cases["dns.data-race:cpp"][0] == "error"
    assert cases["dns.controls:twins agree"] == ("passed", "")
    assert cases["dns.controls:known-bad input trips MSan"][0] == "error"
    assert cases["dns.run:complete"] == ("passed", "")
    assert cases["dns.run:gate"] == ("error", "1 control failed")


def test_the_cases_are_the_rows_and_have_the_same_names_in_every_run() -> None:
    names = [name for name in outcomes(passing_record()) if ".run:" not in name and ".controls:" not in name]
    assert names == [f"dns.use-after-free:{each}" for each in ("cpp", "rust", "rust-next", "rust-unsafe")]
    assert {said for said, _ in outcomes(passing_record()).values()} == {"passed"}


def test_drift_is_not_a_failure() -> None:
    record = full_record()
    drift = replace(record, gate=replace(record.gate, status=GateStatus.DRIFT, exit_code=0))
    cases = outcomes(drift)
    assert cases["dns.endless-loop:cpp"][0] == "passed"
    assert cases["dns.gone:cpp"][0] == "skipped"


def test_a_breach_without_a_row_and_an_incomplete_run_are_cases_of_their_own() -> None:
    gate = Gate(status=GateStatus.BREACHED, exit_code=1, reasons=("2 new findings",))
    cases = outcomes(replace(passing_record(), gate=gate, complete=False))
    assert cases["dns.run:gate"] == ("failure", "2 new findings")
    assert cases["dns.run:complete"] == ("error", "the run is incomplete")


def test_what_did_not_run_is_skipped_and_a_failed_fidelity_is_an_error() -> None:
    record = passing_record()
    first, second, *_ = record.rows
    skipped = replace(first, verdict=None, problem="not run: interrupted")
    evidence = replace(second.evidence, fidelity=Fidelity.FAILED, fidelity_why="no common input")
    cases = outcomes(replace(record, rows=(skipped, replace(second, evidence=evidence))))
    assert cases["dns.use-after-free:cpp"] == ("skipped", "not run: interrupted")
    assert cases["dns.use-after-free:rust"] == ("error", "fidelity failed: no common input")


@pytest.mark.parametrize("text", HOSTILE)
def test_a_log_cannot_break_the_file(text: str) -> None:
    record = full_record()
    control = replace(record.controls[1], name=text, detail=text)
    cases = outcomes(replace(record, controls=(control,)))
    assert sum(said == "error" for said, _ in cases.values()) == 3


@SOME_RECORDS
@given(records())
def test_any_record_makes_a_file_that_parses(record: RunRecord) -> None:
    root = ET.fromstring(junit.render(record))
    suites = root.findall("testsuite")
    assert len(suites) == 3
    for suite in suites:
        cases = suite.findall("testcase")
        assert suite.get("tests") == str(len(cases))
        assert suite.get("errors") == str(sum(case.find("error") is not None for case in cases))
        assert suite.get("failures") == str(sum(case.find("failure") is not None for case in cases))


@pytest.mark.parametrize("findings", [0, 1, pytest.param(5_000, marks=pytest.mark.slow)])
def test_any_number_of_differences(findings: int) -> None:
    whole = passing_record()
    rows = tuple(replace(whole.rows[0], mistake=f"m{number}") for number in range(findings))
    differences = tuple(Difference(row=one.name, expected="stopped", measured="crashed") for one in rows)
    gate = replace(whole.gate, status=GateStatus.BREACHED, exit_code=1, differences=differences)
    text = junit.render(replace(whole, rows=rows, gate=gate))
    assert objections(text) == []
    suite = ET.fromstring(text).find("testsuite[1]")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures")) == (str(findings), str(findings))


@SOME_RECORDS
@given(records())
def test_any_record_keeps_the_rules_of_the_strictest_reader(record: RunRecord) -> None:
    assert objections(junit.render(record)) == []


@pytest.mark.parametrize(
    ("put", "said"),
    [
        ('<testsuites disabled="0"/>', "testsuites has disabled"),
        ('<testsuites><testsuite name="x" tests="1" errors="0"/></testsuites>', "testsuite has no failures"),
        ('<testsuites><testcase name="x"/></testsuites>', "testsuites holds testcase"),
        ('<testsuites time="1s"/>', "testsuites's time is 1s"),
        ("<testsuites>text</testsuites>", "testsuites holds text"),
        ("<testcase/>", "the root is no testsuites"),
    ],
)
def test_the_rules_would_object(put: str, said: str) -> None:
    assert objections(put) == [said]
