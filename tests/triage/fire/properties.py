"""What holds for any text that a log may be, as checks on one input: for hypothesis, for atheris, for the seeds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Final

from fuzzpair.model.crash_report import CrashReport
from fuzzpair.triage import PARSERS, Parser, normalise, own_frames, parse_log, run_statistics
from fuzzpair.triage.log import EXCERPT_OCTETS, MAX_LINE, Log
from fuzzpair.triage.sanitizer import MESSAGE_LENGTH
from fuzzpair.triage.stack import MAX_FRAMES

Check = Callable[[str], None]

KIND_LENGTH: Final = 512  # characters; the longest kind that a parser lets through


def check_log(text: str) -> None:
    """parse_log never raises, and each report is bounded."""
    for report in parse_log(text):
        _is_bounded(report)


def check_parser(parser: Parser, text: str) -> None:
    """One parser alone: on the blocks of the log, and on its lines as they are, which is no block at all."""
    log = Log.of(text)
    for block in (*log.blocks(), log.lines[:MAX_FRAMES]):
        report = parser(block)
        if report is not None:
            _is_bounded(report)


def check_statistics(text: str) -> None:
    """libFuzzer's figures are never negative."""
    found = run_statistics(text)
    assert min(found.executed_units, found.edges, found.features, found.corpus_units, found.peak_rss_mb) >= 0


def check_normalise(name: str) -> None:
    """Normalising only takes away, and a second time changes nothing."""
    once = normalise(name)
    assert len(once) <= len(name)
    assert normalise(once) == once


def _is_bounded(report: CrashReport) -> None:
    assert 0 < len(report.kind) <= KIND_LENGTH
    assert len(report.message) <= MESSAGE_LENGTH
    assert len(report.excerpt.encode("utf-8", "replace")) <= EXCERPT_OCTETS
    for stack in (report.stack, *(frames for _, frames in report.other_stacks)):
        assert len(stack) <= MAX_FRAMES
        assert all(len(frame.function or "") <= MAX_LINE for frame in stack)
        assert len(own_frames(stack)) <= len(stack)


def _name(parser: Parser) -> str:
    module = parser.__module__.rpartition(".")[2]
    return f"{module}.{parser.__name__}"


CHECKS: Final[Mapping[str, Check]] = MappingProxyType(
    {
        "parse_log": check_log,
        "run_statistics": check_statistics,
        "normalise": check_normalise,
        **{_name(parser): partial(check_parser, parser) for parser in PARSERS},
    }
)
