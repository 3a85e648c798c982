"""OSS-Fuzz style scripts: what is one, what it leaves, what it needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from discovery.repositories import BUILD, TARGET, look, told
from fuzzpair.discovery.scripts import GIVEN
from fuzzpair.own_pair.sources import BUILD_PACKAGES

DOCKERFILE = """FROM gcr.example/base-builder
RUN apt-get update && apt-get install -y make libtool \\
    libxml2-dev zlib1g-dev:i386
# RUN git clone https://example.org/not-this.git
RUN git clone --depth 1 https://example.org/gadget.git
RUN git clone --depth 1 https://example.org/zlib.git zlib-ng
WORKDIR $SRC/gadget
COPY build.sh $SRC/
"""


def test_a_script_with_its_dockerfile_and_project_file(tmp_path: Path) -> None:
    files = {
        "oss-fuzz/build.sh": "meson . && (cd x; make -j8) | xargs \\\n nasm\n"
        + BUILD
        + "zip $OUT/a_fuzzer_seed_corpus.zip seeds/*\n",
        "oss-fuzz/Dockerfile": DOCKERFILE,
        "oss-fuzz/project.yaml": "language: c++\nsanitizers:\n  - address\n  - memory:\n      experimental: True\n",
        "fuzz/a.cc": TARGET,
    }
    proposal = look(tmp_path, files)
    assert proposal.name == "gadget"
    script = proposal.scripts[0]
    assert script.path == "oss-fuzz/build.sh"
    assert script.programs == ("a_fuzzer",)
    assert script.packages == ("libxml2-dev", "meson", "nasm")
    assert script.fetched == ("https://example.org/zlib.git",)
    assert proposal.sanitizers == ("address",)
    assert "zlib.git" in told(proposal)
    assert "no seeds" not in told(proposal)


@pytest.mark.parametrize(
    ("line", "programs"),
    [
        ("$CC $CFLAGS a.c -o $OUT/a $LIB_FUZZING_ENGINE", ("a",)),
        ("$CC a.c -o ${OUT}/a-b.c ${LIB_FUZZING_ENGINE}", ("a-b.c",)),
        ('$CC a.c -o "$OUT"/quoted $LIB_FUZZING_ENGINE', ("quoted",)),
        ("for f in *.c; do $CC $f -o $OUT/$f $LIB_FUZZING_ENGINE; done", ()),
        ("for f in *.c; do $CC $f -o $OUT/fuzz_$f $LIB_FUZZING_ENGINE; done", ()),
        ("$CC a.c -o $OUT/a $LIB_FUZZING_ENGINE; cp *.dict $OUT/a.dict; cp x $OUT/lib/x.so", ("a",)),
        ("$CC a.c -o $OUT/a -lFuzzingEngine", ("a",)),
        ("$CC a.c \\\n  $LIB_FUZZING_ENGINE \\\n  -o $OUT/a # $OUT/b", ("a",)),
    ],
)
def test_the_programs_that_a_script_names(tmp_path: Path, line: str, programs: tuple[str, ...]) -> None:
    proposal = look(tmp_path, {"build.sh": line, "src/named.c": TARGET})
    assert proposal.scripts[0].programs == programs
    assert proposal.cpp_targets == (programs or ("named",))
    assert proposal.are_guessed is (not programs)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("cargo fuzz build -O\ncp target/x $OUT/\n", "cargo fuzz"),
        ("compile_go_fuzzer x Fuzz fuzz\ncp x.dict $OUT\n", "Go"),
        ("compile_python_fuzzer x.py\ncp x.dict $OUT\n", "Python"),
    ],
)
def test_a_script_for_another_language_is_named_and_left_out(tmp_path: Path, text: str, what: str) -> None:
    proposal = look(tmp_path, {".clusterfuzzlite/build.sh": text})
    assert proposal.is_empty
    assert what in told(proposal)


def test_of_several_scripts_the_likeliest_is_taken_and_the_others_are_named(tmp_path: Path) -> None:
    files = {"deep/in/build.sh": BUILD, ".clusterfuzzlite/build.sh": BUILD, "run.sh": "echo $OUT", "fuzz/a.cc": TARGET}
    proposal = look(tmp_path, files)
    assert [script.path for script in proposal.scripts] == [".clusterfuzzlite/build.sh", "deep/in/build.sh"]
    assert "deep/in/build.sh" in told(proposal)


def test_the_own_folder_in_src_is_the_one_below_which_files_are_here(tmp_path: Path) -> None:
    text = "cd $SRC/zlib && make\ncd $SRC/zlib\n$CXX $SRC/libgadget/fuzz/a.cc -o $OUT/a $LIB_FUZZING_ENGINE\n"
    proposal = look(tmp_path, {"x/build.sh": text, "fuzz/a.cc": TARGET})
    assert proposal.name == "libgadget"
    assert proposal.scripts[0].missing == ("zlib",)
    assert "zlib" in told(proposal)


def test_a_folder_in_src_that_is_no_name_of_a_pair_is_said(tmp_path: Path) -> None:
    proposal = look(tmp_path, {"build.sh": "cc $SRC/LibX/a.c -o $OUT/a $LIB_FUZZING_ENGINE", "a.c": TARGET})
    assert proposal.name == "libx"
    assert "$SRC/LibX" in told(proposal)


def test_targets_without_a_build_script_are_said_with_the_line_that_builds_one(tmp_path: Path) -> None:
    proposal = look(
        tmp_path, {"fuzz/a.cc": TARGET, "src/b.c": "// LLVMFuzzerTestOneInput(const uint8_t *d, size_t n) {"}
    )
    assert proposal.is_empty
    assert proposal.sources == ("fuzz/a.cc",)
    assert "$CXX $CXXFLAGS fuzz/a.cc" in told(proposal)


def test_a_declaration_is_no_target(tmp_path: Path) -> None:
    text = "int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);\nint main(void) { return 0; }\n"
    assert look(tmp_path, {"main.c": text}).sources == ()


def test_what_every_pairs_image_has_is_asked_for_by_nobody() -> None:
    assert {*BUILD_PACKAGES} <= GIVEN


@pytest.mark.parametrize(
    ("line", "source"),
    [
        ("$CC -c header.c -o $WORK/header.o", "c"),
        ('$CC -c "header.c" -o $WORK/header.o', "c"),
        ("$CC -c c/header.c -o $WORK/header.o", "."),
        ("$CC -c $SRC/x/header.c -o $WORK/header.o", "."),
        ("make", "."),
    ],
)
def test_the_source_is_where_the_script_finds_its_files(tmp_path: Path, line: str, source: str) -> None:
    files = {
        "oss-fuzz/build.sh": f"{line}\n$CXX $LIB_FUZZING_ENGINE -o $OUT/a\n",
        "c/header.c": TARGET,
        "old/c/header.c": TARGET,
    }
    assert look(tmp_path, files).scripts[0].source == source


def test_a_fetch_script_beside_it_is_taken_and_nothing_is_missing_then(tmp_path: Path) -> None:
    build = "cd $SRC/zlib; " + BUILD
    proposal = look(tmp_path, {"oss-fuzz/build.sh": build, "fuzz/a.cc": TARGET})
    assert "zlib" in told(proposal)
    proposal = look(tmp_path, {"oss-fuzz/fetch.sh": "touch x\n"})
    assert proposal.scripts[0].fetch == "oss-fuzz/fetch.sh"
    assert "zlib" not in told(proposal)
