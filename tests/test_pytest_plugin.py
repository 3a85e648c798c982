"""`pytest --fuzzpair`, run inside pytest on a tiny pair whose state earlier runs have filled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fuzzpair import pytest_plugin
from fuzzpair.backends import Backend
from fuzzpair.backends.fake import FakeBackend
from fuzzpair.backends.select import Kind
from fuzzpair.errors import BackendError, ImageError
from fuzzpair.model.language import Language
from fuzzpair.own_pair.wish import Built
from fuzzpair.pytest_pair import PairTests
from fuzzpair.world import World
from own_pair.pair_runs import Tiny
from own_pair.tiny_target import program

CPP, RUST = Language.CPP, Language.RUST
PIPELINE = """
version: 1
fuzz:
  name: gzip
  rust: {source: ., fuzz: fuzz}
  state: pair
  known_issues: known-issues.yml
"""


@dataclass
class Inner:
    """A run of pytest in the pair's folder."""

    tiny: Tiny
    capture: pytest.CaptureFixture[str]
    outcomes: dict[str, str] = field(default_factory=dict)  # test -> passed, failed, error, skipped, xfailed, xpassed
    opened: int = 0
    fails: Exception | None = None
    said: str = ""

    def __post_init__(self) -> None:
        root = self.tiny.root
        (root / "fuzz").mkdir()
        (root / "fuzz" / "Cargo.toml").write_text("")
        (root / "pipeline.yml").write_text(PIPELINE)
        (root / "pytest.ini").write_text("[pytest]\n")

    def __call__(self, *arguments: str, built: Built) -> int:
        root = self.tiny.root
        tests = PairTests(
            config_file=root / "pipeline.yml",
            state_folder=root / "states",
            world=World({}, self.open_backend),
            build=lambda *_: built,
        )
        self.outcomes.clear()
        # Looking for what nobody raised collects the whole session's garbage five times: a second for each test here.
        without = ("-p", "no:cacheprovider", "-p", "no:unraisableexception")
        argv = ["--fuzzpair", f"--rootdir={root}", "-c", str(root / "pytest.ini"), *without, *arguments, str(root)]
        code = pytest.main(argv, plugins=[pytest_plugin, Given(tests), self])
        self.said = self.capture.readouterr().out
        return int(code)

    def open_backend(self, kind: Kind, environ: Mapping[str, str], on_progress: Callable[[str], None]) -> Backend:
        assert (kind, environ) == ("auto", {})
        on_progress("opening")
        self.opened += 1
        if self.fails is not None:
            raise self.fails
        return FakeBackend(self.tiny.targets)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        name = report.nodeid.rpartition("::")[2]
        if hasattr(report, "wasxfail"):
            self.outcomes[name] = "xfailed" if report.skipped else "xpassed"
        elif report.when == "call":
            self.outcomes[name] = report.outcome
        elif report.outcome != "passed":
            self.outcomes[name] = "error" if report.failed else report.outcome

    @property
    def outcome(self) -> str:
        (only,) = self.outcomes.values()
        return only


class Given:
    """What a project's conftest.py would be."""

    def __init__(self, tests: PairTests) -> None:
        self.tests = tests

    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[pytest_plugin.TESTS] = self.tests


