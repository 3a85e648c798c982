"""Alarms: what tonight did far less of than the nights before, though nothing crashed and nothing failed. Pure.

curl was fuzzed in a much smaller part for a year, and nobody noticed: a number that is only shown is not looked at. An
alarm ends a night with 3. It compares with the middle of the last nights, so that after a change that was meant it is
quiet again when most of those have it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import median
from typing import Final

from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language
from fuzzpair.model.pair import OpenCampaign, PairRecord

NIGHTS: Final = 5
EDGES_LEAST: Final = 0.9
SPEED_LEAST: Final = 0.25  # machines of a CI system differ by a factor of two
CORPUS_LEAST: Final = 0.9  # of what the last night left

Program = tuple[str, Language, Flavour]


def alarms(
    campaigns: Sequence[OpenCampaign], corpora: Mapping[str, int], earlier: Sequence[PairRecord]
) -> tuple[str, ...]:
    """What tonight should be looked at for. `corpora` is each target's corpus as tonight began, in units; `earlier`
    are the records of nights, oldest first. What there is only one night of to compare with counts too."""
    nights = [one for one in earlier if one.verb == "nightly" and one.complete][-NIGHTS:]
    told = (*_programs(campaigns, nights), *_corpora(corpora, nights))
    return tuple(told)


def _programs(campaigns: Sequence[OpenCampaign], nights: Sequence[PairRecord]) -> Iterator[str]:
    before: defaultdict[Program, list[OpenCampaign]] = defaultdict(list)
    for night in nights:
        for one in night.campaigns:
            if one.executions:
                before[_program(one)].append(one)
    tonight = {_program(one): one for one in campaigns}
    for program, past in before.items():
        name = f"{program[0]}/{program[1]} {program[2]}"
        now = tonight.get(program)
        if now is not None:
            yield from _compared(name, now, past)
        elif any(_program(each) == program for each in nights[-1].campaigns):
            yield f"{name}: not fuzzed tonight; the last night fuzzed it"


def _compared(name: str, one: OpenCampaign, past: Sequence[OpenCampaign]) -> Iterator[str]:
    edges, speed = median(each.edges for each in past), median(each.executions_per_s for each in past)
    if one.edges < EDGES_LEAST * edges:
        yield f"{name}: coverage dropped to {one.edges:,} edges, from {edges:,.0f} in the last nights"
    if one.executions_per_s < SPEED_LEAST * speed:
        yield f"{name}: {one.executions_per_s:,.0f} executions a second, {speed:,.0f} in the last nights"


def _corpora(corpora: Mapping[str, int], nights: Sequence[PairRecord]) -> Iterator[str]:
    for last in nights[-1:]:
        for corpus in last.corpora:
            now = corpora.get(corpus.target)
            if now is not None and now < CORPUS_LEAST * corpus.after:
                yield f"{corpus.target}: the corpus has {now:,} units; the last night left {corpus.after:,}"


def _program(one: OpenCampaign) -> Program:
    return one.target, one.language, one.flavour


def silent(campaigns: Iterable[OpenCampaign]) -> Iterator[str]:
    """Campaigns that executed nothing: they are failures of the job, whatever the nights before did."""
    for one in campaigns:
        if not one.executions and not one.crashes:
            yield f"{one.target}/{one.language} {one.flavour}: executed nothing: {one.problem or 'no reason is known'}"
