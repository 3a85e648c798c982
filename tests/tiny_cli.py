"""The command line in a tiny pair's folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from fuzzpair import cli
from fuzzpair.backends import Backend
from fuzzpair.backends.fake import FakeBackend
from fuzzpair.backends.select import Kind
from tiny_pair import TinyPair, Tools

ESCAPE = "\x1b"


class Here:
    """The command line in a tiny pair's folder, with its compilers in the place of real ones."""

    def __init__(self, pair: TinyPair, capture: pytest.CaptureFixture[str]) -> None:
        self.pair = pair
        self.tools = Tools()
        self.opened: list[Kind] = []
        self.fails: Exception | None = None
        self._capture = capture
        self.out = self.err = ""

    def __call__(self, verb: str, *arguments: str, state: bool = True) -> int:
        options = ("--state", str(self.pair.root / ".fuzzpair")) if state and verb != "rebase" else ()
        if verb in ("run", "replay", "bundle", "verify", "rebase"):
            options = (*options, "--config", str(self.pair.root / "pipeline.yml"))
        if verb in ("run", "report"):
            options = (*options, "--out", str(self.pair.root / "out"))
        return self.bare(verb, *options, *arguments)

    def bare(self, *argv: str) -> int:
        code = cli.main(argv, {}, self.open_backend)
        self.out, self.err = self._capture.readouterr()
        assert ESCAPE not in self.out + self.err, "no colour codes where nobody looks at a terminal"
        return code

    def open_backend(self, kind: Kind, environ: Mapping[str, str], on_progress: Callable[[str], None]) -> Backend:
        assert environ == {}
        on_progress("opening")
        self.opened.append(kind)
        if self.fails is not None:
            raise self.fails
        return FakeBackend(self.tools)
