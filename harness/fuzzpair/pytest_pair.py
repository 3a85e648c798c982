"""A pair's known crashes as tests: read from its state, tried in the sandbox when the first of them is asked for."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from fuzzpair import state
from fuzzpair.backends.select import Kind
from fuzzpair.config import Config, load_config
from fuzzpair.errors import FuzzpairError
from fuzzpair.model.command import Limits
from fuzzpair.own_pair.building import Tree, build_pair
from fuzzpair.own_pair.known_issues import read_known_issues
from fuzzpair.own_pair.leads import Tried
from fuzzpair.own_pair.regressions import Answer, Regression, Retrying, regressions_of
from fuzzpair.own_pair.sources import image_addition
from fuzzpair.own_pair.standing import Identity, pasts_of
from fuzzpair.own_pair.state import PairState
from fuzzpair.own_pair.wish import Built
from fuzzpair.report import clean
from fuzzpair.scheduler import Scheduler
from fuzzpair.store import Files, Store
from fuzzpair.world import World, backing

EXCERPT_LINES = 12


@dataclass
class PairTests:
    """The known crashes of one pair. Raises FuzzpairError where its file or its state cannot be read."""

    config_file: Path
    state_folder: Path
    world: World
    build: Callable[[Tree, Limits, Scheduler, Store], Built] = build_pair
    wanted: list[Regression] = field(default_factory=list)  # those that pytest chose
    _answers: dict[Identity, Answer] | None = None
    _failure: FuzzpairError | None = None

    def __post_init__(self) -> None:
        self.config: Config = load_config(self.config_file)
        self.fuzz = self.config.own_pair
        self.pair_state = PairState(Files(self.fuzz.state), _tell_damaged)

    @property
    def name(self) -> str:
        return self.fuzz.name

    def known(self) -> tuple[Regression, ...]:
        """Every crash that the state knows, also those that are fixed: these are to stay so."""
        issues = read_known_issues(self.fuzz.known_issues, of_agreement=False)
        return regressions_of(pasts_of(self.pair_state.events()), issues, datetime.now(UTC).date())

    def answer(self, regression: Regression) -> Answer:
        """What trying it came to; the first call builds the pair and tries all that are wanted.

        Raises FuzzpairError where no backend answers, each time again.
        """
        if self._failure is not None:
            raise self._failure
        if self._answers is None:
            try:
                self._answers = self._try_all()
            except FuzzpairError as failure:
                self._failure = failure
                raise
        return self._answers[regression.identity]

    def _try_all(self) -> dict[Identity, Answer]:
        leave = tuple(self._leave())
        # Without the folder's lock: results are only added, each under its key, and pytest may have several workers.
        store = state.open_store(self.state_folder)
        kind: Kind = self.config.backend
        with ExitStack() as closing:
            addition = image_addition(self.fuzz, leave)
            work = closing.enter_context(backing(self.config, store, self.world, kind, addition))
            scheduler = Scheduler(work.executor, work.worker, work.observer, slots=work.slots)
            tree = Tree(fuzz=self.fuzz, root=self.config.root, leave=leave)
            return Retrying(
                state=self.pair_state,
                store=store,
                scheduler=scheduler,
                limits=work.worker.limits,
                built=self.build(tree, work.worker.limits, scheduler, store),
            ).answers(self.wanted)

    def _leave(self) -> Iterator[Path]:
        """What lies in the sources and is none of them."""
        yield self.state_folder.resolve()
        if "://" not in self.fuzz.state:
            yield Path(self.fuzz.state).resolve()


def told(regression: Regression, answer: Answer) -> str:
    """What a failed test prints: what it is, how often it shows itself, the report, and how to see it again."""
    finding = regression.past.finding
    lines = [f"{', '.join(finding.bug_classes) or 'a crash'} in {finding.target}/{finding.language}: it is still there"]
    lines += [f"first seen {regression.past.first_seen}" + (" and fixed since" if regression.past.is_fixed else "")]
    lines += finding.lines
    for made in answer.shown[:1]:
        lines += [f"shown in {_count(made)} replays of {made.lead.name} under {made.lead.program.flavour}", ""]
        lines += _excerpt(made)
    lines += ["", f"again: {finding.inputs[0].command}"] if finding.inputs else []
    return clean.block("\n".join(lines))


def _count(made: Tried) -> str:
    return f"{made.shown.k if made.shown else 0} of {made.n}"


def _excerpt(made: Tried) -> list[str]:
    report = made.shown.report if made.shown else None
    return report.excerpt.splitlines()[:EXCERPT_LINES] if report is not None else []


def _tell_damaged(path: str) -> None:
    sys.stderr.write(f"fuzzpair: {clean.line(path)} is not what its name says, and is not used\n")
