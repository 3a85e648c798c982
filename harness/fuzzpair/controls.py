"""Results to controls: what has to hold before any row counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from fuzzpair.fuzz.campaign import CampaignJob
from fuzzpair.jobs import Outcome, Outcomes
from fuzzpair.known_bad import KnownBad, KnownBadJob
from fuzzpair.load import LoadJob, loads_of
from fuzzpair.model.campaign import Campaign
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language
from fuzzpair.model.replay import Ending
from fuzzpair.model.run_facts import Control
from fuzzpair.replay import ReplayJob, replays_of
from fuzzpair.store import Store
from fuzzpair.subjects import Subject
from fuzzpair.tally import ending_of


def known_bad_controls(jobs: Iterable[KnownBadJob], outcomes: Outcomes) -> Iterator[Control]:
    """Each sanitizer reports a known fault and is silent about a run without it."""
    for job in jobs:
        outcome = outcomes.of(job)
        result = outcome.result if outcome else None
        if isinstance(result, KnownBad):
            spoke = "reported" if result.spoke else "NOT reported"
            silent = "silent" if result.silent else "NOT silent"
            detail = f"known fault {spoke}, clean run {silent}"
            yield Control(name=job.label, passed=result.spoke and result.silent, detail=detail)
        else:
            yield Control(name=job.label, passed=False, detail=_why(outcome))


def corpus_controls(
    replays: Sequence[tuple[Subject, str, ReplayJob]],
    unpatched: Mapping[Language, Subject],
    outcomes: Outcomes,
    store: Store,
) -> Iterator[Control]:
    """Every corpus input is answered cleanly by each build, and as the C++ twin's default build answers it."""
    cpp = unpatched.get(Language.CPP)
    answers: dict[str, dict[str, str]] = {}
    for subject, target, job in replays:
        if subject is cpp and job.flavour is Flavour.DEFAULT:
            answers[target] = {one.input: one.stdout for one in replays_of(job, outcomes, store)}
    for subject, target, job in replays:
        found = replays_of(job, outcomes, store)
        dirty = [one.input[:12] for one in found if ending_of(one) is not Ending.CLEAN]
        unequal = [one.input[:12] for one in found if one.stdout != answers.get(target, {}).get(one.input)]
        if not found:
            detail = _why(outcomes.of(job))
        elif dirty or unequal:
            detail = f"not clean on {dirty[:3]}, another answer on {unequal[:3]}, of {len(found)} inputs"
        else:
            detail = f"{len(found)} inputs, clean and answered alike"
        passed = bool(found) and not dirty and not unequal
        yield Control(name=f"{subject.name}, {target} corpus, {job.flavour}", passed=passed, detail=detail)


def campaign_controls(campaigns: Iterable[tuple[Subject, CampaignJob]], outcomes: Outcomes) -> Iterator[Control]:
    """What holds no mistake is clean under the budget in which mistakes are sought."""
    for subject, job in campaigns:
        outcome = outcomes.of(job)
        result = outcome.result if outcome else None
        if isinstance(result, Campaign):
            passed = result.crash is None and result.complete
            detail = f"{result.executions} executions, " + ("clean" if passed else _campaign_fault(result))
        else:
            passed, detail = False, _why(outcome)
        yield Control(
            name=f"{subject.name}, campaign {job.program_name.removeprefix('fuzz_')} seed {job.seed}",
            passed=passed,
            detail=detail,
        )


def load_controls(jobs: Iterable[LoadJob], outcomes: Outcomes) -> Iterator[Control]:
    """What leaks nothing is not killed by the limit that a leak fills, in as many parses."""
    for job in jobs:
        loads = loads_of(job, outcomes)
        killed = [f"{one.variant} {one.flavour}" for one in loads if one.counterpart_killed]
        if not loads:
            detail = "ended by the fuse" if outcomes.result(job) else _why(outcomes.of(job))
        elif killed:
            detail = f"counterparts killed as well: {', '.join(killed)}"
        else:
            detail = f"{sum(one.counterpart_parses for one in loads):,} parses of counterparts, none killed"
        yield Control(name=f"{job.label}, counterparts", passed=bool(loads) and not killed, detail=detail)


def _campaign_fault(campaign: Campaign) -> str:
    if campaign.crash is None:
        return "ended by the fuse before its budget"
    report = campaign.crash.report
    return f"NOT clean: {report.kind if report else 'it ended otherwise'} on input {campaign.crash.input[:12]}"


def _why(outcome: Outcome | None) -> str:
    if outcome is None:
        return "not run"
    return outcome.error.message if outcome.error is not None else "no result"
