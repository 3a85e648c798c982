"""A leak under load: who is killed, who is not, and what says nothing."""

from __future__ import annotations

import os
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fuzzpair.backends.docker import DockerBackend
from fuzzpair.backends.fake import FakeSandbox
from fuzzpair.builds.job import build_job
from fuzzpair.builds.record import Build
from fuzzpair.builds.runtime import runtime_files
from fuzzpair.builds.sources import put_sources
from fuzzpair.errors import EngineError
from fuzzpair.flavours import RECIPES
from fuzzpair.jobs import Batch, Worker, job_key, run_batch
from fuzzpair.load import ALLOWED, LOAD_LIMITS, LoadBuildJob, LoadJob, LoadProgram, Loads, load_build
from fuzzpair.mistakes import read_tree
from fuzzpair.model.command import Command, Completed, Limits
from fuzzpair.model.evidence import UnderLoad
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language, Variant
from fuzzpair.model.run_record import Row
from fuzzpair.outcomes import Asked, Word, cases_of
from fuzzpair.store import Store
from tiny_pair import TinyPair, Tools, cpp_patch, rust_patch

REPOSITORY = Path(__file__).parents[1]


class Programs:
    """Programs that are killed behind so many parses; 0: never."""

    def __init__(self, store: Store, **kills: int) -> None:
        self.kills = {store.put_blob(name.encode()): kills_at for name, kills_at in kills.items()}
        self.ending: dict[str, Any] = {}

    def __call__(self, command: Command, files: dict[str, bytes]) -> Completed:
        kills_at, asked = self.kills[command.argv[0].removeprefix("./")], int(command.argv[1])
        is_killed = 0 < kills_at <= asked
        files[f"{command.cwd}/{command.argv[2]}"] = struct.pack("=Q", kills_at if is_killed else asked)
        ending = {"exit_code": None, "signal": 9, "oom_killed": True} if is_killed else {"exit_code": 0}
        return Completed(command=command, **{**ending, **self.ending})


def job_of(store: Store, *pairs: tuple[Variant, str, str]) -> LoadJob:
    programs = tuple(
        LoadProgram(
            variant=variant,
            flavour=Flavour.DEFAULT,
            program=store.put_blob(own.encode()),
            counterpart=store.put_blob(fixed.encode()),
        )
        for variant, own, fixed in pairs
    )
    return LoadJob(programs=programs, input=store.put_blob(b"input"), parses=10_000, fuse_s=60, subject="slip")


def test_the_first_is_run_until_it_is_killed_and_bounds_the_others(store: Store) -> None:
    programs = Programs(store, leaky=1_000, fixed=0, tight=0)
    job = job_of(store, (Variant.CPP, "leaky", "fixed"), (Variant.RUST, "tight", "fixed"))
    loads = job.run(FakeSandbox(programs), store)
    cpp, rust = loads.loads
    assert (cpp.killed, cpp.parses, cpp.counterpart_killed, cpp.counterpart_parses) == (True, 1_000, False, 1_000)
    assert (rust.killed, rust.parses, rust.counterpart_parses) == (False, ALLOWED * 1_000, ALLOWED * 1_000)
    assert loads.complete
    assert cpp.shown == "killed for its memory behind 1,000 parses under 64 MiB"
    assert rust.shown == "not killed in 4,000 parses under 64 MiB"


def test_nothing_is_killed_that_does_not_leak(store: Store) -> None:
    job = job_of(store, (Variant.CPP, "tight", "fixed"))
    (load,) = job.run(FakeSandbox(Programs(store, tight=0, fixed=0)), store).loads
    assert (load.killed, load.parses) == (False, 10_000)


def test_what_the_fuse_ended_is_no_result(store: Store) -> None:
    programs = Programs(store, tight=0, fixed=0)
    programs.ending = {"exit_code": None, "timed_out": True}
    assert not job_of(store, (Variant.CPP, "tight", "fixed")).run(FakeSandbox(programs), store).complete


@pytest.mark.parametrize("ending", [{"exit_code": None, "signal": 11}, {"exit_code": 87}])
def test_another_ending_is_an_error_and_no_kill(store: Store, ending: dict[str, Any]) -> None:
    programs = Programs(store, tight=0, fixed=0)
    programs.ending = ending
    with pytest.raises(EngineError, match="slip load: it ended with"):
        job_of(store, (Variant.CPP, "tight", "fixed")).run(FakeSandbox(programs), store)


def test_a_program_that_did_not_start_parsing_is_an_error(store: Store) -> None:
    def silent(command: Command, files: dict[str, bytes]) -> Completed:
        return Completed(command=command, exit_code=0)

    with pytest.raises(EngineError, match="behind 0 parses"):
        job_of(store, (Variant.CPP, "tight", "fixed")).run(FakeSandbox(silent), store)


def test_the_limit_is_in_the_key(store: Store) -> None:
    job = job_of(store, (Variant.CPP, "tight", "fixed"))
    other = replace(job, limits=replace(LOAD_LIMITS, memory_mb=65))
    assert job_key(job, "f") != job_key(other, "f")


