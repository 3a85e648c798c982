"""`explain`: all the evidence of one mistake, commands whole, and a lost blob hides nothing."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from hypothesis import given
from rich.console import Console

from fuzzpair.errors import StoreError, UsageError
from fuzzpair.model.run_record import RunRecord
from fuzzpair.report.clean import cleaned
from fuzzpair.report.console import make_console
from fuzzpair.report.explain import render_explanation
from report.records import SOME_RECORDS, full_record, judgement, records


def blob(digest: str) -> bytes:
    return b"\x00\x1b[31m\xff" + b"A" * 400


def explained(record: RunRecord, mistake: str = "use-after-free") -> str:
    stream = io.StringIO()
    render_explanation(record, mistake, blob, make_console(stream, is_terminal=False))
    return stream.getvalue()


@pytest.mark.parametrize(
    "evidence",
    [
        "verdict: default: detected ASan 12/12",
        "hardened: stopped hardening assertion 12/12",
        "born in cpp, imitates CVE-2020-0001",
        "    -  return copy;",
        "its fixed counterpart, the same edit without the slip:",
        "its fixed counterpart is the unpatched twin",
        "error[E0505]: cannot move out of `table`",
        "caught by AddressSanitizer: 12/12; 12 heap-use-after-free; through the patched function",
        "==7==ERROR: AddressSanitizer: heap-use-after-free",
        "output differs from the counterpart's on 0/12",
        "canary: reached 400, triggered 12; 2 distinct triggering inputs",
        "fidelity: confirmed: the same input triggers both",
        "seed 1: crash after 5,210 executions, 1.3 s",
        "0000  00 1b 5b 33 31 6d ff 41",
        "    clang++ -O2 -c name.cpp",
        "made by the jobs c0ffee",
    ],
)
def test_the_evidence_is_there(evidence: str) -> None:
    assert evidence in explained(full_record())


def test_a_command_is_whole_whatever_the_width() -> None:
    assert judgement().reproduce in [line.strip() for line in explained(full_record()).splitlines()]


def test_what_did_not_run_and_what_could_not_be_done_say_why() -> None:
    assert "not run: std is not instrumented" in explained(full_record(), "endless-loop")
    assert "gate: expected stopped, measured observed" in explained(full_record(), "endless-loop")
    assert "could not be done: the patch does not apply" in explained(full_record(), "data-race")


def test_a_check_that_crashed_is_named() -> None:
    record = full_record()
    first = record.rows[0]
    crashed = replace(first, evidence=replace(first.evidence, crashed_checks=("bugprone-odd",)))
    said = explained(replace(record, rows=(crashed, *record.rows[1:])), first.mistake)
    assert "the analyzer itself crashed in bugprone-odd, which was left out" in said


def test_the_log_stands_in_for_a_missing_excerpt() -> None:
    record = full_record()
    evidence = replace(record.rows[0].evidence, judgements=(judgement(excerpt="", counterpart_clean=False),))
    text = explained(replace(record, rows=(replace(record.rows[0], evidence=evidence),)))
    assert "    \\x00\\x1b[31m\ufffdAAAA" in text
    assert "the fixed counterpart is not clean" in text


def test_a_blob_that_is_gone_hides_nothing_else() -> None:
    def gone(digest: str) -> bytes:
        raise StoreError(f"{digest} is not in the store")

    stream = io.StringIO()
    render_explanation(full_record(), "use-after-free", gone, make_console(stream, is_terminal=False))
    assert "cannot be read" in stream.getvalue()
    assert "made by the jobs c0ffee" in stream.getvalue()


def test_an_unknown_mistake_is_a_usage_error_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="no mistake called 'use-after-fre'") as raised:
        explained(full_record(), "use-after-fre")
    assert raised.value.next_step == "perhaps you meant use-after-free"
    with pytest.raises(UsageError) as raised:
        explained(full_record(), "zzz")
    assert "data-race" in raised.value.next_step


def test_a_terminal_gets_the_diff_in_colour() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, color_system="standard", width=100, record=True)
    render_explanation(full_record(), "use-after-free", blob, console)
    line = next(each for each in console.export_text(styles=True).splitlines() if "return copy" in each)
    assert "\x1b[" in line


@SOME_RECORDS
@given(records())
def test_hostile_text_reaches_no_terminal(record: RunRecord) -> None:
    console = Console(file=io.StringIO(), record=True, force_terminal=True, width=120)
    for each in cleaned(record).rows:  # a name is asked for as the console shows it
        render_explanation(record, each.mistake, blob, console)
    assert console.export_text(styles=False).replace("\n", "").isprintable()
