"""SARIF 2.1.0: valid by the published schema whatever the record, and readable as code scanning reads it."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from hypothesis import given

from fuzzpair.errors import StoreError
from fuzzpair.flavours import RECIPES
from fuzzpair.model.evidence import Evidence
from fuzzpair.model.gate import Gate, GateStatus
from fuzzpair.model.language import Language, Variant
from fuzzpair.model.run_record import Row, RunRecord
from fuzzpair.model.tool import Tool
from fuzzpair.model.verdict import Rung
from fuzzpair.report import sarif
from fuzzpair.report.stored import Stored
from report.records import HOSTILE, SOME_RECORDS, full_record, judgement, passing_record, records, rejected, row
from report.sarif_schema import problems

LOGS = Path(__file__).parents[1] / "logs"
PATCH = """\
diff --git a/src/name.cpp b/src/name.cpp
--- a/src/name.cpp
+++ b/src/name.cpp
@@ -40,2 +41,2 @@ void take()
-  return copy;
+  return view;
"""
LOG = """\
==7==ERROR: AddressSanitizer: heap-use-after-free on address 0x602000000010 at pc 0x1 bp 0x2 sp 0x3
READ of size 4 at 0x602000000010 thread T0
    #0 0x4f in memcpy (/job/cpp-address/judge+0x4f)
    #1 0x50 in dns::take(int) /job/cpp-address/src/name.cpp:17:3
    #2 0x51 in main /job/cpp-address/src/judge.cpp:9:1
0x602000000010 is located 0 bytes inside of 16-byte region [0x602000000010,0x602000000020)
freed by thread T0 here:
    #0 0x4f in operator delete(void*) (/job/cpp-address/judge+0x4f)
    #1 0x50 in dns::release(int) /job/cpp-address/src/table.cpp:30:3
previously allocated by thread T0 here:
    #0 0x4f in operator new(unsigned long) (/job/cpp-address/judge+0x4f)
    #1 0x50 in dns::make(int) /job/cpp-address/src/table.cpp:12:7
