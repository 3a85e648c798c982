"""A user's own pair as something to compare: its built targets, and the corpora that both sides share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from fuzzpair.agree.plan import Compared
from fuzzpair.agree.programs import ProgramSideJob, program_side_job
from fuzzpair.agree.sides import SideJob
from fuzzpair.agree.tasks import Units
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language
from fuzzpair.model.pair import TargetProgram
from fuzzpair.own_pair.corpora import Corpus, target_seeds
from fuzzpair.own_pair.state import PairState
from fuzzpair.own_pair.wish import Built
from fuzzpair.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPlan:
    """Both sides' programs of each target, as `fuzzpair fuzz` fuzzes them."""

    subject: str  # the name of the pair
    built: Built
    store: Store

    @property
    def unpatched(self) -> Mapping[Language, SideJob]:
        return {}

    def mistakes(self, names: Sequence[str]) -> Iterator[Compared]:
        """None: nothing is planted in a pair of one's own."""
        del names
        return iter(())

    def targets(self) -> tuple[str, ...]:
        """Those that both sides have."""
        cpp, rust = (self._named(language) for language in Language)
        return tuple(sorted(cpp & rust))

    def alone(self) -> tuple[str, ...]:
        """Those that one side alone has: there is nothing to compare them with."""
        cpp, rust = (self._named(language) for language in Language)
        return tuple(sorted(cpp ^ rust))

    def _named(self, language: Language) -> set[str]:
        builds = [one for one in self.built.builds if one.language is language]
        return {program.target for build in builds for program in build.programs}

    def twins(self, targets: Sequence[str]) -> Iterator[Compared]:
        for target in targets:
            sides = {language: self._side(target, language) for language in Language}
            bad = [language for language, side in sides.items() if side is None]
            yield Compared(
                subject=self.subject,
                mistake="",
                patched=None,
                target=target,
                cpp=sides[Language.CPP],
                rust=sides[Language.RUST],
                problem=f"its {bad[0]} side is a bad build, which cannot be asked" if bad else "",
            )

    def _side(self, target: str, language: Language) -> ProgramSideJob | None:
        """The address sanitizer's where it is built: what goes wrong in memory ends there, and spoils no answer."""
        there = [one for one in self.built.programs if (one.target, one.language) == (target, language)]
        there.sort(key=lambda one: one.flavour is not Flavour.ADDRESS)
        return program_side_job(there[0], self.store) if there else None


def shared_corpus(
    target: str,
    state: PairState,
    seeds: Mapping[str, tuple[bytes, ...]],
    programs: Sequence[TargetProgram],
    store: Store,
) -> Units:
    """All that the pair's state has of a target, and the pair's own seeds. Nothing is written to the state."""
    corpus = Corpus(target=target, state=state, store=store, is_kept=False)
    corpus.load(target_seeds(target, seeds, programs, store))
    return Units(packs=tuple(corpus.packs), count=len(corpus.sizes))
