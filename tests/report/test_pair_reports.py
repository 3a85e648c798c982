"""The reports of a pair's run: the twin's answer in each of them, nothing of a log that is markup, stable names."""

from __future__ import annotations

import io
import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import jsonschema_rs
import pytest

from fuzzpair.errors import UsageError
from fuzzpair.model.crash_report import Frame
from fuzzpair.model.pair import PairRecord
from fuzzpair.pair_judging import fails
from fuzzpair.report import pair_text, write_pair_reports
from fuzzpair.report.console import make_console
from fuzzpair.report.pair_console import render_pair
from fuzzpair.report.pair_json import json_schema, read_pair, render
from own_pair.pair_records import REPORT, finding, record
from report.junit_schema import objections
from report.pair_pages import everything, hostile
from report.sarif_schema import problems

DOCS = Path(__file__).parents[2] / "docs"
HOSTILE = "\x1b[31m<script>|`\u202e\n::error::pwned ]]> \ud800 https://x.example @you"


def reports(made: PairRecord, folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in write_pair_reports(made, folder)}


def console(made: PairRecord) -> str:
    stream = io.StringIO()
    render_pair(made, make_console(stream, is_terminal=False))
    return stream.getvalue()


def test_every_report_says_what_the_other_side_does(tmp_path: Path) -> None:
    made = reports(record(), tmp_path)
    assert sorted(made) == ["junit.xml", "pair.json", "report.html", "results.sarif", "summary.md"]
    for name in ("junit.xml", "report.html", "results.sarif", "summary.md"):
        assert "Rust (address) refuses it with a clean error" in made[name], name
        assert "crash-1111" in made[name], name
    assert "refuses it with a clean error" in console(record())
    assert json.loads(made["pair.json"])["findings"][0]["twin"][0]["outcome"] == "clean error"


def test_pair_json_comes_back_and_keeps_its_published_schema() -> None:
    for made in (record(), everything(), record(findings=(), campaigns=())):
        assert read_pair(render(made)) == made
        jsonschema_rs.Draft202012Validator(json_schema()).validate(json.loads(render(made)))
    assert json.loads((DOCS / "pair.schema.json").read_text()) == json_schema()


@pytest.mark.parametrize("text", ["", "[]", '{"schema": "fuzzpair/run/1"}', '{"schema": "fuzzpair/pair/1"}'])
def test_what_is_no_record_of_a_pair_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"pair\.json"):
        read_pair(text)


def test_sarif_is_valid_and_says_where_each_finding_stands(tmp_path: Path) -> None:
    text = reports(everything(), tmp_path)["results.sarif"]
    assert problems(json.loads(text)) == []
    document = json.loads(text)
    assert [run["automationDetails"]["id"].split("/")[2] for run in document["runs"]] == ["cpp", "rust"]
    results = {one["partialFingerprints"]["fuzzpairBug/v1"]: one for run in document["runs"] for one in run["results"]}
    states = {key: one["baselineState"] for key, one in results.items()}
    assert states == {
        "bug2-0000000000000001": "new",
        "bug2-2": "unchanged",
        "bug2-3": "unchanged",
        "bug2-4": "absent",
        "bug2-5": "unchanged",
        "bug2-6": "new",
        "bug2-7": "new",
        "unreproduced-1": "new",
    }
    assert results["bug2-3"]["suppressions"][0]["justification"] == "accepted by parsers until 2026-12-31"
    assert (results["bug2-0000000000000001"]["level"], results["bug2-6"]["level"]) == ("error", "note")
    assert not document["runs"][0]["invocations"][0]["executionSuccessful"]


def test_places_are_those_of_the_repository(tmp_path: Path) -> None:
    frame = Frame(function="copy_extra", file="lib/inflate.c", line=7, column=3)
    own = replace(REPORT, stack=(Frame(function="memcpy", file="/usr/src/x.S", line=1), frame))
    document = json.loads(reports(record(findings=(finding(report=own),)), tmp_path)["results.sarif"])
    (location,) = document["runs"][0]["results"][0]["locations"]
    assert location["physicalLocation"]["artifactLocation"] == {"uri": "lib/inflate.c", "uriBaseId": "SRCROOT"}
    assert location["physicalLocation"]["region"] == {"startLine": 7, "startColumn": 3}


