"""The verbs of a user's own pair: fuzz, change, nightly, reproduce."""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from fuzzpair import state
from fuzzpair.config import Config, load_config
from fuzzpair.config_fuzz import Fuzz
from fuzzpair.errors import StoreError, UsageError
from fuzzpair.findings import Judging
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.pair import PairRecord, TargetProgram
from fuzzpair.own_pair.building import Tree, build_pair, read_seeds
from fuzzpair.own_pair.change import touched
from fuzzpair.own_pair.known_issues import read_known_issues
from fuzzpair.own_pair.linked import linked_files_of
from fuzzpair.own_pair.reproducing import Asked, reproduce_input, write_artifacts
from fuzzpair.own_pair.revisions import Repository
from fuzzpair.own_pair.rounds import LONGEST_SLICE_S
from fuzzpair.own_pair.run import PairRun
from fuzzpair.own_pair.sources import image_addition, no_sources
from fuzzpair.own_pair.state import PairState, latest_record
from fuzzpair.own_pair.wish import CHANGE, NIGHTLY, ONE_CAMPAIGN, Built, Chosen, Wish, everything
from fuzzpair.report import pair_json, write_pair_reports
from fuzzpair.report.over_time import NIGHTS
from fuzzpair.report.pair_console import render_pair
from fuzzpair.report.stored import ReadBlob, Stored
from fuzzpair.scheduler import Scheduler
from fuzzpair.store import Files, Store
from fuzzpair.verbs.options import CONFIG, OUT, STATE, ConfigFile, OutFolder, StateFolder
from fuzzpair.verbs.output import print_completed, stdout_console, tell_damaged
from fuzzpair.world import Backing, World, backing, end_like_ctrl_c

LATEST = "pair/latest.json"
FUZZ_S = 60.0
Seconds = Annotated[
    float | None, typer.Option(min=1, max=1_000_000, help="Of fuzzing in all, instead of pipeline.yml's.")
]
Slice = Annotated[
    float,
    typer.Option("--slice", min=5, max=3600, help="The longest time, in seconds, until what is found is in the state."),
]
Targets = Annotated[list[str] | None, typer.Argument(help="Only these targets.")]


@dataclass(frozen=True)
class _Doing:
    """What a verb works with, for as long as its backend is open."""

    work: Backing
    scheduler: Scheduler
    store: Store


@dataclass(frozen=True)
class _Verb:
    """One verb's files and folders."""

    config: Config
    fuzz: Fuzz
    config_file: Path
    state_folder: Path
    out: Path

    @classmethod
    def of(cls, config_file: Path, state_folder: Path, out: Path) -> _Verb:
        """Raises ConfigError or UsageError where pipeline.yml has no pair of one's own."""
        config = load_config(config_file)
        return cls(config, config.own_pair, config_file, state_folder, out)

    @property
    def leave(self) -> tuple[Path, ...]:
        """What lies in the sources and is none of them."""
        return no_sources(self.fuzz, self.state_folder, self.out)

    def pair_state(self) -> PairState:
        return PairState(Files(self.fuzz.state), tell_damaged)

    def wish(self, verb: str, seconds: float, slice_s: float = LONGEST_SLICE_S) -> Wish:
        return Wish(
            verb=verb,
            pair=self.fuzz.name,
            seconds=seconds,
            longest_slice_s=slice_s,
            today=datetime.now(UTC).date(),
            seeds=read_seeds(self.fuzz),
            issues=read_known_issues(self.fuzz.known_issues, of_agreement=False),
            judging=Judging(overrides=self.config.overrides),
            budgets=(("seconds", f"{seconds:g}"), ("sandbox memory_mb", str(self.config.limits.memory_mb))),
        )

    @contextmanager
    def doing(self, world: World) -> Iterator[_Doing]:
        """The store, locked, and a backend on the pair's own image; both are given back with the block."""
        addition = image_addition(self.fuzz, self.leave)
        with (
            state.locked_state(self.state_folder) as store,
            backing(self.config, store, world, self.config.backend, addition) as work,
        ):
            scheduler = Scheduler(work.executor, work.worker, work.observer, slots=work.slots)
            yield _Doing(work, scheduler, store)

    def run(self, world: World, make_wish: Callable[[_Doing], Wish]) -> None:
        """Run, write the reports, print the record, and end with its exit code."""
        end_like_ctrl_c(signal.SIGTERM)
        with self.doing(world) as doing:
            work = doing.work
            tree = Tree(fuzz=self.fuzz, root=self.config.root, leave=self.leave)
            record = PairRun(
                wish=make_wish(doing),
                toolchain=work.toolchain,
                worker=work.worker,
                scheduler=doing.scheduler,
                observer=work.observer,
                state=self.pair_state(),
                build=lambda: build_pair(tree, work.worker.limits, doing.scheduler, doing.store),
            ).run()
            doing.store.put_document(LATEST, pair_json.render(record))
            self._report(record, doing.store)
        raise typer.Exit(record.exit_code)

    def _report(self, record: PairRecord, store: Store) -> None:
        console = stdout_console()
        render_pair(record, console)
        write_artifacts(record, self.out, store)
        kept = self.pair_state()
        stored = Stored(_reader(store, kept), read_nights=lambda: kept.records(NIGHTS))
        for path in write_pair_reports(record, self.out, stored):
            console.print(f"wrote {path}")


def _reader(store: Store, kept: PairState) -> ReadBlob:
    """Blobs of this machine's store, else what earlier runs kept in the pair's state, wherever they ran: logs."""

    def read(sha256: str) -> bytes:
        try:
            return store.get_blob(sha256)
        except StoreError:
            content = kept.log(sha256)
            if content is None:
                raise
            return content

    return read


