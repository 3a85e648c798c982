"""A build of a changed tree starts from the unpatched build: what it takes from there, and that it changes nothing."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from fuzzpair.backends.docker import DockerBackend
from fuzzpair.backends.fake import TOOLCHAIN, FakeSandbox
from fuzzpair.build import JUDGE, PREPARED, Build, BuildJob, build_job, put_sources
from fuzzpair.jobs import Batch, Job, Worker, job_key, run_batch
from fuzzpair.load import load_build
from fuzzpair.mistakes import load_mistake, read_tree
from fuzzpair.model.command import Command, Completed, Limits
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language, Variant
from fuzzpair.store import Store
from tiny_pair import CPP, RUST, Files, Tools

REPOSITORY = Path(__file__).parents[1]
TREES = {Language.CPP: CPP, Language.RUST: RUST}
SOURCE = {Language.CPP: "src/name.cpp", Language.RUST: "src/lib.rs"}


@dataclass
class Seen:
    """The pair's imitated compilers, and what each build's compiler was given."""

    prepared: list[bytes | None] = field(default_factory=list)
    lines: list[tuple[str, ...]] = field(default_factory=list)

    def __call__(self, command: Command, files: Files) -> Completed:
        language = Language.RUST if command.cwd.startswith("rust") else Language.CPP
        if command.argv[0] in ("clang++", "rustc"):
            self.prepared.append(files.get(f"{command.cwd}/{PREPARED[language]}"))
        self.lines.append(command.argv)
        return Tools()(command, files)


def base_job(language: Language, store: Store) -> BuildJob:
    return build_job(language, Flavour.DEFAULT, put_sources(TREES[language], store), ("message",))


def changed_job(language: Language, store: Store, base: BuildJob) -> BuildJob:
    path = SOURCE[language]
    sources = put_sources(TREES[language] | {path: TREES[language][path] + "// more\n"}, store)
    key = job_key(base, TOOLCHAIN.fingerprint)
    return build_job(language, Flavour.DEFAULT, sources, ("message",), base=(key, base.sources))


def finished(job: BuildJob, store: Store) -> None:
    """Run a job whose preparation is a word of its own, and keep its result as a run would."""
    result = job.run(FakeSandbox(Seen()), store)
    marked = {**_as_json(result), "prepared": store.put_blob(b"of the unpatched build")}
    store.put_result(job_key(job, TOOLCHAIN.fingerprint), {"result": marked, "cpu_s": 0.0})


def _as_json(result: Build) -> dict[str, object]:
    return {name: getattr(result, name) for name in ("programs", "objects", "diagnostics", "commands")}


@pytest.mark.parametrize("language", Language)
def test_a_changed_tree_is_compiled_with_what_the_unpatched_build_prepared(language: Language, store: Store) -> None:
    base = base_job(language, store)
    finished(base, store)
    seen = Seen()
    built = changed_job(language, store, base).run(FakeSandbox(seen), store)
    assert set(seen.prepared) == {b"of the unpatched build"}
    assert built.prepared is None, "what a patched tree left is nobody's base"


@pytest.mark.parametrize("language", Language)
def test_a_lost_base_costs_time_only(language: Language, store: Store) -> None:
    seen = Seen()
    built = changed_job(language, store, base_job(language, store)).run(FakeSandbox(seen), store)
    assert built.compiled
    assert not any(PREPARED[language] in line for line in seen.lines)


def test_another_tree_s_state_is_cleared_before_each_build(store: Store) -> None:
    base = base_job(Language.RUST, store)
    finished(base, store)
    seen = Seen()
    changed_job(Language.RUST, store, base).run(FakeSandbox(seen), store)
    first = [line for line in seen.lines if "incremental" in " ".join(line)][:3]
    assert first[:2] == [("rm", "-rf", "--", "incremental"), ("tar", "xf", "incremental.tar")]
    assert first[2][0] == "rustc"


@pytest.mark.parametrize("language", Language)
def test_what_a_load_build_links_is_compiled_though_its_base_has_none_of_it(language: Language, store: Store) -> None:
    base = base_job(language, store)
    finished(base, store)
    seen = Seen()
    load_build(base, "message", TOOLCHAIN.fingerprint).run(FakeSandbox(seen), store)
    assert ("clang", "-O1", "-c", "load.c", "-o", "load.o") in seen.lines


def test_each_rust_program_has_an_incremental_state_of_its_own(store: Store) -> None:
    seen = Seen()
    base_job(Language.RUST, store).run(FakeSandbox(seen), store)
    programs = [line for line in seen.lines if "--crate-name=program" in line]
    assert programs
    assert all("-Cincremental=incremental" in line for line in programs)
    names = {(line[-1], next(one for one in line if one.startswith("-Cmetadata="))) for line in programs}
    assert {f"-Cmetadata={program}" for program, _ in names} == {metadata for _, metadata in names}
    assert len(names) == len(programs), "of two programs with one name the second would undo the first one's state"


@pytest.mark.container
@pytest.mark.parametrize("variant", [Variant.CPP, Variant.RUST_UNSAFE])
@pytest.mark.parametrize("flavour", [Flavour.DEFAULT, Flavour.ADDRESS, Flavour.MEMORY])
def test_a_program_is_the_same_with_and_without_a_base(variant: Variant, flavour: Flavour, tmp_path: Path) -> None:
    """The evidence for starting from another build: the very same octets are loaded, and read as debug information.

    rustc hands over the same objects, in the order in which it made or found them: it shows in the order of the symbol
    table, which nothing reads, and in the build id, a hash of all.
    """
    backend = DockerBackend(os.environ, print)
    toolchain = backend.prepare(REPOSITORY / "docker/toolchain")
    worker = Worker(backend=backend, store=Store(str(tmp_path)), fingerprint=toolchain.fingerprint, limits=Limits())
    cpp, rust = (REPOSITORY / f"targets-{one}/dns" for one in ("cpp", "rust"))
    tree = read_tree(cpp if variant is Variant.CPP else rust)
    mistake = load_mistake("stack-buffer-overflow", cpp, rust)
    patched = next(one.tree for one in mistake.planted if one.variant is variant)
    assert patched.keys() == tree.keys()
    assert patched != tree
    base = build_job(variant.language, flavour, put_sources(tree, worker.store), ("message",))
    sources = put_sources(patched, worker.store)
    shared = (job_key(base, toolchain.fingerprint), base.sources)
    jobs: tuple[Job, ...] = (
        base,
        build_job(variant.language, flavour, sources, ("message",), base=shared),
        build_job(variant.language, flavour, sources, ("message",)),
    )
    outcomes = run_batch(Batch(jobs, "builds"), worker)
    programs = [worker.store.get_blob(outcomes[job].result.program(JUDGE)) for job in jobs[1:]]
    once, again = (sections(program, worker) for program in programs)
    assert once.keys() == again.keys()
    assert [name for name in once if once[name] != again[name] and name not in ORDERED] == []


ORDERED = (".symtab", ".note.gnu.build-id")


def sections(program: bytes, worker: Worker) -> dict[str, bytes]:
    """The contents of a program's sections by name."""
    listing = Command(
        argv=("llvm-readelf-22", "--elf-output-style=JSON", "--sections", "program"), cwd=".", timeout_s=60.0
    )
    with worker.backend.session(worker.limits) as sandbox:
        sandbox.put({"program": program})
        (found,) = json.loads(sandbox.run(listing).stdout)
    headers = [one["Section"] for one in found["Sections"]]
    held = [one for one in headers if one["Type"]["Name"] not in ("SHT_NOBITS", "SHT_NULL")]
    assert held
    return {one["Name"]["Name"]: program[one["Offset"] : one["Offset"] + one["Size"]] for one in held}
