"""What each voice covered, from real counters: the package's own C file beside counters of the test's own."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from pathlib import Path

import pytest

from fuzzpair.agree.campaigns import GROWTH_POINTS, _voices, thinned
from fuzzpair.agree.python.coverage import Coverage
from fuzzpair.agree.sides import native_file
from fuzzpair.model.agreement import Voice, VoiceGrowth

SIDE = """
__attribute__((section("__sancov_cntrs"))) static unsigned char counters[%d] = {0};
void hit(int at, unsigned char value);
void hit(int at, unsigned char value) { counters[at] = value; }
"""
CORE = """
unsigned char own[100];
unsigned char *_ZN7atheris8countersE = 0;
int _ZN7atheris13counter_indexE = 0, _ZN7atheris12max_countersE = 0;
void start(int asked, int most);
void start(int asked, int most) {
    _ZN7atheris8countersE = own;
    _ZN7atheris13counter_indexE = asked;
    _ZN7atheris12max_countersE = most;
}
"""


def shared(folder: Path, name: str, *texts: str) -> ctypes.CDLL:
    compiler = shutil.which("cc") or shutil.which("clang")
    if compiler is None:
        pytest.skip("there is no C compiler here; tests/experiment has the same in a container")
    paths = []
    for number, text in enumerate(texts):
        path = folder / f"{name}{number}.c"
        path.write_text(text)
        paths.append(str(path))
    made = folder / f"{name}.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-Wall", "-Werror", "-o", str(made), *paths], check=True)
    return ctypes.CDLL(str(made))


def test_each_voice_is_counted_apart_and_once(tmp_path: Path) -> None:
    own = native_file("coverage.c").decode()
    cpp, rust = (shared(tmp_path, name, SIDE % size, own) for name, size in (("cpp", 21), ("rust", 8)))
    core = shared(tmp_path, "core", CORE)
    coverage = Coverage({Voice.CPP: cpp, Voice.RUST: rust}, str(tmp_path / "core.so"))
    assert not coverage.fold()
    assert list(coverage.told()) == ["cpp 0/21", "rust 0/8"]
    cpp.hit(20, 1)
    cpp.hit(3, 255)
    assert coverage.fold()
    assert not coverage.fold()
    cpp.hit(20, 0)  # as the engine empties them
    rust.hit(7, 4)
    assert coverage.fold()
    assert list(coverage.told()) == ["cpp 2/21", "rust 1/8"]
    core.start(10, 100)
    assert not coverage.fold()
    ctypes.c_ubyte.in_dll(core, "own").value = 1
    assert coverage.fold()
    core.start(90, 60)  # a module that was imported later, and more counters than there is room for
    assert not coverage.fold()
    assert list(coverage.told()) == ["cpp 2/21", "rust 1/8", "reference 1/60"]


def test_what_the_log_tells_becomes_a_curve_for_each_voice() -> None:
    log = (
        "fuzzpair: covered cpp 3/90 rust 4/80 executions 1\n"
        "#2\tNEW cov: 9\nfuzzpair: covered cpp 3/90 rust 6/80 reference 5/700 executions 20\n"
        "fuzzpair: covered nobody 9/9 executions 21\n"
        "fuzzpair: covered cpp 7/90 rust 6/80 reference 5/701 executions 30\n"
    )
    assert list(_voices(log)) == [
        VoiceGrowth(voice=Voice.CPP, instrumented=90, points=((1, 3), (30, 7))),
        VoiceGrowth(voice=Voice.RUST, instrumented=80, points=((1, 4), (20, 6))),
        VoiceGrowth(voice=Voice.REFERENCE, instrumented=701, points=((20, 5),)),
    ]


def test_a_curve_keeps_its_ends() -> None:
    points = [(at, at) for at in range(1, 1000)]
    kept = thinned(points)
    assert (kept[0], kept[-1]) == ((1, 1), (999, 999))
    assert len(kept) <= GROWTH_POINTS + 1
    assert thinned([]) == ()