def _only(targets: Sequence[str] | None) -> Callable[[tuple[TargetProgram, ...]], Chosen]:
    """The targets that were asked for; all where none was."""

    def choose(programs: tuple[TargetProgram, ...]) -> Chosen:
        known = {one.target for one in programs}
        missing = sorted(set(targets or ()) - known)
        if missing:
            raise UsageError(f"there is no target {missing[0]!r}", next_step=f"there are: {', '.join(sorted(known))}")
        return Chosen(targets=frozenset(targets), why="") if targets else everything(programs)

    return choose


def _touched(programs: tuple[TargetProgram, ...], changed: Sequence[str], verb: _Verb, doing: _Doing) -> Chosen:
    linked = linked_files_of(programs, doing.scheduler, doing.work.worker.limits)
    corpus = verb.fuzz.corpus
    seeds = corpus.relative_to(verb.config.root).as_posix() if corpus is not None else ""
    return touched(changed, linked, seeds)


def _base(repository: Repository, commit: str, folder: Path, verb: _Verb, doing: _Doing) -> Built:
    """The pair as the base had it, built as today's pipeline.yml says."""
    root = repository.export(commit, folder)
    (root / verb.config_file.name).write_bytes(verb.config_file.read_bytes())
    config = load_config(root / verb.config_file.name)
    tree = Tree(fuzz=config.own_pair, root=config.root, is_base=True)
    return build_pair(tree, doing.work.worker.limits, doing.scheduler, doing.store)


def _last(verb: _Verb, store: Store) -> PairRecord:
    """The last run of this machine, else of the pair's state."""
    text = store.get_document(LATEST)
    return pair_json.read_pair(text) if text is not None else latest_record(verb.pair_state())


def fuzz(
    context: typer.Context,
    targets: Targets = None,
    seconds: Seconds = None,
    slice_s: Slice = LONGEST_SLICE_S,
    config_file: ConfigFile = CONFIG,
    state_folder: StateFolder = STATE,
    out: OutFolder = OUT,
) -> None:
    """One campaign of your own pair, now: what is known is replayed first, what is found is kept.

    Exit code: 0 clean, 1 a new finding that shows itself each time, 2 usage or configuration, 3 something could not
    be done, 130 interrupted.
    """
    verb = _Verb.of(config_file, state_folder, out)
    wish = replace(verb.wish(ONE_CAMPAIGN, seconds or FUZZ_S, slice_s), choose=_only(targets))
    verb.run(context.obj, lambda _: wish)


def nightly(
    context: typer.Context,
    seconds: Seconds = None,
    slice_s: Slice = LONGEST_SLICE_S,
    config_file: ConfigFile = CONFIG,
    state_folder: StateFolder = STATE,
    out: OutFolder = OUT,
) -> None:
    """A long campaign: corpora grow and are pruned, old findings are looked at again, those that are gone are fixed.

    Exit code: as of `fuzz`; and 3 for an alarm: coverage dropped, a corpus shrank, far fewer executions than lately.
    """
    verb = _Verb.of(config_file, state_folder, out)
    budget = verb.fuzz.nightly
    wish = replace(
        verb.wish(NIGHTLY, seconds or budget.seconds, slice_s),
        prunes=True,
        marks_fixed=True,
        keep_units=budget.keep_units,
        keep_octets=budget.keep_mb << 20,
    )
    verb.run(context.obj, lambda _: wish)


def change(
    context: typer.Context,
    base: Annotated[str, typer.Option(help="The revision that the change is compared with, e.g. origin/main.")],
    seconds: Seconds = None,
    config_file: ConfigFile = CONFIG,
    state_folder: StateFolder = STATE,
    out: OutFolder = OUT,
) -> None:
    """Replay everything known, then fuzz the targets whose code differs from a base. The pair's state is only read.

    Exit code: 1 only for what the base does not have, shows itself each time and is no time-out; else as of `fuzz`.
    """
    verb = _Verb.of(config_file, state_folder, out)
    budget = verb.fuzz.change
    repository = Repository(verb.config.root, context.obj.environ)
    commit = repository.base_of(base)
    changed = repository.changed_files(commit)
    with tempfile.TemporaryDirectory(prefix="fuzzpair-base-") as folder:

        def wish(doing: _Doing) -> Wish:
            return replace(
                verb.wish(CHANGE, seconds or budget.seconds),
                is_kept=False,
                marks_fixed=True,  # shown, and kept nowhere
                replay_s=budget.replay_seconds,
                minimise_s=10,
                choose=lambda programs: _touched(programs, changed, verb, doing),
                base=lambda: _base(repository, commit, Path(folder), verb, doing),
                budgets=(
                    ("seconds", f"{seconds or budget.seconds:g}"),
                    ("replay_seconds", f"{budget.replay_seconds:g}"),
                    ("base", commit),
                    ("changed files", str(len(changed))),
                ),
            )

        verb.run(context.obj, wish)


def reproduce(
    context: typer.Context,
    row: Annotated[str, typer.Argument(help="A side of a target, e.g. header/cpp")],
    input_name: Annotated[str, typer.Option("--input", help="crash-<sha1>, as a report names it, or a file.")],
    flavour: Annotated[Flavour, typer.Option(help="Which build.")] = Flavour.ADDRESS,
    config_file: ConfigFile = CONFIG,
    state_folder: StateFolder = STATE,
    out: OutFolder = OUT,
) -> None:
    """Run one input on a program of the last run again, in the sandbox, and print what it printed."""
    verb = _Verb.of(config_file, state_folder, out)
    asked = Asked.read(row, flavour, input_name)
    with verb.doing(context.obj) as doing:
        completed = reproduce_input(asked, verb.pair_state(), _last(verb, doing.store), doing.work.worker, out)
    print_completed(completed)
