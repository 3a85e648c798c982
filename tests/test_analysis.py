"""Static analyzers: what is read of their words, and that each real one speaks of a fault and of nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fuzzpair.analysis import TOOL_OF, Analysis, analysis_job, sources_that_see
from fuzzpair.backends.docker import DockerBackend
from fuzzpair.backends.fake import FakeSandbox
from fuzzpair.builds.sources import put_sources
from fuzzpair.errors import BuildError
from fuzzpair.model.command import Command, Completed, Limits
from fuzzpair.model.tool import Analyzer
from fuzzpair.store import Store

REPOSITORY = Path(__file__).parents[1]
SOUND = {
    "src/name.hpp": "#pragma once\n#include <string>\n"
    "inline std::string twice(std::string text) { return text + text; }\n",
    "src/name.cpp": '#include "name.hpp"\nint length() { return static_cast<int>(twice("a").size()); }\n',
    "src/lib.rs": "#[must_use]\npub fn first(text: &str) -> Option<char> {\n    text.chars().next()\n}\n",
}
FAULTY = SOUND | {
    "src/name.cpp": '#include "name.hpp"\n#include <utility>\nint length(int* at, std::string text) {\n'
    "    std::string other = std::move(text);\n    if (at == nullptr) *at = 1;\n"
    "    return static_cast<int>(text.size() + other.size());\n}\n",
    # eq_op is denied by default, and would end clippy before it says anything else.
    "src/lib.rs": "pub fn first(count: usize) -> u16 {\n    if count == count {\n        return 1;\n    }\n"
    "    count as u16\n}\n",
}
# clang-tidy 22.1 crashes on what this check is for.
CRASHING = (
    "#include <cstddef>\n#include <memory>\n"
    "char first(std::size_t size) {\n    const std::unique_ptr<char> text(new char[size]);\n    return *text;\n}\n"
)
FAULTS = {
    Analyzer.CLANG_ANALYZER: ("core.NullDereference", "src/name.cpp", 5),
    Analyzer.CLANG_TIDY: ("bugprone-use-after-move", "src/name.cpp", 6),
    Analyzer.CLIPPY: ("clippy::eq_op", "src/lib.rs", 2),
    Analyzer.CLIPPY_PEDANTIC: ("clippy::cast_possible_truncation", "src/lib.rs", 5),
}


def said_by(stdout: str, exit_code: int = 0) -> FakeSandbox:
    def answer(command: Command, files: dict[str, bytes]) -> Completed:
        return Completed(command=command, exit_code=exit_code, stdout=stdout.encode())

    return FakeSandbox(answer)


def test_the_sources_that_see_a_changed_file() -> None:
    assert sources_that_see(["src/name.hpp"], SOUND) == ("src/name.cpp",)
    assert sources_that_see(["src/name.cpp"], SOUND) == ("src/name.cpp",)
    assert sources_that_see(["src/lib.rs"], SOUND) == ()


def test_paths_are_the_tree_s_whatever_the_sandbox_is_called(store: Store) -> None:
    text = "/job/root/clang-tidy-analysis/src/name.cpp:3:1: warning: odd [bugprone-odd,cert-odd]\n"
    job = analysis_job(Analyzer.CLANG_TIDY, put_sources(SOUND, store), ["src/name.cpp"], "one")
    (diagnostic,) = job.run(said_by(text), store).diagnostics
    assert (diagnostic.spans[0].file, diagnostic.code, diagnostic.message) == ("src/name.cpp", "cert-odd", "odd")
    assert diagnostic.tool is TOOL_OF[Analyzer.CLANG_TIDY]


def test_an_analyzer_that_fails_says_so(store: Store) -> None:
    job = analysis_job(Analyzer.CLANG_TIDY, put_sources(SOUND, store), ["src/name.cpp"], "one")
    with pytest.raises(BuildError, match="one clang-tidy: `clang-tidy` failed: no such check"):
        job.run(said_by("no such check", exit_code=1), store)


def test_a_check_in_which_the_analyzer_crashes_is_left_out_and_named(store: Store) -> None:
    asked: list[str] = []

    def answer(command: Command, files: dict[str, bytes]) -> Completed:
        checks = next(one for one in command.argv if one.startswith("--checks="))
        asked.append(checks)
        if "-bugprone-odd" in checks:
            said = b"/job/clang-tidy-analysis/src/name.cpp:3:1: warning: even [bugprone-even]\n"
            return Completed(command=command, exit_code=0, stdout=said)
        crash = b"2.\tASTMatcher: Processing 'bugprone-odd' against:\n\tCXXConstructExpr : </job/src/name.cpp:1:1>\n"
        return Completed(command=command, exit_code=139, stderr=crash)

    job = analysis_job(Analyzer.CLANG_TIDY, put_sources(SOUND, store), ["src/name.cpp"], "one")
    analysis = job.run(FakeSandbox(answer), store)
    assert analysis.crashed_checks == ("bugprone-odd",)
    assert [one.code for one in analysis.diagnostics] == ["bugprone-even"]
    assert len(asked) == 2


def test_an_analyzer_that_crashes_whatever_is_left_out_has_failed(store: Store) -> None:
    def answer(command: Command, files: dict[str, bytes]) -> Completed:
        return Completed(command=command, exit_code=139, stderr=b"ASTMatcher: Processing 'bugprone-odd' against:\n")

    job = analysis_job(Analyzer.CLANG_TIDY, put_sources(SOUND, store), ["src/name.cpp"], "one")
    with pytest.raises(BuildError, match="`clang-tidy` failed"):
        job.run(FakeSandbox(answer), store)


@pytest.mark.container
def test_each_analyzer_speaks_of_a_fault_and_not_of_sound_code(store: Store) -> None:
    backend = DockerBackend(os.environ, print)
    backend.prepare(REPOSITORY / "docker/toolchain")
    results: dict[tuple[Analyzer, bool], Analysis] = {}
    with backend.session(Limits()) as sandbox:
        for analyzer in Analyzer:
            for is_faulty in (True, False):
                sources = put_sources(FAULTY if is_faulty else SOUND, store)
                job = analysis_job(analyzer, sources, ["src/name.cpp"], "known")
                results[analyzer, is_faulty] = job.run(sandbox, store)
        sources = put_sources(SOUND | {"src/name.cpp": CRASHING}, store)
        crashed = analysis_job(Analyzer.CLANG_TIDY, sources, ["src/name.cpp"], "known").run(sandbox, store)
    assert crashed.crashed_checks == ("bugprone-unique-ptr-array-mismatch",)
    for analyzer, (code, path, line) in FAULTS.items():
        said = [(one.code, one.spans[0].file, one.spans[0].first_line) for one in results[analyzer, True].diagnostics]
        assert (code, path, line) in said
        assert results[analyzer, False].diagnostics == ()
