"""agreement.html in a real Chromium: accessibility in both schemes, a telephone, paper, hostile text."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from fuzzpair.model.agreement import AgreementRecord
from fuzzpair.report import agreement_page
from report.agreements import BLOBS, agreement, disagreement, everything, row
from report.open_page import assert_accessible, watched, written
from report.records import HOSTILE

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def open_page(
    browser: Browser,
    folder: Path,
    complaints: list[str],
    made: AgreementRecord,
    scheme: str = "light",
    said: bytes | None = None,
) -> Page:
    blobs = BLOBS if said is None else {**BLOBS, "c" * 64: said}
    page = agreement_page.render(made, blobs.__getitem__)
    return watched(browser, written(folder, page), complaints, scheme)


def both_engines() -> AgreementRecord:
    """What both of them have seen stands twice, and no two parts of the page may be called alike."""
    whole = everything()
    found = tuple(replace(one, engine="atheris") for one in whole.rows[0].disagreements)
    return replace(whole, rows=(*whole.rows, row("atheris", disagreements=found)))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("made", [both_engines(), agreement()], ids=["parted", "agree"])
def test_it_is_accessible_in_both_schemes(
    browser: Browser, tmp_path: Path, complaints: list[str], scheme: str, made: AgreementRecord
) -> None:
    page = open_page(browser, tmp_path, complaints, made, scheme)
    assert_accessible(page)
    page.context.close()
    assert not complaints


def test_nothing_is_wider_than_a_telephone_and_it_prints(
    browser: Browser, tmp_path: Path, complaints: list[str]
) -> None:
    page = open_page(browser, tmp_path, complaints, everything())
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.emulate_media(media="print")
    assert page.pdf().startswith(b"%PDF")
    page.context.close()
    assert not complaints


def test_the_skip_link_leads_to_what_was_found(browser: Browser, tmp_path: Path, complaints: list[str]) -> None:
    page = open_page(browser, tmp_path, complaints, everything())
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.url.endswith("#found")
    assert page.locator("section:visible h3").count() == 6  # five of the twins' and the planted one
    page.context.close()
    assert not complaints


@pytest.mark.parametrize(
    "text", [*HOSTILE[6:9], "</style><script>alert(1)</script>", '"><img src=x onerror=alert(2)>', "{{ 7 * 7 }}"]
)
def test_hostile_text_runs_nothing(browser: Browser, tmp_path: Path, complaints: list[str], text: str) -> None:
    found = disagreement(key=text, path=text, owner=text, expires=text)
    made = agreement(pair=text, rows=(row(subject=text, disagreements=(found,)),), reasons=(text,), gone=(found,))
    page = open_page(browser, tmp_path, complaints, made, said=text.encode())
    assert page.locator("img, iframe, object, script").count() == 0
    assert text in str(page.locator("section").text_content())
    page.context.close()
    assert not complaints
