"""report.html in a real Chromium: filters, links, dark and light, the keyboard, and an accessibility check.

The page is opened as a file, as from a mail. Any console error, any failed policy and any request but its own fails.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from fuzzpair.model.evidence import Evidence
from fuzzpair.model.language import Variant
from fuzzpair.model.run_record import RunRecord
from fuzzpair.model.verdict import Rung
from fuzzpair.report import html
from fuzzpair.report.stored import Stored
from report.large_run import large_run
from report.open_page import assert_accessible, copied, opened, shown, watched, written
from report.records import DIGEST, HOSTILE, claim, full_record, judgement, row

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SEED = bytes(range(60))
BLOBS = {DIGEST: SEED[:30] + b"\xff" + SEED[31:], "5eed": SEED}


def record() -> RunRecord:
    whole = full_record()
    first = replace(whole.rows[0], evidence=replace(whole.rows[0].evidence, judgements=(judgement(),)))
    return replace(whole, rows=(first, *whole.rows[1:]), claims=(claim(),), corpus=(("", ("5eed",)),))


@pytest.fixture
def page(browser: Browser, tmp_path: Path, complaints: list[str]) -> Iterator[Page]:
    opened = open_page(browser, tmp_path, complaints, record())
    yield opened
    opened.context.close()
    assert not complaints


def open_page(browser: Browser, folder: Path, complaints: list[str], shown: RunRecord, scheme: str = "light") -> Page:
    return watched(browser, written(folder, html.render(shown, Stored(BLOBS.__getitem__))), complaints, scheme)


ALL = ["use-after-free", "null-dereference", "endless-loop", "data-race"]


# --- the matrix --------------------------------------------------------------------------------


def test_the_matrix_is_the_records(page: Page) -> None:
    cells = page.locator(".matrix tbody tr").first.locator("td.cell").all_inner_texts()
    assert [cell.split("\n")[0] for cell in cells] == [
        "detected ASan 12/12",
        "rejected E0505 (ownership)",
        "stopped 12/12 panic",
        "crashed SIGSEGV 12/12",
    ]
    assert shown(page) == ALL
    assert page.locator("#count").inner_text() == "4 of 4 mistakes shown"


@pytest.mark.parametrize(
    ("field", "value", "left"),
    [
        ("#class", "data-race", ["data-race"]),
        ("#language", "rust", ["use-after-free", "null-dereference", "endless-loop"]),
        ("#language", "cpp", ALL),
        ("#outcome", "rejected", ["use-after-free", "null-dereference"]),
        ("#outcome", "stopped", ["use-after-free"]),
        ("#outcome", "not seen", ["endless-loop"]),
        ("#outcome", "undone", ["data-race"]),
    ],
)
def test_each_filter_leaves_what_fits(page: Page, field: str, value: str, left: list[str]) -> None:
    page.select_option(field, value)
    assert shown(page) == left
    assert page.locator("#count").inner_text() == f"{len(left)} of 4 mistakes shown"
    page.get_by_role("button", name="Show all").click()
    expect(page.locator("#count")).to_have_text("4 of 4 mistakes shown")
    assert shown(page) == ALL


def test_language_and_rung_ask_for_one_row_that_is_both(page: Page) -> None:
    page.select_option("#outcome", "crashed")
    assert shown(page) == ["use-after-free"]
    page.select_option("#language", "cpp")  # it is the unsafe Rust variant that crashes
    assert shown(page) == []
    assert page.locator("#none").is_visible()


def test_search_and_what_differs(page: Page) -> None:
    page.fill("#text", "SIGSEGV use")
    assert shown(page) == ["use-after-free"]
    page.fill("#text", "")
    page.check("#first")
    assert shown(page) == ["endless-loop"]


# --- links, keyboard, evidence -----------------------------------------------------------------


def test_every_link_leads_to_something_in_the_page(page: Page) -> None:
    links = page.locator("a")
    targets = [links.nth(place).get_attribute("href") or "" for place in range(links.count())]
    assert len(targets) > 10
    for target in set(targets):
        assert target.startswith("#")
        assert page.locator(f"[id='{target[1:]}']").count() == 1, target
    page.locator(".matrix a").nth(2).click()
    assert page.url.endswith("-endless-loop")
    assert page.locator("article").nth(2).is_visible()


def test_the_keyboard_reaches_the_matrix_and_the_filters(page: Page) -> None:
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "To the matrix"
    page.focus("#text")
    page.keyboard.type("null")
    assert shown(page) == ["null-dereference"]
    page.keyboard.press("Enter")  # submits nothing
    assert page.url.endswith("report.html")


def test_evidence_opens_and_the_octets_that_differ_are_marked(page: Page) -> None:
    page.click("#open")
    assert page.locator("details:not([open])").locator("visible=true").count() < page.locator("details").count()
    marks = page.locator("article").first.locator(".hex").first.locator("mark")
    assert marks.all_text_contents() == ["ff", "·"]
    assert page.locator("article").first.locator(".hex").first.is_visible()
    page.click("#close")
    assert page.locator(".entry details[open]").count() == 0


def test_the_reproduce_command_is_copied_or_selected(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.click("#open")
    button = page.locator("article").first.locator(".evidence .copy").first
    assert copied(page, button).startswith("fuzzpair replay use-after-free --flavour address")


# --- how it looks ------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible_in_both_schemes(browser: Browser, tmp_path: Path, complaints: list[str], scheme: str) -> None:
    opened = open_page(browser, tmp_path, complaints, record(), scheme)
    assert_accessible(opened)
    opened.context.close()


def test_dark_is_dark_and_the_button_turns_it(browser: Browser, tmp_path: Path, complaints: list[str]) -> None:
    opened = open_page(browser, tmp_path, complaints, record(), "dark")
    paper = "getComputedStyle(document.body).backgroundColor"
    bar = "getComputedStyle(document.querySelector('.chart [fill^=\"var(--detected\"]')).fill"
    assert opened.evaluate(paper) == "rgb(18, 22, 28)"
    dark_bar = opened.evaluate(bar)
    opened.click("#theme")
    assert opened.evaluate(paper) == "rgb(255, 255, 255)"
    assert opened.evaluate(bar) != dark_bar  # the charts follow
    assert not complaints


def test_nothing_is_wider_than_a_telephone(browser: Browser, tmp_path: Path, complaints: list[str]) -> None:
    opened = open_page(browser, tmp_path, complaints, record())
    opened.set_viewport_size({"width": 390, "height": 800})
    opened.click("#open")
    assert opened.evaluate("document.documentElement.scrollWidth") <= 390
    assert not complaints


def test_on_paper_the_filters_are_gone_and_the_evidence_is_open(page: Page) -> None:
    page.emulate_media(media="print")
    assert not page.locator("#filters").is_visible()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator(".entry details:not([open])").count() == 0
    assert page.pdf().startswith(b"%PDF")


# --- hostile and large -------------------------------------------------------------------------


def test_hostile_text_runs_nothing(browser: Browser, tmp_path: Path, complaints: list[str]) -> None:
    attacks = (
        *HOSTILE,
        "</style><script>alert(1)</script>",
        "</script><script>alert(2)</script>",
        "javascript:alert(3)",
    )
    rows = []
    for number, text in enumerate((*attacks, '"><img src=x onerror=alert(4)>', "{{ 7 * 7 }}{% include 'x' %}")):
        said = judgement(tool=text, kinds=((text, 1),), excerpt=text, reproduce=text)
        evidence = Evidence(patch=text, judgements=(said,), compiler_command=text)
        made = row(f"{number}{text}", Variant.CPP, Rung.DETECTED, text, evidence=evidence)
        rows.append(replace(made, title=text, bug_class=text))
    opened = open_page(browser, tmp_path, complaints, replace(record(), rows=tuple(rows), pair=attacks[6]))
    opened.click("#open")
    assert opened.locator("article").count() == len(rows)
    assert opened.locator("img, iframe, object").count() == 0
    assert "{{ 7 * 7 }}" in str(opened.locator("article").last.text_content())
    opened.context.close()
    assert not complaints


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("large") / "report.html"
    file.write_text(html.render(*large_run()), encoding="utf-8")
    return file


def test_2000_findings_with_200_mb_of_logs_are_laid_out_by_their_heads(browser: Browser, large: Path) -> None:
    assert large.stat().st_size < 15_000_000
    seen = opened(browser.new_page(), large, "mistake-1234")
    # What a browser has to lay out before a reader can begin; bench/page.py has the milliseconds of it.
    assert 2_000 < seen.elements < 30 * 2_000


def test_much_evidence_is_made_when_a_reader_comes_to_it(browser: Browser, large: Path, complaints: list[str]) -> None:
    opened = browser.new_page()
    opened.on("console", lambda said: complaints.append(f"console {said.type}: {said.text}"))
    opened.on("pageerror", lambda error: complaints.append(f"error: {error}"))
    opened.goto(large.as_uri())
    waiting = opened.locator(".entry > script.later")
    assert waiting.count() > 1_900
    assert opened.locator("#scriptless").count() == 0
    first, last = opened.locator("article").first, opened.locator("article").last
    opened.locator(".matrix tbody th a").first.click()  # by a link
    expect(first.locator("pre.diff").first).to_be_visible()
    last.scroll_into_view_if_needed()  # by scrolling
    expect(last.locator(".back")).to_have_count(1)
    assert waiting.count() > 1_900
    opened.locator("article").nth(30).evaluate("(each) => { location.hash = each.id; }")  # by an address
    expect(opened.locator("article").nth(30).locator(".back")).to_have_count(1)
    opened.evaluate("dispatchEvent(new Event('beforeprint'))")  # on paper all of it
    assert waiting.count() == 0
    assert opened.locator("article .back").count() == opened.locator("article").count()
    opened.close()
    assert not complaints


def test_without_scripts_the_page_says_where_the_evidence_is(browser: Browser, large: Path) -> None:
    opened = browser.new_context(java_script_enabled=False).new_page()
    opened.goto(large.as_uri())
    expect(opened.locator("#scriptless")).to_contain_text("scripts are switched off")
    opened.context.close()
