"""The verbs. The only place that prints errors and chooses the exit code."""

from __future__ import annotations

import json
import signal
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from fuzzpair import __version__, cli_agree, cli_pair, cli_setup, state
from fuzzpair.again import Again, replay_again, replayed_program
from fuzzpair.backends.select import Kind, open_backend
from fuzzpair.build import put_sources
from fuzzpair.bundle import read_bundle, unpack_pair, write_bundle
from fuzzpair.config import Config, Profile, json_schema, load_config
from fuzzpair.crash_inputs import Minimising, StoredBuild, alone, try_inputs
from fuzzpair.errors import (
    EXIT_CLEAN,
    EXIT_NOT_DONE,
    EXIT_USAGE,
    BackendError,
    FuzzpairError,
    StoreError,
    UsageError,
)
from fuzzpair.findings import STDIN, Judging, Read, read_given, read_reports, read_rulings, triage, without
from fuzzpair.fuzz.triggers import Triggers
from fuzzpair.history import find_run, read_history
from fuzzpair.mistakes import read_tree
from fuzzpair.model.command import Limits
from fuzzpair.model.finding import Triage
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language
from fuzzpair.model.run_record import RunRecord
from fuzzpair.pipeline import Experiment
from fuzzpair.reading import check_wish, read_corpus
from fuzzpair.rebase import problems_behind, rebase_all
from fuzzpair.report import clean, write_reports
from fuzzpair.report.checks import render_checks
from fuzzpair.report.checks import render_json as checks_json
from fuzzpair.report.console import make_console, render_matrix
from fuzzpair.report.explain import render_explanation
from fuzzpair.report.findings import render_findings, render_json
from fuzzpair.report.history_text import render_comparison, render_history
from fuzzpair.report.json_report import read_record, render
from fuzzpair.report.soaked import render_soaked
from fuzzpair.report.stored import Stored
from fuzzpair.reproduce import TIMES, Judge
from fuzzpair.scheduler import Scheduler
from fuzzpair.severity import NO_OVERRIDES
from fuzzpair.severity_rules import Reachability
from fuzzpair.soak import Soak, findings_of
from fuzzpair.soak import exit_code_of as exit_code_of_soak
from fuzzpair.store import Store, digest
from fuzzpair.triage.rulings import GROUPS, Rulings
from fuzzpair.verify import checks, exit_code_of, given_triggers
from fuzzpair.world import (
    CONFIG,
    OUT,
    STATE,
    ConfigFile,
    OpenBackend,
    OutFolder,
    StateFolder,
    World,
    backing,
    end_like_ctrl_c,
)

