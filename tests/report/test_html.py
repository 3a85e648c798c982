"""report.html as text: what it holds, what it caps, and that nothing hostile gets through (a browser: test_page.py)."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given

from fuzzpair.errors import StoreError
from fuzzpair.model.evidence import Evidence, ReplayedProgram
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language, Variant
from fuzzpair.model.run_record import RunRecord
from fuzzpair.model.verdict import Rung, Verdict
from fuzzpair.report import charts, html, page_code, page_room
from fuzzpair.report.moves import past_run
from fuzzpair.report.stored import NOTHING_STORED, Stored
from fuzzpair.report.totals import totals
from report.elements import OF_FORMATS, Elements, addresses, assert_policy
from report.large_run import large_run
from report.records import (
    DIGEST,
    HOSTILE,
    PATCH,
    SOME_RECORDS,
    claim,
    found,
    full_record,
    judgement,
    passing_record,
    records,
    row,
)

ROOM_FOR_ONE = 7_000  # octets: more than the evidence of one mistake of the record made by hand, less than of all
SEED = bytes(range(40))


def page(record: RunRecord, stored: Stored = NOTHING_STORED) -> Elements:
    return Elements(html.render(record, stored))


# --- what it says ------------------------------------------------------------------------------


def test_it_begins_with_the_sentence_that_every_report_says() -> None:
    shown = page(full_record())
    assert "Of this list of 4 mistakes, C++ (default flags): 1 warned, 1 detected, 1 observed" in shown.text
    assert "Gate error: this run is not a result (exit code 3)" in shown.text


@SOME_RECORDS
@given(records())
def test_the_numbers_are_those_of_every_report(record: RunRecord) -> None:
    numbers = totals(record)
    shown = page(record)
    assert f"Of this list of {numbers.mistakes} mistake" in shown.text
    assert f"{numbers.controls_passed} passed, {numbers.controls_failed} failed." in shown.text
    assert sum(tag == "article" for tag, _ in shown.found) == numbers.mistakes
    for tag, given_ in shown.found:  # an attacker's text is never an address, a handler or a style
        assert not {name for name in given_ if name.startswith("on") or name in ("src", "style", "action")}, tag
        assert (given_.get("href") or "#").startswith("#")


def test_the_auditor_finds_versions_budgets_controls_claims_and_digests() -> None:
    record = replace(full_record(), claims=(claim(),), corpus=(("message", (DIGEST, "cd" * 32)),))
    text = page(record).text
    for said in (
        "clang 22.1.8",
        "fingerprint f00d",
        "trigger_runs message 200000",
        "MSan said nothing on known-bad/3",
        "2 seeds",
    ):
        assert said in text
    assert "a use after free does not compile" in text
    assert "jobs c0ffee" in text


def test_the_engineer_finds_diffs_messages_reports_and_commands() -> None:
    shown = page(full_record(), Stored(lambda _: b"\x00\xff"))
    assert "error[E0505]: cannot move out of `table`" in shown.text
    assert "fuzzpair replay use-after-free --flavour address" in shown.text
    assert "2 octets" in shown.text
    copies = [given_["data-copy"] for tag, given_ in shown.found if tag == "button" and "data-copy" in given_]
    assert any((text or "").startswith("fuzzpair replay") for text in copies)


def test_a_blob_that_is_gone_is_said() -> None:
    def gone(_: str) -> bytes:
        raise StoreError("pruned", next_step="run again")

    silent = replace(judgement(excerpt=""), example_log="fe" * 32)
    record = replace(
        passing_record(), rows=(row("leak", Variant.CPP, Rung.OBSERVED, evidence=Evidence(judgements=(silent,))),)
    )
    text = page(record, Stored(gone)).text
    assert f"The example input {DIGEST} is not in the store" in text
    assert f"its log {'fe' * 32} is not in the store" in text


def test_nothing_is_drawn_and_nothing_breaks_without_a_row() -> None:
    text = page(replace(passing_record(), rows=())).text
    assert "nothing to draw" in text


def test_the_input_is_compared_with_the_seed_that_is_nearest() -> None:
    mutated = SEED[:20] + b"\xee" + SEED[21:]
    blobs = {DIGEST: mutated, "far": b"zzzz", "near": SEED}
    evidence = Evidence(
        judgements=(judgement(),),
        replays=(ReplayedProgram(flavour=Flavour.DEFAULT, program="p", target="message", inputs=()),),
    )
    record = replace(passing_record(), rows=(row("x", Variant.CPP, Rung.DETECTED, evidence=evidence),))
    record = replace(record, corpus=(("message", ("far", "near", "gone")), ("stream", (DIGEST,))))
    shown = page(record, Stored(blobs.__getitem__))
    assert "40 octets, 1 of them unlike the nearest seed" in shown.text
    assert "what seed near does not have there" in shown.text
    assert sum(tag == "mark" for tag, _ in shown.found) == 2  # as hex and as text


# --- code --------------------------------------------------------------------------------------


def test_a_diff_keeps_its_text_and_has_its_colours() -> None:
    lines = page_code.diff(PATCH, Language.CPP)
    assert [line.kind for line in lines] == ["file", "file", "hunk", "del", "add"]
    assert "".join(Elements(str(lines[-1].code)).words) == "+  return view;"
    assert '<span class="kw">return</span>' in lines[-1].code


def test_the_authors_words_in_front_of_a_diff_are_no_code() -> None:
    lines = page_code.diff("Return a view\n\n- for once, and to return less\n\n" + PATCH, Language.CPP)
    assert [line.kind for line in lines][:5] == ["head"] * 4 + ["file"]
    assert "<" not in "".join(line.code for line in lines[:4])


def test_library_frames_and_shadow_memory_are_folded_and_the_targets_own_are_not() -> None:
    log = """\
