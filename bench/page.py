"""How large report.html of a large run is, and how soon a browser has it: 2,000 findings, 200 MB of logs.

    PYTHONPATH=harness:tests python bench/page.py [--rounds N]

Needs a Chromium (tests/conftest.py says which). *Shown* is the first text on the screen; *ready* is when the page's own
script has set its filters up, *cpu* what its thread has computed until then; *found* is a search for one mistake, from
the last letter to the next frame. The median and the worst of all rounds, each in a new browser: nothing is cached.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from statistics import median

from playwright.sync_api import Playwright, sync_playwright

from conftest import browser_path
from fuzzpair.report import html
from report.large_run import FINDINGS, large_run
from report.open_page import Opened, opened

ROUNDS = 7
LIMIT_MS = 2_000


def made(folder: Path) -> Path:
    record, stored = large_run()
    start = time.process_time()
    text = html.render(record, stored)
    print(f"{FINDINGS:,} findings: {len(text.encode()) / 1e6:.1f} MB, made in {time.process_time() - start:.1f} CPU s")
    file = folder / "report.html"
    file.write_text(text, encoding="utf-8")
    return file


def one_round(playwright: Playwright, file: Path) -> Opened:
    browser = playwright.chromium.launch(executable_path=browser_path(), args=["--no-sandbox"])
    try:
        return opened(browser.new_page(), file, "mistake-1234")
    finally:
        browser.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds: int = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = made(Path(folder))
        measured = [one_round(playwright, file) for _ in range(rounds)]
    print(f"{rounds} rounds; wanted: ready in under {LIMIT_MS:,} ms")
    for name in ("shown_ms", "ready_ms", "cpu_ms", "found_ms", "elements"):
        values = [getattr(each, name) for each in measured]
        print(f"  {name:10} median {median(values):8,.0f}  worst {max(values):8,.0f}")


if __name__ == "__main__":
    main()
