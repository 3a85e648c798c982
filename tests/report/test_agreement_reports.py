"""The reports of a comparison: standing and known issues in each of them, nothing of a text that is markup."""

from __future__ import annotations

import io
import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import jsonschema_rs
import pytest

from fuzzpair.errors import UsageError
from fuzzpair.model.agreement import AgreementRecord, Voice
from fuzzpair.report import charts
from fuzzpair.report.agreement import render_agreement
from fuzzpair.report.agreement_files import write_agreement
from fuzzpair.report.agreement_json import json_schema, read_agreement, render
from fuzzpair.report.console import make_console
from report.agreements import BLOBS, agreement, another, disagreement, everything, row
from report.junit_schema import objections
from report.sarif_schema import problems

DOCS = Path(__file__).parents[2] / "docs"
HOSTILE = "\x1b[31m<script>|`\u202e\n::error::pwned ]]> \ud800 https://x.example @you"


def reports(made: AgreementRecord, folder: Path) -> dict[str, str]:
    written = write_agreement(made, folder, BLOBS.__getitem__)
    return {path.name: path.read_text(encoding="utf-8") for path in written if path.suffix}


def console(made: AgreementRecord) -> str:
    stream = io.StringIO()
    render_agreement(made, make_console(stream, is_terminal=False))
    return " ".join(stream.getvalue().split())


def test_agreement_json_comes_back_and_keeps_its_published_schema() -> None:
    for made in (agreement(), everything(), agreement(rows=())):
        assert read_agreement(render(made)) == made
        jsonschema_rs.Draft202012Validator(json_schema()).validate(json.loads(render(made)))
    published = json.loads((DOCS / "agreement.schema.json").read_text())
    assert published == json_schema(), "run `python -m fuzzpair.report.agreement_json` in the repository"


def test_a_record_of_an_older_version_is_read() -> None:
    written = json.loads(render(everything()))
    for new in ("gone", "known_issues", "twins"):
        del written[new]
    for one in written["rows"]:
        for old in one["disagreements"]:
            for new in ("standing", "first_seen", "owner", "expires", "signature"):
                del old[new]
    read = read_agreement(json.dumps(written))
    assert (read.gone, read.rows[0].disagreements[0].signature) == ((), disagreement().signature)


@pytest.mark.parametrize("text", ["", "[]", '{"schema": "fuzzpair/run/1"}', '{"schema": "fuzzpair/agreement/1"}'])
def test_what_is_no_record_of_a_comparison_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"agreement\.json"):
        read_agreement(text)


def test_a_signature_says_what_differs_and_never_on_which_input() -> None:
    assert disagreement().signature == disagreement(input="9" * 64, target="stream").signature
    assert disagreement().signature != another("else").signature
    assert json.loads(render(everything()))["rows"][0]["disagreements"][0]["signature"] == disagreement().signature


def test_sarif_is_valid_and_says_where_each_disagreement_stands(tmp_path: Path) -> None:
    document = json.loads(reports(everything(), tmp_path)["agreement.sarif"])
    assert problems(document) == []
    (run,) = document["runs"]
    results = {one["message"]["text"].split("· ")[1].split(";")[0]: one for one in run["results"]}
    assert {name: one["baselineState"] for name, one in results.items()} == {
        "answer › IN A › word 2": "new",
        "known": "unchanged",
        "back": "new",
        "fine": "unchanged",
        "late": "unchanged",
        "gone": "absent",
    }
    assert results["fine"]["suppressions"][0]["justification"] == "accepted by parsers until 2027-01-31"
    assert not results["late"]["suppressions"]
    assert len({one["partialFingerprints"]["primaryLocationLineHash"] for one in run["results"]}) == 6
    said = [one["message"]["text"] for one in run["invocations"][0]["toolExecutionNotifications"]]
    assert any("expired on 2026-01-31" in text for text in said)


