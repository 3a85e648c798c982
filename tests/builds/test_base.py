"""A build of a changed tree starts from the unpatched build: what it takes from there, and that it changes nothing."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import pytest

from fuzzpair.backends.docker import DockerBackend
from fuzzpair.backends.fake import TOOLCHAIN, FakeSandbox
from fuzzpair.builds.cpp import INNER_HEADERS, OWN_HEADERS, STD_HEADERS
from fuzzpair.builds.job import BuildJob, build_job
from fuzzpair.builds.record import JUDGE
from fuzzpair.builds.rust import INCREMENTAL_STATE
from fuzzpair.builds.sources import put_sources
from fuzzpair.jobs import Batch, Job, Worker, job_key, run_batch
from fuzzpair.load import load_build
from fuzzpair.mistakes import load_mistake, read_tree
from fuzzpair.model.command import Command, Completed, Limits
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language, Variant
from fuzzpair.store import Store
from tiny_pair import CPP, RUST, Files, Tools

REPOSITORY = Path(__file__).parents[2]
TREES = {Language.CPP: CPP, Language.RUST: RUST}
SOURCE = {Language.CPP: "src/name.cpp", Language.RUST: "src/lib.rs"}
PREPARED = {Language.CPP: STD_HEADERS, Language.RUST: INCREMENTAL_STATE}

CALLED = "_ZN3dns3dns16describe_message17hb5eb853e7b1600a7E"


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
    prepared = [[PREPARED[job.language], store.put_blob(b"of the unpatched build")]]
    marked = {**asdict(result), "prepared": prepared}
    store.put_result(job_key(job, TOOLCHAIN.fingerprint), {"result": marked, "cpu_s": 0.0})


@pytest.mark.parametrize("language", Language)
def test_a_changed_tree_is_compiled_with_what_the_unpatched_build_prepared(language: Language, store: Store) -> None:
    base = base_job(language, store)
    finished(base, store)
    seen = Seen()
    built = changed_job(language, store, base).run(FakeSandbox(seen), store)
    assert set(seen.prepared) == {b"of the unpatched build"}
    assert built.prepared == (), "what a patched tree left is nobody's base"


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
    assert first[:2] == [("rm", "-rf", "--", "incremental", "incremental-programs"), ("tar", "xf", "incremental.tar")]
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
    assert all("-Cincremental=incremental-programs" in line for line in programs)
    names = {(line[-1], next(one for one in line if one.startswith("-Cmetadata="))) for line in programs}
    assert {f"-Cmetadata={program}" for program, _ in names} == {metadata for _, metadata in names}
    assert len(names) == len(programs), "of two programs with one name the second would undo the first one's state"


HEADERS = {
    "src/wire.hpp": "int octet();\n",
    "src/name.hpp": '#include "wire.hpp"\nint parse();\n',
    "src/name.cpp": '#include "name.hpp"\n#include <vector>\nint parse();\n',
}


@pytest.mark.parametrize(
    ("path", "headers"),
    [("src/name.cpp", OWN_HEADERS), ("src/name.hpp", INNER_HEADERS), ("src/wire.hpp", STD_HEADERS)],
)
def test_a_tree_s_own_headers_serve_where_it_changes_none_that_they_hold(path: str, headers: str, store: Store) -> None:
    tree = CPP | HEADERS
    base = build_job(Language.CPP, Flavour.DEFAULT, put_sources(tree, store), ("message",))
    key = job_key(base, TOOLCHAIN.fingerprint)
    store.put_result(key, {"result": asdict(base.run(FakeSandbox(Headers()), store)), "cpu_s": 0.0})
    sources = put_sources(tree | {path: f"{tree[path]}// more\n"}, store)
    seen = Headers()
    build_job(Language.CPP, Flavour.DEFAULT, sources, ("message",), base=(key, base.sources)).run(
        FakeSandbox(seen), store
    )
    used = {line[line.index("-include-pch") + 1] for line in seen.lines if "-include-pch" in line}
    assert used == {headers}


def test_a_changed_tree_is_linked_by_the_linker_itself(store: Store) -> None:
    base, says, seen = base_job(Language.CPP, store), Linking(), Linking()
    result = base.run(FakeSandbox(says), store)
    store.put_result(job_key(base, TOOLCHAIN.fingerprint), {"result": asdict(result), "cpu_s": 0.0})
    changed_job(Language.CPP, store, base).run(FakeSandbox(seen), store)
    (line,) = [line for line in seen.lines if line[0] == "/bin/ld.lld"]
    assert line[-2:] == ("-o", JUDGE)
    assert "src_name.o" in line


def test_where_every_sandbox_is_elsewhere_a_tree_s_own_headers_are_not_precompiled(store: Store) -> None:
    sandbox = FakeSandbox(Headers())
    sandbox.has_fixed_root = False  # what is precompiled names its files by their whole path
    base = build_job(Language.CPP, Flavour.DEFAULT, put_sources(CPP | HEADERS, store), ("message",))
    assert [name for name, _ in base.run(sandbox, store).prepared] == [STD_HEADERS]


@dataclass
class Headers(Seen):
    """Compilers that also leave what they precompile."""

    def __call__(self, command: Command, files: Files) -> Completed:
        if "c++-header" in command.argv:
            files[f"{command.cwd}/{command.argv[-1]}"] = b"precompiled"
            return Completed(command=command, exit_code=0)
        return super().__call__(command, files)


@dataclass
class Linking(Seen):
    """Compilers that say how they link, and a linker that may not find what a program calls."""

    symbols: str = f"                 U {CALLED}\n0000000000000000 T main\n"
    finds_all: bool = True

    def __call__(self, command: Command, files: Files) -> Completed:
        program = command.argv[-1]
        if "-###" in command.argv:
            words = [one for one in command.argv[1:] if one != "-###"]
            shown = "clang version 22\n " + " ".join(f'"{one}"' for one in ("/bin/ld.lld", *words))
            return Completed(command=command, exit_code=0, stderr=shown.encode())
        if command.argv[0] == "llvm-nm":
            return Completed(command=command, exit_code=0, stdout=self.symbols.encode())
        if command.argv[0] == "/bin/ld.lld":
            self.lines.append(command.argv)
            if self.finds_all:
                files[f"{command.cwd}/{program}"] = b"{}"
            return Completed(command=command, exit_code=0 if self.finds_all else 1)
        completed = super().__call__(command, files)
        if "--print=link-args" in command.argv:
            line = f'PATH="/bin" "clang" "{program}.1.rcgu.o" "/elsewhere/libdns.rlib" "-o" "{program}"\n'
            return replace(completed, stdout=line.encode())
        return completed


def linked(store: Store, base_says: Linking, seen: Linking, **changed: str) -> list[str]:
    """The tools that make the programs of a changed tree, behind its library."""
    base = base_job(Language.RUST, store)
    key = job_key(base, TOOLCHAIN.fingerprint)
    store.put_result(key, {"result": asdict(base.run(FakeSandbox(base_says), store)), "cpu_s": 0.0})
    tree = RUST | {"src/lib.rs": RUST["src/lib.rs"] + "// more\n"} | changed
    job = build_job(Language.RUST, Flavour.DEFAULT, put_sources(tree, store), ("message",), base=(key, base.sources))
    built = job.run(FakeSandbox(seen), store)
    assert built.compiled
    tools = [line[0] for line in seen.lines if line[-1] == JUDGE]
    assert [one for one in built.commands if one.endswith(f" {JUDGE}")], "and the record says by which command"
    return tools


def test_a_program_around_a_changed_library_is_linked_anew(store: Store) -> None:
    seen = Linking()
    assert linked(store, Linking(), seen) == ["rm", "/bin/ld.lld"]
    (line,) = [line for line in seen.lines if line[0] == "/bin/ld.lld"]
    assert line[1:] == (f"{JUDGE}.1.rcgu.o", "libdns.rlib", "-o", JUDGE)


def test_a_program_that_calls_what_is_gone_is_compiled(store: Store) -> None:
    """A changed signature is another name: what the compiler says of the call is what counts."""
    assert linked(store, Linking(), Linking(finds_all=False)) == ["rm", "/bin/ld.lld", "rm", "rustc"]


def test_a_program_that_holds_code_of_the_library_is_compiled(store: Store) -> None:
    says = Linking(symbols=f"0000000000000000 T {CALLED}\n")
    assert linked(store, says, Linking()) == ["rm", "rustc"]


def test_a_program_that_calls_what_is_declared_otherwise_is_compiled(store: Store) -> None:
    """rustc's newer names say nothing of a signature: the linker would find what must not be called like that."""
    says = Linking(symbols="                 U _RNvNtCsabc_3dns3dns5parse\n")
    assert linked(store, says, Linking()) == ["rm", "/bin/ld.lld"]
    changed = {"src/lib.rs": RUST["src/lib.rs"].replace("parse()", "parse(most: usize)", 1)}
    assert linked(store, says, Linking(), **changed) == ["rm", "rustc"]


def test_a_program_whose_own_file_is_changed_is_compiled(store: Store) -> None:
    changed = {"src/main.rs": RUST["src/main.rs"] + "// more\n"}
    assert linked(store, Linking(), Linking(), **changed) == ["rm", "rustc"]


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
