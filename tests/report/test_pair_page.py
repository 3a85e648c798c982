"""A pair's report.html in a real Chromium: filters, links, evidence, accessibility in both schemes, hostile text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from fuzzpair.model.pair import PairRecord
from fuzzpair.report import pair_page
from fuzzpair.report.stored import Stored
from own_pair.pair_records import record
from report.large_run import large_pair_run
from report.open_page import assert_accessible, copied, opened, shown, watched, written
from report.pair_pages import BLOBS, everything, hostile
from report.records import HOSTILE

pytestmark = [pytest.mark.browser, pytest.mark.slow]
OVERFLOW = "heap-buffer-overflow-read: in copy_extra (inflate.c)"
PANIC = "explicit-panic, slice-index-panic: in read_header (lib.rs)"
UNKNOWN = "unknown class: in copy_extra (inflate.c)"


def open_page(browser: Browser, folder: Path, complaints: list[str], made: PairRecord, scheme: str = "light") -> Page:
    before = replace(record(), run_id="older", started="2026-11-25T04:00:00Z")
    stored = Stored(BLOBS.__getitem__, read_nights=lambda: (before, made))
    return watched(browser, written(folder, pair_page.render(made, stored)), complaints, scheme)


@pytest.fixture
def page(browser: Browser, tmp_path: Path, complaints: list[str]) -> Iterator[Page]:
    made = open_page(browser, tmp_path, complaints, everything())
    yield made
    made.context.close()
    assert not complaints


@pytest.mark.parametrize(
    ("field", "value", "left"),
    [
        ("#class", "slice-index-panic", [PANIC]),
        ("#class", "unknown class", [UNKNOWN]),
        ("#language", "rust", [PANIC]),
        ("#outcome", "accepted", [OVERFLOW]),
        ("#outcome", "in base", [OVERFLOW]),
        ("#outcome", "reopened", [PANIC]),
    ],
)
def test_each_filter_leaves_what_fits(page: Page, field: str, value: str, left: list[str]) -> None:
    assert page.locator("#count").inner_text() == "8 of 8 findings shown"
    page.select_option(field, value)
    assert shown(page) == left
    page.get_by_role("button", name="Show all").click()
    expect(page.locator("#count")).to_have_text("8 of 8 findings shown")


def test_side_and_standing_are_of_one_finding_and_what_fails_is_alone(page: Page) -> None:
    page.select_option("#language", "rust")
    page.select_option("#outcome", "new")
    assert shown(page) == []
    assert page.locator("#none").is_visible()
    page.select_option("#language", "")
    page.check("#first")
    assert shown(page) == [OVERFLOW]
    page.fill("#text", "clean error inflate")
    assert shown(page) == [OVERFLOW]
    page.fill("#text", "no such word")
    assert shown(page) == []


def test_every_link_leads_to_something_in_the_page(page: Page) -> None:
    targets = {link.get_attribute("href") or "" for link in page.locator("a").all()}
    assert len(targets) > 10
    for target in targets:
        assert target.startswith("#")
        assert page.locator(f"[id='{target[1:]}']").count() == 1, target


def test_the_other_side_the_stack_and_the_octets_are_there_and_the_command_is_copied(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.click("#open")
    first = page.locator("article").first
    expect(first).to_contain_text("fuzzpair: refused")
    expect(first).to_contain_text("#0 copy_extra")
    assert first.locator(".hex mark").all_text_contents() == ["ee", "·"]
    assert copied(page, first.locator(".copy")).startswith(
        "./fuzzpair reproduce header/cpp --flavour address --input crash-"
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible_in_both_schemes(browser: Browser, tmp_path: Path, complaints: list[str], scheme: str) -> None:
    made = open_page(browser, tmp_path, complaints, everything(), scheme)
    assert_accessible(made)
    made.context.close()
    assert not complaints


def test_nothing_is_wider_than_a_telephone_and_it_prints(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.click("#open")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.emulate_media(media="print")
    assert not page.locator("#filters").is_visible()
    assert page.pdf().startswith(b"%PDF")


@pytest.mark.parametrize(
    "text", [*HOSTILE[6:9], "</style><script>alert(1)</script>", '"><img src=x onerror=alert(2)>', "{{ 7 * 7 }}"]
)
def test_hostile_text_runs_nothing(browser: Browser, tmp_path: Path, complaints: list[str], text: str) -> None:
    made = open_page(browser, tmp_path, complaints, hostile(text))
    made.click("#open")
    assert made.locator("article").count() == 1
    assert made.locator("img, iframe, object").count() == 0
    assert text in str(made.locator("article").text_content())
    made.context.close()
    assert not complaints


def test_2000_findings_are_laid_out_by_their_heads_and_filled_when_a_reader_comes(
    browser: Browser, tmp_path: Path, complaints: list[str]
) -> None:
    file = written(tmp_path, pair_page.render(*large_pair_run()))
    assert file.stat().st_size < 15_000_000
    seen = opened(browser.new_page(), file, "take_1234")
    # What a browser has to lay out before a reader can begin; bench/page.py has the milliseconds of it.
    assert 2_000 < seen.elements < 24 * 2_000
    page = watched(browser, file, complaints)
    waiting = page.locator(".entry > script.later")
    assert waiting.count() > 1_900
    page.locator(".matrix tbody th a").first.click()
    expect(page.locator("article").first.locator(".command")).to_be_visible()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert waiting.count() == 0
    page.context.close()
    assert not complaints
