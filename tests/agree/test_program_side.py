"""The go-between and what is preloaded into a program, with a real one: what it does is an answer, and it goes on."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fuzzpair.agree.programs import program_side_job
from fuzzpair.agree.python.voices import ENDINGS, Settings, Voices
from fuzzpair.backends.fake import FakeSandbox
from fuzzpair.model.agreement import Ending, Voice
from fuzzpair.model.command import Command, Completed
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language
from fuzzpair.model.pair import TargetProgram
from fuzzpair.store import Store

COMPILER = shutil.which("clang") or shutil.which("cc")
pytestmark = pytest.mark.skipif(
    COMPILER is None, reason="no C compiler on this machine; tests/experiment has it in containers"
)
# In the place of an engine: it remembers whose counters it was given.
ENGINE = """
#include <stdint.h>
uint8_t *start, *stop;
void __sanitizer_cov_8bit_counters_init(uint8_t *first, uint8_t *last) { start = first, stop = last; }
void __sanitizer_cov_pcs_init(const uintptr_t *first, const uintptr_t *last) { (void)first, (void)last; }
"""
Ask = Callable[[bytes], tuple[Ending, str]]


def compile_c(*arguments: str, cwd: Path) -> None:
    assert COMPILER is not None
    subprocess.run((COMPILER, *arguments), cwd=cwd, check=True, capture_output=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The side's own compilations, done here, and linked as link_commands does it."""
    root = tmp_path_factory.mktemp("asked")
    store = Store(str(root / "store"))
    compile_c("-g", str(Path(__file__).with_name("asked.c")), "-o", "asked", cwd=root)
    program = TargetProgram(
        language=Language.CPP,
        target="target",
        flavour=Flavour.ADDRESS,
        program=store.put_blob((root / "asked").read_bytes()),
        program_name="asked",
    )

    def here(command: Command, content: dict[str, bytes]) -> Completed:
        place = root / command.cwd
        place.mkdir(exist_ok=True)
        for path, octets in content.items():
            (root / path).write_bytes(octets)
        if command.argv[0] == "clang":
            compile_c(*command.argv[1:], "-Wall", "-Wextra", "-Werror", cwd=place)
        elif command.argv[0] == "llvm-ar":
            subprocess.run(("ar", *command.argv[1:]), cwd=place, check=True)
        content.update({f"{command.cwd}/{one.name}": one.read_bytes() for one in place.iterdir()})
        return Completed(command=command, exit_code=0)

    side = program_side_job(program, store).run(FakeSandbox(here), store)
    assert side.archive is not None
    (root / "cpp").mkdir()
    for path, sha256 in side.files:
        (root / path).write_bytes(store.get_blob(sha256))
        (root / path).chmod(0o755)
    (root / "cpp.a").write_bytes(store.get_blob(side.archive))
    (root / "engine.c").write_text(ENGINE)
    compile_c("-shared", "-fPIC", "-Wl,-u,fuzzpair_describe_cpp", "cpp.a", "engine.c", "-o", "cpp.so", cwd=root)
    return root


@pytest.fixture
def ask(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Ask:
    monkeypatch.chdir(folder)
    voices = Voices(Settings(target="target", sides={"cpp": "./cpp.so"}), None)

    def one(data: bytes) -> tuple[Ending, str]:
        ((ending, text),) = voices.raw(data).values()
        return ENDINGS[ending], text.decode()

    return one


@pytest.mark.parametrize(
    ("data", "ending", "text"),
    [
        (b"", Ending.ACCEPTED, "octets 0\n"),
        (b"abc", Ending.ACCEPTED, "octets 3\n"),
        (b"r", Ending.REJECTED, "reject:\n"),
        (b"o", Ending.SILENT, "octets 1\n"),
        (b"s", Ending.SILENT, ""),
        (b"!", Ending.CRASH, ""),
        (b"e", Ending.CRASH, ""),
        pytest.param(b"~", Ending.HANG, "", marks=pytest.mark.slow),
    ],
)
def test_what_a_program_does_is_its_answer_and_it_goes_on(ask: Ask, data: bytes, ending: Ending, text: str) -> None:
    assert ask(data) == (ending, text)
    assert ask(b"xy") == (Ending.ACCEPTED, "octets 2\n")


def test_a_long_text_is_compared_as_far_as_it_is_kept_and_its_verdict_is_read(ask: Ask) -> None:
    ending, text = ask(b"l")
    assert (ending, len(text)) == (Ending.ACCEPTED, 1 << 17)
    assert text.startswith("octets 1\na line\n")


def test_a_process_that_is_forked_has_a_program_of_its_own(ask: Ask) -> None:
    """As when an input is read again: its process may be ended while it waits, and no answer may go astray."""
    assert ask(b"a") == (Ending.ACCEPTED, "octets 1\n")
    child = os.fork()
    if child == 0:
        os._exit(0 if ask(b"ab") == (Ending.ACCEPTED, "octets 2\n") else 1)
    assert ask(b"abc") == (Ending.ACCEPTED, "octets 3\n")
    assert os.waitpid(child, 0)[1] == 0
    assert ask(b"abcd") == (Ending.ACCEPTED, "octets 4\n")


def test_no_program_outlives_who_asked_it(folder: Path) -> None:
    child = os.fork()
    if child == 0:
        os.chdir(folder)
        Voices(Settings(target="target", sides={"cpp": "./cpp.so"}), None).raw(b"a")
        (folder / "children").write_text(Path(f"/proc/self/task/{os.getpid()}/children").read_text())
        os.kill(os.getpid(), 9)
    os.waitpid(child, 0)
    asked = (folder / "children").read_text().split()
    assert asked
    deadline = time.monotonic() + 20
    while any(is_asked(pid) for pid in asked):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_asked(pid: str) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return "(asked)" in status and ") Z " not in status


def test_the_program_s_edges_are_the_engine_s(ask: Ask, folder: Path) -> None:
    library = ctypes.CDLL(str(folder / "cpp.so"))
    start, stop = (ctypes.c_void_p.in_dll(library, name).value for name in ("start", "stop"))
    assert start is not None
    assert stop == start + 8
    ask(b"a")
    assert ctypes.string_at(start, 8) == b"\1" + bytes(7)


def test_its_voice_is_the_c_side_s(ask: Ask) -> None:
    del ask
    voices = Voices(Settings(target="target", sides={"cpp": "./cpp.so"}), None)
    assert voices.answers(b"r")[Voice.CPP].ending is Ending.REJECTED
