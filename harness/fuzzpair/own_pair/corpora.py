"""The corpora of a run: what the state has, what slices add, what a merge leaves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from fuzzpair.model.pair import CorpusState, TargetProgram
from fuzzpair.own_pair.packs import put_pack
from fuzzpair.own_pair.state import UNIT_LIMIT, PairState, unit_name
from fuzzpair.store import Store


@dataclass
class Corpus:
    """One target's corpus in a run: shared by both sides and all flavours."""

    target: str
    state: PairState
    store: Store
    is_kept: bool  # False: new units stay in this run, as a change's do
    sizes: dict[str, int] = field(default_factory=dict)  # by name
    packs: list[str] = field(default_factory=list)
    at_start: int = 0
    added: int = 0
    pruned: int = 0
    generation: int = 0

    def load(self, seeds: Iterable[bytes]) -> None:
        """What the state has, and the pair's own seeds with it."""
        sizes = self.state.unit_sizes(self.target)
        self.at_start = len(sizes)
        self.generation = max((one.number for one in self.state.generations(self.target)), default=0)
        units = self.state.units(self.target, sizes)
        self._take(units)
        self.add({unit_name(one): one for one in seeds if len(one) <= UNIT_LIMIT})

    def add(self, units: Mapping[str, bytes]) -> int:
        """Units of a slice or of the pair's seeds; how many of them were new. They are in the state then."""
        new = {name: content for name, content in units.items() if name not in self.sizes}
        if self.is_kept:
            self.state.add_units(self.target, new.values())
        self._take(new)
        self.added += len(new)
        return len(new)

    def _take(self, units: Mapping[str, bytes]) -> None:
        if units:
            self.sizes |= {name: len(content) for name, content in units.items()}
            self.packs.append(put_pack(self.store, units))

    def prune(self, needed: Iterable[str], *, keep_units: int, keep_octets: int, at: str) -> str:
        """Begin a new generation with what some program needs, within the caps; what is to be said of it."""
        there = {name: self.sizes[name] for name in needed if name in self.sizes}
        if not there:
            return f"{self.target}: not pruned: a merge that needs no unit at all is not to be believed"
        kept = capped(there, keep_units, keep_octets)
        dropped = self.sizes.keys() - kept
        if not dropped:
            return ""
        made = self.state.prune(self.target, kept, dropped, at)
        if made is None:
            return f"{self.target}: not pruned: another run prunes it at the same time"
        self.generation, self.pruned = made.number, len(made.dropped)
        self.sizes = {name: self.sizes[name] for name in kept}
        left_out = len(there) - len(kept)
        return f"{self.target}: {left_out} units that add coverage are over the cap" if left_out else ""

    def result(self) -> CorpusState:
        return CorpusState(
            target=self.target,
            generation=self.generation,
            before=self.at_start,
            after=len(self.sizes),
            octets=sum(self.sizes.values()),
            added=self.added,
            pruned=self.pruned,
        )


def target_seeds(
    target: str, own: Mapping[str, tuple[bytes, ...]], programs: Iterable[TargetProgram], store: Store
) -> Iterator[bytes]:
    """The pair's own seeds of a target, and those that its builds brought."""
    yield from own.get(target, ())
    named = {sha256 for one in programs if one.target == target for sha256 in one.seeds}
    yield from (store.get_blob(sha256) for sha256 in sorted(named))


def capped(sizes: Mapping[str, int], most: int, octets: int) -> set[str]:
    """As many units as the caps take, the smallest first: they are run the fastest."""
    kept: set[str] = set()
    for name, size in sorted(sizes.items(), key=lambda item: (item[1], item[0])):
        if len(kept) >= most or size > octets:
            break
        kept.add(name)
        octets -= size
    return kept