SUMMARY: AddressSanitizer: heap-use-after-free
"""


def logged(text: str = LOG) -> Stored:
    return Stored(lambda _: text.encode("utf-8", "surrogateescape"))


def experiment(*rows: Row, **changes: Any) -> RunRecord:
    record = replace(passing_record(), rows=rows, folders=(("cpp", "targets-cpp/dns"), ("rust", "targets-rust/dns")))
    return replace(record, **changes)


def planted(**changes: Any) -> Row:
    said = judgement(touches_patch=True, **changes)
    return row("use-after-free", Variant.CPP, Rung.DETECTED, evidence=Evidence(patch=PATCH, judgements=(said,)))


def document(record: RunRecord, stored: Stored = logged()) -> dict[str, Any]:  # noqa: B008 - it is frozen
    read: dict[str, Any] = json.loads(sarif.render(record, stored))
    return read


def run_of(read: Mapping[str, Any], judge: str) -> Mapping[str, Any]:
    return next(run for run in read["runs"] if f"/{judge}/" in run["automationDetails"]["id"])


def results(read: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for run in read["runs"]:
        yield from run["results"]


# --- the schema --------------------------------------------------------------------------------


@SOME_RECORDS
@given(records())
def test_any_record_is_valid(record: RunRecord) -> None:
    assert not problems(document(record, logged(HOSTILE[0] + LOG)))


@pytest.mark.parametrize("count", [0, 1])
def test_none_and_one(count: int) -> None:
    read = document(experiment(*[planted()] * count))
    assert not problems(read)
    assert len(list(results(read))) == count
    # Empty runs are there all the same: GitHub closes an alert only when its category is uploaded without it.
    assert [run["automationDetails"]["id"].split("/")[2:4] for run in read["runs"]][:1] == [["cpp", "clang"]]


@pytest.mark.slow
def test_five_thousand_are_valid_and_within_the_limits_of_an_upload() -> None:
    rows = (replace(planted(), mistake=f"mistake-{number}") for number in range(5_000))
    text = sarif.render(experiment(*rows), logged())
    read = json.loads(text)
    assert len(run_of(read, "address")["results"]) == 5_000
    assert len(zlib.compress(text.encode())) < 10_000_000
    assert not problems(read)


def test_the_schema_would_object() -> None:
    read = document(experiment(planted()))
    result = run_of(read, "address")["results"][0]
    result["level"] = "catastrophe"
    result["locations"][0]["physicalLocation"]["region"]["startLine"] = 0
    assert len(problems(read)) == 2


# --- runs, rules, results ----------------------------------------------------------------------


def test_one_run_for_each_language_and_judge_with_a_category_of_its_own() -> None:
    said = {language: tuple(judgement(flavour=one) for one in RECIPES[language]) for language in Language}
    rows = [
        row("race", variant, Rung.DETECTED, evidence=Evidence(judgements=said[variant.language])) for variant in Variant
    ]
    budgets = (("analyzers", "clang-analyzer, clang-tidy, clippy, clippy-pedantic"),)
    ids = [run["automationDetails"]["id"] for run in document(experiment(*rows, budgets=budgets))["runs"]]
    assert len(ids) == len(set(ids)) == 20  # the most that GitHub takes of one file
    assert ids[0] == f"fuzzpair/dns/cpp/clang/{passing_record().run_id}"
    assert not [each for each in ids if "canary" in each]  # a flavour that judges nothing


def test_a_rule_says_its_class_its_weakness_and_its_severity() -> None:
    run = run_of(document(experiment(planted())), "address")
    (rule,) = run["tool"]["driver"]["rules"]
    assert (rule["id"], rule["name"]) == ("use-after-free", "UseAfterFree")
    assert rule["relationships"][0]["target"] == {"id": "416", "toolComponent": {"name": "CWE", "index": 0}}
    assert run["taxonomies"][0]["taxa"][0]["name"] == "Use After Free"
    assert float(rule["properties"]["security-severity"]) >= 7
    assert "external/cwe/cwe-416" in rule["properties"]["tags"]
    assert "undefined behaviour" in rule["help"]["text"]


def test_a_result_has_its_place_in_the_repository_and_the_stacks_of_its_log() -> None:
    (result,) = results(document(experiment(planted())))
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "targets-cpp/dns/src/name.cpp", "uriBaseId": "SRCROOT"},
        "region": {"startLine": 17, "startColumn": 3},
    }
    assert [stack["message"]["text"] for stack in result["stacks"]] == ["fault", "freed by", "allocated by"]
    steps = result["codeFlows"][0]["threadFlows"][0]["locations"]
    assert [each["location"]["message"]["text"] for each in steps] == [
        "allocated here",
        "freed here",
        "heap-use-after-free",
    ]
    assert [each["location"]["physicalLocation"]["region"]["startLine"] for each in steps] == [12, 30, 17]
    assert result["properties"]["reproduce"].startswith("fuzzpair replay use-after-free")
    assert result["ruleId"] == "use-after-free"


def test_without_a_frame_of_the_target_the_place_is_the_patch() -> None:
    (result,) = results(document(experiment(planted()), logged("nothing that a parser knows")))
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 41}


def test_a_rejection_is_a_result_of_the_compiler_with_its_span() -> None:
    run = run_of(document(experiment(rejected("use-after-free"))), "rustc")
    (result,) = run["results"]
    assert result["level"] == "error"
    assert "E0505" in result["message"]["text"]
    place = result["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("targets-rust/dns/src/name.rs", 3)


def test_a_code_that_the_compiler_says_twice_is_one_result_where_it_said_it_first() -> None:
    refused = rejected("use-after-free")
    assert refused.evidence.rejection
    (first,) = refused.evidence.rejection.diagnostics
    other = replace(first, spans=(replace(first.spans[0], first_line=99),))
    third = replace(first, code="E0308")
    twice = replace(refused.evidence.rejection, diagnostics=(first, other, third))
    record = experiment(replace(refused, evidence=replace(refused.evidence, rejection=twice)))
    found = list(results(document(record)))
    assert [each["locations"][0]["physicalLocation"]["region"]["startLine"] for each in found] == [3, 3]
    assert len({each["partialFingerprints"]["primaryLocationLineHash"] for each in found}) == 2


@pytest.mark.parametrize(
    "file", ["../../etc/passwd", "/etc/passwd", "/job/cpp-address/../../x.cpp", "src/\u202egpc.cpp"]
)
def test_no_path_leaves_the_repository(file: str) -> None:
    read = document(experiment(planted()), logged(LOG.replace("/job/cpp-address/src/name.cpp", file)))
    for uri in _uris(read):
        assert not uri.startswith("/")
        assert ".." not in PurePosixPath(uri).parts


def _uris(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from [value["uri"]] if "uri" in value else []
        for each in value.values():
            yield from _uris(each)
    elif isinstance(value, list):
        for each in value:
            yield from _uris(each)


# --- what stays, what is new -------------------------------------------------------------------


def test_fingerprints_do_not_move_with_lines_and_addresses() -> None:
    (before,) = results(document(experiment(planted())))
    moved = LOG.replace("name.cpp:17:3", "name.cpp:99:1").replace("0x602000000010", "0x70f000000040")
    (after,) = results(document(experiment(planted()), logged(moved)))
    assert before["partialFingerprints"] == after["partialFingerprints"]
    assert before["locations"] != after["locations"]


def test_two_mistakes_in_one_function_stay_two_alerts() -> None:
    both = (planted(), replace(planted(), mistake="another-use-after-free"))
    prints = [each["partialFingerprints"] for each in results(document(experiment(*both)))]
    assert prints[0]["fuzzpairBug/v1"] == prints[1]["fuzzpairBug/v1"]
    assert prints[0]["primaryLocationLineHash"] != prints[1]["primaryLocationLineHash"]


def test_what_the_baseline_expects_is_suppressed_and_what_moved_is_not() -> None:
    record = full_record()
    moved = replace(record.gate.differences[0], row="use-after-free/cpp")
    new = replace(moved, row="null-dereference/cpp", expected="no such row")
    read = document(replace(record, gate=replace(record.gate, differences=(moved, new))))
    states = {each["properties"]["mistake"] + "/" + each["properties"]["variant"]: each for each in results(read)}
    assert {name: each["baselineState"] for name, each in states.items() if "cpp" in name} == {
        "use-after-free/cpp": "updated",
        "null-dereference/cpp": "new",
        "endless-loop/cpp": "unchanged",
    }
    assert states["use-after-free/cpp"]["suppressions"] == []
    assert states["endless-loop/cpp"]["suppressions"][0]["status"] == "accepted"


def test_without_a_baseline_nothing_is_said_to_be_expected() -> None:
    gate = Gate(status=GateStatus.NO_BASELINE, exit_code=0)
    (result,) = results(document(experiment(planted(), gate=gate)))
    assert not {"baselineState", "suppressions"} & result.keys()


# --- what is missing is said -------------------------------------------------------------------


def test_a_log_that_is_gone_is_said_and_the_excerpt_stands_in() -> None:
    def gone(_: str) -> bytes:
        raise StoreError("pruned", next_step="run again")

    (result,) = results(document(experiment(planted(excerpt=LOG)), Stored(gone)))
    assert "not in the store" in result["message"]["text"]
    assert result["properties"]["logIsStored"] is False
    assert result["stacks"]


def test_a_row_that_could_not_be_done_and_a_failed_control_are_notices_and_no_success() -> None:
    run = run_of(document(full_record()), "clang")
    (invocation,) = run["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, 3)
    said = " ".join(each["message"]["text"] for each in invocation["toolExecutionNotifications"])
    assert "data-race/cpp could not be done" in said
    assert "known-bad input trips MSan" in said
    assert "gone/cpp: the baseline expects detected" in said


def test_too_many_are_cut_worst_first_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif, "RESULTS", 2)
    worse = planted()
    silent = judgement(example_log=None, excerpt="")
    milder = row("data-race", Variant.CPP, Rung.OBSERVED, evidence=Evidence(judgements=(silent,)))
    run = run_of(document(experiment(milder, worse, replace(milder, mistake="another"))), "address")
    assert run["results"][0]["ruleId"] == "use-after-free"
    assert len(run["results"]) == 2
    assert "1 of 3 results do not fit" in run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]


def test_a_file_too_large_to_upload_is_made_to_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif, "OCTETS", 6_000)
    text = sarif.render(experiment(*(replace(planted(), mistake=f"m{number}") for number in range(200))), logged())
    assert len(zlib.compress(text.encode(), 6)) <= 6_000
    assert "results do not fit" in text


# --- hostile text ------------------------------------------------------------------------------


@pytest.mark.parametrize("text", HOSTILE)
def test_no_hostile_text_survives_in_any_string(text: str) -> None:
    wild = LOG.replace("dns::take(int)", text.replace("\n", "")) + text
    record = experiment(
        replace(planted(excerpt=text, kinds=((text, 1),)), title=text, evidence=planted(excerpt=text).evidence)
    )
    for each in _strings(document(record, logged(wild))):
        assert each.replace("\n", "").isprintable()


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        for each in value.values():
            yield from _strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from _strings(each)


def test_a_link_in_a_message_is_shown_and_not_followed() -> None:
    (result,) = results(document(experiment(replace(planted(), title="[see](https://evil.example)"))))
    assert "\\[see\\](https://evil.example)" in result["message"]["text"]


@pytest.mark.slow
def test_a_line_of_100_mb_costs_no_more_than_what_is_read_of_it() -> None:
    octets = LOG.encode() + b"x" * 100_000_000
    (result,) = results(document(experiment(planted()), Stored(lambda _: octets)))
    assert result["stacks"]
    assert len(json.dumps(result)) < 10_000


def test_every_real_log_gives_a_valid_result() -> None:
    logs = sorted(LOGS.rglob("*.log"))
    assert len(logs) > 100
    texts = {f"{number:064}": path.read_bytes() for number, path in enumerate(logs)}
    rows = [replace(planted(example_log=name, tool=Tool.ADDRESS), mistake=f"m{name[-3:]}") for name in texts]
    read = document(experiment(*rows), Stored(texts.__getitem__))
    assert not problems(read)
    assert len(list(results(read))) == len(logs)
