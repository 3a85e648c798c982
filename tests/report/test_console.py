"""The matrix: both facts of each cell, what failed in full, and nothing that reads as "safe"."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from rich.console import Console

from fuzzpair.model.claim_answer import Reply
from fuzzpair.model.language import Variant
from fuzzpair.model.run_record import RunRecord
from fuzzpair.model.verdict import Rung, Verdict
from fuzzpair.report import wording
from fuzzpair.report.console import make_console, render_matrix
from report.records import SOME_RECORDS, claim, found, full_record, passing_record, records, row, weighed_claim


def printed(record: RunRecord, width: int = 160) -> str:
    stream = io.StringIO()
    console = make_console(stream, is_terminal=False)
    console.width = width
    render_matrix(record, console)
    return stream.getvalue()


def squeezed(text: str) -> str:
    return " ".join(text.split())


def test_a_row_shows_default_and_hardened_and_what_is_typed_next() -> None:
    record = full_record()
    use_after_free = {each.variant: each for each in record.rows if each.mistake == "use-after-free"}
    cpp = wording.cell(use_after_free[Variant.CPP], record)
    assert cpp == ("detected ASan 12/12", "hardened: stopped hardening assertion 12/12")
    assert wording.cell(use_after_free[Variant.RUST], record) == ("rejected E0505 (ownership)",)
    assert wording.cell(use_after_free[Variant.RUST_NEXT], record) == (
        "stopped 12/12 panic",
        "hardened: the same",
    )


def test_a_problem_is_shown_in_place_of_any_verdict() -> None:
    broken = row("x", Variant.CPP, Rung.DETECTED, problem="the patch is gone")
    assert wording.cell(broken, full_record()) == ("could not be done: the patch is gone",)


def test_not_seen_names_its_budget_and_never_says_safe() -> None:
    record = full_record()
    unseen = next(each for each in record.rows if each.verdict and each.verdict.rung is Rung.NOT_SEEN)
    assert wording.cell(unseen, record)[0] == "not seen in 200,000 executions: not reached"
    assert "safe" not in printed(record).replace("unsafe", "")


def test_claims_are_a_line_each_and_say_why_only_where_there_is_no_answer() -> None:
    unknown = claim(Reply.CANNOT_TELL, id="oom-kill", why="the rows are missing")
    text = squeezed(printed(replace(passing_record(), claims=(claim(), weighed_claim(), unknown))))
    short = "uaf-impossible: a use after free does not compile (of this list Rust 2 of 3, hardened C++ 1 of 3)"
    assert f"holds with limits: {short}" in text
    assert "(Rust 0% to 70% avoided, by weight of this list's part" in text
    assert "this experiment cannot tell: oom-kill" in text
    assert "hardened C++ 1 of 3; the rows are missing)" in text
    assert "Claims" not in printed(full_record())


@pytest.mark.parametrize("width", [100, 160])
def test_everything_that_failed_is_there_in_full(width: int) -> None:
    text = squeezed(printed(full_record(), width))
    assert "Control failed: known-bad input trips MSan: MSan said nothing on known-bad/3" in text
    assert "Could not be done: data-race/cpp: the patch does not apply: targets-cpp/dns/table.cpp:80" in text
    assert "endless-loop/cpp: expected stopped, measured observed" in text
    assert "Not run: memory on rust (1 rows): std is not instrumented" in text
    assert "Controls: 1 passed, 1 failed" in text
    assert "(exit code 3)" in text


def test_the_legend_explains_only_what_occurs() -> None:
    text = printed(passing_record())
    assert "  stopped: " in text
    assert "  observed: " not in text
    assert "there is no such variant" not in text


def test_the_sentence_counts_this_list_only() -> None:
    text = squeezed(printed(full_record()))
    assert "Of this list of 4 mistakes, C++ (default flags): 1 warned, 1 detected, 1 observed;" in text
    assert "1 ownership/lifetime/initialisation, 1 type" in text
    assert "1 of 10 rows could not be done" in text


def test_an_empty_and_incomplete_run_says_so() -> None:
    text = squeezed(printed(replace(full_record(), rows=(), complete=False)))
    assert "Of this list of 0 mistakes, the run is incomplete." in text


@pytest.mark.parametrize("stream", [io.StringIO, lambda: io.TextIOWrapper(io.BytesIO(), encoding="ascii")])
def test_a_log_has_no_colour_codes_whatever_the_environment_says(
    stream: Callable[[], io.StringIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "40")
    console = make_console(stream(), is_terminal=False)
    with console.capture() as captured:
        render_matrix(full_record(), console)
    assert "\x1b" not in captured.get()
    assert max(map(len, captured.get().splitlines())) == 160


def test_a_log_in_another_encoding_does_not_end_the_run() -> None:
    octets = io.BytesIO()
    with io.TextIOWrapper(octets, encoding="ascii") as stream:
        render_matrix(full_record(), make_console(stream, is_terminal=False))
        stream.flush()
        assert b"use-after-free" in octets.getvalue()


@SOME_RECORDS
@given(records())
def test_hostile_text_reaches_no_terminal(record: RunRecord) -> None:
    console = Console(file=io.StringIO(), record=True, force_terminal=True, width=120, color_system=None)
    render_matrix(record, console)
    text = console.export_text(styles=False)
    assert text.replace("\n", "").isprintable()


def test_markup_of_a_log_is_shown_as_text() -> None:
    hostile = row("x", Variant.CPP, None, verdict=Verdict(rung=Rung.STOPPED, detail="[red]:smile:[/red]"))
    assert "[red]:smile:[/red]" in printed(replace(full_record(), rows=(hostile,)))


def test_what_was_not_found_is_censored_and_a_median_needs_over_half() -> None:
    hit, miss = found(), found(found=False, executions=60_000)
    assert wording.search([hit]) == "5,210 runs 1.3 s"
    assert wording.search([miss]) == "> 60,000 runs"
    assert wording.search([hit, miss]).startswith("1/2 seeds (9%–91%)")
    assert "median" not in wording.search([hit, miss])
    assert wording.search([found(executions=9), hit, miss]).endswith("median 5,210 runs 1.3 s")
