"""The matrix of a real run: every row has its verdict, every verdict its evidence."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

import pytest

from experiment.running import REPOSITORY, Finished, the_repository
from fuzzpair.config import load_config

pytestmark = pytest.mark.container

MISTAKES = set(load_config(REPOSITORY / "pipeline.yml").profile("ci").mistakes)


def test_the_run_is_clean_and_agrees_with_the_baseline(first_run: Finished) -> None:
    assert first_run.exit_code == 0, first_run.stderr[-3000:] + first_run.stdout[-6000:]
    assert first_run.record["gate"]["status"] == "passed"
    assert all(control["passed"] for control in first_run.record["controls"])
    assert len(first_run.record["controls"]) >= 30


def test_every_mistake_has_its_row_in_both_languages(first_run: Finished) -> None:
    variants: dict[str, set[str]] = {}
    for row in first_run.record["rows"]:
        variants.setdefault(row["mistake"], set()).add(row["variant"])
    assert set(variants) == MISTAKES
    assert all({"cpp", "rust"} <= there for there in variants.values())


def test_every_mistake_is_reached_and_triggered_in_cpp(first_run: Finished) -> None:
    for row in first_run.record["rows"]:
        if row["variant"] == "cpp" and row["rung"] != "rejected":
            assert row["evidence"]["canary"]["reached"] > 0, row["mistake"]
            assert row["evidence"]["canary"]["triggered"] > 0, row["mistake"]


def test_no_verdict_without_evidence(first_run: Finished) -> None:
    for row in first_run.record["rows"]:
        assert row["problem"] is None
        assert _has_evidence(row), f"{row['mistake']}/{row['variant']}"
        assert row["evidence"]["job_keys"]


def _has_evidence(row: dict[str, Any]) -> bool:
    evidence = row["evidence"]
    if row["rung"] == "rejected":
        return bool(evidence["rejection"]["codes"]) and bool(evidence["rejection"]["diagnostics"][0]["rendered"])
    if row["rung"] == "warned":
        return bool(evidence["warnings"])
    judged = {one["flavour"]: one for one in evidence["judgements"]}
    return judged["default"]["n"] > 0 and bool(judged["default"]["reproduce"])


def test_a_rejected_slip_says_what_is_typed_next(first_run: Finished) -> None:
    rungs = first_run.rungs
    for name, rung in rungs.items():
        if rung == "rejected" and name.endswith("/rust"):
            assert f"{name}-next" in rungs


def test_fidelity_of_unsafe_rust_is_confirmed(first_run: Finished) -> None:
    unsafe = [row for row in first_run.record["rows"] if row["variant"] == "rust-unsafe"]
    assert len(unsafe) >= 8
    for row in unsafe:
        is_nearest = "only what is nearest" in row["evidence"]["fidelity_why"]
        assert row["evidence"]["fidelity"] == ("not confirmable" if is_nearest else "confirmed"), row["mistake"]


def test_fidelity_is_confirmed_or_its_absence_has_a_reason(first_run: Finished) -> None:
    for row in first_run.record["rows"]:
        evidence = row["evidence"]
        assert evidence["fidelity"] != "failed", row["mistake"]
        assert evidence["fidelity"] is None or evidence["fidelity_why"], row["mistake"]


def test_a_second_run_does_no_work(first_run: Finished) -> None:
    second = the_repository().run("--profile", "ci")
    assert second.exit_code == first_run.exit_code
    assert sum(stage["jobs_run"] for stage in second.record["stages"]) == 0
    assert second.rungs == first_run.rungs


def test_the_log_has_no_colour_codes_and_says_what_it_does(first_run: Finished) -> None:
    assert "\x1b" not in first_run.stdout + first_run.stderr
    assert "build the mistakes" in first_run.stderr


def test_junit_has_a_case_for_every_row(first_run: Finished) -> None:
    suites = ET.parse(first_run.out / "junit.xml").getroot()
    names = {f"{case.get('classname')} {case.get('name')}" for case in suites.iter("testcase")}
    for row in first_run.record["rows"]:
        assert any(row["mistake"] in name and row["variant"] in name for name in names)
    assert not list(suites.iter("failure"))
    assert not list(suites.iter("error"))
