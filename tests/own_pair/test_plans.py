"""What a build is told and what becomes of its ending, without running one."""

# ruff: noqa: E501 - a case is easiest to read on one line

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from fuzzpair.backends.fake import FakeBackend, FakeSandbox
from fuzzpair.config import Config, load_config
from fuzzpair.errors import BuildError
from fuzzpair.jobs import Batch, Outcome, Worker, job_key, run_batch
from fuzzpair.model.command import Command, Completed, Limits
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language
from fuzzpair.model.pair import Checkup, Health, SideBuild, TargetProgram
from fuzzpair.own_pair.builds import SideBuildJob, side_build, side_jobs
from fuzzpair.own_pair.checkup import checkup_job
from fuzzpair.own_pair.sources import SideSources, read_side
from fuzzpair.store import Store
from tiny_elf import TARGET, elf

RECORDS = Path(__file__).parent / "records/pipeline.yml"
ENTRY = "LLVMFuzzerTestOneInput"


@pytest.fixture(scope="module")
def config() -> Config:
    return load_config(RECORDS)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "store"))


def planned(config: Config, language: Language, store: Store) -> tuple[SideSources, list[SideBuildJob]]:
    sources = read_side(config.own_pair, language, config.root, store)
    return sources, list(side_jobs(config.own_pair, sources))


class Compilers:
    """Answers as a sandbox would in which the build leaves `out`, or ends with `exit_code`."""

    def __init__(self, out: dict[str, bytes], *, exit_code: int = 0, log: str = "") -> None:
        self.out, self.exit_code, self.log = out, exit_code, log
        self.env: dict[str, str] = {}
        self.argv: tuple[str, ...] = ()

    def __call__(self, command: Command, files: dict[str, bytes]) -> Completed:
        said = ""
        if "pwd -P" in command.argv[-1]:
            said = "/job/root/oss-fuzz\nx86_64\n/opt/fuzzpair/pair\n"
        elif command.argv[:2] == ("rustc", "-vV"):
            said = "host: x86_64-unknown-linux-gnu\n"
        elif "find" in command.argv:
            said = "/lib/libclang_rt.fuzzer-x86_64.a"
        elif "bash" in command.argv or "--release" in command.argv:
            self.env, self.argv = dict(command.env), command.argv
            files.update({f"oss-fuzz/collected/{path}": content for path, content in self.out.items()})
            return Completed(command=command, exit_code=self.exit_code, stdout=self.log.encode())
        return Completed(command=command, exit_code=0, stdout=said.encode())


def built(job: SideBuildJob, compilers: Compilers, store: Store) -> SideBuild:
    return job.run(FakeSandbox(compilers), store)


def test_there_is_a_job_for_each_sanitizer_and_each_has_its_key(config: Config, store: Store) -> None:
    keys = [job_key(job, "") for language in Language for job in planned(config, language, store)[1]]
    assert len(set(keys)) == len(keys) == 6
    assert keys == [job_key(job, "") for language in Language for job in planned(config, language, store)[1]]


def test_the_contract_of_oss_fuzz(config: Config, store: Store) -> None:
    _, jobs = planned(config, Language.CPP, store)
    compilers = Compilers({"record_fuzzer": TARGET})
    built(jobs[0], compilers, store)
    env = compilers.env
    assert (env["SRC"], env["OUT"], env["WORK"]) == tuple(
        f"/job/root/oss-fuzz/{name}" for name in ("src", "out", "work")
    )
    assert (env["SANITIZER"], env["ARCHITECTURE"], env["FUZZING_ENGINE"]) == ("address", "x86_64", "libfuzzer")
    assert "-fsanitize=address" in env["CFLAGS"].split()
    assert "-fsanitize=fuzzer-no-link" in env["CXXFLAGS"].split()
    assert "-fdebug-prefix-map=/job/root/oss-fuzz/src/records=/repository/project" in env["CFLAGS"].split()
    assert "-fmacro-prefix-map=/job/root/oss-fuzz/src/records=project" in env["CFLAGS"].split()
    assert compilers.argv[-3:] == ("bash", "-eux", "/job/root/oss-fuzz/src/build.sh")


def test_checks_that_are_switched_off_are_for_ubsan_alone(config: Config, store: Store) -> None:
    fuzz = config.own_pair
    assert fuzz.cpp is not None
    without = fuzz.model_copy(update={"cpp": fuzz.cpp.model_copy(update={"without": ("shift",)})})
    sources = read_side(without, Language.CPP, config.root, store)
    flags = {job.flavour: job.plan.flags.c for job in side_jobs(without, sources)}
    assert [flavour for flavour, c in flags.items() if "-fno-sanitize=shift" in c] == [Flavour.UNDEFINED]
    assert "-fno-sanitize=function" in flags[Flavour.UNDEFINED]


