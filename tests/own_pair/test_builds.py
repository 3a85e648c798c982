"""Projects that know nothing of fuzzpair are built as they are, and what they leave is checked: in real containers."""

# ruff: noqa: E501 - a case is easiest to read on one line

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from fuzzpair.errors import ImageError
from fuzzpair.model.command import Command
from fuzzpair.model.crash_report import CrashReport
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language
from fuzzpair.model.pair import Checkup, Health, SideBuild, TargetProgram
from fuzzpair.own_pair.checkup import place_program
from fuzzpair.triage import first_report
from own_pair_bench import Bench

pytestmark = pytest.mark.container

REPOSITORY = Path(__file__).parents[2]
RECORDS = REPOSITORY / "tests/own_pair/records/pipeline.yml"
GZIP = REPOSITORY / "examples/gzip/pipeline.yml"

Open = Callable[[Path], Bench]


def log_of(build: SideBuild, bench: Bench) -> str:
    return bench.store.get_blob(build.log).decode(errors="replace")


def checks(build: SideBuild, bench: Bench) -> dict[str, Checkup]:
    assert build.programs, f"{build.problem}\n{log_of(build, bench)}"
    return {one.program_name: bench.check(one) for one in build.programs}


@pytest.mark.parametrize("flavour", [Flavour.ADDRESS, Flavour.UNDEFINED, Flavour.MEMORY, Flavour.THREAD])
def test_an_oss_fuzz_project_is_built_as_it_is(open_bench: Open, flavour: Flavour) -> None:
    bench = open_bench(RECORDS)
    build = bench.build(Language.CPP, flavour)
    found = checks(build, bench)
    assert sorted(found) == ["checksum_fuzzer", "record_fuzzer"]
    assert {one.health for one in found.values()} <= {Health.GOOD, Health.WEAK}, found
    assert found["record_fuzzer"].health is Health.GOOD, found
    assert (build.missing, build.notes) == ((), ())


def test_what_lies_beside_its_targets_is_theirs(open_bench: Open) -> None:
    bench = open_bench(RECORDS)
    programs = {one.program_name: one for one in bench.build(Language.CPP, Flavour.ADDRESS).programs}
    record = programs["record_fuzzer"]
    assert record.target == "record"
    assert record.dictionary is not None
    assert bench.store.get_blob(record.dictionary) == (RECORDS.parent / "oss-fuzz/records.dict").read_bytes()
    assert ("asan", "detect_stack_use_after_return", "1") in record.options
    assert sorted(map(bench.store.get_blob, record.seeds)) == [b"\x01\x04name\x00", b"\x02\x00\x02"]
    others = {path: bench.store.get_blob(sha256) for path, sha256 in record.files}
    assert others["built-with.txt"] == b"address libfuzzer c++ x86_64\n"
    assert others["a-link.dict"] == others["records.dict"]  # a link, by OSS-Fuzz's own path /out
    assert "record_fuzzer" not in others
    assert (programs["checksum_fuzzer"].target, programs["checksum_fuzzer"].seeds) == ("checksum_fuzzer", ())


@pytest.mark.parametrize("flavour", [Flavour.ADDRESS, Flavour.THREAD])
def test_a_cargo_fuzz_project_is_built_as_it_is(open_bench: Open, flavour: Flavour) -> None:
    bench = open_bench(RECORDS)
    build = bench.build(Language.RUST, flavour)
    found = checks(build, bench)
    assert list(found) == ["record"]
    assert found["record"].health is Health.GOOD, found
    (record,) = build.programs
    assert [bench.store.get_blob(seed) for seed in record.seeds] == [b"\x01\x04name\xaa"]


@pytest.mark.parametrize("language", list(Language))
def test_stacks_have_the_repositorys_paths(open_bench: Open, language: Language, tmp_path: Path) -> None:
    bench = open_bench(planted(tmp_path, language))
    build = bench.build(language, Flavour.ADDRESS)
    program = next((one for one in build.programs if one.target == "record"), None)
    assert program is not None, f"{build.problem}\n{log_of(build, bench)}"
    report, log = first_report_on(program, b"\x01\x00\x01", bench)
    assert report is not None, log
    assert report.kind == "heap-use-after-free", log
    assert set(WHERE[language]) <= {frame.file for frame in report.stack}, log


