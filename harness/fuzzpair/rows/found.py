"""Whether the campaigns of a variant found its mistake."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fuzzpair.flavours import FUZZED
from fuzzpair.mistakes import Planted
from fuzzpair.model.campaign import Campaign
from fuzzpair.model.evidence import Found
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.replay import Ending, Replay
from fuzzpair.rows.results import VariantResults
from fuzzpair.tally import ending_of, touches


def found_of(results: VariantResults) -> Iterator[Found]:
    """One sample for each seed."""
    work = results.work
    confirmed = {(one.input, job.flavour): one for job in work.confirmations for one in results.replays(job)}
    for campaign in work.campaign_results(results.outcomes):
        crash = campaign.crash
        found = crash is not None and _is_of_mistake(work.planted, campaign, confirmed)
        yield Found(
            seed=campaign.seed,
            found=found,
            executions=crash.executions if found and crash else campaign.executions,
            seconds=crash.found_after_s if found and crash else campaign.duration_s,
            budget_runs=campaign.budget_runs,
            kind=crash.report.kind if crash and crash.report else "",
        )


def _is_of_mistake(planted: Planted, campaign: Campaign, confirmed: Mapping[tuple[str, Flavour], Replay]) -> bool:
    """The counterpart is clean on the same input, and a stack or the canary says that it was the mistake."""
    crash = campaign.crash
    assert crash is not None
    counterpart = confirmed.get((crash.input, FUZZED))
    canary = confirmed.get((crash.input, Flavour.CANARY))
    in_patch = crash.report is not None and touches(crash.report, planted.functions, planted.changed)
    is_clean = counterpart is not None and ending_of(counterpart) is Ending.CLEAN
    return is_clean and (in_patch or (canary is not None and canary.triggered > 0))
