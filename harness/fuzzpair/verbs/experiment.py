"""The verbs that run the experiment, or fuzz its unpatched twins: run, soak."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import typer

from fuzzpair import state
from fuzzpair.backends.select import Kind
from fuzzpair.builds.sources import put_sources
from fuzzpair.config import Config, Profile, load_config
from fuzzpair.fuzz.triggers import Triggers
from fuzzpair.mistakes import read_tree
from fuzzpair.model.language import Language
from fuzzpair.model.run_record import RunRecord
from fuzzpair.pipeline import Experiment
from fuzzpair.reading import check_wish, read_corpus
from fuzzpair.report.console import render_matrix
from fuzzpair.report.json_report import render
from fuzzpair.report.soaked import render_soaked
from fuzzpair.scheduler import Scheduler
from fuzzpair.soak import Soak, findings_of
from fuzzpair.soak import exit_code_of as exit_code_of_soak
from fuzzpair.store import Store
from fuzzpair.verbs.options import CONFIG, OUT, STATE, ConfigFile, OutFolder, StateFolder
from fuzzpair.verbs.output import stdout_console, write_file
from fuzzpair.verbs.past_runs import write_run_reports
from fuzzpair.world import World, backing, end_like_ctrl_c


def run(
    context: typer.Context,
    mistakes: Annotated[list[str] | None, typer.Argument(help="Only these mistakes.")] = None,
    profile: Annotated[str, typer.Option(help="A profile of pipeline.yml.")] = "default",
    config_file: ConfigFile = CONFIG,
    state_folder: StateFolder = STATE,
    out: OutFolder = OUT,
    backend: Annotated[Kind | None, typer.Option(help="docker, local or auto, instead of pipeline.yml's.")] = None,
) -> None:
    """The experiment: build, fuzz and replay every mistake in both languages; end with the matrix.

    Exit code: 0 clean, 1 a verdict differs from the baseline, 2 usage or configuration, 3 something could not be
    done, 130 interrupted.
    """
    config = load_config(config_file)
    end_like_ctrl_c(signal.SIGTERM)
    wish = ExperimentWish(config, profile, config.profile(profile), tuple(mistakes or ()))
    check_wish(config, wish.profile, wish.mistakes)
    with state.locked_state(state_folder) as store:
        record = run_experiment(wish, store, context.obj, backend or config.backend)
        state.save_record(store, record.run_id, render(record))
    console = stdout_console()
    render_matrix(record, console)
    for path in write_run_reports(record, out, store, state_folder):
        console.print(f"wrote {path}")
    raise typer.Exit(record.gate.exit_code)


@dataclass(frozen=True)
class ExperimentWish:
    """What to run."""

    config: Config
    profile_name: str
    profile: Profile
    mistakes: tuple[str, ...]


def run_experiment(
    wish: ExperimentWish, store: Store, world: World, kind: Kind, given: Mapping[str, Triggers] | None = None
) -> RunRecord:
    with backing(wish.config, store, world, kind) as work:
        return Experiment(
            config=wish.config,
            profile_name=wish.profile_name,
            toolchain=work.toolchain,
            worker=work.worker,
            executor=work.executor,
            observer=work.observer,
            slots=work.slots,
            selected=wish.mistakes,
            given=given,
        ).run()


def soak(
    context: typer.Context,
    minutes: Annotated[float, typer.Option(min=0.01, max=10_000, help="Of fuzzing, for each twin.")] = 30.0,
    config_file: ConfigFile = CONFIG,
    state_folder: StateFolder = STATE,
    out: OutFolder = OUT,
) -> None:
    """Fuzz the unpatched twins, split over every sanitizer that can be fuzzed and every target; nothing may be found.

    What is found is written to OUT/soak. Exit code: 0 clean, 2 usage or configuration, 3 something was found or could
    not be done, 130 interrupted.
    """
    config = load_config(config_file)
    end_like_ctrl_c(signal.SIGTERM)
    corpora = {target: read_corpus(config, target) for target in config.pair.targets}
    with (
        state.locked_state(state_folder) as store,
        backing(config, store, context.obj, config.backend) as work,
    ):
        soaked = Soak(
            config=config,
            worker=work.worker,
            scheduler=Scheduler(work.executor, work.worker, work.observer),
            sources={one: put_sources(read_tree(config.pair.folder(one)), store) for one in Language},
            seeds={target: tuple(dict.fromkeys(map(store.put_blob, seeds))) for target, seeds in corpora.items()},
            seconds=minutes * 60,
        ).run()
        found = {path: store.get_blob(sha256) for one in soaked for path, sha256 in findings_of(one).items()}
    console = stdout_console()
    render_soaked(soaked, console)
    for name, content in found.items():
        console.print(f"wrote {write_file(out / 'soak' / name, content)}")
    raise typer.Exit(exit_code_of_soak(soaked))
