"""What a run's reports say of the comparisons of its twins, and that the pages they link to are written beside them."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from fuzzpair import state
from fuzzpair.cli import main
from fuzzpair.model.run_record import RunRecord
from fuzzpair.report import html, json_report, markdown
from fuzzpair.report.agreed import agreed, comparisons_of
from fuzzpair.report.agreement_json import render
from fuzzpair.report.console import make_console
from fuzzpair.report.history_text import render_agreements
from fuzzpair.report.stored import NOTHING_STORED, Stored
from report.agreements import BLOBS, agreement, another, disagreement, row
from report.records import full_record

TWINS = agreement().twins
PLANTED = row(subject="a-slip/cpp", mistake="a-slip", disagreements=(another("planted"),))


def run() -> RunRecord:
    return replace(full_record(), twins=TWINS)


def test_the_last_comparison_of_each_kind_of_these_very_twins_is_told() -> None:
    older = agreement(run_id="a", started="2026-11-01T00:00:00Z")
    newer = agreement(run_id="b", started="2026-11-02T00:00:00Z", rows=(row(disagreements=(disagreement(),)),))
    logic = agreement(run_id="c", started="2026-11-03T00:00:00Z", rows=(PLANTED,))
    others = agreement(run_id="d", started="2026-11-04T00:00:00Z", twins=(("cpp", "0"), ("rust", "1")))
    another_pair = agreement(run_id="e", started="2026-11-05T00:00:00Z", pair="else")
    stored = Stored(agreements=(newer, logic, older, others, another_pair))
    assert [one.run_id for one in comparisons_of(run(), stored)] == ["b", "c"]
    document = json.loads(json_report.render(run(), stored))
    twins, mistakes = document["agreements"]
    assert (twins["compared"], twins["disagreements"], twins["executions"]) == ("the unpatched twins", 1, 1000)
    assert (mistakes["compared"], mistakes["report"]) == ("mistakes", "agreements/c/agreement.html")
    assert json_report.read_record(json.dumps(document)) == run()


def test_summary_and_page_say_what_it_came_to_and_link_to_it() -> None:
    stored = Stored(agreements=(agreement(),))
    page, summary = html.render(run(), stored), markdown.render(run(), stored)
    link = f"agreements/{agreement().run_id}/agreement.html"
    assert f'<a href="{link}">' in page
    assert "the unpatched twins: 2,000 executions, 0 disagreements" in page
    assert "2,000 executions, 0 disagreements" in summary
    assert link.split("/")[1] in summary


@pytest.mark.parametrize(
    ("record", "stored", "said"),
    [
        (run(), Stored(agreements=()), "Not run for these twins"),
        (run(), Stored(agreements=(agreement(twins=()),)), "Not run for these twins"),
        (run(), NOTHING_STORED, "was not looked up here"),
        (full_record(), Stored(agreements=(agreement(),)), "was not looked up here"),
    ],
)
def test_silence_is_never_taken_for_agreement(record: RunRecord, stored: Stored, said: str) -> None:
    assert said in html.render(record, stored)
    assert said in markdown.render(record, stored)
    assert not agreed(record, stored)


def test_report_writes_what_its_page_links_to_and_history_lists_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = state.open_store(tmp_path / "state")
    names = {name: store.put_blob(content) for name, content in BLOBS.items()}
    found = disagreement(
        input=names["1" * 64],
        said=tuple(replace(one, text=names[one.text]) for one in disagreement().said),
    )
    compared = agreement(rows=(row(disagreements=(found,)),))
    state.save_record(store, run().run_id, json_report.render(run()))
    state.save_agreement(store, compared.run_id, render(compared))
    state.save_agreement(store, "older-format", '{"schema": "fuzzpair/agreement/0"}')
    places = ["--state", str(tmp_path / "state")]
    assert main(["report", "--out", str(tmp_path / "out"), *places], {}) == 0
    (brief,) = json.loads((tmp_path / "out/run.json").read_text())["agreements"]
    assert "<mark>" in (tmp_path / "out" / brief["report"]).read_text()
    capsys.readouterr()
    assert main(["history", *places], {}) == 0
    assert "2026-11-26T01:02:03Z" in capsys.readouterr().out


def test_the_history_of_comparisons_is_the_last_ones_the_newest_at_the_end() -> None:
    stream = io.StringIO()
    records = [agreement(run_id=f"run-{day}", started=f"2026-11-0{day}T00:00:00Z") for day in (3, 1, 2)]
    render_agreements(records, 2, make_console(stream, is_terminal=False))
    text = stream.getvalue()
    assert "run-1" not in text
    assert text.index("run-2") < text.index("run-3")
    render_agreements([], 2, make_console(stream := io.StringIO(), is_terminal=False))
    assert not stream.getvalue()
