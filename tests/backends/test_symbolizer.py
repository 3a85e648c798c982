"""The image's symbolizer (docker/toolchain/symbolizer.cpp) says what the package's own says, in every word."""

import re

import pytest

from fuzzpair.backends import Sandbox
from fuzzpair.backends.docker import DockerBackend
from fuzzpair.model.command import Command, Limits

OURS = "/opt/fuzzpair/llvm-symbolizer"
PACKAGED = "/usr/lib/llvm-22/bin/llvm-symbolizer"
# As compiler-rt calls it.
ARGUMENTS = ("--demangle", "--inlines", "--default-arch=x86_64")
CPP = b"""
#include <string>
#include <vector>
static int table[3];
struct Reader { std::vector<int> octets; int at(std::size_t n) { return octets.at(n) + table[n % 3]; } };
int main(int count, char** words) {
  Reader reader{{1, 2, 3}};
  return reader.at(static_cast<std::size_t>(count)) + static_cast<int>(std::string(words[0]).size());
}
"""
RUST = b"""
use std::collections::HashMap;
fn main() {
    let names: HashMap<String, Vec<u8>> = std::env::args().map(|one| (one.clone(), one.into_bytes())).collect();
    println!("{names:?}");
}
"""
QUESTIONED = 400  # of each program: every so many symbols, at their first octet and a little behind it


@pytest.mark.container
def test_symbolizer_answers_as_the_package_does(docker_backend: DockerBackend) -> None:
    with docker_backend.session(Limits()) as sandbox:
        sandbox.put({"t.cc": CPP, "t.rs": RUST})
        _run(sandbox, "clang++", "-g1", "-O1", "-fsanitize=address", "t.cc", "-o", "cpp")
        _run(sandbox, "rustc", "-g", "-O", "t.rs", "-o", "rust")
        asked = [*_questions(sandbox, "cpp"), *_questions(sandbox, "rust")]
        asked += ['CODE "/none" 0x10', 'DATA "/none" 0x10', 'CODE "cpp" 0xzz', 'CODE "cpp"', "anything", ""]
        sandbox.put({"questions": "".join(f"{one}\n" for one in asked).encode()})
        ours, packaged = (
            _run(sandbox, "sh", "-c", 'exec "$@" < questions', one, one, *ARGUMENTS) for one in (OURS, PACKAGED)
        )
    assert ours == packaged
    assert b"t.cc:5" in ours, "what is inlined has frames of its own"
    assert b"HashMap" in ours


@pytest.mark.container
def test_sanitizers_ask_it(docker_backend: DockerBackend) -> None:
    """Debian's runtimes have a path of their own for it, which no PATH changes."""
    speaking = (("ASAN_OPTIONS", "verbosity=2"),)
    with docker_backend.session(Limits()) as sandbox:
        sandbox.put({"t.cc": b"int main(int count, char**) { int* two = new int[2]; return two[count + 1]; }"})
        _run(sandbox, "clang++", "-g1", "-fsanitize=address", "t.cc", "-o", "cpp")
        said = sandbox.run(Command(argv=("./cpp",), env=speaking, timeout_s=60.0)).stderr.decode()
        used = re.findall(r"Using llvm-symbolizer (?:found )?at[^:]*: (\S+)", said)
        assert [_run(sandbox, "readlink", "-f", one).strip().decode() for one in used] == [OURS], said
    assert "t.cc:1" in said


@pytest.mark.container
def test_symbolizer_makes_way_for_the_package_where_something_else_is_asked(docker_backend: DockerBackend) -> None:
    with docker_backend.session(Limits()) as sandbox:
        assert re.search(rb"LLVM version 22", _run(sandbox, "llvm-symbolizer", "--version"))
        assert _run(sandbox, "readlink", "-f", "/usr/local/bin/llvm-symbolizer").strip() == OURS.encode()


def _questions(sandbox: Sandbox, program: str) -> list[str]:
    symbols = [line.split() for line in _run(sandbox, "/usr/lib/llvm-22/bin/llvm-nm", program).decode().splitlines()]
    defined = [(one[0], one[1]) for one in symbols if len(one) == 3 and one[1].lower() in "tbd"]
    some = defined[:: max(1, len(defined) // QUESTIONED)]
    main = next(int(one[0], 16) for one in symbols if one[-1] == "main")
    return [
        *(f'CODE "{program}" {main + behind:#x}' for behind in range(0, 1200, 7)),  # with what is inlined into it
        *(
            f'{"CODE" if kind in "tT" else "DATA"} "{program}" {int(address, 16) + behind:#x}'
            for address, kind in some
            for behind in (0, 5)
        ),
    ]


def _run(sandbox: Sandbox, *argv: str) -> bytes:
    completed = sandbox.run(Command(argv=argv, timeout_s=120.0))
    assert completed.ok, completed.stderr.decode()
    return completed.stdout
