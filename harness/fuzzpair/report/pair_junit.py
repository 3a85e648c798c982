"""junit.xml of a pair: a case a side of a target. `failure` is a finding that fails the run, `error` a job not done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from junit_xml import TestCase, TestSuite

from fuzzpair.model.language import Language
from fuzzpair.model.pair import PairFinding, PairRecord
from fuzzpair.pair_judging import fails
from fuzzpair.report import clean, pair_text
from fuzzpair.report.junit_suites import rendered
from fuzzpair.report.stored import NOTHING_STORED, Stored

file_name: Final = "junit.xml"
# GitLab drops a file over 30 MB, so what one case may say is bounded.
_OUTPUT: Final = clean.Cap(lines=60, width=400)


def render(record: PairRecord, _: Stored = NOTHING_STORED, /) -> str:
    """The cases have the same classname and name in every run: viewers tell histories apart by them."""
    record = clean.cleaned(record)
    suites = [_findings(record), _programs(record), _controls(record), _run(record)]
    return rendered(suites)


def _findings(record: PairRecord) -> TestSuite:
    """One case for each side of each target: a viewer sees it fail, and be well again."""
    sides = {(one.target, one.language) for one in record.campaigns}
    sides |= {(one.target, one.language) for one in record.findings}
    cases = [_side(target, language, record) for target, language in sorted(sides)]
    return TestSuite(f"{record.pair}: findings", cases, timestamp=record.started)


def _side(target: str, language: Language, record: PairRecord) -> TestCase:
    own = [one for one in record.findings if (one.target, one.language) == (target, language)]
    output = "\n".join(line for one in pair_text.worst_first(own) for line in _told(one))
    case = TestCase(language.value, classname=f"{record.pair}.{target}", stdout=clean.block(output, _OUTPUT))
    failing = [one for one in pair_text.worst_first(own) if fails(one)]
    if failing:  # one failure a case: junit-xml keeps no more, and viewers show the first
        more = f", and {len(failing) - 1} more" if failing[1:] else ""
        told = "\n".join(line for one in failing for line in _told(one))
        case.add_failure_info(
            f"{pair_text.title(failing[0])}{more}", clean.block(told, _OUTPUT), str(failing[0].standing)
        )
    return case


def _told(one: PairFinding) -> Iterator[str]:
    yield f"{one.severity} {one.score:.1f}: {pair_text.title(one)}"
    yield f"  {one.key}: {pair_text.standing(one)}"
    yield from (f"  the same input: {text}" for text in pair_text.twins(one))
    yield f"  {pair_text.replays(one)}"
    if pair_text.command(one):
        yield f"  {pair_text.command(one)}"


def _programs(record: PairRecord) -> TestSuite:
    cases = []
    for one in record.campaigns:
        cells = zip(pair_text.CAMPAIGN_HEADINGS, pair_text.campaign_cells(one), strict=True)
        output = "\n".join(f"{heading}: {cell}" for heading, cell in cells)
        name = f"{one.language} {one.flavour}"
        case = TestCase(name, classname=f"{record.pair}.{one.target}.fuzzed", stdout=output)
        if one.problem:
            case.add_error_info(one.problem, error_type="not done")
        cases.append(case)
    return TestSuite(f"{record.pair}: campaigns", cases, timestamp=record.started)


def _controls(record: PairRecord) -> TestSuite:
    cases = []
    for control in record.controls:
        case = TestCase(control.name, classname=f"{record.pair}.controls", stdout=control.detail)
        if not control.passed:
            case.add_error_info(f"control failed: {control.detail}", error_type="control")
        cases.append(case)
    for build in record.builds:
        name = f"{build.language} {build.flavour} is built"
        case = TestCase(name, classname=f"{record.pair}.builds", stdout="\n".join(build.notes))
        if build.problem or build.missing:
            missing = f"the build left no {', '.join(build.missing)}"
            case.add_error_info(build.problem or missing, error_type="not done")
        cases.append(case)
    return TestSuite(f"{record.pair}: builds and controls", cases, timestamp=record.started)


def _run(record: PairRecord) -> TestSuite:
    """What belongs to no program: whether the run ended, and its alarms."""
    whole = TestCase("complete", classname=f"{record.pair}.run", stdout="\n".join(pair_text.to_look_at(record)))
    if not record.complete:
        whole.add_error_info("; ".join(record.reasons) or "the run is incomplete", error_type="not done")
    alarms = TestCase("alarms", classname=f"{record.pair}.run")
    if record.alarms:
        alarms.add_error_info("; ".join(record.alarms), error_type="alarm")
    return TestSuite(f"{record.pair}: run", [whole, alarms], timestamp=record.started)
