"""`fuzzpair agree` without a container: plans, stages, attribution, exit codes, reports."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from agree_fakes import Tools
from agree_pair import PARTS, agree
from fuzzpair.agree.campaigns import ATHERIS, NATIVE
from fuzzpair.agree.flow import verdict
from fuzzpair.agree.plan import logic_mistakes
from fuzzpair.agree.wish import AgreeWish, agreement_of
from fuzzpair.config import load_config
from fuzzpair.errors import ConfigError, UsageError
from fuzzpair.model.agreement import Voice, What
from fuzzpair.model.language import Language
from fuzzpair.report.agreement import sentence
from fuzzpair.report.agreement_files import write_agreement
from fuzzpair.report.agreement_json import document


def test_twins_that_agree_are_clean(root: Path) -> None:
    record, _ = agree(root, Tools(answers=PARTS))
    assert (record.exit_code, record.reasons) == (0, ())
    assert [(row.engine, row.disagreements, row.problem) for row in record.rows] == [
        (NATIVE, (), ""),
        (ATHERIS, (), ""),
    ]
    assert record.rows[0].campaigns[0].growth == ((2, 40), (900, 55))
    assert "10,000 executions, 0 disagreements" in sentence(record)


def test_unpatched_twins_that_part_are_1_and_named(root: Path) -> None:
    record, store = agree(root, Tools(parts=b"parse", answers=PARTS), engines=(NATIVE,))
    (found,) = record.rows[0].disagreements
    assert (record.exit_code, found.what, found.path) == (1, What.TEXT, "answer › IN A › word 2")
    assert (store.get_blob(found.input), found.octets, found.touched) == (b"small", 5, (1, 3))
    assert (found.seconds, found.executions, found.parted_at) == (0.25, 77, 1)
    assert "answer › IN A › word 2" in record.reasons[0]


def test_a_mistake_is_planted_in_one_twin_at_a_time_and_found_by_each_engine(root: Path) -> None:
    tools = Tools(answers=PARTS)
    record, _ = agree(root, tools, ("a-slip",))
    assert [(row.subject, row.patched, row.engine, row.is_found) for row in record.rows] == [
        ("a-slip/cpp", Language.CPP, NATIVE, True),
        ("a-slip/cpp", Language.CPP, ATHERIS, True),
        ("a-slip/rust", Language.RUST, NATIVE, True),
        ("a-slip/rust", Language.RUST, ATHERIS, True),
    ]
    assert record.exit_code == 0
    fuzzed = [one for one in tools.commands if one.argv[0] == "./agree"]
    assert all(("FUZZPAIR_STOP", "1") in one.env for one in fuzzed)


def test_what_the_unpatched_twins_part_on_too_is_not_the_mistake_s(root: Path) -> None:
    record, _ = agree(root, Tools(parts=b"parse", answers=PARTS), ("a-slip",))
    assert not any(row.is_found for row in record.rows)
    assert record.exit_code == 1
    assert record.reasons[0] == "a-slip/cpp: no engine found a disagreement"


def test_a_crash_is_not_called_a_disagreement(root: Path) -> None:
    crash = {"cpp": {"ending": "accepted", "text": ""}, "rust": {"ending": "crash", "text": ""}}
    record, _ = agree(root, Tools(answers=crash), ("a-slip",), (NATIVE,))
    assert [one.what for row in record.rows for one in row.disagreements] == [What.CRASH, What.CRASH]
    assert record.exit_code == 1


def test_who_is_alone_is_told(root: Path) -> None:
    third = {**PARTS, "reference": PARTS["rust"]}
    record, _ = agree(root, Tools(answers=third), ("a-slip",), (ATHERIS,))
    assert {one.odd for row in record.rows for one in row.disagreements} == {Voice.CPP}


def test_a_second_run_does_nothing_again(root: Path) -> None:
    agree(root, Tools(answers=PARTS))
    tools = Tools(answers=PARTS)
    record, _ = agree(root, tools)
    assert (record.exit_code, tools.commands) == (0, [])


def test_what_the_time_ended_is_shown_and_done_again(root: Path) -> None:
    first, _ = agree(root, Tools(executed=100), engines=(NATIVE,))
    assert not first.rows[0].campaigns[0].complete
    tools = Tools(executed=100)
    agree(root, tools, engines=(NATIVE,))
    assert tools.commands


def test_a_minimisation_that_the_time_ended_is_shown_and_done_again(root: Path) -> None:
    first, _ = agree(root, Tools(parts=b"parse", answers=PARTS, was_cut=True), engines=(NATIVE,))
    assert first.rows[0].disagreements
    tools = Tools(parts=b"parse", answers=PARTS)
    agree(root, tools, engines=(NATIVE,))
    assert any("fuzzpair.agree.python.examine" in one.argv for one in tools.commands)
    assert not any(one.argv[0] == "./agree" for one in tools.commands)


def test_a_mistake_that_a_seed_shows_is_found_before_any_edge_is_told(root: Path) -> None:
    record, _ = agree(root, Tools(answers=PARTS, log=""), ("a-slip",), (NATIVE,))
    assert ({row.campaigns[0].edges for row in record.rows}, record.exit_code) == ({0}, 0)


def test_an_engine_that_sees_no_edge_is_3(root: Path) -> None:
    record, _ = agree(root, Tools(log=""), engines=(NATIVE,))
    assert (record.exit_code, [one.passed for one in record.controls]) == (3, [False])


@pytest.mark.parametrize(
    ("tools", "said"),
    [
        (Tools(executed=0), "executed 0"),
        (Tools(ending=1), "ended with exit code 1"),
        (Tools(compiles=False), "expected ';'"),
    ],
)
def test_what_could_not_be_done_is_3(root: Path, tools: Tools, said: str) -> None:
    record, _ = agree(root, tools, engines=(NATIVE,))
    assert record.exit_code == 3
    assert said in record.reasons[0]


def test_a_broken_patch_is_a_row_with_a_problem(root: Path) -> None:
    (root / "cpp/mistakes/a-slip.patch").write_text("no patch at all")
    record, _ = agree(root, Tools(answers=PARTS), ("a-slip",), (NATIVE,))
    assert record.exit_code == 3
    assert record.rows[0].problem


def test_nothing_compared_is_3() -> None:
    assert verdict((), ()) == (3, ("nothing was compared",))


def test_hostile_tellings_are_an_error_of_that_row(root: Path) -> None:
    record, _ = agree(
        root, Tools(parts=b"parse", answers={"nobody": {"ending": "accepted", "text": ""}}), engines=(NATIVE,)
    )
    assert record.exit_code == 3
    assert "cannot be read" in record.reasons[0]


def test_every_report_is_written_and_escapes_what_an_input_says(root: Path) -> None:
    hostile = {**PARTS, "rust": {"ending": "accepted", "text": "answer 1\n<script>alert(1)</script>\x1b[2J\n"}}
    record, store = agree(root, Tools(parts=b"parse", answers=hostile), engines=(NATIVE,))
    written = {path.name: path for path in write_agreement(record, root / "out", store.get_blob)}
    page = written["agreement.html"].read_text()
    assert "<script" not in page
    assert "&lt;script" in page
    assert "<mark>" in page
    for path in written.values():
        assert b"\x1b" not in path.read_bytes()
    sarif = json.loads(written["agreement.sarif"].read_text())
    (result,) = sarif["runs"][0]["results"]
    assert result["ruleId"] == "disagreement/text"
    assert json.loads(written["agreement.json"].read_text()) == document(record)
    assert "[6d]" in written["agreement.md"].read_text()


def test_the_fingerprint_of_a_disagreement_is_not_its_input_s(root: Path) -> None:
    record, store = agree(root, Tools(parts=b"parse", answers=PARTS), engines=(NATIVE,))
    row = record.rows[0]
    moved = replace(
        record, rows=(replace(row, disagreements=(replace(row.disagreements[0], input=row.disagreements[0].found),)),)
    )
    prints = []
    for one in (record, moved):
        (path,) = (path for path in write_agreement(one, root / "out", store.get_blob) if path.suffix == ".sarif")
        prints.append(json.loads(path.read_text())["runs"][0]["results"][0]["partialFingerprints"])
    assert prints[0] == prints[1]


def test_logic_mistakes_are_those_that_no_sanitizer_sees(root: Path) -> None:
    assert logic_mistakes(load_config(root / "pipeline.yml")) == ["a-slip"]


def test_a_wish_is_checked_before_anything_is_made(root: Path) -> None:
    config = load_config(root / "pipeline.yml")
    wish = AgreeWish(
        agreement=agreement_of(config), engines=("libfuzz",), mistakes=(), runs=None, seconds=None, slices=1
    )
    with pytest.raises(UsageError, match="libfuzz"):
        wish.check(config)
    with pytest.raises(UsageError, match="no mistake"):
        replace(wish, engines=(NATIVE,), mistakes=("a-slap",)).check(config)


def test_a_file_that_is_not_there_is_told_before_anything_is_made(root: Path) -> None:
    (root / "rust/agree/describe.rs").unlink()
    config = load_config(root / "pipeline.yml")
    wish = AgreeWish(agreement=agreement_of(config), engines=(), mistakes=(), runs=None, seconds=None, slices=1)
    with pytest.raises(ConfigError, match=r"describe\.rs"):
        wish.check(config)


def test_without_the_section_there_is_nothing_to_ask(root: Path) -> None:
    text = (root / "pipeline.yml").read_text()
    (root / "pipeline.yml").write_text(text[: text.index("agreement:")])
    with pytest.raises(ConfigError, match="agreement"):
        agreement_of(load_config(root / "pipeline.yml"))
