"""report.html of a pair's run as text: what it says, what it caps, and that nothing hostile gets through."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from fuzzpair.errors import StoreError
from fuzzpair.model.crash_report import Frame
from fuzzpair.model.finding import Smaller
from fuzzpair.model.language import Language
from fuzzpair.model.pair import OnTwin, PairRecord
from fuzzpair.model.standing import Standing
from fuzzpair.report import page_room, pair_charts, pair_page, pair_text
from fuzzpair.report.stored import NOTHING_STORED, Stored
from own_pair.pair_records import REPORT, campaign, finding, record, reproduction
from report.elements import OF_FORMATS, Elements, addresses, assert_policy
from report.large_run import FINDINGS, large_pair_run
from report.pair_pages import BLOBS, everything, hostile, reply
from report.records import HOSTILE

ROOM_FOR_ONE = 8_000  # octets: more than the evidence of one finding made by hand, less than of all


def page(made: PairRecord, stored: Stored = NOTHING_STORED) -> Elements:
    return Elements(pair_page.render(made, stored))


def earlier(run_id: str, *standings: Standing) -> PairRecord:
    found = tuple(finding(key=f"bug2-{number}", standing=one) for number, one in enumerate(standings))
    return record(run_id=run_id, started="2026-11-25T04:00:00Z", findings=found)


# --- what it says ------------------------------------------------------------------------------


def test_the_manager_has_one_sentence_with_the_numbers_of_every_report() -> None:
    text = page(everything()).text
    assert pair_text.sentence(everything()) in text
    assert "The same inputs on the other side, by finding: 1 same crash, 7 clean error." in text
    assert "Exit code 3: new finding bug2-0000000000000001" in text


def test_the_engineer_finds_what_the_other_side_does_with_the_same_octets() -> None:
    shown = page(record(), Stored(BLOBS.__getitem__))
    section = shown.text[shown.text.index("What the other side does with the same input") :]
    assert "Rust (address) refuses it with a clean error" in section
    assert "fuzzpair: refused" in section
    assert "#0 copy_extra" in section
    assert "40 octets" in section
    copies = [given["data-copy"] for tag, given in shown.found if tag == "button" and "data-copy" in given]
    assert copies == ["./fuzzpair reproduce header/cpp --flavour address --input crash-" + "1" * 40]


def test_the_octets_are_those_that_the_command_runs_and_their_nearest_seeds() -> None:
    shown = page(everything(), Stored(BLOBS.__getitem__))
    assert "40 octets, 1 of them unlike the nearest seed" in shown.text
    smaller = Smaller(input="8" * 64, octets=3, k=5, n=5, is_minimal=True)
    made = record(findings=(finding(inputs=(reproduction(smaller=smaller),)),))
    assert "The input: 3 octets" in page(made, Stored({**BLOBS, "8" * 64: b"abc"}.__getitem__)).text


def test_library_frames_are_folded_and_the_targets_own_are_not() -> None:
    library = tuple(Frame(function=f"std::vector::at{at}", file="/usr/include/c++/12/vector", line=at) for at in (1, 2))
    own = Frame(function="read_extra", file="lib/gzip.cpp", line=9)
    report = replace(REPORT, stack=(*library, own), other_stacks=(("freed by", (own,)),))
    made = pair_page.render(record(findings=(finding(report=report),)))
    assert {"2 library frames", "freed by"} <= set(re.findall(r"<summary>(.*?)</summary>", made))
    assert "<pre>#2 read_extra lib/gzip.cpp:9</pre>" in made


def test_the_auditor_finds_builds_flags_digests_checks_budgets_alarms_and_known_issues() -> None:
    text = page(everything()).text
    for said in (
        "CFLAGS: -O1 -fsanitize=address",
        f"header (header): sha256 {'7' * 64}",
        f"log: sha256 {'6' * 64}",
        "header/rust address weak 900 it has no symbols",
        "seconds 60",
        "header/cpp address: coverage dropped",
        "line 3: bug2-3: expires soon",
        "header: not pruned",
        "0 passed, 1 failed",
        "clang fake clang 22",
        "./header_fuzzer -fork=1",
    ):
        assert said in text, said


def test_a_build_that_failed_is_open_and_says_why() -> None:
    (first, second) = record().builds
    text = pair_page.render(record(builds=(replace(first, problem="build.sh ended with exit code 1"), second)))
    assert re.search(r"<details open><summary>C/C\+\+, address: <span class=\"bad\">not built: build.sh ended", text)


def test_a_blob_that_is_gone_is_said() -> None:
    def gone(_: str) -> bytes:
        raise StoreError("pruned", next_step="run again")

    text = page(record(), Stored(gone)).text
    assert f"The input {'2' * 64} is not in the store" in text
    assert f"its log {'4' * 64} is not in the store" in text


def test_a_run_that_found_nothing_does_not_say_that_there_is_nothing() -> None:
    text = page(record(findings=(), campaigns=(), exit_code=0, reasons=())).text
    assert "That does not mean that there is nothing" in text
    assert "there is nothing to draw" in text
    assert "Exit code 0: nothing fails this run." in text


# --- charts ------------------------------------------------------------------------------------


def test_both_sides_are_on_one_axis_for_each_target() -> None:
    made = everything()
    (chart,) = pair_charts.coverages(made)
    assert chart.described == (
        "header/cpp address: 90 of 300 edges after 10,000 executions, 100 after 600,000; "
        "header/rust address: 90 of 900 edges after 10,000 executions, 100 after 600,000"
    )
    assert "stroke-dasharray" in str(chart.svg), "told apart without colours as well"
    assert pair_charts.coverages(replace(made, checkups=())) == (), "a share of an unknown whole is none"


def test_what_the_other_side_does_is_counted_by_side_and_by_the_worst() -> None:
    chart = pair_charts.across(everything())
    assert chart is not None
    assert chart.described == "found in C/C++: 7 clean error; found in Rust: 1 same crash"
    assert pair_charts.across(record(findings=())) is None


@pytest.mark.parametrize("outcome", list(OnTwin))
def test_each_answer_of_the_other_side_has_a_colour(outcome: OnTwin) -> None:
    made = record(findings=(finding(twin=(reply(Language.RUST, outcome),)),))
    chart = pair_charts.across(made)
    assert chart is not None
    assert chart.described == f"found in C/C++: 1 {outcome}"


def test_what_executed_nothing_is_not_drawn() -> None:
    chart = pair_charts.executions(record(campaigns=(campaign(executions=0), campaign(language=Language.RUST))))
    assert chart is not None
    assert chart.described == "header/rust address: 600,000, 10,000 a second"
    assert pair_charts.executions(record(campaigns=())) is None


# --- over nights -------------------------------------------------------------------------------


def test_the_trend_is_that_of_the_records_in_the_state() -> None:
    before = earlier("older", Standing.NEW, Standing.FIXED, Standing.ACCEPTED)
    this = record()
    shown = page(this, Stored(read_nights=lambda: (before, this)))
    words = [given["aria-label"] or "" for _, given in shown.found if "aria-label" in given]
    assert (
        "Findings over nights: run 1: 1 new, 1 still there, 0 reopened, 1 fixed; "
        "run 2: 1 new, 0 still there, 0 reopened, 0 fixed"
    ) in words
    assert "Executions over nights: run 1: 600,000 C/C++, 600,000 Rust; run 2: 600,000 C/C++, 600,000 Rust" in words
    assert "older nightly 2026-11-25T04:00:00Z" in shown.text


def test_one_run_alone_has_no_trend_and_a_state_that_cannot_be_read_is_said() -> None:
    def unreadable() -> tuple[PairRecord, ...]:
        raise StoreError("the bucket does not answer", next_step="wait")

    assert "Over nights" not in page(record(), Stored(read_nights=lambda: (record(),))).text
    assert (
        "Earlier runs cannot be read from the pair's state: the bucket does not answer"
        in page(record(), Stored(read_nights=unreadable)).text
    )


# --- limits and hostile text -------------------------------------------------------------------


@pytest.mark.slow
def test_a_large_run_is_a_page_that_can_be_mailed_and_waits_as_text() -> None:
    text = pair_page.render(*large_pair_run())
    assert len(text.encode()) <= page_room.SIZE_LIMIT <= 15_000_000
    assert text.count("<article") == FINDINGS
    waiting = re.findall(r'<script type="text/html" class="later">(.*?)</script>', text, re.DOTALL)
    assert len(waiting) == FINDINGS
    assert not any("<script" in each or "<!--" in each for each in waiting)
    brief = sum("no room left" in each for each in waiting)
    assert f"{brief} of {FINDINGS} findings are shown without their evidence" in Elements(text).text
    assert FINDINGS / 4 < FINDINGS - brief < FINDINGS, "as many as there is room for"


def test_room_goes_to_what_is_new_first(monkeypatch: pytest.MonkeyPatch) -> None:
    known = (finding(key=f"bug2-{at}", standing=Standing.KNOWN) for at in range(9))
    made = record(findings=(*known, finding()))
    with monkeypatch.context() as patch:
        patch.setattr(page_room, "REFUSED", 0)
        without = len(pair_page.render(made).encode())
    monkeypatch.setattr(page_room, "SIZE_LIMIT", without + ROOM_FOR_ONE + page_room.FRAME)
    shown = pair_page.render(made)
    first = shown[shown.index('<article class="entry" id="f1-') :].partition("</article>")[0]
    assert "bug2-0000000000000001" in first
    assert "no room left" not in first
    assert "no room left" in shown


@pytest.mark.parametrize("text", HOSTILE)
def test_no_hostile_text_is_markup_or_does_anything(text: str) -> None:
    wild = Stored(lambda _: text.encode("utf-8", "surrogatepass"), read_nights=lambda: (earlier(text), hostile(text)))
    made = pair_page.render(hostile(text), wild)
    assert made.replace("\n", "").isprintable()
    shown = Elements(made)
    assert shown.tags <= page(everything(), Stored(BLOBS.__getitem__)).tags
    assert sum(tag == "script" for tag, _ in shown.found) == 1
    for tag, given in shown.found:
        assert not {name for name in given if name.startswith("on") or name in ("src", "style", "action")}, tag
        assert (given.get("href") or "#").startswith("#")


def test_the_policy_is_strict_and_no_address_is_in_the_page() -> None:
    made = pair_page.render(everything())
    assert_policy(made)
    assert addresses(made) <= OF_FORMATS
