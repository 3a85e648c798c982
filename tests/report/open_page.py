"""A page in a browser: watched for whatever it complains of or asks for, and how soon it is there.

By the browser's own clock, and by the processor time of the page's thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, CDPSession, Locator, Page, expect

expect.set_options(timeout=30_000)  # ms; a page that fills itself on a busy machine takes more than Playwright's 5,000

# Two frames: the first is asked for before the change is drawn, the second comes after.
_FOUND: Final = """
async (words) => {
  const text = document.getElementById("text");
  const start = performance.now();
  text.value = words;
  text.dispatchEvent(new Event("input", { bubbles: true }));
  await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
  return performance.now() - start;
}
"""
_SHOWN: Final = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"
_READY: Final = "() => performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """Milliseconds since the page was asked for; of a search, since its last letter.

    `cpu_ms` is what the page's thread has computed until it was ready: on an idle machine no less than that passes, and
    on a busy one it stays the same.
    """

    shown_ms: float
    ready_ms: float
    cpu_ms: float
    found_ms: float
    elements: int


def written(folder: Path, text: str) -> Path:
    file = folder / "report.html"
    file.write_text(text, encoding="utf-8")
    return file


def watched(
    browser: Browser, file: Path, complaints: list[str], scheme: str = "light", *, reduced_motion: bool = False
) -> Page:
    """The page, opened as from a mail. Any word on the console, any dialog and any request but its own is told."""
    context = browser.new_context(
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce" if reduced_motion else "no-preference",
    )
    page = context.new_page()
    page.on("console", lambda said: complaints.append(f"console {said.type}: {said.text}"))
    page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
    page.on("dialog", lambda dialog: complaints.append(f"dialog: {dialog.message}"))
    page.on("request", lambda asked: complaints.append(asked.url) if asked.url != file.as_uri() else None)
    page.goto(file.as_uri())
    return page


def shown(page: Page) -> list[str]:
    """The names in the table that no filter hides."""
    rows = page.locator(".matrix tbody tr:visible th a").all_text_contents()
    sections = page.locator("article:visible h3").all_text_contents()  # not inner: off the screen it is laid out later
    assert rows == sections  # a filter acts on both
    return rows


def copied(page: Page, button: Locator) -> str:
    """What a copy button leaves: in the clipboard, or selected where a browser forbids that."""
    button.click()
    expect(button).not_to_have_text("Copy")
    said = "navigator.clipboard.readText()" if button.inner_text() == "Copied" else "getSelection().toString()"
    return str(page.evaluate(said))


def assert_accessible(page: Page) -> None:
    """axe finds nothing, with everything unfolded: by the page's own button, or part by part where it has none."""
    button = page.locator("#open")
    if button.count():
        button.click()
    else:
        page.locator("details").evaluate_all("all => { for (const one of all) one.open = true; }")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert len(found.response["passes"]) > 20  # it did look


def opened(page: Page, file: Path, words: str) -> Opened:
    """Open a page and search for one mistake, of which just one is left."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    before = _thread_ms(session)
    page.goto(file.as_uri())
    cpu_ms = _thread_ms(session) - before
    page.wait_for_function("performance.getEntriesByName('first-contentful-paint').length")
    elements = page.evaluate("document.getElementsByTagName('*').length")
    made = Opened(
        shown_ms=page.evaluate(_SHOWN),
        ready_ms=page.evaluate(_READY),
        cpu_ms=cpu_ms,
        found_ms=page.evaluate(_FOUND, words),
        elements=elements,
    )
    assert page.locator(".matrix tbody tr:visible").count() == 1
    return made


def _thread_ms(session: CDPSession) -> float:
    metrics = session.send("Performance.getMetrics")["metrics"]
    return 1e3 * next(float(each["value"]) for each in metrics if each["name"] == "ThreadTime")
