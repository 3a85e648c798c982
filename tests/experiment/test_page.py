"""report.html of the real run in a real Chromium: it says what run.json says, and its filters and links work."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import pytest
from playwright.sync_api import Browser, Page, expect

from experiment.running import Finished
from report.open_page import assert_accessible, shown, watched

pytestmark = [pytest.mark.container, pytest.mark.browser]

VARIANTS = ("cpp", "rust", "rust-next", "rust-unsafe")  # in the order of the matrix' columns
NONE = "–"
Rows = dict[str, dict[str, dict[str, Any]]]  # by mistake, by variant
CONTENT_LAID_OUT = "() => document.querySelectorAll('.entry > script.later').length === 0"


@pytest.fixture(params=["light", "dark"])
def page(
    browser: Browser, first_run: Finished, complaints: list[str], request: pytest.FixtureRequest
) -> Iterator[Page]:
    """The page as it was written. Any word on the console and any request but its own fails."""
    file = (first_run.out / "report.html").resolve()
    # Without smooth scrolling: each of many links would take a second.
    opened = watched(browser, file, complaints, request.param, reduced_motion=True)
    yield opened
    opened.context.close()
    assert not complaints


@pytest.fixture(scope="module")
def rows(first_run: Finished) -> Rows:
    made: Rows = {}
    for row in first_run.record["rows"]:
        made.setdefault(row["mistake"], {})[row["variant"]] = row
    return made


def rungs_of(row: dict[str, Any]) -> set[str]:
    return {row["rung"], row["hardened_rung"]} - {None}


# --- the matrix --------------------------------------------------------------------------------


def test_every_cell_of_the_matrix_is_the_records(page: Page, rows: Rows, first_run: Finished) -> None:
    lines = page.locator(".matrix tbody tr")
    assert lines.count() == len(rows)
    for place in range(lines.count()):
        name = lines.nth(place).locator("th a").inner_text()
        cells = lines.nth(place).locator("td.cell").all_inner_texts()
        assert len(cells) == len(VARIANTS)
        for variant, cell in zip(VARIANTS, cells, strict=True):
            said = rows[name].get(variant)
            assert cell.startswith(said["rung"] if said else NONE), f"{name}/{variant}: {cell}"
            if said and said["hardened_rung"] != said["rung"]:
                assert f"hardened: {said['hardened_rung']}" in cell, f"{name}/{variant}: {cell}"
    totals = first_run.record["totals"]
    assert f"Of this list of {totals['mistakes']} mistakes" in page.locator(".sentence").inner_text()


def test_every_filter_leaves_what_the_record_has(page: Page, rows: Rows) -> None:
    def check(wanted: set[str], what: str) -> None:
        assert set(shown(page)) == wanted, what
        expect(page.locator("#count")).to_have_text(f"{len(wanted)} of {len(rows)} mistakes shown")
        page.get_by_role("button", name="Show all").click()
        expect(page.locator("#count")).to_have_text(f"{len(rows)} of {len(rows)} mistakes shown")

    for name in options(page, "#class"):
        page.select_option("#class", name)
        check({mistake for mistake, own in rows.items() if own["cpp"]["bug_class"] == name}, name)
    for language in options(page, "#language"):
        page.select_option("#language", language)
        check({mistake for mistake, own in rows.items() if any(one.startswith(language) for one in own)}, language)
        for rung in options(page, "#outcome"):
            page.select_option("#language", language)
            page.select_option("#outcome", rung)
            wanted = {
                mistake
                for mistake, own in rows.items()
                if any(one.startswith(language) and rung in rungs_of(row) for one, row in own.items())
            }
            check(wanted, f"{language} {rung}")
    page.check("#first")
    check(set(), "a clean run differs in nothing")
    one = min(rows)
    page.fill("#text", one)
    assert one in shown(page)


def options(page: Page, field: str) -> list[str]:
    values = [each.get_attribute("value") for each in page.locator(f"{field} option").all()]
    texts = page.locator(f"{field} option").all_text_contents()
    named = [text if value is None else value for value, text in zip(values, texts, strict=True)]
    assert len(named) > 1
    return [name for name in named if name]


# --- links and evidence ------------------------------------------------------------------------


def test_every_link_leads_to_something_that_is_there(page: Page, rows: Rows, first_run: Finished) -> None:
    page.click("#open")  # the ways back of much evidence are made with it
    targets = page.locator("a").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    assert len(targets) > 2 * len(rows), "one to each mistake and one back"
    ids = page.locator("[id]").evaluate_all("all => all.map(one => one.id)")
    for target in set(targets):
        if target.startswith("#"):
            assert ids.count(target[1:]) == 1, target
        else:  # the page of a comparison of the same twins, written beside this one
            assert target.startswith("agreements/"), target
            assert (first_run.out / unquote(target)).is_file(), target
    page.click("#close")
    for link in page.locator(".matrix tbody th a").all():
        link.click()
        section = page.locator(f"[id='{(link.get_attribute('href') or '')[1:]}']")
        expect(section).to_be_in_viewport()
        assert section.locator("h3").text_content() == link.text_content()


def test_every_mistake_has_its_diffs_its_message_and_its_commands(page: Page, rows: Rows) -> None:
    page.click("#open")
    assert page.evaluate(CONTENT_LAID_OUT)
    for name, own in rows.items():
        section = page.locator("article", has=page.locator(f"h3:text-is('{name}')"))
        text = section.text_content() or ""  # not inner: what is off the screen is not laid out
        for row in own.values():
            assert row["patch_digest"] in text
            if row["rung"] == "rejected":
                code = row["evidence"]["rejection"]["diagnostics"][0]["message"].split("\n")[0]
                assert code in text, name
        copied = {each.get_attribute("data-copy") for each in section.locator("button.copy").all()}
        said = [one["reproduce"] for row in own.values() for one in row["evidence"]["judgements"] if one["reproduce"]]
        assert said, name
        assert set(said) <= copied, name


def test_what_is_drawn_has_its_words(page: Page, first_run: Finished) -> None:
    titles = page.locator("figcaption b").all_inner_texts()
    assert "The ladder." in titles
    assert "Mistakes that survive, over executions." in titles
    assert any(title.startswith("Coverage of both twins") for title in titles)
    for chart in page.locator(".chart").all():
        assert len(chart.get_attribute("aria-label") or "") > 40
        assert chart.locator("svg").count() == 1
    assert len(first_run.record["growth"]) >= 2


# --- for everybody -----------------------------------------------------------------------------


def test_it_is_accessible_and_turns_dark_and_light(page: Page) -> None:
    assert_accessible(page)
    paper = "getComputedStyle(document.body).backgroundColor"
    before = page.evaluate(paper)
    page.click("#theme")
    assert {before, page.evaluate(paper)} == {"rgb(18, 22, 28)", "rgb(255, 255, 255)"}
