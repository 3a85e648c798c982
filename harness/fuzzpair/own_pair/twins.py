"""What the other side does with an input on which one side crashed: the heart of a pair's report. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from fuzzpair.model.crash_report import CrashReport
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language
from fuzzpair.model.pair import OnTwin, TwinReply
from fuzzpair.model.replay import Replay
from fuzzpair.model.tool import Tool
from fuzzpair.pair_judging import WORST_FIRST, is_timeout
from fuzzpair.triage.families import family_of

# A target that prints one of these lines says whether it took its input (docs/pair-runs.md).
_SAYS: Final = re.compile(rb"^fuzzpair: (accepted|refused)\r?$", re.MULTILINE)
_ALLOCATION: Final = "allocation"  # the family of what asks for too much memory


def outcome_of(replay: Replay, report: CrashReport | None, output: bytes, bug_classes: Sequence[str]) -> OnTwin:
    """How one process of the other side ended, against the bug classes that the first side showed."""
    if is_timeout(report) or replay.timed_out:
        return OnTwin.HANG
    if replay.exit_code == 0:
        said = _SAYS.findall(output)
        return {b"accepted": OnTwin.ACCEPTED, b"refused": OnTwin.REFUSED}[said[-1]] if said else OnTwin.CLEAN
    if report is None:
        return OnTwin.OUT_OF_MEMORY if replay.oom_killed else OnTwin.OTHER_CRASH
    if report.tool is Tool.RUST_PANIC:
        return OnTwin.PANIC
    if class_of(report) in bug_classes:
        return OnTwin.SAME_CRASH
    of_memory = replay.oom_killed or report.tool is Tool.OUT_OF_MEMORY or family_of(report) == _ALLOCATION
    return OnTwin.OUT_OF_MEMORY if of_memory else OnTwin.OTHER_CRASH


def class_of(report: CrashReport) -> str:
    """The bug class; without one, the tool's own word."""
    return report.bug_class or report.kind


def worst_reply(replies: Sequence[TwinReply]) -> TwinReply:
    """The worst of a flavour's answers to several inputs."""
    return min(replies, key=lambda one: WORST_FIRST.index(one.outcome))


def not_run(language: Language, flavour: Flavour, why: str) -> TwinReply:
    return TwinReply(language=language, flavour=flavour, outcome=OnTwin.NOT_RUN, report=None, log=None, why=why)