def test_fingerprints_stay_when_lines_move(tmp_path: Path) -> None:
    moved = replace(REPORT, stack=tuple(replace(one, line=99) for one in REPORT.stack))
    texts = [reports(record(findings=(finding(report=one),)), tmp_path)["results.sarif"] for one in (REPORT, moved)]
    first, second = (json.loads(text)["runs"][0]["results"][0]["partialFingerprints"] for text in texts)
    assert first == second


def test_junit_names_stay_and_failures_are_what_ends_the_run_with_1(tmp_path: Path) -> None:
    root = ET.fromstring(reports(everything(), tmp_path)["junit.xml"])
    names = [(case.get("classname"), case.get("name")) for case in root.iter("testcase")]
    assert len(names) == len(set(names))
    failed = {(c.get("classname"), c.get("name")): len(c.findall("failure")) for c in root.iter("testcase")}
    assert failed["gzip.header", "cpp"] == 1
    assert failed["gzip.header", "rust"] == 1
    errors = {case.get("name") for case in root.iter("testcase") if case.find("error") is not None}
    assert errors == {"header/rust address can be fuzzed", "alarms"}
    clean = ET.fromstring(reports(record(findings=()), tmp_path)["junit.xml"])
    kept = {(case.get("classname"), case.get("name")) for case in clean.iter("testcase")}
    assert {("gzip.header", "cpp"), ("gzip.header", "rust")} <= kept, "a clean run has the same cases"


def test_junit_s_failure_names_the_worst_finding_and_tells_of_each(tmp_path: Path) -> None:
    whole = record(
        findings=(finding(score=5.0), finding(key="bug2-worse", score=9.0), finding(key="bug2-3", score=1.0))
    )
    failing = pair_text.worst_first(whole.findings)
    assert failing[0].key == "bug2-worse"
    assert all(map(fails, failing))
    (failure,) = ET.fromstring(reports(whole, tmp_path)["junit.xml"]).findall(".//testcase[@name='cpp']/failure")
    assert failure.get("message") == f"{pair_text.title(failing[0])}, and {len(failing) - 1} more"
    assert all(one.key in (failure.text or "") for one in failing)


def test_the_summary_begins_with_what_fails_the_run(tmp_path: Path) -> None:
    text = reports(everything(), tmp_path)["summary.md"]
    rows = [line.split(" | ")[3] for line in text.splitlines() if line.startswith("| high")]
    assert all(row.startswith(("new", "reopened")) for row in rows[:4])
    assert "fails nothing: it does not show itself each time" in text
    assert "they corrupt no memory" in text
    assert "expires soon" in text


def test_nothing_of_a_log_is_markup_or_an_escape(tmp_path: Path) -> None:
    made = reports(hostile(HOSTILE), tmp_path)
    shown = console(hostile(HOSTILE))
    for name, text in {**made, "console": shown}.items():
        assert "\x1b" not in text, name
        assert "\u202e" not in text, name
        assert name == "report.html" or "\n::error::" not in text, name  # no system reads commands out of a page
    assert objections(made["junit.xml"]) == []
    assert problems(json.loads(made["results.sarif"])) == []
    assert "passwd" not in json.dumps(
        [one["locations"] for one in json.loads(made["results.sarif"])["runs"][0]["results"]]
    )
    outside_of_code = re.sub(r"^(`{3,}).*?^\1$", "", made["summary.md"], flags=re.DOTALL | re.MULTILINE)
    assert "<script>" not in outside_of_code
    assert json.loads(made["pair.json"])["notes"] == [HOSTILE.replace("\ud800", "\\ud800")]


def test_a_run_that_did_not_end_says_so_first() -> None:
    made = record(complete=False, exit_code=130, reasons=("interrupted",))
    assert "incomplete" in console(made).splitlines()[-1]
