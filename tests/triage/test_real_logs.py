"""Real logs against what each program does by construction (tests/logs/cases.toml)."""

from __future__ import annotations

import json
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fuzzpair.bug_classes import bug_class
from fuzzpair.model.crash_report import CrashReport, Frame
from fuzzpair.model.tool import Tool
from fuzzpair.triage import first_report, own_frames, parse_log, top_own_function
from fuzzpair.triage.names import normalise

LOGS = Path(__file__).resolve().parents[1] / "logs"
PATHS = sorted(LOGS.glob("*/*.log"))
NAMES = [f"{path.parent.name}/{path.stem}" for path in PATHS]


@cache
def text_of(name: str) -> str:
    return (LOGS / f"{name}.log").read_text("utf-8")


@cache
def truth_of(name: str) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads((LOGS / f"{name}.json").read_text("utf-8"))
    return facts


def facts_of(report: CrashReport) -> dict[str, Any]:
    return {
        "tool": report.tool,
        "kind": report.kind,
        "bug_class": report.bug_class,
        "access": report.access,
        "size": report.size,
        "function": top_own_function(report.stack),
    }


def functions(report: CrashReport) -> set[str]:
    stacks = (report.stack, *(stack for _, stack in report.other_stacks))
    return {normalise(frame.function or "") for stack in stacks for frame in own_frames(stack)}


# One test a rule, which names every log that breaks it.


@cache
def reports_of(name: str) -> tuple[CrashReport, ...]:
    return parse_log(text_of(name))


def told(name: str, truth: dict[str, Any]) -> dict[str, Any]:
    """What the parsers say of a log, in the words of its truth."""
    reports = reports_of(name)
    if truth["tool"] is None or not reports:
        return {"tool": reports[0].tool if reports else None}
    if truth.get("racy"):
        # Which thread comes second, and how often a race is seen, is not known beforehand.
        seen = {(one.tool, one.kind, one.bug_class) for one in reports}
        return {"seen": seen, "is_in_stack": truth["function"] in functions(reports[0])}
    return {**facts_of(reports[0]), "reports": len(reports), "first": first_report(text_of(name))}


def expected(name: str, truth: dict[str, Any]) -> dict[str, Any]:
    if truth["tool"] is None:
        return {"tool": None}
    if truth.get("racy"):
        return {"seen": {(truth["tool"], truth["kind"], truth["bug_class"])}, "is_in_stack": True}
    return {**truth, "first": next(iter(reports_of(name)), None)}


def test_says_what_the_program_did() -> None:
    truths = {name: truth_of(name) for name in NAMES}
    said = {name: (told(name, truth), expected(name, truth)) for name, truth in truths.items()}
    wrong = [f"{name}: {pair[0]} is not {pair[1]}" for name, pair in said.items() if pair[0] != pair[1]]
    assert not wrong, "\n".join(wrong)


def test_excerpt_is_the_reports_own_text() -> None:
    excerpts = [(name, report.excerpt) for name in NAMES for report in reports_of(name)]
    wrong = [name for name, said in excerpts if not said or len(said.encode()) > 8 << 10 or "\x1b" in said]
    assert not wrong, "\n".join(wrong)


def test_class_and_kind_agree() -> None:
    # The one exception: memory that MemorySanitizer knows as freed, under its only kind.
    freed = ("use-after-free", "use-of-uninitialized-value")
    named = [(name, one, one.bug_class) for name in NAMES for one in reports_of(name) if one.bug_class is not None]
    assert named
    wrong = [
        f"{name}: {slug} is not {one.kind}"
        for name, one, slug in named
        if (slug, one.kind) != freed and not bug_class(slug).is_named_by(one.tool, one.kind, one.access)
    ]
    assert not wrong, "\n".join(wrong)


def test_every_case_has_its_log_and_every_log_its_case() -> None:
    builds = tomllib.loads((LOGS / "cases.toml").read_text("utf-8"))["build"]
    cases = {f"{build}/{case['name']}" for build, table in builds.items() for case in table["cases"]}
    assert cases == set(NAMES)
    assert len(cases) >= 200


def test_logs_name_their_toolchain() -> None:
    for name in NAMES:
        assert text_of(name).startswith("# Debian clang version 22."), name


def test_stacks_beside_the_fault_are_labelled() -> None:
    report = first_report(text_of("address/use_after_free_read"))
    assert report is not None
    labels = dict(report.other_stacks)
    assert list(labels) == ["freed by", "allocated by"]
    assert all(top_own_function(stack) == "use_after_free_read" for stack in labels.values())


def test_a_race_has_both_stacks() -> None:
    report = first_report(text_of("thread/race_on_integer"))
    assert report is not None
    labels = [label for label, _ in report.other_stacks]
    assert labels == ["previous access", "thread created"]
    assert top_own_function(report.other_stacks[0][1]) == "bump"


def test_an_uninitialised_value_has_its_origin() -> None:
    report = first_report(text_of("memory/heap_field"))
    assert report is not None
    assert [label for label, _ in report.other_stacks] == ["origin"]
    assert top_own_function(report.other_stacks[0][1]) == "heap_field"
    assert report.message == "use-of-uninitialized-value: created by a heap allocation"


def test_a_panic_knows_its_place_without_a_backtrace() -> None:
    report = first_report(text_of("panics_quiet/index_past_slice"))
    assert report is not None
    assert report.stack == (Frame(function=None, file="panics.rs", line=9, column=11),)


def test_a_panic_message_keeps_its_lines() -> None:
    report = first_report(text_of("panics/several_lines"))
    assert report is not None
    assert report.message == "first line 7\nsecond line\nthird line"


def test_unsymbolized_frames_keep_module_and_offset() -> None:
    report = first_report(text_of("address_raw/heap_over_read"))
    assert report is not None
    top = report.stack[0]
    assert (top.function, top.module) == (None, "/out/address_raw")
    assert top.offset is not None


@given(st.sampled_from(NAMES), st.floats(0, 1))
@settings(deadline=None)
def test_a_log_cut_anywhere_never_raises_and_invents_nothing(name: str, share: float) -> None:
    text = text_of(name)
    whole = {report.tool for report in parse_log(text)}
    cut = parse_log(text[: int(len(text) * share)])
    # A Rust abort is often known as one only by the line behind its backtrace; cut off, it is a plain panic.
    echo = {Tool.RUST_PANIC} if name.startswith("panics") else set()
    assert {report.tool for report in cut} <= whole | echo


@given(st.sampled_from(NAMES), st.data())
@settings(deadline=None)
def test_foreign_lines_between_do_not_change_the_kind(name: str, data: st.DataObject) -> None:
    lines = text_of(name).split("\n")
    places = data.draw(st.lists(st.integers(2, max(2, len(lines))), max_size=5))
    for place in places:
        # A panic's message is the line behind its header: what stands there is taken for it.
        if "panicked at" not in lines[place - 1]:
            lines.insert(place, "octets=17 name=example.org")
    assert [one.kind for one in parse_log("\n".join(lines))][:1] == [one.kind for one in parse_log(text_of(name))][:1]
