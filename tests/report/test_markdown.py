"""summary.md: the most important first, tables that hold together, nothing of a log read as markup."""

from __future__ import annotations

import re
from dataclasses import replace

from hypothesis import HealthCheck, given, settings

from fuzzpair.model import RunRecord
from fuzzpair.report import markdown
from report.records import full_record, passing_record, records, row


def test_the_most_important_comes_first() -> None:
    text = markdown.render(full_record())
    wanted = (
        "Of this list of 4 mistakes",
        "Gate error",
        "Could not be done",
        "Failed controls",
        "use-after",
    )
    places = [text.index(each) for each in (*wanted, "## What it cost", "## What was used")]
    assert places == sorted(places)


def test_a_clean_run_has_no_section_about_failures() -> None:
    text = markdown.render(passing_record())
    assert "## Failed controls" not in text
    assert "## Could not be done" not in text
    assert text.count("\n## ") == 3


@settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=25)
@given(records())
def test_every_line_of_a_table_has_as_many_cells_as_its_heading(record: RunRecord) -> None:
    width = 0
    for line in markdown.render(record).splitlines():
        cells = line.count("|")
        assert not cells or not width or cells == width, line
        width = cells


@settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=25)
@given(records())
def test_nothing_of_a_log_is_markup(record: RunRecord) -> None:
    for line in markdown.render(record).splitlines():
        # What is left after our own table bars, bullets, headings and emphasis is plain text.
        text = re.sub(r"^(# |## |- |\*\*)|\*\*$", "", line)
        text = re.sub(r"\*Cut here: .*\*", "", re.sub(r"\| | \||^\|( --- \|)+$|^\|", "", text))
        assert not re.search(r"[<`*\[\]|~$\\]|://|@\w", text, re.ASCII), line


def test_the_limit_cuts_between_lines_and_says_so() -> None:
    record = full_record()
    rows = tuple(replace(row("x", record.rows[0].variant, None, problem="p" * 1_500)) for _ in range(2_000))
    text = markdown.render(replace(record, rows=rows))
    assert len(text.encode()) <= markdown.SIZE_LIMIT
    assert text.endswith("run.json has everything.*\n")