def test_junit_keeps_the_readers_rules_and_fails_on_what_nobody_accepted(tmp_path: Path) -> None:
    text = reports(everything(), tmp_path)["agreement-junit.xml"]
    assert objections(text) == []
    cases = {(case.attrib["classname"], case.attrib["name"]): case for case in ET.fromstring(text).iter("testcase")}
    (failed,) = cases["dns.agreement.message", "libfuzzer"].findall("failure")
    assert failed.attrib["message"] == f"{disagreement().key} (and 3 more)"
    assert [line.split(";")[0].rpartition("· ")[2] for line in (failed.text or "").splitlines()] == [
        "answer › IN A › word 2",
        "known",
        "back",
        "late",
    ]
    assert cases["dns.agreement.message", "atheris"].find("error") is not None
    assert cases["dns.agreement.a-slip", "cpp"].find("failure") is None
    assert cases["dns.agreement.a-slip", "rust"].find("failure") is not None
    assert cases["dns.agreement.controls", "saw edges"].find("error") is not None
    empty = reports(agreement(rows=()), tmp_path)["agreement-junit.xml"]
    assert "nothing was compared" in empty


def test_console_page_and_markdown_say_standing_what_is_gone_and_what_has_expired(tmp_path: Path) -> None:
    made = reports(everything(), tmp_path)
    for text in (console(everything()), made["agreement.md"], made["agreement.html"]):
        assert "accepted by parsers until 2027-01-31" in text
        assert "accepted until 2026-01-31, which is over: parsers decides" in text
        assert "expired on 2026-01-31" in text
        assert "known since 2026-11-20" in text
        assert disagreement().signature in text
        assert "gone: message" in text


def test_the_page_shows_the_diff_beside_the_octets_that_matter(tmp_path: Path) -> None:
    page = reports(agreement(rows=(row(disagreements=(disagreement(),)),)), tmp_path)["agreement.html"]
    sides = page[page.index('<div class="sides">') : page.index("Budgets and controls")]
    assert '<span class="l del">-a. 1 IN A</span>' in sides
    assert '<span class="l add">+a. 0 IN A</span>' in sides
    assert "00 <mark>01</mark> 02" in sides
    assert "<mark>1e</mark>" in sides
    assert "(0001, 001e)" in sides


def test_the_growth_of_each_voice_is_drawn_where_it_was_told_apart() -> None:
    together, apart = charts.growth(agreement())
    assert "libfuzzer message: 90 edges after 1 executions, 500 after 400" in together.described
    assert "reference: 40 edges after 1 executions, 1,500 after 390, of 9,000" in apart.described
    assert all(voice.shown in apart.svg for voice in Voice)
    assert len(charts.growth(agreement(rows=(row(),)))) == 1


def test_nothing_hostile_reaches_an_eye(tmp_path: Path) -> None:
    found = disagreement(key=HOSTILE, path=HOSTILE, owner=HOSTILE, expires=HOSTILE)
    blobs = {**BLOBS, "c" * 64: HOSTILE.encode("utf-8", "surrogatepass")}
    whole = agreement(
        rows=(row(disagreements=(found,)), row(problem=HOSTILE)),
        reasons=(HOSTILE,),
        gone=(found,),
        known_issues=((HOSTILE, HOSTILE),),
        exit_code=3,
    )
    for path in write_agreement(whole, tmp_path, blobs.__getitem__):
        text = path.read_bytes().decode("utf-8", "replace")
        if not path.suffix:
            continue
        assert not {"\x1b", "\u202e"} & set(text), path
        assert not any(line.startswith("::error") for line in text.splitlines()), path
        assert "<script" not in text or path.suffix not in (".html", ".xml"), path
    assert problems(json.loads((tmp_path / "agreement.sarif").read_text())) == []
    assert objections((tmp_path / "agreement-junit.xml").read_text()) == []
    assert "\x1b" not in console(whole)


def test_the_rate_is_the_target_s_own() -> None:
    (first,) = agreement().rows[0].campaigns
    assert (first.executions_per_s, replace(first, rate=0.0).executions_per_s) == (500.0, 250.0)
