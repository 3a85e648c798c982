"""One variant on its way through the stages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fuzzpair.analysis import AnalysisJob
from fuzzpair.fuzz.campaign import CampaignJob
from fuzzpair.jobs import Outcomes
from fuzzpair.load import LoadJob
from fuzzpair.mistakes import Mistake, Planted
from fuzzpair.model.campaign import Campaign
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.tool import Analyzer
from fuzzpair.replay import ReplayJob
from fuzzpair.subjects import Subject


@dataclass(kw_only=True)
class VariantWork:
    """What was planned for one variant so far."""

    mistake: Mistake
    planted: Planted
    subject: Subject | None = None
    fixed: Subject | None = None
    campaigns: tuple[CampaignJob, ...] = ()
    replays: dict[Flavour, ReplayJob] = field(default_factory=dict)
    counterpart: Mapping[Flavour, ReplayJob] = field(default_factory=dict)
    confirmations: tuple[ReplayJob, ...] = ()
    load: LoadJob | None = None  # one for all variants of the mistake
    analyses: dict[Analyzer, tuple[AnalysisJob, AnalysisJob]] = field(
        default_factory=dict
    )  # its own, the counterpart's
    asked: set[Flavour] = field(default_factory=set)  # flavours in which the counterpart has to answer

    @property
    def own_fixed(self) -> Subject | None:
        """The counterpart when it is a tree of its own, which has to be built and checked."""
        return self.fixed if self.planted.fixed_tree is not None else None

    def campaign_results(self, outcomes: Outcomes) -> list[Campaign]:
        results = (outcomes.result(job) for job in self.campaigns)
        return [one for one in results if isinstance(one, Campaign)]
