"""`pytest --fuzzpair`: every known crash of a pair is a test that runs its inputs again in the sandbox.

A test passes when none of its inputs shows the crash any more, fails while one does, and is an *error* where nothing
can be said: no engine, no build, an input that is gone. What is flaky, a time-out, or accepted in known-issues.yml
may fail without failing anybody (xfail, not strict). pytest loads this module of every project that has fuzzpair
installed, so everything else is imported when it is asked for.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from fuzzpair.own_pair.regressions import Regression
    from fuzzpair.pytest_pair import PairTests

TESTS: pytest.StashKey[PairTests] = pytest.StashKey()


class StillThere(AssertionError):  # noqa: N818 - pytest prints the name
    """A known crash that shows itself."""


class NothingKnown(Exception):  # noqa: N818 - pytest prints the name
    """Whether a crash is still there cannot be said."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("fuzzpair", "known crashes of a C++/Rust pair")
    group.addoption("--fuzzpair", action="store_true", help="make a test of each known crash of the pair")
    group.addoption("--fuzzpair-config", default="pipeline.yml", metavar="FILE", help="the pair's file")
    group.addoption("--fuzzpair-state", default=".fuzzpair", metavar="FOLDER", help="where builds are stored")
    group.addoption(
        "--fuzzpair-may-skip",
        action="store_true",
        help="where no container engine answers, skip these tests; without this they are errors",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "fuzzpair: a known crash of a pair, run again (pytest --fuzzpair)")


@pytest.hookimpl(tryfirst=True)  # before -k and -m choose among them
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--fuzzpair"):
        tests = config.stash.get(TESTS, None) or _open(config)  # a conftest.py may have put its own there
        config.stash[TESTS] = tests
        collector = PairCollector.from_parent(session, name=f"fuzzpair-{tests.name}", tests=tests)
        items.extend(collector.collect())


def pytest_collection_finish(session: pytest.Session) -> None:
    tests = session.config.stash.get(TESTS, None)
    if tests is not None:
        tests.wanted = [item.regression for item in session.items if isinstance(item, CrashItem)]


def _open(config: pytest.Config) -> PairTests:
    from fuzzpair.backends.select import open_backend  # noqa: PLC0415 - the module's docstring says why
    from fuzzpair.errors import FuzzpairError  # noqa: PLC0415
    from fuzzpair.pytest_pair import PairTests  # noqa: PLC0415
    from fuzzpair.world import World  # noqa: PLC0415

    folder = config.invocation_params.dir
    try:
        return PairTests(
            config_file=folder / config.getoption("--fuzzpair-config"),
            state_folder=folder / config.getoption("--fuzzpair-state"),
            world=World(os.environ, open_backend),
        )
    except FuzzpairError as error:
        raise pytest.UsageError(f"--fuzzpair: {error.message}\n{error.next_step}") from error


class PairCollector(pytest.Collector):
    """The pair, in pytest's tree."""

    def __init__(self, *, tests: PairTests, **given: Any) -> None:  # noqa: ANN401 - pytest's own
        super().__init__(**given)
        self.tests = tests

    def collect(self) -> Iterator[pytest.Item]:
        for regression in self.tests.known():
            yield CrashItem.from_parent(self, name=regression.name, tests=self.tests, regression=regression)


class CrashItem(pytest.Item):
    """One known crash."""

    def __init__(self, *, tests: PairTests, regression: Regression, **given: Any) -> None:  # noqa: ANN401 - pytest's own
        super().__init__(**given)
        self.tests, self.regression = tests, regression
        self.add_marker("fuzzpair")
        self.add_marker(pytest.mark.xdist_group(f"fuzzpair-{tests.name}"))  # one build for all of them
        if regression.tolerated:
            # Only what is shown is tolerated: that nothing could be run is an error of these as well.
            self.add_marker(pytest.mark.xfail(reason=regression.tolerated, strict=False, raises=StillThere))

    def setup(self) -> None:
        """Try it. What is raised here is an error to pytest, and no failure."""
        from fuzzpair.errors import BackendError, FuzzpairError  # noqa: PLC0415

        try:
            answer = self.tests.answer(self.regression)
        except FuzzpairError as error:
            # Its subclasses are an engine that is there, and broke or could not make an image.
            if type(error) is BackendError and self.config.getoption("--fuzzpair-may-skip"):
                pytest.skip(f"{error.message} (--fuzzpair-may-skip)")
            raise NothingKnown(f"{error.message}\n{error.next_step}") from error
        if answer.problem:
            raise NothingKnown(answer.problem)
        self.answer = answer

    def runtest(self) -> None:
        from fuzzpair.pytest_pair import told  # noqa: PLC0415

        if self.answer.shown:
            raise StillThere(told(self.regression, self.answer))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:  # noqa: ANN401
        """The message alone: a traceback through the plugin says nothing of a crash."""
        if isinstance(excinfo.value, StillThere | NothingKnown):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        return self.tests.config_file, None, self.name