app = typer.Typer(
    name="fuzzpair",
    help="Plant the same mistake in a C++ parser and in its Rust twin; see, with evidence, who catches it and when.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def main(argv: Sequence[str], environ: Mapping[str, str], opener: OpenBackend = open_backend) -> int:
    """Run one verb; give its exit code (design: Exit codes)."""
    try:
        app(list(argv), obj=World(environ, opener), prog_name="fuzzpair")
    except FuzzpairError as error:
        _say(error)
        return error.exit_code
    except Exception:  # noqa: BLE001 - Python's own exit code for it is 1, which would read as a breached gate
        traceback.print_exc()
        _say(FuzzpairError("a mistake of fuzzpair itself", next_step="report it with the lines above"))
        return EXIT_NOT_DONE
    except SystemExit as ended:  # typer has printed the usage error, or a verb has chosen its code
        return ended.code if isinstance(ended.code, int) else EXIT_USAGE
    return EXIT_CLEAN


def _say(error: FuzzpairError) -> None:
    print(f"fuzzpair: {clean.block(error.message)}", file=sys.stderr)
    if error.next_step:
        print(f"  next: {clean.block(error.next_step)}", file=sys.stderr)


agree = app.command()(cli_agree.agree)
init = app.command()(cli_setup.init)
doctor = app.command()(cli_setup.doctor)
fuzz = app.command()(cli_pair.fuzz)
change = app.command()(cli_pair.change)
nightly = app.command()(cli_pair.nightly)
reproduce = app.command()(cli_pair.reproduce)


def _version(asked: bool) -> None:
    if asked:
        print(f"fuzzpair {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True)] = False,
) -> None:
    pass


@app.command()
def run(
    context: typer.Context,
    mistakes: Annotated[list[str] | None, typer.Argument(help="Only these mistakes.")] = None,
    profile: Annotated[str, typer.Option(help="A profile of pipeline.yml.")] = "default",
    config_file: ConfigFile = CONFIG,
    state_folder: StateFolder = STATE,
    out: OutFolder = OUT,
    backend: Annotated[Kind | None, typer.Option(help="docker, local or auto, instead of pipeline.yml's.")] = None,
) -> int:
    """The experiment: build, fuzz and replay every mistake in both languages; end with the matrix.

    Exit code: 0 clean, 1 a verdict differs from the baseline, 2 usage or configuration, 3 something could not be
    done, 130 interrupted.
    """
    config = load_config(config_file)
    end_like_ctrl_c(signal.SIGTERM)
    wish = _Wish(config, profile, config.profile(profile), tuple(mistakes or ()))
    check_wish(config, wish.profile, wish.mistakes)
    with state.locked_state(state_folder) as store:
        record = _run(wish, store, context.obj, backend or config.backend)
        state.save_record(store, record.run_id, render(record))
    console = make_console(sys.stdout, sys.stdout.isatty())
    render_matrix(record, console)
    for path in write_reports(record, out, stored=_stored(store, state_folder)):
        console.print(f"wrote {path}")
    raise typer.Exit(record.gate.exit_code)


@dataclass(frozen=True)
class _Wish:
    """What to run."""

    config: Config
    profile_name: str
    profile: Profile
    mistakes: tuple[str, ...]


def _run(wish: _Wish, store: Store, world: World, kind: Kind, given: Mapping[str, Triggers] | None = None) -> RunRecord:
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


@app.command()
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
    console = make_console(sys.stdout, sys.stdout.isatty())
    render_soaked(soaked, console)
    for name, content in found.items():
        console.print(f"wrote {_write_octets(out / 'soak' / name, content)}")
    raise typer.Exit(exit_code_of_soak(soaked))


@app.command()
def explain(
    mistake: Annotated[str, typer.Argument(help="e.g. use-after-free")], state_folder: StateFolder = STATE
) -> None:
    """The evidence for one mistake, from the last run: diffs, compiler, sanitizers, production, how to see it again."""
    store = state.open_store(state_folder)
    record = read_record(state.latest_record(store))
    render_explanation(record, mistake, store.get_blob, make_console(sys.stdout, sys.stdout.isatty()))


@app.command()
def replay(
    context: typer.Context,
    row: Annotated[str, typer.Argument(help="A row of the last run, e.g. use-after-free/cpp")],
    flavour: Annotated[Flavour, typer.Option(help="Which build.")],
    input_name: Annotated[str, typer.Option("--input", help="The input's sha256, or its beginning.")],
    config_file: ConfigFile = CONFIG,
    state_folder: StateFolder = STATE,
) -> None:
    """Run one input on one stored build again, in the container, and print what it printed."""
    config = load_config(config_file)
    store = state.open_store(state_folder)
    record = read_record(state.latest_record(store))
    world: World = context.obj
    backend = world.backend(config.backend, lambda text: print(text, file=sys.stderr))
    backend.prepare(config.image)
    try:
        completed = replay_again(record, Again(row, flavour, input_name), store, backend, config.limits.to_model())
    finally:
        with suppress(BackendError):
            backend.stop_all()
    print(clean.block(completed.stdout.decode(errors="replace")), end="")
    print(clean.block(completed.stderr.decode(errors="replace")), end="", file=sys.stderr)
    ending = f"signal {completed.signal}" if completed.signal else f"exit code {completed.exit_code}"
    print(f"ended with {'its time limit' if completed.timed_out else ending}", file=sys.stderr)


@app.command()
def report(
    out: OutFolder = OUT,
    state_folder: StateFolder = STATE,
    record_file: Annotated[Path | None, typer.Option("--record", help="A run.json; else the last run's.")] = None,
) -> None:
    """Make the reports again from a stored run; prints the matrix, runs nothing."""
    store = state.open_store(state_folder)
    try:
        text = record_file.read_text() if record_file else state.latest_record(store)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {record_file}: {error}") from error
    record = read_record(text)
    console = make_console(sys.stdout, sys.stdout.isatty())
    render_matrix(record, console)
    for path in write_reports(record, out, stored=_stored(store, state_folder)):
        console.print(f"wrote {path}")


def _stored(store: Store, state_folder: Path) -> Stored:
    try:
        return Stored(store.get_blob, read_history(store, state_folder))
    except StoreError as error:  # a folder that is only read: the reports lack their trend, and no more
        print(f"fuzzpair: {clean.block(error.message)}", file=sys.stderr)
        return Stored(store.get_blob)


@app.command()
def history(
    state_folder: StateFolder = STATE, last: Annotated[int, typer.Option(min=1, help="How many runs.")] = 20
) -> None:
    """The runs in the store, and what moved from each to the next: new, gone, caught earlier or later."""
    runs = read_history(state.open_store(state_folder), state_folder)
    if not runs:
        raise UsageError("there is no run yet to look at", next_step="./fuzzpair run")
    render_history(runs, last, make_console(sys.stdout, sys.stdout.isatty()))


@app.command()
def compare(
    before: Annotated[str, typer.Argument(help="A run's id or its beginning, latest, or a run.json.")],
    after: Annotated[str, typer.Argument(help="The same.")] = "latest",
    state_folder: StateFolder = STATE,
) -> None:
    """Which rows and classes moved a rung between two runs, say of two toolchains. Exit code 0, whatever moved."""
    store = state.open_store(state_folder)
    runs = find_run(before, store), find_run(after, store)
    render_comparison(*runs, make_console(sys.stdout, sys.stdout.isatty()))


@app.command()
def bundle(
    target: Annotated[Path, typer.Argument(help="The archive to write.")] = Path("fuzzpair-bundle.zip"),
    config_file: ConfigFile = CONFIG,
    state_folder: StateFolder = STATE,
) -> None:
    """The last run as one archive that others can check: record, sources, patches, inputs, logs, recipe, digests."""
    store = state.open_store(state_folder)
    text = state.latest_record(store)
    record = read_record(text)
    count = write_bundle(record, text, config_file, store, target)
    print(f"wrote {target}: {count} files of run {record.run_id}; `fuzzpair verify {target}` checks it")


@app.command()
def verify(
    context: typer.Context,
    bundle_file: Annotated[Path, typer.Argument(help="What `fuzzpair bundle` wrote, here or elsewhere.")],
    config_file: ConfigFile = CONFIG,
    state_folder: StateFolder = STATE,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the answers there.")] = None,
) -> None:
    """Rebuild and replay a bundle, and say of each verdict whether it is confirmed, changed, or could not be checked.

    The toolchain image and the limits are this checkout's; the bundle's sources run in the sandbox alone.

    Exit code: 0 all confirmed, 1 some changed, 2 usage, 3 some could not be checked, 130 interrupted.
    """
    own = load_config(config_file)
    content = read_bundle(bundle_file)
    stated = read_record(content.record)
    end_like_ctrl_c(signal.SIGTERM)
    with (
        tempfile.TemporaryDirectory(prefix="fuzzpair-verify-") as folder,
        state.locked_state(state_folder / "verify" / digest(content.record.encode())[:16]) as store,
    ):
        bundled = load_config(unpack_pair(content, Path(folder)))
        config = bundled.model_copy(update={"recipe": own.image, "limits": own.limits, "workers": own.workers})
        names = tuple(dict.fromkeys(row.mistake for row in stated.rows))
        wish = _Wish(config, stated.profile, config.profile(stated.profile), names)
        measured = _run(wish, store, context.obj, own.backend, given_triggers(stated, content, store))
    results = list(checks(stated, measured))
    console = make_console(sys.stdout, sys.stdout.isatty())
    render_checks(results, stated, measured, console)
    if json_file:
        _write(json_file, checks_json(results, stated, measured))
    raise typer.Exit(exit_code_of(results, measured))


@app.command()
def rebase(
    mistakes: Annotated[list[str] | None, typer.Argument(help="Only these mistakes.")] = None,
    config_file: ConfigFile = CONFIG,
) -> None:
    """After a change of the parser: write every patch against it again, and name those that need a hand.

    Read the result as a diff: what was moved is listed by git. Exit code: 0 all apply, 3 some need a hand.
    """
    pair = load_config(config_file).pair
    names = tuple(mistakes or ())
    left: set[str] = set()
    for one in rebase_all((pair.cpp, pair.rust), names):
        if one.text is not None:
            _write(one.path, one.text)
            print(f"re-based: {clean.line(str(one.path))}")
        elif one.problem:
            left.add(f"{one.path.name}: {one.problem}")
    left = left or set(problems_behind(pair.cpp, pair.rust, names))
    for text in sorted(left):
        print(f"needs a hand: {clean.line(text)}")
    raise typer.Exit(EXIT_NOT_DONE if left else EXIT_CLEAN)


class ReachedBy(StrEnum):
    """The words of severity_rules.Reachability, for the command line."""

    UNTRUSTED = Reachability.UNTRUSTED.word
    UNKNOWN = Reachability.UNKNOWN.word
    HARNESS = Reachability.HARNESS.word


@app.command("triage")
def triage_logs(
    context: typer.Context,
    paths: Annotated[list[str], typer.Argument(help="Logs or crash inputs, folders of them, or - for standard input.")],
    json_file: Annotated[str | None, typer.Option("--json", help="Write the findings there; - prints them.")] = None,
    groups: Annotated[Path | None, typer.Option(help="A person's rulings; groups.yml where it is there.")] = None,
    config_file: Annotated[Path | None, typer.Option("--config", help="A pipeline.yml with severities.")] = None,
    reached_by: Annotated[ReachedBy, typer.Option(help="Who brings the target to the fault.")] = ReachedBy.UNKNOWN,
    on: Annotated[str | None, typer.Option(help="A row of the last run: inputs are run again on its build.")] = None,
    flavour: Annotated[Flavour, typer.Option(help="Which build of that row.")] = Flavour.ADDRESS,
    times: Annotated[int, typer.Option(min=1, max=1000, help="Replays of each input.")] = TIMES,
    minimise_s: Annotated[float, typer.Option(min=0, help="Seconds to make one input smaller; 0: leave it.")] = 60,
    state_folder: StateFolder = STATE,
) -> None:
    """Any fuzzer's logs to findings: classified, grouped, with CWE and severity. Without --on it runs nothing.

    With --on, a file in which no tool reports anything is an input: it is run again in the sandbox, grouped with the
    others by what it shows, and one input of each finding is made smaller.

    Exit code: 0 done, 2 usage or configuration, 3 where a file could not be read or run (the others are shown).
    """
    judging = Judging(
        reachability=next(one for one in Reachability if one.word == reached_by),
        overrides=load_config(config_file).overrides if config_file else NO_OVERRIDES,
        rulings=_rulings(groups),
    )
    if on is None:
        found = triage(read_reports(read_given(paths, sys.stdin.buffer)), judging)
    else:
        config, store = load_config(config_file or CONFIG), state.open_store(state_folder)
        build = _stored_build(store, on, flavour, config.limits.to_model(), _options(state_folder, config_file))
        read = read_reports(read_given(paths, sys.stdin.buffer))
        with backing(config, store, context.obj, config.backend) as work:
            scheduler = Scheduler(work.executor, work.worker, work.observer)
            found = _triage_inputs(read, judging, build, scheduler, store, times=times, minimise_s=minimise_s)
    if json_file == STDIN:
        print(render_json(found), end="")
    else:
        render_findings(found, make_console(sys.stdout, sys.stdout.isatty()))
        if json_file:
            _write(Path(json_file), render_json(found))
    if not found.logs and not found.unreadable and on is None:
        raise UsageError("there is no log in what was given", next_step="name logs, or a folder of them")
    raise typer.Exit(EXIT_NOT_DONE if found.unreadable else EXIT_CLEAN)


def _options(state_folder: Path, config_file: Path | None) -> tuple[str, ...]:
    """What the printed command needs besides the defaults."""
    options = () if state_folder == STATE else ("--state", str(state_folder))
    return options if config_file in (None, CONFIG) else (*options, "--config", str(config_file))


def _stored_build(store: Store, row: str, flavour: Flavour, limits: Limits, options: tuple[str, ...]) -> StoredBuild:
    """Raises UsageError where the last run has no such row or build."""
    program = replayed_program(read_record(state.latest_record(store)), row, flavour)
    judge = Judge(program=program.program, flavour=flavour, target=program.target, limits=limits)
    return StoredBuild(row=row, judge=judge, options=options)


def _triage_inputs(
    read: Sequence[Read],
    judging: Judging,
    build: StoredBuild,
    scheduler: Scheduler,
    store: Store,
    *,
    times: int,
    minimise_s: float,
) -> Triage:
    inputs = {one.given.name: one.given.content for one in read if one.is_input}
    trial = try_inputs(inputs, build, scheduler, store, times=times)
    found = triage(without(read, trial.failed), judging, trial.tried)
    if not minimise_s:
        return found
    minimising = Minimising(findings=found.findings, build=build, fuse_s=minimise_s)
    outcomes = scheduler.run_stage("minimise", alone(minimising.plan()))
    scheduler.run_stage("reproduce the minimised", alone(minimising.plan_again(outcomes)))
    return replace(found, findings=minimising.done(outcomes, store))


def _rulings(path: Path | None) -> Rulings:
    """The named file, which has to be there, or the folder's own, which need not."""
    own = Path(GROUPS)
    if path is None and not own.exists():
        return Rulings()
    return read_rulings(path or own)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise FuzzpairError(f"{path}: cannot be written: {error.strerror}", next_step="name another file") from error


def _write_octets(path: Path, content: bytes) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise FuzzpairError(f"{path}: cannot be written: {error.strerror}", next_step="name another folder") from error
    return path


@app.command()
def schema() -> None:
    """The JSON schema of pipeline.yml, for editors."""
    print(json.dumps(json_schema(), indent=2))
