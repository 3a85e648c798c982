"""summary.md: the most important first, tables that hold together, nothing of a log read as markup."""

from __future__ import annotations

import re
from dataclasses import replace

from hypothesis import given

from fuzzpair.model.claim_answer import Reply
from fuzzpair.model.run_record import RunRecord
from fuzzpair.report import markdown
from report.records import SOME_RECORDS, claim, full_record, passing_record, records, row, weighed_claim


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
    assert text.count("\n## ") == 4


def test_a_claim_has_its_answer_both_counts_and_the_rows_that_decide() -> None:
    claims = (claim(), weighed_claim(), claim(Reply.CANNOT_TELL, id="oom-kill", why="the rows are missing"))
    text = markdown.render(replace(passing_record(), claims=claims))
    section = text[text.index("## What is said") : text.index("Controls:")]
    lines = section.splitlines()
    first = next(line for line in lines if line.startswith("| uaf-impossible"))
    assert "| holds with limits | 2 of 3 of this list, 1 not judged | 1 of 3 of this list |" in first
    limits = next(line for line in lines if line.startswith("- uaf-impossible: not shown"))
    assert "use-after-free/rust-unsafe (default: crashed SIGSEGV)" in limits
    weighed = next(line for line in lines if line.startswith("| seventy-percent"))
    assert "0% to 70% avoided" in weighed
    assert "50% of this list" in weighed
    assert not [line for line in lines if re.search(r"\d%", line) and "of this list" not in line]


def test_a_run_without_claims_has_no_section_about_them() -> None:
    assert "What is said" not in markdown.render(full_record())


def test_many_rows_are_counted_not_listed() -> None:
    one = claim().support[0]
    rows = tuple(replace(one, row=f"m{number}/rust") for number in range(80))
    text = markdown.render(replace(passing_record(), claims=(claim(support=rows),)))
    assert "m11/rust" in text
    assert "m12/rust" not in text
    assert "68 more in run.json" in text


@SOME_RECORDS
@given(records())
def test_every_line_of_a_table_has_as_many_cells_as_its_heading(record: RunRecord) -> None:
    width = 0
    for line in markdown.render(record).splitlines():
        cells = line.count("|")
        assert not cells or not width or cells == width, line
        width = cells


@SOME_RECORDS
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
