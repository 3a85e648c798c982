"""Severity: the table covers every class, the score is CVSS 3.1's, and each rule moves it where it says."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

import severity_page
from fuzzpair.bug_classes import BUG_CLASSES
from fuzzpair.model.crash_report import Access, AddressClass, CrashReport, Frame
from fuzzpair.model.tool import Tool
from fuzzpair.severity import (
    NO_OVERRIDES,
    Fault,
    Overrides,
    Severity,
    address_class,
    assess,
    base_score,
    effect_of,
    fault_of,
    level_of,
    rate,
    vector,
)
from fuzzpair.severity_rules import RULES, Effect, Reachability, Touch
from fuzzpair.triage import parse_log

LOGS = sorted((Path(__file__).parent / "logs").rglob("*.log"))


def test_every_class_has_a_rule_and_no_rule_is_without_a_class() -> None:
    assert list(RULES) == list(BUG_CLASSES)


def test_every_rule_says_why_and_names_a_weakness() -> None:
    reasons = {slug: rule.reason for slug, rule in RULES.items()}
    unended = [slug for slug, reason in reasons.items() if not reason.endswith(".")]
    assert not unended, "\n".join(unended)
    unnamed = [slug for slug, reason in reasons.items() if "CWE-" not in reason and reason[:11] != "Later calls"]
    assert not unnamed, "\n".join(unnamed)


def test_the_page_shows_what_the_code_does() -> None:
    page = severity_page.PAGE.read_text(encoding="utf-8")
    assert page == severity_page.rewritten(page), "run: python tests/severity_page.py"
    assert all(f"| {slug} |" in page for slug in BUG_CLASSES)


# --- the score ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reach", "effect", "score"),
    [
        # The vectors that public records of these CVEs carry: 2014-0160, 2024-6387; the others by the formula.
        (Reachability.UNTRUSTED, Effect.DISCLOSURE, 7.5),
        (Reachability.UNTRUSTED, Effect.SHAPED_TAKEOVER, 8.1),
        (Reachability.UNTRUSTED, Effect.TAKEOVER, 9.8),
        (Reachability.UNKNOWN, Effect.TAKEOVER, 7.8),
        (Reachability.HARNESS, Effect.TAKEOVER, 6.7),
        (Reachability.UNTRUSTED, Effect.CRASH, 5.3),
        (Reachability.UNKNOWN, Effect.CRASH, 3.3),
        (Reachability.UNTRUSTED, Effect.NOTHING, 0.0),
    ],
)
def test_base_score(reach: Reachability, effect: Effect, score: float) -> None:
    assert base_score(reach, effect) == score


def test_a_vector_is_in_the_order_of_the_specification() -> None:
    expected = "CVSS:3.1/AV:L/AC:H/PR:N/UI:R/S:U/C:H/I:H/A:H"
    assert vector(Reachability.UNKNOWN, Effect.SHAPED_TAKEOVER) == expected


@pytest.mark.parametrize(
    ("score", "level"),
    [
        (0.0, Severity.NONE),
        (0.1, Severity.LOW),
        (3.9, Severity.LOW),
        (4.0, Severity.MEDIUM),
        (6.9, Severity.MEDIUM),
        (7.0, Severity.HIGH),
        (8.9, Severity.HIGH),
        (9.0, Severity.CRITICAL),
        (10.0, Severity.CRITICAL),
    ],
)
def test_level_of(score: float, level: Severity) -> None:
    assert level_of(score) is level


@pytest.mark.parametrize("effect", Effect)
def test_who_reaches_it_more_easily_is_worth_more(effect: Effect) -> None:
    scores = [
        base_score(reach, effect) for reach in (Reachability.UNTRUSTED, Reachability.UNKNOWN, Reachability.HARNESS)
    ]
    assert scores == sorted(scores, reverse=True)


# --- what moves it -----------------------------------------------------------------------------

FAULTS = [
    Fault(bug_class=slug, touch=touch, address=address, stopped=stopped)
    for slug, touch, address, stopped in product([*BUG_CLASSES, None], Touch, [*AddressClass, None], [False, True])
]


def test_every_fault_has_a_score_in_its_band() -> None:
    for fault, reach in product(FAULTS, Reachability):
        found = rate(fault, reach)
        lowest, highest = found.severity.band
        assert lowest <= found.score <= highest
        assert found.reason
        assert found.cwe == (BUG_CLASSES[fault.bug_class].cwe if fault.bug_class else None)


def test_a_defined_stop_and_a_null_address_are_at_most_a_denial_of_service() -> None:
    limited = [fault for fault in FAULTS if fault.stopped or fault.address is AddressClass.NULL]
    assert {effect_of(fault)[0] for fault in limited} == {Effect.CRASH, Effect.NOTHING}


def test_without_an_access_the_worse_one_counts() -> None:
    for slug in BUG_CLASSES:
        scores = {touch: rate(Fault(bug_class=slug, touch=touch), Reachability.UNTRUSTED).score for touch in Touch}
        assert scores[Touch.UNKNOWN] == max(scores.values())


def test_a_write_is_never_less_than_a_read() -> None:
    for fault in FAULTS:
        if fault.touch is Touch.READ:
            written = rate(replace(fault, touch=Touch.WRITE), Reachability.UNTRUSTED)
            assert written.score >= rate(fault, Reachability.UNTRUSTED).score


@pytest.mark.parametrize(
    ("slug", "touch", "address", "effect"),
    [
        (None, Touch.READ, AddressClass.NEAR_NULL, Effect.CRASH),
        (None, Touch.UNKNOWN, AddressClass.NEAR_NULL, Effect.CRASH),
        (None, Touch.WRITE, AddressClass.NEAR_NULL, Effect.SHAPED_TAKEOVER),
        ("null-dereference", Touch.WRITE, AddressClass.NEAR_NULL, Effect.CRASH),
        (None, Touch.READ, AddressClass.WILD, Effect.DISCLOSURE),
        (None, Touch.WRITE, AddressClass.WILD, Effect.TAKEOVER),
        (None, Touch.UNKNOWN, AddressClass.WILD, Effect.CRASH),
        ("use-after-move-pointer", Touch.WRITE, AddressClass.WILD, Effect.TAKEOVER),
        ("container-overflow", Touch.READ, AddressClass.FREED, Effect.SHAPED_TAKEOVER),
        ("container-overflow", Touch.WRITE, AddressClass.FREED, Effect.TAKEOVER),
        ("double-free", Touch.FREE, AddressClass.FREED, Effect.SHAPED_TAKEOVER),
        ("use-after-free", Touch.READ, None, Effect.SHAPED_TAKEOVER),
        ("odr-violation", Touch.UNKNOWN, AddressClass.NULL, Effect.NOTHING),
    ],
)
def test_effect(slug: str | None, touch: Touch, address: AddressClass | None, effect: Effect) -> None:
    assert effect_of(Fault(bug_class=slug, touch=touch, address=address))[0] is effect


# --- of a report -------------------------------------------------------------------------------

REPORT = CrashReport(tool=Tool.ADDRESS, kind="SEGV", bug_class=None, access=Access.WRITE, address=0x10)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (None, None),
        (0, AddressClass.NULL),
        (0xFFF, AddressClass.NULL),
        (0x1000, AddressClass.NEAR_NULL),
        (0xFFFF, AddressClass.NEAR_NULL),
        (0x10000, AddressClass.WILD),
        (0xFFFF_8000_0000_0000, AddressClass.WILD),
    ],
)
def test_the_address_of_a_signal(address: int | None, expected: AddressClass | None) -> None:
    assert address_class(replace(REPORT, address=address)) is expected


def test_an_address_in_memory_that_is_there_says_nothing() -> None:
    assert address_class(replace(REPORT, kind="heap-buffer-overflow", address=0x602000000011)) is None


def test_who_freed_it_says_that_it_is_freed() -> None:
    stacks = (("freed by", (Frame(function="drop"),)),)
    assert address_class(replace(REPORT, kind="heap-use-after-free", other_stacks=stacks)) is AddressClass.FREED


def test_the_access_is_the_report_s_then_the_class_s() -> None:
    fixed = replace(REPORT, bug_class="heap-buffer-overflow-read", access=None)
    assert fault_of(fixed).touch is Touch.READ
    assert fault_of(replace(REPORT, bug_class="double-free")).touch is Touch.FREE
    assert fault_of(replace(REPORT, access=None)).touch is Touch.UNKNOWN
    assert fault_of(replace(REPORT, tool=Tool.MEMORY, access=None)).touch is Touch.READ


def test_every_report_of_a_real_log_has_a_severity() -> None:
    reports = [(path, report) for path in LOGS for report in parse_log(path.read_text(encoding="utf-8"))]
    assert len(reports) >= len(LOGS) / 2
    found = [(path, report, assess(report, Reachability.UNTRUSTED)) for path, report in reports]
    wrong = [str(path) for path, report, one in found if (one.cwe is None) != (report.bug_class is None)]
    wrong += [f"{path}: {one.vector}" for path, _, one in found if not one.vector.startswith("CVSS:3.1/AV:N/")]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("log", "score"),
    [
        ("address/heap_over_write", 9.8),
        ("address/heap_over_read", 7.5),
        ("address/use_after_free_write", 9.8),
        ("address/null_read", 5.3),
        ("address/null_write", 5.3),
        ("address/wild_read", 7.5),
        ("panics/index_past_slice", 5.3),
        ("libcxx/vector_index", 5.3),
        ("production/stack_smashed", 9.8),
        ("fuzz/loops", 7.5),
    ],
)
def test_the_severity_of_a_real_log(log: str, score: float) -> None:
    text = (Path(__file__).parent / "logs" / f"{log}.log").read_text(encoding="utf-8")
    assert assess(parse_log(text)[0], Reachability.UNTRUSTED).score == score


# --- what pipeline.yml says instead ------------------------------------------------------------


def test_a_level_that_is_set_moves_the_score_no_further_than_it_must() -> None:
    fault = Fault(bug_class="heap-buffer-overflow-write", touch=Touch.WRITE)
    for level, score in (
        (Severity.NONE, 0.0),
        (Severity.LOW, 3.9),
        (Severity.HIGH, 8.9),
        (Severity.CRITICAL, 9.8),
    ):
        found = rate(
            fault, Reachability.UNTRUSTED, Overrides(levels={("heap-buffer-overflow-write", None): level}, cwes={})
        )
        assert (found.severity, found.score, found.overridden) == (level, score, True)
    raised = Overrides(levels={("memory-leak", None): Severity.CRITICAL}, cwes={})
    assert rate(Fault(bug_class="memory-leak"), Reachability.HARNESS, raised).score == 9.1


def test_a_level_for_one_access_leaves_the_others() -> None:
    overrides = Overrides(
        levels={("use-after-free", Touch.READ): Severity.LOW, ("use-after-free", None): Severity.CRITICAL}, cwes={}
    )
    read, write = (
        rate(Fault(bug_class="use-after-free", touch=touch), Reachability.UNKNOWN, overrides)
        for touch in (Touch.READ, Touch.WRITE)
    )
    assert (read.severity, write.severity) == (Severity.LOW, Severity.CRITICAL)


def test_a_cwe_that_is_set_changes_nothing_else() -> None:
    fault = Fault(bug_class="off-by-one", touch=Touch.WRITE)
    found = rate(fault, Reachability.UNTRUSTED, Overrides(levels={}, cwes={"off-by-one": 787}))
    assert found == replace(rate(fault, Reachability.UNTRUSTED, NO_OVERRIDES), cwe=787)


def test_a_class_that_is_in_no_table_is_an_error() -> None:
    with pytest.raises(KeyError):
        rate(Fault(bug_class="use-after-fre"), Reachability.UNKNOWN)
