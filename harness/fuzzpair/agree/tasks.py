"""The jobs that compare two sides: each engine's campaigns, and the reading of what they kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from fuzzpair.agree.campaigns import ATHERIS, CORPUS, NATIVE, UNIT_TIMEOUT_S, NativeJob, Work, native_job
from fuzzpair.agree.examination import HANG_S, ExamineJob, examine_job, pair_modules
from fuzzpair.agree.in_python import AtherisJob, CorpusJob
from fuzzpair.agree.plan import Compared
from fuzzpair.agree.sides import Asked, Side
from fuzzpair.config_agreement import Agreement
from fuzzpair.model.agreement import AgreementCampaign
from fuzzpair.model.command import Limits
from fuzzpair.store import Store

PROGRAM_TIMEOUT_S = 90  # of one input on programs of their own, which know a hang themselves, and have to start
Campaign = NativeJob | AtherisJob | CorpusJob
Sides = tuple[Side, Side]


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Of one campaign. An unpatched pair is fuzzed in `slices`, each with a seed of its own, so that a long run goes on
    where it was ended; one with a mistake in it stops at the first input on which the sides part."""

    runs: int
    seconds: float
    slices: int = 1
    examine_s: float = 60.0
    corpus_s: float = 3600.0  # a fuse: what it ends was not the whole corpus, and that is an error


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """The shared corpus of a target: packs of units (sha256 of each), and how many units they are."""

    packs: tuple[str, ...]
    count: int


@dataclass(kw_only=True)
class Tasks:
    """What all jobs of a comparison share."""

    agreement: Agreement
    engines: tuple[str, ...]
    store: Store
    budget: Budget
    limits: Limits
    seeds: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # target -> sha256
    corpora: Mapping[str, Units] = field(default_factory=dict)  # of a user's own pair, instead

    def campaigns(self, engine: str, one: Compared, sides: Sides) -> list[Campaign]:
        """A mistake has one campaign, an unpatched pair as many as the budget has slices; the corpus is read once."""
        slices = 1 if one.mistake or engine == CORPUS else self.budget.slices
        return [self._campaign(engine, one, sides, number) for number in range(slices)]

    def _campaign(self, engine: str, one: Compared, sides: Sides, number: int) -> Campaign:
        work = self._work(engine, one, sides, number)
        if engine == NATIVE:
            return native_job(_asked(sides), work, self.store, one.subject)
        asked = self._asked_in_python(engine, sides)
        if engine == CORPUS:
            return CorpusJob(asked=asked, work=work, subject=one.subject)
        return AtherisJob(
            asked=asked,
            inputs_class=self.agreement.inputs,
            instrument=self.agreement.instrument,
            work=work,
            subject=one.subject,
        )

    def _asked_in_python(self, engine: str, sides: Sides) -> Asked:
        modules = pair_modules(self.agreement.modules, self.store)
        return replace(_asked(sides), modules=modules, reference=self._reference(engine))

    def _work(self, engine: str, one: Compared, sides: Sides, number: int) -> Work:
        corpus = self.corpora.get(one.target, Units(packs=(), count=0))
        is_corpus = engine == CORPUS
        return Work(
            target=one.target,
            seeds=self.seeds.get(one.target, ()),
            packs=corpus.packs,
            seed=number + 1,
            runs=corpus.count if is_corpus else self.budget.runs,
            seconds=self.budget.corpus_s if is_corpus else self.budget.seconds,
            stop_at_first=bool(one.mistake),
            limits=self.limits,
            unit_timeout_s=PROGRAM_TIMEOUT_S if _asked(sides).beside else UNIT_TIMEOUT_S,
        )

    def _reference(self, engine: str) -> str:
        """The corpus is read beside the reference wherever atheris is asked: they run in one image."""
        is_there = engine == ATHERIS or (engine == CORPUS and ATHERIS in self.engines)
        return self.agreement.reference if is_there else ""

    def examination(
        self,
        engine: str,
        one: Compared,
        sides: Sides,
        done: list[AgreementCampaign],
        again: tuple[str, ...] = (),
    ) -> ExamineJob | None:
        """Of what campaigns kept, and of inputs (sha256) to try again; None where that is nothing."""
        asked = self._asked_in_python(engine, sides)
        return examine_job(
            asked,
            done,
            again=again,
            fuse_s=self.budget.examine_s,
            limits=self.limits,
            subject=one.subject,
            hang_s=PROGRAM_TIMEOUT_S if asked.beside else HANG_S,
        )


def _asked(sides: Sides) -> Asked:
    cpp, rust = sides
    return Asked(cpp=_made(cpp), rust=_made(rust), beside=(*cpp.files, *rust.files))


def _made(side: Side) -> str:
    assert side.archive is not None  # a side without one is a row with a problem
    return side.archive
