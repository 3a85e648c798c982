"""Comparisons one after another: what is known is tried again, what is gone is told, what is accepted fails nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from agree_fakes import Tools
from agree_pair import PARTS, SOURCES, agree
from fuzzpair.agree.campaigns import ATHERIS, NATIVE
from fuzzpair.agree.standing import memory_of
from fuzzpair.errors import ConfigError
from fuzzpair.model.agreement import AgreementRecord
from fuzzpair.model.standing import Standing
from fuzzpair.own_pair.known_issues import KnownIssue, parse_known_issues, read_known_issues

TOOLS = Tools(answers=PARTS)
ENTRY = "  - {{signature: {signature}, reason: meant, owner: parsers, expires: {expires}}}\n"


def issues(*signatures: str, expires: str = "2999-12-31") -> tuple[KnownIssue, ...]:
    text = "".join(ENTRY.format(signature=one, expires=expires) for one in signatures)
    return parse_known_issues(f"known:\n{text}".encode())


def rewritten(root: Path, word: str) -> None:
    """Other sources, so that nothing is taken from the store; the twins part where they hold the word `slip`."""
    for language, (file, *_) in SOURCES.items():
        (root / language / "src" / file).write_text(f"{word}\n")


def compare(
    root: Path,
    tools: Tools,
    *earlier: AgreementRecord,
    known: tuple[KnownIssue, ...] = (),
    engines: tuple[str, ...] = (NATIVE,),
) -> AgreementRecord:
    return agree(root, tools, engines=engines, memory=memory_of(earlier, "tiny"), issues=known)[0]


def test_what_is_new_is_known_the_next_time_and_tried_again_though_no_campaign_meets_it(root: Path) -> None:
    rewritten(root, "slip")
    first = compare(root, TOOLS)
    (new,) = first.rows[0].disagreements
    assert (new.standing, new.first_seen) == (Standing.NEW, first.started)
    rewritten(root, "slip as before")
    second = compare(root, replace(TOOLS, keeps=False), first)
    (known,) = second.rows[0].disagreements
    assert (known.standing, known.first_seen, known.executions) == (Standing.KNOWN, first.started, 0)
    assert second.exit_code == 1
    assert known.signature in second.reasons[0]


def test_what_parts_no_more_is_gone_and_reopened_when_it_is_back(root: Path) -> None:
    rewritten(root, "slip")
    first = compare(root, TOOLS)
    rewritten(root, "none")
    second = compare(root, TOOLS, first)
    (gone,) = second.gone
    assert (gone.standing, gone.signature) == (Standing.FIXED, first.rows[0].disagreements[0].signature)
    assert second.exit_code == 0
    assert compare(root, TOOLS, first, second).gone == ()  # told once
    rewritten(root, "slip again")
    third = compare(root, TOOLS, first, second)
    assert third.rows[0].disagreements[0].standing is Standing.REOPENED


def test_what_was_not_compared_is_not_gone(root: Path) -> None:
    rewritten(root, "slip")
    first = compare(root, TOOLS)
    signature = first.rows[0].disagreements[0].signature
    rewritten(root, "none")
    for tools, engines in ((TOOLS, (ATHERIS,)), (Tools(executed=0), (NATIVE,))):
        later = compare(root, tools, first, engines=engines, known=issues(signature))
        assert (later.gone, later.known_issues) == ((), ())


def test_an_accepted_disagreement_fails_nothing_until_its_last_day(root: Path) -> None:
    rewritten(root, "slip")
    first = compare(root, TOOLS)
    signature = first.rows[0].disagreements[0].signature
    accepted = compare(root, TOOLS, first, known=issues(signature))
    (one,) = accepted.rows[0].disagreements
    assert (accepted.exit_code, one.standing, one.owner) == (0, Standing.ACCEPTED, "parsers")
    assert accepted.known_issues == ()
    expired = compare(root, TOOLS, first, known=issues(signature, expires="2020-01-01"))
    assert expired.exit_code == 1
    assert "expired on 2020-01-01" in expired.known_issues[0][1]


def test_an_entry_that_matches_nothing_or_what_is_gone_is_told_of(root: Path) -> None:
    rewritten(root, "slip")
    first = compare(root, TOOLS)
    signature = first.rows[0].disagreements[0].signature
    rewritten(root, "none")
    later = compare(root, TOOLS, first, known=issues(signature, "parted1-ffffffffffffffff"))
    assert dict(later.known_issues) == {
        f"line 2: {signature}": "its finding is fixed; remove it",
        "line 3: parted1-ffffffffffffffff": "matches no finding: mistyped, or gone for good; remove it",
    }
    assert later.exit_code == 0


def test_nobody_accepts_what_was_planted(root: Path) -> None:
    tools = Tools(answers=PARTS)
    record, _ = agree(root, tools, ("a-slip",), (NATIVE,))
    signature = record.rows[0].disagreements[0].signature
    again, _ = agree(root, tools, ("a-slip",), (NATIVE,), issues=issues(signature))
    assert {one.standing for row in again.rows for one in row.disagreements} == {Standing.NEW}
    assert again.exit_code == 0
    assert memory_of([record], "tiny").there == {}


def test_another_pair_s_comparisons_are_not_this_one_s(root: Path) -> None:
    rewritten(root, "slip")
    assert memory_of([compare(root, TOOLS)], "another").there == {}


def test_one_file_serves_both_verbs_and_each_looks_at_its_own(tmp_path: Path) -> None:
    path = tmp_path / "known.yml"
    lines = [ENTRY.format(signature=one, expires="2999-12-31") for one in ("bug2-1", "parted1-2")]
    path.write_text("known:\n" + "".join(lines))
    assert [one.signature for one in read_known_issues(path, of_agreement=False)] == ["bug2-1"]
    assert [one.signature for one in read_known_issues(path, of_agreement=True)] == ["parted1-2"]
    assert read_known_issues(tmp_path / "absent.yml", of_agreement=True) == ()
    assert read_known_issues(None, of_agreement=True) == ()
    with pytest.raises(ConfigError, match="cannot be read"):
        read_known_issues(tmp_path, of_agreement=True)
    assert all(isinstance(one.expires, date) for one in read_known_issues(path, of_agreement=True))