def test_cargo_is_called_as_cargo_fuzz_calls_it(config: Config, store: Store) -> None:
    _, jobs = planned(config, Language.RUST, store)
    compilers = Compilers({"record": TARGET})
    build = built(jobs[0], compilers, store)
    assert [one.target for one in build.programs] == ["record"]
    argv = compilers.argv
    assert {"--release", "--offline", "--bin", "record", "fuzz/Cargo.toml"} <= set(argv)
    assert argv[argv.index("--target") + 1] == "x86_64-unknown-linux-gnu"
    flags = compilers.env["RUSTFLAGS"].split()
    assert {"--cfg=fuzzing", "-Cdebug-assertions=on", "-Coverflow-checks=on", "-Zsanitizer=address"} <= set(flags)
    assert "--remap-path-prefix=/job/root/oss-fuzz/src/records=rust" in flags
    assert compilers.env["CUSTOM_LIBFUZZER_PATH"] == "/lib/libclang_rt.fuzzer-x86_64.a"


def test_a_build_that_fails_is_told_and_tried_again(config: Config, store: Store) -> None:
    sources, jobs = planned(config, Language.CPP, store)
    log = "+ make\nsrc/record.cpp:3:1: error: unknown type name 'strng'\nmake: *** [record.o] Error 1\n"
    backend = FakeBackend(Compilers({}, exit_code=2, log=log))
    worker = Worker(backend=backend, store=store, fingerprint="f", limits=Limits())
    build = side_build(jobs[0], run_batch(Batch((jobs[0],), ""), worker)[jobs[0]], sources, store)
    assert build.problem == "build.sh ended with exit code 2:\nsrc/record.cpp:3:1: error: unknown type name 'strng'"
    assert store.get_blob(build.log).decode() == log
    assert build.missing == ("record_fuzzer",)
    assert store.get_result(job_key(jobs[0], "f")) is None


def test_a_job_that_could_not_be_done_is_a_build_with_its_problem(config: Config, store: Store) -> None:
    sources, jobs = planned(config, Language.CPP, store)
    build = side_build(jobs[0], Outcome(key="", error=BuildError("no tar here")), sources, store)
    assert (build.problem, build.programs, build.missing) == ("no tar here", (), ("record_fuzzer",))


def test_what_out_holds(config: Config, store: Store) -> None:
    _, jobs = planned(config, Language.CPP, store)
    seeds = io.BytesIO()
    with zipfile.ZipFile(seeds, "w") as archive:
        archive.writestr("../one", b"seed")
    out = {
        "other_fuzzer": TARGET,
        "record": TARGET,  # of a name that the pair gave to another target
        "libx.so": elf({ENTRY: 1}, is_program=False),
        "tool": elf({"main": 1}),
        "script": b"#!/bin/sh\n# LLVMFuzzerTestOneInput",
        "other_fuzzer.dict": b"no entry",
        "other_fuzzer.options": b"[asan]\nfast=1\n",
        "other_fuzzer_seed_corpus.zip": seeds.getvalue(),
        "data/table.bin": b"\0",
    }
    build = built(jobs[0], Compilers(out), store)
    programs = {one.program_name: one for one in build.programs}
    assert {name: one.target for name, one in programs.items()} == {
        "other_fuzzer": "other_fuzzer",
        "record": "record-cpp",
    }
    other = programs["other_fuzzer"]
    assert (other.dictionary, other.options) == (None, (("asan", "fast", "1"),))
    assert [store.get_blob(seed) for seed in other.seeds] == [b"seed"]
    assert [path for path, _ in other.files] == ["data/table.bin", "libx.so", "script", "tool"]
    assert build.missing == ("record_fuzzer",)
    assert build.notes == (
        "other_fuzzer.dict: line 1 is no entry of a dictionary; it is not used",
        "the target 'record_fuzzer' was not left; perhaps you meant 'other_fuzzer'",
    )


def test_cargo_fuzz_corpora_are_seeds_and_no_part_of_the_build(config: Config, store: Store) -> None:
    sources, jobs = planned(config, Language.RUST, store)
    result = built(jobs[0], Compilers({"record": TARGET}), store)
    (program,) = side_build(jobs[0], Outcome(key="", result=result), sources, store).programs
    assert result.programs[0].seeds == ()
    assert [store.get_blob(seed) for seed in program.seeds] == [b"\x01\x04name\xaa"]


def test_a_target_of_a_crate_that_was_not_built_is_missing(config: Config, store: Store) -> None:
    (config.root / "rust").exists()
    _, jobs = planned(config, Language.RUST, store)
    build = built(jobs[0], Compilers({}, exit_code=101, log="error[E0425]: cannot find value `x`\n"), store)
    assert build.missing == ("record",)
    assert build.problem == "cargo build ended with exit code 101:\nerror[E0425]: cannot find value `x`"


# --- the bad-build check, by what a program says -----------------------------------------------

