"""What runs in a sandbox, as it is sent there."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from importlib.resources import files
from pathlib import Path

import pytest

from fuzzpair.backends.archive import pack
from fuzzpair.backends.exchange import RUNNER, RUNNER_PARTS, runner_source
from fuzzpair.backends.runner.files import INCOMING
from fuzzpair.backends.runner.output import Kept
from fuzzpair.backends.runner.processes import count_ooms


@pytest.mark.parametrize("cut", [1, 3, 10, 64])
@pytest.mark.parametrize("size", [0, 1, 9, 10, 11, 20, 21, 1000])
def test_kept_is_the_same_however_the_stream_is_cut(size: int, cut: int) -> None:
    stream = bytes(n % 251 for n in range(size))
    kept = Kept(20)
    for start in range(0, size, cut):
        kept.add(stream[start : start + cut])
    if size <= 20:
        assert kept.text() == stream
    else:
        gap = f"\n[fuzzpair: {size - 20} octets left out]\n".encode()
        assert kept.text() == stream[:10] + gap + stream[-10:]


def test_kept_does_not_grow_with_the_stream() -> None:
    kept = Kept(100)
    for _ in range(1000):
        kept.add(bytes(1000))
        assert len(kept.tail) <= 1100


def test_ooms_are_counted_in_both_versions_of_cgroups(tmp_path: Path) -> None:
    second = tmp_path / "memory.events"
    second.write_text("low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 0\n")
    first = tmp_path / "memory.oom_control"
    first.write_text("oom_kill_disable 0\nunder_oom 0\noom_kill 5\n")
    assert count_ooms([str(second), str(tmp_path / "missing")]) == 2
    assert count_ooms([str(first)]) == 5


def test_all_of_it_is_sent_and_nothing_else_of_ours_is_needed() -> None:
    package = files(RUNNER)
    modules = {one.name for one in package.iterdir() if one.name.endswith(".py")} - {"__init__.py"}
    assert sorted(modules) == sorted(f"{name}.py" for name in RUNNER_PARTS)
    # No folder of ours is on the path with -I -S: what imports anything else fails here as it would in a sandbox.
    command = [sys.executable, "-I", "-S", "-c", runner_source()]
    done = subprocess.run(command, input=b"", capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@pytest.mark.parametrize("contained", [False, True])
def test_it_ends_its_command_when_the_orchestrator_is_gone(contained: bool, tmp_path: Path) -> None:
    """As after `kill -9`: nobody closes anything in order, stdin just ends."""
    with subprocess.Popen([sys.executable, "-I", "-c", runner_source()], stdin=-1, stdout=-1, stderr=-1) as process:
        assert process.stdin is not None
        process.stdin.write(_endless(tmp_path, contained=contained))
        process.stdin.flush()
        child = _when_written(tmp_path / "child")
        process.stdin.close()
        assert process.wait(20) == 0
    for pid in (int((tmp_path / "pid").read_text()), child):
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_its_command_ends_with_it_where_no_container_does_that(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-I", "-c", runner_source()], stdin=-1, stdout=-1, stderr=-1) as process:
        assert process.stdin is not None
        process.stdin.write(_endless(tmp_path, contained=False))
        process.stdin.flush()
        child = _when_written(tmp_path / "child")
        process.kill()
    try:
        pid = int((tmp_path / "pid").read_text())
        for _ in range(500):
            if _has_ended(pid):
                break
            time.sleep(0.02)
        assert _has_ended(pid)
    finally:
        os.kill(child, signal.SIGKILL)


def _endless(root: Path, *, contained: bool) -> bytes:
    """A request for a command that has a child, writes down both their ids, and does not end."""
    command = {"argv": ["sh", "-c", "echo $$ > pid; sleep 300 & echo $! > child; wait"], "env": {}, "cwd": "."}
    limits = {"timeout_s": 300, "idle_s": None, "cpu_s": None, "output_limit": 100}
    request = {"commands": [command | limits], "keep_going": True, "root": str(root)}
    surroundings: dict[str, object] = {"env": {"PATH": os.environ["PATH"]}, "oom_files": [], "memory_kb": None}
    return json.dumps(request | surroundings | {"contained": contained}).encode() + b"\n"


def _has_ended(pid: int) -> bool:
    """Whether a process is gone, or waits for whoever started it to notice."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return True
    return stat.rpartition(")")[2].split()[0] == "Z"


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    """Others copy from a shelf while more is put there: half a precompiled header was taken for one, once."""
    content = os.urandom(3 << 20)
    archive = pack({"folder/headers": content}, owner=os.getuid())
    request = json.dumps({"root": str(tmp_path), "size": len(archive)}).encode() + b"\n"
    with subprocess.Popen([sys.executable, "-I", "-c", runner_source()], stdin=-1, stdout=-1) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(request + archive[: 2 << 20])
        process.stdin.flush()
        for _ in range(500):
            if (tmp_path / "folder").is_dir() and any((tmp_path / "folder").iterdir()):
                break
            time.sleep(0.02)
        assert [one.name for one in (tmp_path / "folder").iterdir()] == [f"headers{INCOMING}"]
        process.stdin.write(archive[2 << 20 :])
        process.stdin.flush()
        assert json.loads(process.stdout.readline()) == {"problem": ""}
        process.stdin.close()
    assert [one.read_bytes() for one in (tmp_path / "folder").iterdir()] == [content]


def _when_written(path: Path) -> int:
    for _ in range(500):
        if path.exists() and (text := path.read_text().strip()):
            return int(text)
        time.sleep(0.02)
    raise AssertionError(f"{path} was not written")