CRASHES = "#include <stdint.h>\n#include <stdlib.h>\nint t(const uint8_t *data) { char *p = malloc(1); free(p); return p[data[0] & 0]; }\n"
CMAKE = "cmake_minimum_required(VERSION 3.13)\nproject(t C)\nadd_library(t STATIC lib/t.c)\n"
CMAKE_BUILD = """\
cmake -S . -B build -DCMAKE_C_COMPILER="$CC" -DCMAKE_C_FLAGS="$CFLAGS" && cmake --build build
$CC $CFLAGS -c t.c -o t.o
$CXX $CXXFLAGS t.o build/libt.a $LIB_FUZZING_ENGINE -o $OUT/t"""


def test_stacks_of_a_build_by_cmake_have_the_repositorys_paths(open_bench: Open, tmp_path: Path) -> None:
    entry = "#include <stddef.h>\n#include <stdint.h>\nint t(const uint8_t *);\nint LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) { return size ? t(data) & 0 : 0; }\n"
    pipeline = project(tmp_path, entry, CMAKE_BUILD)
    (tmp_path / "p/lib").mkdir()
    (tmp_path / "p/lib/t.c").write_text(CRASHES)
    (tmp_path / "p/CMakeLists.txt").write_text(CMAKE)
    bench = open_bench(pipeline)
    build = bench.build(Language.CPP, Flavour.ADDRESS)
    assert build.programs, f"{build.problem}\n{log_of(build, bench)}"
    report, log = first_report_on(build.programs[0], b"x", bench)
    assert report is not None, log
    assert [frame.file for frame in report.stack[:2]] == ["p/lib/t.c", "p/t.c"], log


def first_report_on(program: TargetProgram, content: bytes, bench: Bench) -> tuple[CrashReport | None, str]:
    with bench.worker.backend.session(bench.worker.limits) as sandbox:
        folder = place_program(program, sandbox, bench.store)
        sandbox.put({f"{folder}/input": content})
        run = sandbox.run(Command(argv=(f"./{program.program_name}", "input"), cwd=folder, timeout_s=60))
    log = run.stderr.decode()
    return first_report(log), log


WHERE = {
    Language.CPP: ("project/src/record.cpp", "oss-fuzz/record_fuzzer.cc"),
    Language.RUST: ("rust/src/lib.rs", "rust/fuzz/fuzz_targets/record.rs"),
}


def planted(folder: Path, language: Language) -> Path:
    """The pair, with a fault that each input meets."""
    shutil.copytree(RECORDS.parent, folder / "records")
    if language is Language.CPP:
        source, before = folder / "records/project/src/record.cpp", "    if (size == 0)"
        fault = "    int *gone = new int(1); delete gone; if (*(volatile int *)gone == 2) throw 1;\n"
    else:
        source, before = folder / "records/rust/src/lib.rs", "    let (&sum"
        fault = (
            "    let gone = Box::into_raw(Box::new(1));\n"
            "    unsafe { drop(Box::from_raw(std::hint::black_box(gone))); if *gone == 2 { return None; } }\n"
        )
    text = source.read_text()
    assert before in text
    source.write_text(text.replace(before, fault + before, 1))
    return folder / "records/pipeline.yml"


def test_the_example_builds_on_both_sides_from_what_it_fetched(open_bench: Open) -> None:
    bench = open_bench(GZIP)
    for language in Language:
        build = bench.build(language, Flavour.ADDRESS)
        found = checks(build, bench)
        assert {name: one.health for name, one in found.items()} == {"header": Health.GOOD}, found
        assert found["header"].edges > 300


# --- bad builds --------------------------------------------------------------------------------

