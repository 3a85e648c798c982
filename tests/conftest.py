"""Container tests run wherever an engine answers; one that is skipped fails the run."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from fuzzpair.backends.select import open_backend
from fuzzpair.errors import BackendError
from tiny_cli import Here
from tiny_pair import TinyPair

NO_ENGINE = "no Docker engine answers"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--no-containers", action="store_true", help="leave out the tests that start real containers")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(ContainerTests(leave_out=config.getoption("--no-containers")), "container-tests")


class ContainerTests:
    """Leaves the container tests out, or sees to it that they really ran."""

    def __init__(self, *, leave_out: bool) -> None:
        self.leave_out = leave_out
        self.ran: set[str] = set()
        self.skipped: set[str] = set()

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        containers = [item for item in items if item.get_closest_marker("container")]
        if self.leave_out:
            config.hook.pytest_deselected(items=containers)
            items[:] = [item for item in items if item not in containers]
        elif containers and not engine_answers():
            for item in containers:
                item.add_marker(pytest.mark.skip(reason=NO_ENGINE))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if "container" not in report.keywords:
            return
        if report.skipped and not hasattr(report, "wasxfail"):
            self.skipped.add(report.nodeid)
        elif report.when == "call":
            self.ran.add(report.nodeid)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Iterator[None]:
        if self.skipped and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        yield

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.leave_out:
            terminalreporter.write_line("container tests: left out by --no-containers")
            return
        terminalreporter.write_line(f"container tests: {len(self.ran)} ran, {len(self.skipped)} skipped")
        if self.skipped:
            terminalreporter.write_line(
                "FAILED because container tests were skipped. Next step: start a Docker engine, "
                "or leave them out on purpose with --no-containers.",
                red=True,
            )


def engine_answers() -> bool:
    """By the product's own judgement, so that a test is not skipped where a run would use containers."""
    try:
        open_backend("docker", os.environ)
    except BackendError:
        return False
    return True


@pytest.fixture
def here(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Here]:
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield Here(TinyPair(tmp_path), capsys)
    for number, handler in handlers.items():
        signal.signal(number, handler)