STARTED = "INFO: Running with entropic power schedule (0xFF, 100).\nINFO: Seed: 1337\n"
LOADED = "INFO: Loaded 1 modules   (512 inline 8-bit counters): 512 [0x5, 0x9), \n"
REPORT = (
    "==7==ERROR: AddressSanitizer: heap-use-after-free on address 0x602000000010 at pc 0x1 bp 0x2 sp 0x3\n"
    "READ of size 1 at 0x602000000010 thread T0\n    #0 0x1 in LLVMFuzzerTestOneInput /t.c:7:5\n"
    "SUMMARY: AddressSanitizer: heap-use-after-free /t.c:7:5 in LLVMFuzzerTestOneInput\n"
)


class Program:
    """A fuzz target: what it prints as it starts, and of an input that it may not read."""

    def __init__(
        self, start: str = STARTED + LOADED, word: str = REPORT, *, exit_code: int = 0, word_code: int = 90
    ) -> None:
        self.start, self.word, self.exit_code, self.word_code = start, word, exit_code, word_code

    def __call__(self, command: Command, _files: dict[str, bytes]) -> Completed:
        if command.argv[0] != "./t":
            return Completed(command=command, exit_code=0)
        if dict(command.env).get("LD_PRELOAD"):
            return Completed(command=command, exit_code=self.word_code, stderr=self.word.encode())
        return Completed(command=command, exit_code=self.exit_code, stderr=self.start.encode())


def checked(store: Store, program: Program, content: bytes = TARGET, flavour: Flavour = Flavour.ADDRESS) -> Checkup:
    target = TargetProgram(
        language=Language.CPP, target="t", flavour=flavour, program=store.put_blob(content), program_name="t"
    )
    return checkup_job(target, Limits(), store).run(FakeSandbox(program), store)


def test_a_good_build(store: Store) -> None:
    assert checked(store, Program()) == Checkup(health=Health.GOOD, edges=512, reasons=())


ASAN = {ENTRY: 1, "__asan_init": 2, "asan.module_ctor": 3}
SICK = {
    "not instrumented": (Program(STARTED), TARGET, Health.BAD, "no edge is counted"),
    "ends at once": (Program("Segmentation fault\n", exit_code=1), TARGET, Health.BAD, "it ends before it fuzzes (exit code 1): Segmentation fault"),
    "crashes on its first inputs": (Program(STARTED + LOADED + REPORT, exit_code=90), TARGET, Health.WEAK, "does not survive its first 4 inputs (exit code 90): AddressSanitizer: heap-use-after-free"),
    "few edges": (Program(STARTED + LOADED.replace("512", "12")), TARGET, Health.WEAK, "only 12 edges"),
    "two sanitizers": (Program(), elf({**ASAN, "__tsan_init": 4}), Health.BAD, "AddressSanitizer and ThreadSanitizer"),
    "no unit has its checks": (Program(), elf({ENTRY: 1, "__asan_init": 2}), Health.BAD, "none of it was compiled with AddressSanitizer"),
    "silent": (Program(word="fuzzpair: nothing was said\n", word_code=0), TARGET, Health.WEAK, "did not report a known-bad input (freed)"),
    "dies without a word": (Program(word="", word_code=1), TARGET, Health.WEAK, "it printed nothing"),
    "stripped": (Program(), elf({"__asan_init": 2}) + ENTRY.encode(), Health.WEAK, "symbols were stripped off"),
}  # fmt: skip


@pytest.mark.parametrize(("program", "content", "health", "reason"), SICK.values(), ids=SICK.keys())
def test_a_sick_build(store: Store, program: Program, content: bytes, health: Health, reason: str) -> None:
    found = checked(store, program, content)
    assert found.health is health
    assert any(reason in one for one in found.reasons), found.reasons


NULL = "UndefinedBehaviorSanitizer:DEADLYSIGNAL\n==13==ERROR: UndefinedBehaviorSanitizer: SEGV on unknown address 0x000000000000 (pc 0x5 bp 0x7 sp 0x8 T13)\n"


@pytest.mark.parametrize(
    ("word", "code", "health"),
    [
        ("t.c:7:46: runtime error: load of null pointer of type 'const uint8_t'\n", 91, Health.GOOD),
        (NULL, 91, Health.BAD),
        ("", 1, Health.WEAK),
    ],
)
def test_a_null_pointer_that_is_read_and_not_told_of(store: Store, word: str, code: int, health: Health) -> None:
    found = checked(store, Program(word=word, word_code=code), elf({ENTRY: 1}), Flavour.UNDEFINED)
    assert found.health is health, found.reasons


def test_a_sanitizer_in_a_build_without_one(store: Store) -> None:
    found = checked(store, Program(), TARGET, Flavour.UNDEFINED)
    assert found.reasons == ("AddressSanitizer is linked into a build of the flavour undefined",)
