"""Static analysis: what clang's analyzer, clang-tidy and clippy say of a tree. Nothing is linked and nothing is run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

from fuzzpair.backends import Sandbox
from fuzzpair.builds.compilation import COMPILE_TIMEOUT_S, LARGE_PAGES
from fuzzpair.builds.sources import Sources, included
from fuzzpair.diagnostics import parse_clang, parse_rustc
from fuzzpair.errors import BuildError
from fuzzpair.flavours import CPP_COMMON, RUST_COMMON
from fuzzpair.model.command import Command, Completed
from fuzzpair.model.diagnostic import Diagnostic
from fuzzpair.model.language import Language
from fuzzpair.model.tool import Analyzer, Tool
from fuzzpair.store import Store

_CPP_FLAGS = (*CPP_COMMON, "-Wno-everything", "-I.")  # the compiler's own warnings are the build's
# Some lints are errors by default; capped, the first of them does not hide what else there is to say.
_CLIPPY = (
    *("clippy-driver", *RUST_COMMON, "--cap-lints=warn"),
    *("--crate-type=rlib", "--crate-name=dns", "--emit=metadata", "-o", "dns.rmeta"),
)
# clang-tidy's own words when it crashes: which of its checks was at work.
_AT_WORK = re.compile(r"ASTMatcher: Processing '([A-Za-z0-9.-]{1,100})' against")
_CHECKS = "--checks="
MOST_CRASHED = 5  # a tool that crashes in more of its checks is broken
TOOL_OF = {
    Analyzer.CLANG_ANALYZER: Tool.CLANG_ANALYZER,
    Analyzer.CLANG_TIDY: Tool.CLANG_TIDY,
    Analyzer.CLIPPY: Tool.CLIPPY,
    Analyzer.CLIPPY_PEDANTIC: Tool.CLIPPY_PEDANTIC,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """What an analyzer said, as diagnostics of its own tool; paths are the tree's."""

    diagnostics: tuple[Diagnostic, ...]
    crashed_checks: tuple[str, ...] = ()  # in which the analyzer itself crashed; they were left out


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisJob:
    """Run one analyzer over some sources of a tree; Rust's are analysed as the one crate that they are."""

    kind: ClassVar[str] = "analysis"
    revision: ClassVar[int] = 1
    result_type: ClassVar[type[Analysis]] = Analysis

    analyzer: Analyzer
    sources: Sources
    lines: tuple[tuple[str, ...], ...]  # the command lines: a changed list of checks is a changed job
    subject: str = field(default="", compare=False)

    @property
    def label(self) -> str:
        return f"{self.subject} {self.analyzer}"

    def run(self, sandbox: Sandbox, store: Store) -> Analysis:
        """Raises BuildError when the analyzer failed: its silence would then be taken for a verdict."""
        folder = f"{self.analyzer}-analysis"
        sandbox.put({f"{folder}/{path}": store.get_blob(sha256) for path, sha256 in self.sources})
        commands = [Command(argv=argv, cwd=folder, env=LARGE_PAGES, timeout_s=COMPILE_TIMEOUT_S) for argv in self.lines]
        said: list[Diagnostic] = []
        crashed: list[str] = []
        for completed in sandbox.run_all(commands):
            last = _without_crashing(completed, sandbox, crashed)
            said.extend(self._read(last, f"/{folder}/"))
        return Analysis(diagnostics=tuple(dict.fromkeys(said)), crashed_checks=tuple(dict.fromkeys(crashed)))

    def _read(self, completed: Completed, root: str) -> Iterable[Diagnostic]:
        text = (completed.stdout + completed.stderr).decode(errors="replace")
        tool = TOOL_OF[self.analyzer]
        found = parse_rustc(text) if self.analyzer.language is Language.RUST else parse_clang(text, tool, root)
        if not completed.ok:
            raise BuildError(
                f"{self.label}: `{completed.command.argv[0]}` failed: {text.strip()[-400:]}",
                next_step=completed.command.shown()[:400],
            )
        # clippy prints rustc's own lints as well; those are the build's.
        return [
            replace(one, tool=tool)
            for one in found
            if one.level == "warning"
            and (self.analyzer.language is Language.CPP or (one.code or "").startswith("clippy::"))
        ]


def _without_crashing(completed: Completed, sandbox: Sandbox, crashed: list[str]) -> Completed:
    """The same command again without each check that it names as it crashes; these are added to `crashed`."""
    for _ in range(MOST_CRASHED):
        check = _AT_WORK.search(completed.stderr.decode(errors="replace"))
        if completed.ok or check is None:
            break
        crashed.append(check[1])
        argv = tuple(f"{one},-{check[1]}" if one.startswith(_CHECKS) else one for one in completed.command.argv)
        completed = sandbox.run(replace(completed.command, argv=argv))
    return completed


def analysis_job(analyzer: Analyzer, sources: Sources, paths: Iterable[str], subject: str) -> AnalysisJob:
    """One analyzer over the named C++ sources, or over a Rust crate."""
    return AnalysisJob(
        analyzer=analyzer,
        sources=sources,
        lines=tuple(_lines(analyzer, tuple(paths))),
        subject=subject,
    )


def _lines(analyzer: Analyzer, paths: tuple[str, ...]) -> Iterable[tuple[str, ...]]:
    match analyzer:
        case Analyzer.CLANG_ANALYZER:
            # Its default checkers, with the path to the fault as notes.
            yield from (
                ("clang++", "--analyze", "-Xanalyzer", "-analyzer-output=text", *_CPP_FLAGS, path) for path in paths
            )
        case Analyzer.CLANG_TIDY:
            # The groups that are about bugs; readability, modernisation and one company's style are not. The analyzer's
            # own checks run above, with the compiler's front end.
            checks = f"{_CHECKS}-*,bugprone-*,cert-*,clang-analyzer-*"
            yield from (
                ("clang-tidy", "--quiet", checks, "--header-filter=.*", path, "--", *_CPP_FLAGS) for path in paths
            )
        case Analyzer.CLIPPY:
            yield (*_CLIPPY, "src/lib.rs")
        case Analyzer.CLIPPY_PEDANTIC:
            yield (*_CLIPPY, "-Aclippy::all", "-Wclippy::pedantic", "src/lib.rs")


def sources_that_see(changed: Iterable[str], texts: Mapping[str, str]) -> tuple[str, ...]:
    """The C++ sources that are or include a changed file; `texts` is the tree."""
    of = set(changed)
    return tuple(path for path in sorted(texts) if path.endswith(".cpp") and included(path, texts) & of)
