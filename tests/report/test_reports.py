"""The seam: every report is written, none by halves, and one that fails keeps no other from its turn."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from html import unescape
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from fuzzpair.errors import FuzzpairError
from fuzzpair.model.run_record import RunRecord
from fuzzpair.report import REPORTERS, clean, html, json_report, junit, markdown, sarif, wording, write_reports
from fuzzpair.report.console import make_console, render_matrix
from fuzzpair.report.stored import NOTHING_STORED, Stored
from fuzzpair.report.totals import totals
from report.records import SOME_RECORDS, full_record, records


class Broken:
    """A reporter with a bug."""

    file_name = "broken.txt"

    def render(self, _record: RunRecord, _stored: Stored = NOTHING_STORED, /) -> str:
        raise ValueError("a bug of the reporter")


def test_all_reports_are_written(tmp_path: Path) -> None:
    written = write_reports(full_record(), tmp_path / "out")
    assert [path.name for path in written] == [each.file_name for each in REPORTERS.values()]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(path.name for path in written)


def test_a_broken_reporter_keeps_no_other_from_its_turn_and_leaves_no_old_report(tmp_path: Path) -> None:
    (tmp_path / "broken.txt").write_text("the verdicts of yesterday")
    with pytest.raises(FuzzpairError, match=r"broken\.txt: ValueError: a bug of the reporter") as raised:
        write_reports(full_record(), tmp_path, {"broken": Broken(), **REPORTERS})
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(each.file_name for each in REPORTERS.values())
    assert raised.value.next_step


def test_a_folder_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(FuzzpairError, match=r"out: reports not written: run\.json: "):
        write_reports(full_record(), tmp_path / "out")


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    class Surrogate(Broken):
        def render(self, _record: RunRecord, _stored: Stored = NOTHING_STORED, /) -> str:
            return "half a report\udc80"

    with pytest.raises(FuzzpairError, match="UnicodeEncodeError"):
        write_reports(full_record(), tmp_path, {"surrogate": Surrogate()})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", REPORTERS)
@SOME_RECORDS
@given(records())
def test_no_reporter_lets_a_character_through_that_does_something(name: str, record: RunRecord) -> None:
    # Over the table, so that a reporter of a later issue is held to it without a new test.
    text = REPORTERS[name].render(record)
    assert text.translate({ord("\n"): "", ord("\t"): ""}).isprintable()


@SOME_RECORDS
@given(records())
def test_the_same_numbers_everywhere(record: RunRecord) -> None:
    numbers = totals(record)
    suite = ET.fromstring(junit.render(record))
    said = {each.get("name"): each.get("value") for each in suite.iter("property")}
    assert said["mistakes"] == str(numbers.mistakes)
    assert said["could not be done"] == str(numbers.could_not_be_done)
    document = json_report.document(record)["totals"]
    for variant, counts in numbers.rungs:
        assert document["rungs"][variant] == dict(counts)
        for rung, count in counts:
            assert said[f"{variant}: {rung}"] == str(count)
    # The sentence holds the same counts in words; what is for people begins with it, or ends.
    cleaned = clean.cleaned(record)
    sentence, controls = (
        wording.sentence(cleaned, numbers),
        f"{numbers.controls_passed} passed, {numbers.controls_failed}",
    )
    assert f"Of this list of {numbers.mistakes} " in sentence
    for name, shown in (
        ("summary.md", markdown.render(record)),
        ("report.html", unescape(re.sub(r"<[^>]*>", "", html.render(record)))),
        ("the console", on_console(record)),
    ):
        text = " ".join(shown.replace("\\", "").split())
        assert " ".join(sentence.replace("\\", "").split()) in text, name
        assert controls in text, name


@SOME_RECORDS
@given(records())
def test_sarif_has_a_result_for_each_word_of_a_judge_and_a_notice_for_what_was_not_done(record: RunRecord) -> None:
    document = json.loads(sarif.render(record))
    rows = json_report.document(record)["rows"]
    judged = [row for row in rows if row["problem"] is None and row["rung"] is not None]
    words = sum(
        1
        for row in judged
        for one in row["evidence"]["judgements"]
        if one["flavour"] != "canary" and one["k"] and one["tool"] not in ("none", "not run")
    )
    results = [result for run in document["runs"] for result in run["results"]]
    by_build = [result for result in results if "reproduce" in result["properties"]]
    assert len(by_build) == words
    assert len(results) - len(by_build) <= sum(len(_diagnostics(row)) for row in judged)
    assert bool(len(results) - len(by_build)) == any(_diagnostics(row) for row in judged)
    notices = [
        notice["message"]["text"]
        for run in document["runs"]
        for notice in run["invocations"][0]["toolExecutionNotifications"]
    ]
    assert bool(totals(record).controls_failed) <= bool(notices)


def _diagnostics(row: dict[str, Any]) -> list[dict[str, Any]]:
    refused = row["evidence"]["rejection"]
    return [*(refused["diagnostics"] if refused else []), *row["evidence"]["warnings"]]


def on_console(record: RunRecord) -> str:
    stream = StringIO()
    render_matrix(record, make_console(stream, is_terminal=False))
    return stream.getvalue()


def test_a_report_made_again_from_run_json_is_the_same() -> None:
    record = full_record()
    again = json_report.read_record(json_report.render(record))
    for reporter in REPORTERS.values():
        assert reporter.render(again) == reporter.render(record)


@pytest.mark.slow
def test_a_large_run_fits(tmp_path: Path) -> None:
    record = full_record()
    rows = tuple(replace(record.rows[0], mistake=f"mistake-{number}") for number in range(5_000))
    write_reports(replace(record, rows=rows), tmp_path)
    assert (tmp_path / "summary.md").stat().st_size <= 1_000_000
    assert (tmp_path / "junit.xml").stat().st_size < 30_000_000
