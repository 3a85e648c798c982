"""What of a pair's run fails it, its exit code, and why. Pure.

1 only for what is new, shows itself each time and is no time-out; 3 for what could not be done; 3 wins, and what was
found is shown all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from fuzzpair.errors import EXIT_CLEAN, EXIT_GATE, EXIT_INTERRUPTED, EXIT_NOT_DONE
from fuzzpair.model.crash_report import CrashReport
from fuzzpair.model.pair import OnTwin, OpenCampaign, PairFinding, SideBuild
from fuzzpair.model.run_facts import Control
from fuzzpair.model.standing import Standing
from fuzzpair.model.tool import Tool

OPEN = (Standing.NEW, Standing.REOPENED)
# From the worst to the best: an input that does two things is told of by the worse one.
WORST_FIRST: Final = (
    OnTwin.SAME_CRASH,
    OnTwin.OTHER_CRASH,
    OnTwin.OUT_OF_MEMORY,
    OnTwin.HANG,
    OnTwin.PANIC,
    OnTwin.ACCEPTED,
    OnTwin.REFUSED,
    OnTwin.CLEAN,
    OnTwin.NOT_RUN,
)


def is_timeout(report: CrashReport | None) -> bool:
    """Whether libFuzzer ended it because it took too long."""
    return report is not None and report.tool is Tool.LIBFUZZER and report.kind == "timeout"


def fails(finding: PairFinding) -> bool:
    """Whether a finding ends a run with 1."""
    return finding.standing in OPEN and not finding.is_flaky and not is_timeout(finding.report)


def why_not(finding: PairFinding) -> str:
    """Why a finding that is new or back does not end the run with 1; empty where it does, or is neither."""
    if finding.standing not in OPEN or fails(finding):
        return ""
    return "a time-out" if is_timeout(finding.report) else "it does not show itself each time"


def not_done(
    builds: Iterable[SideBuild], controls: Iterable[Control], campaigns: Iterable[OpenCampaign]
) -> Iterator[str]:
    """What could not be done, each with its reason."""
    for build in builds:
        if build.problem:
            yield f"{build.language} {build.flavour} was not built: {build.problem}"
        yield from (f"{build.language} {build.flavour}: the build left no '{target}'" for target in build.missing)
    yield from (f"control failed: {one.name}: {one.detail}" for one in controls if not one.passed)
    for one in campaigns:
        if one.problem and not (one.crashes and not one.executions):
            yield f"{one.target}/{one.language} {one.flavour}: {one.problem}"


def exit_code_of(
    failures: Sequence[str], alarms: Sequence[str], findings: Iterable[PairFinding], *, interrupted: bool
) -> tuple[int, tuple[str, ...]]:
    """The code, and the reasons of one that is not 0."""
    found = [
        f"{one.standing} finding {one.key} in {one.target}/{one.language}: {_shown(one)}"
        for one in findings
        if fails(one)
    ]
    reasons = (*failures, *(f"alarm: {one}" for one in alarms), *found)
    if interrupted:
        return EXIT_INTERRUPTED, ("interrupted", *reasons)
    if failures or alarms:
        return EXIT_NOT_DONE, reasons
    return (EXIT_GATE if found else EXIT_CLEAN), reasons


def _shown(finding: PairFinding) -> str:
    return ", ".join(finding.bug_classes) or "of unknown class"
