"""The verbs: what they print, where they print it, and the exit code that a pipeline reads."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fuzzpair import __version__
from fuzzpair.backends.fake import FakeBackend
from fuzzpair.errors import BackendError, FuzzpairError
from fuzzpair.state import locked_state
from tiny_cli import ESCAPE, Here
from tiny_pair import Tools

HARNESS = Path(__file__).parent.parent / "harness"


# --- exit codes ------------------------------------------------------------------------------------


def test_0_a_run_ends_with_the_matrix_and_its_reports(here: Here) -> None:
    assert here("run") == 0
    assert here.opened == ["auto"]
    for words in ("stale", "wrong", "rejected", "detected", "wrote"):
        assert words in here.out
    written = json.loads((here.pair.root / "out/run.json").read_text())
    assert {row["name"]: row["rung"] for row in written["rows"]}["stale/rust"] == "rejected"
    reports = {"run.json", "junit.xml", "summary.md", "results.sarif", "report.html"}
    assert {path.name for path in (here.pair.root / "out").iterdir()} == reports
    assert "fuzz" in here.err, "progress is not the result"


def test_1_a_verdict_that_is_not_the_release_s(here_after_run: Here) -> None:
    here = here_after_run
    fingerprint = json.loads((here.pair.root / "out/run.json").read_text())["toolchain"]["fingerprint"]
    here.pair.write(
        "expected.yml",
        f"schema: fuzzpair/expected/1\nfingerprint: {fingerprint}\nrows: {{wrong/cpp: detected}}\n",
    )
    assert here("run", "wrong") == 1
    assert "wrong/cpp" in here.out
    assert "detected" in here.out


class GoneForGood(FakeBackend):
    """An engine that does not even answer when its sandboxes are to be ended."""

    def stop_all(self) -> None:
        raise BackendError("the engine does not answer")


SECOND = 'slip("wrong")'  # stands in the trees of the mistake that comes second


def one_by_one(here: Here) -> None:
    """One worker: the first mistake has its rows when the second one is fuzzed."""
    path = here.pair.root / "pipeline.yml"
    path.write_text(path.read_text().replace("workers: 2", "workers: 1"))


@pytest.mark.parametrize(("tools", "code"), [(Tools(gone=SECOND), 3), (Tools(interrupted=SECOND), 130)])
def test_what_was_found_is_told_also_when_the_engine_stays_gone(
    here: Here, monkeypatch: pytest.MonkeyPatch, tools: Tools, code: int
) -> None:
    one_by_one(here)
    monkeypatch.setattr(here, "open_backend", lambda *_: GoneForGood(tools))
    assert here("run") == code
    assert "rejected" in here.out
    assert (here.pair.root / "out/run.json").is_file()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "stael"), "there is no mistake 'stael'; perhaps you meant 'stale'"),
        (("run", "--profile", "defualt"), "there is no profile 'defualt' in pipeline.yml; perhaps you meant 'default'"),
        (("explain", "stale"), "there is no run yet to look at"),
        (("report",), "there is no run yet to look at"),
        (("report", "--record", "/nowhere/run.json"), "cannot read /nowhere/run.json"),
        (("replay", "stale/cpp", "--flavour", "address", "--input", "00"), "there is no run yet to look at"),
    ],
)
def test_2_a_wrong_wish(here: Here, arguments: tuple[str, ...], said: str) -> None:
    assert here(*arguments) == 2
    assert here.err.startswith(f"fuzzpair: {said}")
    assert "\n  next: " in here.err or "--record" in arguments
    assert here.out == ""
    assert not (here.pair.root / "out").exists()


@pytest.mark.parametrize("argv", [("fly",), ("run", "--fast"), ("explain",), ("run", "--backend", "cloud")])
def test_2_a_wrong_command_line(here: Here, argv: tuple[str, ...]) -> None:
    assert here.bare(*argv) == 2
    assert "Usage: fuzzpair" in here.err
    assert here.opened == []


def test_2_a_wrong_configuration_is_told_before_a_backend_is_opened(here: Here) -> None:
    path = here.pair.root / "pipeline.yml"
    path.write_text(path.read_text().replace("workers:", "wokers:"))
    assert here("run") == 2
    assert "pipeline.yml:4: unknown key 'wokers'; perhaps you meant 'workers'" in here.err
    assert (here.opened, (here.pair.root / ".fuzzpair").exists()) == ([], False)


def test_3_an_empty_corpus_is_told_before_a_backend_is_opened(here: Here) -> None:
    (here.pair.root / "corpus/tiny/message/first").unlink()
    assert here("run") == 3
    assert "the corpus of target 'message' is empty" in here.err
    assert here.opened == []


def test_3_no_engine(here: Here) -> None:
    here.fails = BackendError("no Docker engine answers", next_step="start it")
    assert here("run") == 3
    assert here.err.endswith("fuzzpair: no Docker engine answers\n  next: start it\n")


def test_3_a_failed_control_and_the_matrix_is_printed_all_the_same(here: Here) -> None:
    here.tools = Tools(deaf="address")
    assert here("run") == 3
    assert "known-bad cpp address" in here.out
    assert "detected" in here.out
    assert json.loads((here.pair.root / "out/run.json").read_text())["gate"]["exit_code"] == 3


def test_3_a_folder_that_somebody_else_uses(here: Here) -> None:
    with locked_state(here.pair.root / ".fuzzpair"):
        assert here("run") == 3
    assert f"is in use by process {os.getpid()}" in here.err


def test_3_a_mistake_of_fuzzpair_itself_is_no_breached_gate(here: Here) -> None:
    # Python's own exit code would be 1, and a pipeline would read "a verdict differs".
    here.fails = ZeroDivisionError("a bug")
    assert here("run") == 3
    assert "Traceback" in here.err
    assert here.err.endswith("fuzzpair: a mistake of fuzzpair itself\n  next: report it with the lines above\n")


def test_130_an_interrupted_run_tells_what_it_has_and_the_next_goes_on(here: Here) -> None:
    one_by_one(here)
    here.tools = Tools(interrupted=SECOND)
    assert here("run") == 130
    assert "rejected" in here.out
    assert json.loads((here.pair.root / "out/run.json").read_text())["complete"] is False
    here.tools = Tools()
    assert here("run") == 0


def test_130_ctrl_c_before_there_is_a_run(here: Here, tmp_path: Path) -> None:
    fifo = tmp_path / "record"
    os.mkfifo(fifo)
    argv = [sys.executable, "-m", "fuzzpair", "report", "--record", str(fifo)]
    env = {"PYTHONPATH": str(HARNESS), "PYTHONDONTWRITEBYTECODE": "1"}
    # A shell that starts the tests in its background has it ignored, and whatever they start inherits that. What is
    # handled here is the default there; a function between fork and exec could wait for a lock of another thread.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    signal.signal(signal.SIGINT, before)
    with process:
        end = opened_when_read(fifo, process)
        # A signal between the verb's open and its read is only seen when the read ends: ask again, as a person would.
        for _ in range(100):
            process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=0.3)
                break
        else:
            process.kill()
        os.close(end)
        said = process.communicate(timeout=30)[1]
    assert (process.returncode, b"Traceback" in said) == (130, False)


def opened_when_read(fifo: Path, reader: subprocess.Popen[bytes]) -> int:
    """The writing end of a pipe, once the process reads it: then the verb is at work, and waits.

    A busy machine may take a minute until then. To give up would leave a reader that waits for ever for a writer, and
    `with Popen` for the reader.
    """
    while reader.poll() is None:
        try:
            return os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            time.sleep(0.02)
    raise AssertionError(f"it ended and read nothing: {reader.communicate()[1].decode()}")


def test_version_and_help(here: Here) -> None:
    assert here.bare("--version") == 0
    assert here.out == f"fuzzpair {__version__}\n"
    assert here.bare("run", "--help") == 0
    assert "130 interrupted" in here.out


def test_schema_is_json(here: Here) -> None:
    assert here.bare("schema") == 0
    assert json.loads(here.out)["title"] == "fuzzpair pipeline.yml"


# --- hostile text ----------------------------------------------------------------------------------


def test_what_an_error_quotes_is_made_harmless(here: Here) -> None:
    here.fails = FuzzpairError(f"{ESCAPE}]0;owned\x07 \u202etxt", next_step=f"{ESCAPE}[31mrm -rf /")
    assert here("run") == 3
    assert here.err.endswith("fuzzpair: \\x1b]0;owned\\x07 \\u202etxt\n  next: \\x1b[31mrm -rf /\n")


def test_so_is_a_name_on_the_command_line(here: Here) -> None:
    assert here("run", f"{ESCAPE}[2Jstale") == 2
    assert "\\x1b[2Jstale" in here.err


def test_so_is_what_a_replayed_program_prints(here_after_run: Here) -> None:
    here = here_after_run
    here.tools = Tools(prints=f"{ESCAPE}[2Jcleared\n")
    row = next(
        one for one in json.loads((here.pair.root / "out/run.json").read_text())["rows"] if one["name"] == "wrong/cpp"
    )
    name = row["evidence"]["canary"]["inputs"][0]
    assert here("replay", "wrong/cpp", "--flavour", "default", "--input", name) == 0
    assert here.out == "\\x1b[2Jcleared\n"