==7==ERROR: AddressSanitizer: heap-use-after-free
    #0 0x4f in memcpy (/lib/x86_64-linux-gnu/libc.so.6+0x4f)
    #1 0x4f in std::vector<int>::at(unsigned long) /usr/include/c++/12/vector:3:1
    #2 0x50 in dns::take(int) /job/cpp-address/src/name.cpp:17:3
"""
    parts = page_code.log_parts(log)
    assert [part.folded for part in parts] == ["", "2 library frames", ""]
    assert "dns::take" in parts[-1].text


# --- charts ------------------------------------------------------------------------------------


def test_the_ladder_is_drawn_from_the_totals_in_the_pages_own_colours() -> None:
    chart = charts.ladder(totals(full_record()))
    assert chart is not None
    assert "C++, default: 1 warned, 1 detected, 1 observed" in chart.described
    root = ET.fromstring(str(chart.svg))
    fills = {each.get("fill") for each in root.iter()}
    assert {"var(--warned)", "var(--detected)", "var(--rejected)", "var(--ink)"} <= fills
    assert not [each for each in root.iter() if each.get("style") or each.tag.endswith(("style", "script", "image"))]


def test_numbers_of_mistakes_are_whole_on_the_axis_too() -> None:
    drawn = charts.stacked([("C++, default", (("detected", 97),))], {"detected": "var(--detected)"}, "mistakes")
    said = [each.text for each in ET.fromstring(str(drawn)).iter() if each.text and each.text.strip()]
    assert {"10", "90", "97"} <= set(said)
    assert not [one for one in said if "e+" in one]


def test_a_median_is_drawn_only_where_over_half_found() -> None:
    hits = (found(executions=10), found(executions=1_000, seed=2))
    misses = (found(found=False, executions=60_000, seed=3), found(found=False, executions=60_000, seed=4))
    said = {}
    for name, samples in (("half", (*hits, *misses)), ("most", (*hits, misses[0]))):
        rows = (row("x", Variant.CPP, Rung.DETECTED, evidence=Evidence(found=samples)),)
        said[name] = charts.searches(replace(passing_record(), rows=rows))[0].described
    assert said["half"] == "C++: 2 of 4 campaigns found it"
    assert said["most"] == "C++: 2 of 3 campaigns found it, median 1,000 executions"


# --- limits ------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_large_run_is_a_page_that_can_be_mailed() -> None:
    first = full_record().rows[0]
    patch = PATCH + "".join(f"+  line {number} of code that is long enough to count;\n" for number in range(200))
    log = b"x" * 100_000
    reports = tuple(
        judgement(excerpt="y" * 8_000, flavour=flavour) for flavour in Flavour if flavour is not Flavour.CANARY
    )
    rows = tuple(
        replace(first, mistake=f"mistake-{number}", evidence=replace(first.evidence, patch=patch, judgements=reports))
        for number in range(2_000)
    )
    text = html.render(replace(full_record(), rows=rows), Stored(lambda _: log))
    assert len(text.encode()) <= page_room.SIZE_LIMIT <= 15_000_000
    shown = Elements(text).text
    assert re.search(r"\d+ of 2000 mistakes are shown without their evidence: the page is at its size limit", shown)
    assert "mistake-1999" in shown


def test_room_goes_to_what_differs_first(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(page_room, "REFUSED", 0)
        without = len(html.render(full_record()).encode())
    monkeypatch.setattr(page_room, "SIZE_LIMIT", without + ROOM_FOR_ONE + page_room.FRAME)
    shown = html.render(full_record())
    briefs = re.findall(r'<h3 id="(\S+)-title">.*?(?=</article>)', shown, re.DOTALL)
    full = [name for name in briefs if f'id="{name}"' in shown and "endless" in name]
    section = shown[shown.index(f'id="{full[0]}"') :].partition("</article>")[0]
    assert "no room left" in shown
    assert "no room left" not in section


@pytest.mark.slow
def test_what_waits_as_text_ends_where_it_should() -> None:
    made = html.render(*large_run(300))
    waiting = re.findall(r'<script type="text/html" class="later">(.*?)</script>', made, re.DOTALL)
    assert len(waiting) == 300
    plain = {tag for tag, _ in Elements(html.render(full_record())).found}
    for text in waiting:  # an end or a comment of its own would let what follows out
        assert "<script" not in text
        assert "<!--" not in text
        assert {tag for tag, _ in Elements(text).found} <= plain | {"mark"}
    assert sum("dns::take_" in text for text in waiting) > 50


# --- hostile text ------------------------------------------------------------------------------


@pytest.mark.parametrize("text", HOSTILE)
def test_no_hostile_text_is_markup_or_does_anything(text: str) -> None:
    said = judgement(tool=text, kinds=((text, 1),), excerpt=text, reproduce=text)
    evidence = Evidence(patch=PATCH + "+" + text, judgements=(said,), compiler_command=text, job_keys=(text,))
    first = replace(row(text, Variant.CPP, Rung.DETECTED, text, evidence=evidence), title=text, bug_class=text)
    record = replace(full_record(), rows=(first,), pair=text, run_id=text, corpus=((text, (text,)),))
    wild = Stored(lambda _: text.encode("utf-8", "surrogatepass"))
    made = html.render(record, wild)
    assert made.replace("\n", "").isprintable()
    shown = Elements(made)
    plain = Elements(html.render(replace(full_record(), rows=full_record().rows[:1])))
    assert {tag for tag, _ in shown.found} <= {tag for tag, _ in plain.found} | {"mark", "p"}
    assert sum(tag == "script" for tag, _ in shown.found) == 1


@pytest.mark.slow
def test_a_line_of_100_mb_costs_a_line() -> None:
    long = "A" * 100_000_000
    evidence = Evidence(judgements=(judgement(excerpt=long),), patch="--- a/x\n+++ b/x\n@@ -1 +1 @@\n+" + long)
    record = replace(passing_record(), rows=(row("x", Variant.CPP, Rung.DETECTED, evidence=evidence),))
    assert len(html.render(record, Stored(lambda _: long.encode()))) < 200_000


# --- the policy --------------------------------------------------------------------------------


def test_the_policy_allows_the_pages_own_style_and_script_and_nothing_else() -> None:
    made = html.render(full_record())
    assert_policy(made)


def test_no_address_is_in_the_page_but_names_of_formats() -> None:
    assert addresses(html.render(full_record())) <= OF_FORMATS


# --- over time ---------------------------------------------------------------------------------


def test_the_trend_is_there_with_more_than_one_run_and_says_what_moved() -> None:
    now = full_record()
    first = now.rows[0]
    moved = replace(first, verdict=Verdict(rung=Rung.CRASHED, detail=""))
    before = past_run(replace(now, run_id="older", started="2026-01-01T00:00:00Z", rows=(moved, *now.rows[1:])))
    shown = page(now, Stored(runs=(before,)))
    assert "run 1: 3 crashed" not in shown.text
    assert "use-after-free/cpp: crashed / stopped → detected / stopped (caught later)" in shown.text
    assert "run 2: 2 rejected, 1 warned, 1 stopped, 1 crashed, 1 detected, 1 observed, 1 no effect, 1 not seen" in next(
        given_["aria-label"] or ""
        for _, given_ in shown.found
        if (given_.get("aria-label") or "").startswith("Over time:")
    )


def test_one_run_alone_has_no_trend() -> None:
    assert "Over time" not in page(full_record(), Stored(runs=(past_run(full_record()),))).text
