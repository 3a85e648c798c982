"""The verb `agree`."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from fuzzpair import state
from fuzzpair.agree.campaigns import ATHERIS, MOST_RUNS, NATIVE
from fuzzpair.agree.flow import Agree, Engines
from fuzzpair.agree.own import OwnPlan, shared_corpus
from fuzzpair.agree.plan import Planner, logic_mistakes
from fuzzpair.agree.standing import memory_of
from fuzzpair.agree.tasks import Tasks, Units
from fuzzpair.agree.wish import AgreeWish, agreement_of, check_targets
from fuzzpair.config import Config, load_config
from fuzzpair.config_fuzz import CppSide, RustSide
from fuzzpair.history import stored_agreements
from fuzzpair.model.language import Language
from fuzzpair.model.pair import ImageAddition
from fuzzpair.own_pair.building import Tree, build_pair, read_seeds
from fuzzpair.own_pair.known_issues import read_known_issues
from fuzzpair.own_pair.packs import clear_packs
from fuzzpair.own_pair.sources import image_addition, no_sources
from fuzzpair.own_pair.state import PairState
from fuzzpair.pair_judging import not_done
from fuzzpair.reading import read_corpus
from fuzzpair.report.agreement import render_agreement
from fuzzpair.report.agreement_files import write_agreement
from fuzzpair.report.agreement_json import render as render_json
from fuzzpair.scheduler import Scheduler
from fuzzpair.store import Files, Store
from fuzzpair.verbs.options import CONFIG, OUT, STATE, ConfigFile, OutFolder, StateFolder
from fuzzpair.verbs.output import stdout_console, tell_damaged
from fuzzpair.world import Backing, World, backing, end_like_ctrl_c


def agree(
    context: typer.Context,
    mistakes: Annotated[list[str] | None, typer.Argument(help="Plant these, one side at a time.")] = None,
    logic: Annotated[bool, typer.Option("--logic", help="Plant every mistake of logic.")] = False,
    engine: Annotated[
        list[str] | None,
        typer.Option(help="libfuzzer, atheris, or corpus (of a pair of one's own); else pipeline.yml's."),
    ] = None,
    runs: Annotated[int | None, typer.Option(min=1, max=MOST_RUNS, help="Executions of one campaign.")] = None,
    seconds: Annotated[float | None, typer.Option(min=1, max=86_400, help="Of one campaign.")] = None,
    target: Annotated[list[str] | None, typer.Option(help="Of what is compared as it stands; else all.")] = None,
    slices: Annotated[
        int, typer.Option(min=1, max=1000, help="Campaigns of what is compared as it stands, each stored.")
    ] = 1,
    config_file: ConfigFile = CONFIG,
    state_folder: StateFolder = STATE,
    out: OutFolder = OUT,
) -> None:
    """Compare the twins: in one binary, and beside a reference in Python; name where they part, and who is alone.

    Without a mistake the unpatched twins are compared; with one, its twin with the other one as it stands. Where
    `agreement:` names no twins, the pair of `fuzz:` is compared, and its shared corpus is read on both sides. Exit
    code: 0 they agree, but for what a known issue accepts, and what was planted was found; 1 not so, 2 usage, 3 could
    not be done, 130 interrupted.
    """
    config = load_config(config_file)
    wish = AgreeWish(
        agreement=agreement_of(config),
        engines=tuple(engine or ()),
        mistakes=tuple(logic_mistakes(config)) if logic else tuple(mistakes or ()),
        runs=runs,
        seconds=seconds,
        slices=slices,
        targets=tuple(target or ()),
    )
    wish.check(config)
    issues = read_known_issues(wish.known_issues(config), of_agreement=True)
    end_like_ctrl_c(signal.SIGTERM)
    is_own = wish.agreement.is_of_own_pair
    leave = no_sources(config.own_pair, state_folder, out) if is_own else ()
    addition = image_addition(config.own_pair, leave) if is_own else None
    with (
        state.locked_state(state_folder) as store,
        _engines(config, wish, store, context.obj, addition) as (engines, work),
    ):
        compared = _own_pair(config, wish, engines, work, leave) if is_own else _twins(config, wish, engines, work)
        memory = memory_of(stored_agreements(store), compared.pair)
        record = replace(compared, memory=memory, issues=issues).run()
        clear_packs(store)
        state.save_agreement(store, record.run_id, render_json(record))
    console = stdout_console()
    render_agreement(record, console)
    for path in write_agreement(record, out, store.get_blob):
        console.print(f"wrote {path}")
    raise typer.Exit(record.exit_code)


def _twins(config: Config, wish: AgreeWish, engines: Engines, work: Backing) -> Agree:
    """The experiment's twins, and the mistakes that are planted in them."""
    store = work.worker.store
    corpora = {target: read_corpus(config, target) for target in config.pair.targets}
    described = ((str(one), wish.agreement.describe(one).relative_to(config.root).as_posix()) for one in Language)
    seeds = {target: tuple(dict.fromkeys(map(store.put_blob, seeds))) for target, seeds in corpora.items()}
    return Agree(
        pair=config.pair.name,
        described_by=tuple(described),
        tasks=_tasks(wish, engines, work, seeds=seeds),
        planner=Planner(config, wish.agreement, store),
        engines=engines,
        toolchain=work.toolchain,
        backend=work.worker.backend.name,
        mistakes=wish.mistakes,
        targets=wish.twins(config),
    )