@pytest.fixture
def inner(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Inner:
    return Inner(Tiny(tmp_path, store_name="states/store"), capsys)


def found(inner: Inner, word: str = "heap", **wish: Any) -> Built:
    """A night that found something; the builds that it was found on."""
    bad = program(inner.tiny.store, CPP, crashes={"!": word}, new=["a!"])
    built = inner.tiny.built(bad)
    inner.tiny(bad, **wish)
    return built


def test_a_known_crash_that_is_still_there_fails_and_says_how_to_see_it(inner: Inner) -> None:
    built = found(inner)
    assert inner(built=built) == pytest.ExitCode.TESTS_FAILED
    ((name, outcome),) = inner.outcomes.items()
    assert outcome == "failed"
    assert name.startswith("header/cpp-heap-buffer-overflow-read-")
    assert "it is still there" in inner.said
    assert "copy_extra" in inner.said
    assert "reproduce header/cpp" in inner.said
    assert "Traceback" not in inner.said


def test_one_that_is_gone_passes_and_stays_a_test_when_it_is_marked_fixed(inner: Inner) -> None:
    found(inner)
    good = program(inner.tiny.store, CPP)
    assert inner(built=inner.tiny.built(good)) == pytest.ExitCode.OK
    assert inner.outcome == "passed"
    inner.tiny(good, marks_fixed=True)
    assert inner(built=inner.tiny.built(good)) == pytest.ExitCode.OK
    assert inner.outcome == "passed"


def test_a_flaky_one_may_fail_and_may_pass(inner: Inner) -> None:
    inner.tiny.targets.silent_replays = 3
    built = found(inner)
    assert inner(built=built) == pytest.ExitCode.OK
    assert inner.outcome == "xfailed"
    assert inner(built=inner.tiny.built(program(inner.tiny.store, CPP))) == pytest.ExitCode.OK
    assert inner.outcome == "xpassed"


def test_a_timeout_fails_nobody(inner: Inner) -> None:
    assert inner(built=found(inner, "hang")) == pytest.ExitCode.OK
    assert inner.outcome == "xfailed"


@pytest.mark.parametrize(("days", "outcome"), [(1, "xfailed"), (-1, "failed")])
def test_what_is_accepted_fails_nobody_until_its_day(inner: Inner, days: int, outcome: str) -> None:
    built = found(inner)
    (past,) = (event.finding for event in inner.tiny.state.events())
    day = (datetime.now(UTC) + timedelta(days=days)).date()
    entry = f"signature: {past.key}\n    reason: the format's own\n    owner: parsers\n    expires: {day}"
    (inner.tiny.root / "known-issues.yml").write_text(f"known:\n  - {entry}\n")
    inner("-rx", built=built)
    assert inner.outcome == outcome
    assert ("accepted until" in inner.said) == (outcome == "xfailed")


def test_no_engine_is_an_error_and_no_skip(inner: Inner) -> None:
    built = found(inner)
    inner.fails = BackendError("No container engine answers at /x", next_step="start it")
    assert inner(built=built) == pytest.ExitCode.TESTS_FAILED
    assert inner.outcome == "error"
    assert "No container engine answers at /x" in inner.said
    assert inner("--fuzzpair-may-skip", built=built) == pytest.ExitCode.OK
    assert inner.outcome == "skipped"


def test_an_image_that_cannot_be_made_is_an_error_whatever_may_be_skipped(inner: Inner) -> None:
    built = found(inner)
    inner.fails = ImageError("it cannot be built")
    assert inner("--fuzzpair-may-skip", built=built) == pytest.ExitCode.TESTS_FAILED
    assert inner.outcome == "error"


def test_a_flaky_one_is_an_error_too_where_nothing_can_be_said(inner: Inner) -> None:
    inner.tiny.targets.silent_replays = 3
    built = found(inner)
    inner.fails = BackendError("none")
    assert inner(built=built) == pytest.ExitCode.TESTS_FAILED
    assert inner.outcome == "error"


def test_a_target_that_is_not_built_any_more_is_an_error(inner: Inner) -> None:
    found(inner)
    other = program(inner.tiny.store, CPP, target="renamed")
    assert inner(built=inner.tiny.built(other)) == pytest.ExitCode.TESTS_FAILED
    assert inner.outcome == "error"
    assert "no program 'header'" in inner.said


def test_an_input_that_is_gone_is_an_error(inner: Inner) -> None:
    found(inner)
    for path in (inner.tiny.root / "pair" / "artifacts").rglob("crash-*"):
        path.unlink()
    good = program(inner.tiny.store, CPP)
    assert inner(built=inner.tiny.built(good)) == pytest.ExitCode.TESTS_FAILED
    assert inner.outcome == "error"


def test_only_what_is_chosen_is_run_and_one_backend_serves_all(inner: Inner) -> None:
    bad = program(inner.tiny.store, CPP, crashes={"!": "heap", "?": "other"}, new=["a!", "a?"])
    inner.tiny(bad)
    built = inner.tiny.built(bad)
    inner(built=built)
    assert sorted(inner.outcomes.values()) == ["failed", "failed"]
    assert inner.opened == 1
    inner.tiny.targets.replays.clear()
    inner("-k", "use-after-free", built=built)
    assert len(inner.outcomes) == 1
    assert {content for _, content in inner.tiny.targets.replays} <= {b"a?"}


def test_a_pair_that_knows_nothing_has_no_tests(inner: Inner) -> None:
    assert inner(built=Built(builds=(), checkups=())) == pytest.ExitCode.NO_TESTS_COLLECTED
    assert inner.opened == 0


def test_without_the_option_nothing_is_read(tmp_path: Path) -> None:
    (tmp_path / "test_x.py").write_text("def test_x(): pass\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    argv = [f"--rootdir={tmp_path}", "-c", str(tmp_path / "pytest.ini"), "-p", "no:cacheprovider", str(tmp_path)]
    assert pytest.main(argv, plugins=[pytest_plugin]) == pytest.ExitCode.OK


def test_a_file_that_is_not_there_is_a_usage_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    argv = ["--fuzzpair", "--fuzzpair-config", str(tmp_path / "no.yml"), f"--rootdir={tmp_path}"]
    code = pytest.main([*argv, "-c", str(tmp_path / "pytest.ini"), str(tmp_path)], plugins=[pytest_plugin])
    assert code == pytest.ExitCode.USAGE_ERROR
    assert "no.yml" in capsys.readouterr().err
