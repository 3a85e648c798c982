"""The verb `agree`."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Annotated

import typer

from fuzzpair import state
from fuzzpair.agree.campaigns import ATHERIS, MOST_RUNS
from fuzzpair.agree.flow import Agree, Engines
from fuzzpair.agree.plan import Planner, logic_mistakes
from fuzzpair.agree.standing import memory_of
from fuzzpair.agree.wish import AgreeWish, agreement_of
from fuzzpair.config import Config, load_config
from fuzzpair.history import stored_agreements
from fuzzpair.own_pair.known_issues import read_known_issues
from fuzzpair.reading import read_corpus
from fuzzpair.report.agreement import render_agreement
from fuzzpair.report.agreement_files import write_agreement
from fuzzpair.report.agreement_json import render as render_json
from fuzzpair.scheduler import Scheduler
from fuzzpair.store import Store
from fuzzpair.verbs.options import CONFIG, OUT, STATE, ConfigFile, OutFolder, StateFolder
from fuzzpair.verbs.output import stdout_console
from fuzzpair.world import Backing, World, backing, end_like_ctrl_c


def agree(
    context: typer.Context,
    mistakes: Annotated[list[str] | None, typer.Argument(help="Plant these, one side at a time.")] = None,
    logic: Annotated[bool, typer.Option("--logic", help="Plant every mistake of logic.")] = False,
    engine: Annotated[list[str] | None, typer.Option(help="libfuzzer or atheris; else pipeline.yml's.")] = None,
    runs: Annotated[int | None, typer.Option(min=1, max=MOST_RUNS, help="Executions of one campaign.")] = None,
    seconds: Annotated[float | None, typer.Option(min=1, max=86_400, help="Of one campaign.")] = None,
    target: Annotated[list[str] | None, typer.Option(help="Of the unpatched twins; else all.")] = None,
    slices: Annotated[int, typer.Option(min=1, max=1000, help="Campaigns of the unpatched twins, each stored.")] = 1,
    config_file: ConfigFile = CONFIG,
    state_folder: StateFolder = STATE,
    out: OutFolder = OUT,
) -> None:
    """Compare the twins: in one binary, and beside a reference in Python; name where they part, and who is alone.

    Without a mistake the unpatched twins are compared; with one, its twin with the other one as it stands. Exit code:
    0 they agree, but for what a known issue accepts, and what was planted was found; 1 not so, 2 usage, 3 could not
    be done, 130 interrupted.
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
    corpora = {target: read_corpus(config, target) for target in config.pair.targets}
    with state.locked_state(state_folder) as store, _engines(config, wish, store, context.obj) as (engines, work):
        record = Agree(
            config=config,
            agreement=wish.agreement,
            store=store,
            planner=Planner(config, wish.agreement, store),
            engines=engines,
            budget=wish.budget(),
            limits=work.worker.limits,
            toolchain=work.toolchain,
            backend=work.worker.backend.name,
            seeds={target: tuple(dict.fromkeys(map(store.put_blob, seeds))) for target, seeds in corpora.items()},
            mistakes=wish.mistakes,
            targets=wish.twins(config),
            memory=memory_of(stored_agreements(store), config.pair.name),
            issues=issues,
        ).run()
        state.save_agreement(store, record.run_id, render_json(record))
    console = stdout_console()
    render_agreement(record, console)
    for path in write_agreement(record, out, store.get_blob):
        console.print(f"wrote {path}")
    raise typer.Exit(record.exit_code)


@contextmanager
def _engines(config: Config, wish: AgreeWish, store: Store, world: World) -> Iterator[tuple[Engines, Backing]]:
    """A scheduler for each engine, each in the image that it runs in."""
    with ExitStack() as closing:
        work = closing.enter_context(backing(config, store, world, config.backend))
        schedulers = {}
        for name in wish.names():
            image = wish.agreement.image if name == ATHERIS else None
            own = closing.enter_context(backing(config, store, world, config.backend, over=image)) if image else work
            schedulers[name] = Scheduler(own.executor, own.worker, own.observer, slots=own.slots)
        sides = Scheduler(work.executor, work.worker, work.observer, slots=work.slots)
        yield Engines(sides=sides, schedulers=schedulers), work