def _own_pair(config: Config, wish: AgreeWish, engines: Engines, work: Backing, leave: tuple[Path, ...]) -> Agree:
    """The pair of `fuzz:`: its builds, then what both sides have. Raises UsageError on a target that there is not."""
    fuzz, store = config.own_pair, work.worker.store
    clear_packs(store)
    tree = Tree(fuzz=fuzz, root=config.root, leave=leave)
    plan = OwnPlan(subject=fuzz.name, built=build_pair(tree, work.worker.limits, engines.sides, store), store=store)
    check_targets(wish.targets, plan.targets())
    targets, pair_state = wish.targets or plan.targets(), PairState(Files(fuzz.state), tell_damaged)
    seeds = read_seeds(fuzz)
    corpora = {one: shared_corpus(one, pair_state, seeds, plan.built.programs, store) for one in targets}
    sides = {one: fuzz.side(one) for one in Language}
    alone = ", ".join(plan.alone())
    return Agree(
        pair=fuzz.name,
        described_by=tuple((str(one), _answers_come_from(side, config.root)) for one, side in sides.items() if side),
        tasks=_tasks(wish, engines, work, corpora=corpora),
        planner=plan,
        engines=engines,
        toolchain=work.toolchain,
        backend=work.worker.backend.name,
        targets=targets,
        undone=tuple(not_done(plan.built.builds, plan.built.all_controls(), ())),
        notes=(("targets of one side alone, which are not compared", alone),) if alone else (),
    )


def _answers_come_from(side: CppSide | RustSide, root: Path) -> str:
    """The file that makes a side's targets, as a path in the repository: a disagreement has no line of its own."""
    place = side.build if isinstance(side, CppSide) else side.fuzz / "Cargo.toml"
    return place.relative_to(root).as_posix()


def _tasks(
    wish: AgreeWish,
    engines: Engines,
    work: Backing,
    *,
    seeds: Mapping[str, tuple[str, ...]] | None = None,
    corpora: Mapping[str, Units] | None = None,
) -> Tasks:
    return Tasks(
        agreement=wish.agreement,
        engines=engines.names(),
        store=work.worker.store,
        budget=wish.budget(),
        limits=work.worker.limits,
        seeds=seeds or {},
        corpora=corpora or {},
    )


@contextmanager
def _engines(
    config: Config, wish: AgreeWish, store: Store, world: World, addition: ImageAddition | None
) -> Iterator[tuple[Engines, Backing]]:
    """A scheduler for each engine, each in the image that it runs in: the reference is in atheris' alone."""
    with ExitStack() as closing:
        work = closing.enter_context(backing(config, store, world, config.backend, addition))
        beside = work
        if ATHERIS in wish.names():
            # Of what the pair's image has beside the toolchain, programs that are built need the packages alone.
            needed = ImageAddition(name=addition.name, packages=config.own_pair.packages) if addition else None
            needed = needed if needed is not None and needed.packages else None
            beside = closing.enter_context(backing(config, store, world, config.backend, needed, over=wish.image()))
        asked = {name: work if name == NATIVE else beside for name in wish.names()}
        schedulers = {
            name: Scheduler(one.executor, one.worker, one.observer, slots=one.slots) for name, one in asked.items()
        }
        sides = Scheduler(work.executor, work.worker, work.observer, slots=work.slots)
        yield Engines(sides=sides, schedulers=schedulers), work