@pytest.mark.parametrize("language", Language)
def test_what_is_loaded_is_what_ships(language: Language) -> None:
    shipped, loaded = RECIPES[language][Flavour.DEFAULT], LoadBuildJob.recipe_of(language, Flavour.DEFAULT)
    assert (loaded.compile, loaded.link, loaded.env) == (shipped.compile, shipped.link, shipped.env)
    assert "load.c" in runtime_files()


def test_its_build_starts_from_the_unpatched_one_and_knows_its_driver(store: Store) -> None:
    sources = put_sources({"src/main.cpp": "int main() {}"}, store)
    base = build_job(Language.CPP, Flavour.DEFAULT, sources, ("message",))
    own = load_build(base, "message", "f00d")
    assert (own.base_key, own.base_sources) == (job_key(base, "f00d"), sources)
    patched = replace(base, base_key="0" * 64)
    assert load_build(patched, "message", "f00d").base_key == "0" * 64
    assert any(flag.startswith("load.c:") for flag in own.flags)
    assert job_key(own, "f00d") != job_key(base, "f00d")


@pytest.mark.container
@pytest.mark.parametrize("language", Language)
def test_a_real_one_starts_from_a_default_build_and_parses(language: Language, store: Store) -> None:
    backend = DockerBackend(os.environ, print)
    fingerprint = backend.prepare(REPOSITORY / "docker/toolchain").fingerprint
    worker = Worker(backend=backend, store=store, fingerprint=fingerprint, limits=Limits())
    folder = REPOSITORY / f"targets-{language}/dns"
    base = build_job(language, Flavour.DEFAULT, put_sources(read_tree(folder), store), ("message",))
    own = load_build(base, "message", fingerprint)
    outcomes = run_batch(Batch((base, own), "builds"), worker)
    built = outcomes[own].result
    assert isinstance(built, Build), outcomes[own].error
    program = built.program("fuzz_message")
    assert program is not None
    variant = Variant.CPP if language is Language.CPP else Variant.RUST
    both = LoadProgram(variant=variant, flavour=Flavour.DEFAULT, program=program, counterpart=program)
    message = store.put_blob(next((REPOSITORY / "corpus/dns/message").iterdir()).read_bytes())
    job = LoadJob(programs=(both,), input=message, parses=5_000, fuse_s=60)
    result = run_batch(Batch((job,), "load"), worker)[job].result
    assert isinstance(result, Loads)
    (load,) = result.loads
    assert (load.parses, load.killed, load.counterpart_killed) == (5_000, False, False)


# --- in a run --------------------------------------------------------------------------------------


@pytest.fixture
def pair(tmp_path: Path) -> TinyPair:
    pair = TinyPair(tmp_path)
    path = tmp_path / "pipeline.yml"
    path.write_text(path.read_text().replace("    fuse_s: 60\n", "    fuse_s: 60\n    load_parses: 1000000\n"))
    pair.plant("cpp", "leak", cpp_patch('slip("leaks");', bug_class="memory-leak"))
    pair.plant("rust", "leak", rust_patch('slip("tight");', canary=True))
    return pair


def rows_of_leak(pair: TinyPair, tools: Tools | None = None) -> dict[Variant, Row]:
    return {row.variant: row for row in pair.run(tools, selected=("leak",)).rows}


def killed(row: Row, flavour: Flavour = Flavour.DEFAULT) -> Word:
    (case,) = cases_of([row])
    return case.says(Asked(row.variant, (UnderLoad.KILLED,), (UnderLoad.SURVIVED,)), flavour)[0]


def test_a_run_loads_its_leaks_and_says_so_in_the_row(pair: TinyPair) -> None:
    rows = rows_of_leak(pair)
    cpp, rust = rows[Variant.CPP], rows[Variant.RUST]
    assert [(one.flavour, one.killed, one.parses) for one in cpp.evidence.loads] == [
        (Flavour.DEFAULT, True, 500),
        (Flavour.HARDENED, True, 500),
    ]
    assert [(one.killed, one.parses) for one in rust.evidence.loads] == [(False, 2_000)]
    assert (killed(cpp), killed(cpp, Flavour.HARDENED), killed(rust)) == (Word.SUPPORT, Word.SUPPORT, Word.AGAINST)


def test_a_profile_without_loads_runs_and_builds_none(pair: TinyPair) -> None:
    path = pair.root / "pipeline.yml"
    path.write_text(path.read_text().replace("    load_parses: 1000000\n", ""))
    record = pair.run(selected=("leak",))
    assert all(row.evidence.loads == () and killed(row) is Word.NOT_JUDGED for row in record.rows)
    assert ("load", "not run") in record.budgets
    assert "run under load" not in [cost.stage for cost in record.stages]


def test_what_was_not_loaded_is_not_judged(pair: TinyPair) -> None:
    (row,) = [one for one in pair.run(selected=("wrong",)).rows if one.variant is Variant.CPP]
    assert row.evidence.loads == ()
    assert killed(row) is Word.NOT_JUDGED


def test_a_counterpart_that_is_killed_as_well_fails_a_control_and_answers_nothing(pair: TinyPair) -> None:
    record = pair.run(Tools(dirty="load"), selected=("leak",))
    failed = [one.name for one in record.controls if not one.passed]
    assert failed == ["leak load, counterparts"]
    assert record.gate.exit_code == 3
    assert {killed(row) for row in record.rows} == {Word.NOT_JUDGED}
