"""Container tests run wherever an engine answers; one that is skipped fails the run."""

from __future__ import annotations

import gc
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from fuzzpair.backends.select import open_backend
from fuzzpair.errors import BackendError
from fuzzpair.store import Store
from tiny_cli import Here
from tiny_pair import TinyPair, Undisturbed, copy_tree

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NO_ENGINE = "no Docker engine answers"
NO_BROWSER = "no Chromium: apt-get install chromium (or name one in FUZZPAIR_TEST_BROWSER)"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")

# Both are wall-clock time, and a busy machine is no fault of what is tested.
settings.register_profile("fuzzpair", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("quick", settings.get_profile("fuzzpair"), max_examples=20)  # what nox asks for
settings.load_profile("fuzzpair")


# Modules and tests stay until the end: looking for garbage among them is a third of what collecting them takes.
gc.disable()


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    """From here on there is garbage again, but none in what was there before."""
    gc.freeze()
    gc.enable()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--no-containers", action="store_true", help="leave out the tests that start real containers")


def pytest_configure(config: pytest.Config) -> None:
    leave_out = config.getoption("--no-containers")
    config.pluginmanager.register(ContainerTests(leave_out=leave_out), "container-tests")
    config.pluginmanager.register(BrowserTests(may_skip=leave_out), "browser-tests")


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


class BrowserTests:
    """Skips the browser tests where there is no browser; in a whole run that fails."""

    def __init__(self, *, may_skip: bool) -> None:
        self.may_skip = may_skip
        self.skipped = 0

    @pytest.hookimpl(trylast=True)  # what -k leaves out is not skipped
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        tests = [item for item in items if item.get_closest_marker("browser")]
        if tests and browser_path() is None:
            self.skipped = len(tests)
            for item in tests:
                item.add_marker(pytest.mark.skip(reason=NO_BROWSER))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Iterator[None]:
        if self.skipped and not self.may_skip and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        yield

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.skipped:
            said = f"browser tests: {self.skipped} skipped: {NO_BROWSER}"
            terminalreporter.write_line(said if self.may_skip else f"FAILED: {said}", red=not self.may_skip)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The machine's Chromium, once a module. Playwright is imported where a page is opened: it takes its time."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=browser_path(), args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def complaints() -> list[str]:
    """Whatever a page complains of."""
    return []


def browser_path() -> str | None:
    """The Chromium of the machine: Playwright's own cannot be downloaded everywhere."""
    named = os.environ.get("FUZZPAIR_TEST_BROWSER")
    return named or next((path for path in map(shutil.which, BROWSERS) if path), None)


def engine_answers() -> bool:
    """By the product's own judgement, so that a test is not skipped where a run would use containers."""
    try:
        open_backend("docker", os.environ)
    except BackendError:
        return False
    return True


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "store"))


@pytest.fixture
def here(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Here]:
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield Here(TinyPair(tmp_path), capsys)
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    root = tmp_path_factory.mktemp("undisturbed")
    return Undisturbed(root, TinyPair(root).run())


@pytest.fixture
def pair_after_run(tmp_path: Path, undisturbed: Undisturbed) -> TinyPair:
    """A copy of what the clean run left, for a test to change: a run on it does what the change asks for."""
    pair = TinyPair(tmp_path)
    copy_tree(undisturbed.root, tmp_path)
    return pair


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kept")


@pytest.fixture
def here_after_run(here: Here, kept: Path) -> Here:
    """The command line behind a clean run. The first test of a session makes that run, the others have a copy of its
    folder: it takes ten times as long as its copy."""
    made = kept / "after-run"
    if made.exists():
        copy_tree(made, here.pair.root)
    else:
        assert here("run") == 0
        copy_tree(here.pair.root, made)
    return here
