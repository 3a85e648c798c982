"""The state folder: one run at a time, whatever became of the one before."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fuzzpair.errors import StoreError, UsageError
from fuzzpair.state import latest_record, locked_state, open_store, save_record
from fuzzpair.store import Store

HARNESS = Path(__file__).parent.parent / "harness"
HOLD = """
import sys
from pathlib import Path
from fuzzpair.state import locked_state
with locked_state(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def another_process(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that holds the folder until it is told to end, or is killed."""
    argv = [sys.executable, "-c", HOLD, str(folder)]
    env = {"PYTHONPATH": str(HARNESS), "PYTHONDONTWRITEBYTECODE": "1"}
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"held\n"
            yield process
        finally:
            process.kill()


def test_a_folder_that_another_process_holds_is_told_with_its_number(tmp_path: Path) -> None:
    with another_process(tmp_path) as other:
        with pytest.raises(StoreError, match=f"in use by process {other.pid}$") as caught, locked_state(tmp_path):
            pass
        assert "--state" in caught.value.next_step
        # To look at the past, nobody has to wait.
        assert open_store(tmp_path).get_document("runs/latest") is None


def test_kill_9_frees_it(tmp_path: Path) -> None:
    with another_process(tmp_path) as other:
        other.send_signal(signal.SIGKILL)
        other.wait()
        with locked_state(tmp_path):
            assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"


def test_it_is_free_again_behind_the_block_also_by_an_error(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), locked_state(tmp_path):
        raise ZeroDivisionError
    with locked_state(tmp_path):
        pass
    with another_process(tmp_path):
        pass


def test_two_folders_do_not_wait_for_each_other(tmp_path: Path) -> None:
    with locked_state(tmp_path / "a"), locked_state(tmp_path / "b"):
        pass


def test_a_folder_that_cannot_be_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot use the state folder"), locked_state(tmp_path / "file" / "state"):
        pass


def test_the_store_is_in_it_and_can_be_opened_for_reading(tmp_path: Path) -> None:
    with locked_state(tmp_path) as store:
        name = store.put_blob(b"octets")
    assert open_store(tmp_path).get_blob(name) == b"octets"


def test_the_last_record_is_the_one_that_was_saved_last(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    with pytest.raises(UsageError, match="no run yet"):
        latest_record(store)
    save_record(store, "one", "first")
    save_record(store, "two", "second")
    assert latest_record(store) == "second"
    assert store.get_document("runs/one.json") == "first"


def test_a_pointer_to_a_record_that_is_gone_is_no_run(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    save_record(store, "one", "first")
    (tmp_path / "runs" / "one.json").unlink()
    with pytest.raises(UsageError, match="no run yet") as caught:
        latest_record(store)
    assert caught.value.next_step == "./fuzzpair run"