TARGET = """\
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
int LLVMFuzzerInitialize(int *argc, char ***argv) { (void)argc, (void)argv; %s return 0; }
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    int sum = 0;
    for (size_t at = 0; at < size; at++) sum ^= data[at];
    return sum == 200 ? -1 : 0;
}
"""
LINK = '$CXX $CXXFLAGS t.o $LIB_FUZZING_ENGINE -o "$OUT/t"'
BAD = {
    "not instrumented": ("", f"clang -c t.c -o t.o\n{LINK}", "is not instrumented: no edge is counted"),
    "no sanitizer in it": ("", f"clang -fsanitize=fuzzer-no-link -c t.c -o t.o\n{LINK}", "none of it was compiled with AddressSanitizer"),
    "no sanitizer at all": ("", "clang -fsanitize=fuzzer t.c -o $OUT/t", "AddressSanitizer is not linked into it"),
    "another sanitizer": ("", "clang -fsanitize=fuzzer,thread t.c -o $OUT/t", "AddressSanitizer is not linked into it"),
    "two of them": ("", f"echo 'void __tsan_init(void) {{}}' >> t.c\n$CC $CFLAGS -c t.c -o t.o\n{LINK}", "two sanitizers are mixed in it: AddressSanitizer and ThreadSanitizer"),
    "ends at once": ("abort();", f"$CC $CFLAGS -c t.c -o t.o\n{LINK}", "it ends before it fuzzes"),
}  # fmt: skip


@pytest.mark.parametrize(("at_start", "script", "reason"), BAD.values(), ids=BAD.keys())
def test_a_bad_build_is_refused_with_its_reason(
    open_bench: Open, tmp_path: Path, at_start: str, script: str, reason: str
) -> None:
    bench = open_bench(project(tmp_path, TARGET % at_start, script))
    (found,) = checks(bench.build(Language.CPP, Flavour.ADDRESS), bench).values()
    assert found.health is Health.BAD
    assert any(reason in one for one in found.reasons), found.reasons


def test_undefined_behaviour_that_nobody_looks_for_is_a_bad_build(open_bench: Open, tmp_path: Path) -> None:
    script = f"clang -fsanitize=fuzzer-no-link -c t.c -o t.o\n{LINK}"
    bench = open_bench(project(tmp_path, TARGET % "", script, sanitizer="undefined"))
    (found,) = checks(bench.build(Language.CPP, Flavour.UNDEFINED), bench).values()
    assert found.health is Health.BAD
    assert any("UBSan says nothing" in one for one in found.reasons), found.reasons


def test_a_good_small_build_is_weak_for_its_few_edges_alone(open_bench: Open, tmp_path: Path) -> None:
    bench = open_bench(project(tmp_path, TARGET % "", f"$CC $CFLAGS -c t.c -o t.o\n{LINK}"))
    (found,) = checks(bench.build(Language.CPP, Flavour.ADDRESS), bench).values()
    assert found.health is Health.WEAK
    (reason,) = found.reasons
    assert f"only {found.edges} edges" in reason


def test_a_script_that_fails_is_a_problem_with_its_words(open_bench: Open, tmp_path: Path) -> None:
    bench = open_bench(project(tmp_path, "int main() { return x; }", "$CC $CFLAGS -c t.c"))
    build = bench.build(Language.CPP, Flavour.ADDRESS)
    assert build.programs == ()
    assert "build.sh ended with exit code 1" in build.problem
    assert "use of undeclared identifier 'x'" in build.problem
    assert not build.complete


def test_a_script_that_leaves_nothing_is_a_problem(open_bench: Open, tmp_path: Path) -> None:
    bench = open_bench(project(tmp_path, "", "echo x > $OUT/readme.txt"))
    build = bench.build(Language.CPP, Flavour.ADDRESS)
    assert "left no libFuzzer target in $OUT (it holds readme.txt)" in build.problem


def test_a_fetch_that_fails_is_said_with_its_last_words(open_bench: Open, tmp_path: Path) -> None:
    pipeline = project(tmp_path, "", "true", fetch="echo the-reason >&2; exit 7")
    with pytest.raises(ImageError, match="the-reason") as caught:
        open_bench(pipeline)
    assert "fetch" in caught.value.next_step


def project(folder: Path, target: str, script: str, *, sanitizer: str = "address", fetch: str = "") -> Path:
    """A project of one file and one script."""
    (folder / "p").mkdir()
    (folder / "p/t.c").write_text(target)
    (folder / "oss-fuzz").mkdir()
    (folder / "oss-fuzz/build.sh").write_text(f"{script}\n")
    text = f"version: 1\nfuzz:\n  name: small\n  cpp: {{source: p, build: oss-fuzz/build.sh, sanitizers: [{sanitizer}]"
    if fetch:
        (folder / "oss-fuzz/fetch.sh").write_text(f"{fetch}\n")
        text += ", fetch: oss-fuzz/fetch.sh"
    (folder / "pipeline.yml").write_text(text + "}\n")
    return folder / "pipeline.yml"
