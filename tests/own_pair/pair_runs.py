"""A run of a pair on the fake backend, in a test's folder."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from fuzzpair.backends.fake import TOOLCHAIN, FakeBackend
from fuzzpair.jobs import Worker
from fuzzpair.model.command import Limits
from fuzzpair.model.language import Language
from fuzzpair.model.pair import PairFinding, PairRecord, TargetProgram
from fuzzpair.own_pair.run import PairRun
from fuzzpair.own_pair.state import PairState
from fuzzpair.own_pair.wish import Built, Wish
from fuzzpair.progress import Silent
from fuzzpair.scheduler import Scheduler
from fuzzpair.store import Files, Store
from own_pair.tiny_target import TinyTargets, side

TODAY = date(2026, 11, 26)
WISH = Wish(verb="fuzz", pair="gzip", seconds=120, today=TODAY, minimise_s=0)


@dataclass
class Tiny:
    """One pair over several runs, as nights follow each other on one machine or, with another `store`, on several."""

    root: Path
    targets: TinyTargets = field(default_factory=TinyTargets)
    store_name: str = "store"
    damaged: list[str] = field(default_factory=list)

    @property
    def store(self) -> Store:
        return Store(str(self.root / self.store_name))

    @property
    def state(self) -> PairState:
        return PairState(Files(str(self.root / "pair")), self.damaged.append)

    def built(self, *programs: TargetProgram) -> Built:
        by_side: dict[tuple[Any, Any], list[TargetProgram]] = {}
        for one in programs:
            by_side.setdefault((one.language, one.flavour), []).append(one)
        sides = (side(self.store, language, *ones) for (language, _), ones in by_side.items())
        return Built(builds=tuple(sides), checkups=())

    def __call__(self, *programs: TargetProgram, built: Built | None = None, **wish: Any) -> PairRecord:
        """Run a verb on these programs; `wish` is what differs from an ordinary `fuzz`."""
        made = built or self.built(*programs)
        return self.run(lambda: made, replace(WISH, **wish))

    def run(self, build: Callable[[], Built], wish: Wish) -> PairRecord:
        worker = Worker(
            backend=FakeBackend(self.targets), store=self.store, fingerprint=TOOLCHAIN.fingerprint, limits=Limits()
        )
        with ThreadPoolExecutor(2) as executor:
            return PairRun(
                wish=wish,
                toolchain=TOOLCHAIN,
                worker=worker,
                scheduler=Scheduler(executor, worker, Silent(), slots=2),
                observer=Silent(),
                state=self.state,
                build=build,
            ).run()


def of(record: PairRecord, language: Language) -> list[PairFinding]:
    return [one for one in record.findings if one.language is language]
