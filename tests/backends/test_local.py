from __future__ import annotations

import os
import pickle
import stat
import threading
import time
from pathlib import Path

import pytest

from fuzzpair.backends.local import NO_ISOLATION, LocalBackend, find_tools, run_tool
from fuzzpair.errors import BackendError, SandboxError
from fuzzpair.model.command import Command, Limits

VERSIONS = {"clang-22": "clang 22.1", "rustc": "rustc 1.96\nhost: x86_64-unknown-linux-gnu"}


@pytest.fixture
def tools(tmp_path: Path) -> dict[str, str]:
    """An environment whose PATH holds compilers of a kind, beside the system's own tools."""
    for name in ("clang-22", "clang++-22", "ld.lld-22", "clang++", "rustc"):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\nprintf '%s\\n' '{VERSIONS.get(name, name)}'\n")
        program.chmod(0o755)
    return {"PATH": f"{tmp_path}:/usr/bin:/bin", "SECRET": "1"}


def test_prepare_warns_once_and_reads_the_toolchain(tools: dict[str, str], tmp_path: Path) -> None:
    told: list[str] = []
    toolchain = LocalBackend(tools, told.append).prepare(tmp_path)
    assert told == [NO_ISOLATION]
    assert dict(toolchain.versions)["clang"] == "clang 22.1"
    assert toolchain.triple == "x86_64-unknown-linux-gnu"


def test_the_newest_llvm_is_taken_whole(tools: dict[str, str], tmp_path: Path) -> None:
    found = find_tools(tools)
    assert found["clang++"] == str(tmp_path / "clang++-22")
    assert found["ld.lld"] == str(tmp_path / "ld.lld-22")


def test_without_compilers_the_error_names_them_and_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(BackendError) as caught:
        find_tools({"PATH": str(tmp_path)})
    assert "clang and clang++ and rustc" in caught.value.message
    assert "apt-get install" in caught.value.next_step


def test_a_pickled_backend_keeps_its_tools(tools: dict[str, str], tmp_path: Path) -> None:
    backend = LocalBackend(tools)
    backend.prepare(tmp_path)
    with pickle.loads(pickle.dumps(backend)).session(Limits()) as sandbox:
        assert sandbox.run(Command(argv=("clang", "--version"), timeout_s=5)).stdout == b"clang 22.1\n"
        assert b"SECRET" not in sandbox.run(Command(argv=("env",), timeout_s=5)).stdout


def test_the_folder_is_gone_afterwards_even_when_a_command_locked_it() -> None:
    with LocalBackend(os.environ).session(Limits()) as sandbox:
        sandbox.put({"a/b": b""})
        root = sandbox.run(Command(argv=("pwd",), timeout_s=5)).stdout.decode().strip()
        sandbox.run(Command(argv=("chmod", "0", "a"), timeout_s=5))
    assert not Path(root).exists()


def test_a_planted_folder_link_is_not_followed(tmp_path: Path) -> None:
    with LocalBackend(os.environ).session(Limits()) as sandbox:
        sandbox.run(Command(argv=("ln", "-s", str(tmp_path), "out"), timeout_s=5))
        with pytest.raises(SandboxError, match="leads out"):
            sandbox.put({"out/file": b""})
        with pytest.raises(SandboxError, match="leads out"):
            sandbox.get(["out/file"])
    assert list(tmp_path.iterdir()) == []


def test_stop_all_ends_running_commands_with_their_children(tmp_path: Path) -> None:
    backend = LocalBackend(os.environ)
    pid_file = tmp_path / "pid"

    def stop() -> None:
        while not (pid_file.exists() or has_ended.is_set()):
            time.sleep(0.02)
        backend.stop_all()

    has_ended = threading.Event()  # for whatever reason: else a command that never started is waited for
    stopper = threading.Thread(target=stop)
    stopper.start()
    line = f"sleep 300 & echo $! > {pid_file}.new; mv {pid_file}.new {pid_file}; wait"
    try:
        with backend.session(Limits()) as sandbox, pytest.raises(BackendError):
            sandbox.run(Command(argv=("sh", "-c", line), timeout_s=300))
    finally:
        has_ended.set()
        stopper.join()
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid_file.read_text()), 0)
    with backend.session(Limits()) as sandbox, pytest.raises(BackendError, match="were ended"):
        sandbox.run(Command(argv=("true",), timeout_s=5))


def test_run_tool_keeps_the_last_lines_and_tells_every_one() -> None:
    told: list[str] = []
    ended = run_tool(("sh", "-c", "seq 40; echo bad >&2; exit 4"), env=os.environ, on_line=told.append)
    assert (ended.exit_code, ended.last_lines[-2:], len(told)) == (4, ("40", "bad"), 41)
    assert len(ended.last_lines) == 15


def test_what_is_put_is_its_owner_s_to_execute() -> None:
    with LocalBackend(os.environ).session(Limits()) as sandbox:
        sandbox.put({"a": b""})
        root = sandbox.run(Command(argv=("pwd",), timeout_s=5)).stdout.decode().strip()
        assert stat.S_IMODE((Path(root) / "a").stat().st_mode) == 0o755
