"""What holds for every sandbox that runs real processes."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from fuzzpair.backends import Sandbox
from fuzzpair.errors import SandboxError
from fuzzpair.model.command import Command, Completed
from fuzzpair.store import digest


def shell(line: str, *, timeout_s: float = 20.0, output_limit: int = 1 << 20) -> Command:
    return Command(argv=("sh", "-c", line), timeout_s=timeout_s, output_limit=output_limit)


def run(sandbox: Sandbox, line: str) -> Completed:
    return sandbox.run(shell(line))


def test_a_command_sees_the_files_and_leaves_some(sandbox: Sandbox) -> None:
    sandbox.put({"in/name.txt": b"octets\xff", "tool.sh": b"#!/bin/sh\ncat in/name.txt > out.txt\n"})
    completed = sandbox.run(Command(argv=("./tool.sh",), timeout_s=20))
    assert completed.ok
    assert sandbox.get(["out.txt", "in", "not-there"]) == {"out.txt": b"octets\xff", "in/name.txt": b"octets\xff"}


def test_the_whole_root_comes_back_by_the_names_it_went_in(sandbox: Sandbox) -> None:
    sandbox.put({"a/b/c": b"1", "d": b"2"})
    assert sandbox.get(["."]) == {"a/b/c": b"1", "d": b"2"}


def test_put_replaces_a_file_and_what_it_wrote_is_new(sandbox: Sandbox) -> None:
    sandbox.put({"a": b"first"})
    run(sandbox, "touch -d 2000-01-01 old")
    sandbox.put({"a": b"second"})
    assert run(sandbox, "test a -nt old").ok
    assert sandbox.get(["a"]) == {"a": b"second"}


def test_blobs_are_files_by_their_digest_and_executable(sandbox: Sandbox) -> None:
    tool = b"#!/bin/sh\necho made\n"
    blobs = {digest(tool): tool, digest(b"1"): b"1"}
    sandbox.put_blobs({"bin/tool": digest(tool), "a": digest(b"1")}, blobs.__getitem__)
    assert sandbox.run(Command(argv=("bin/tool",), timeout_s=20)).stdout == b"made\n"
    assert sandbox.get(["a"]) == {"a": b"1"}


def test_what_is_kept_is_checked_before_it_is_used_again(sandbox: Sandbox) -> None:
    """A program may have written to its own file; then the octets are asked for, and not those are taken."""
    made = b"made here"
    sandbox.put({"made": made})
    sandbox.keep({"made": digest(made)})
    sandbox.put_blobs({"first": digest(made)}, lambda _: made)
    run(sandbox, "printf altered > made; printf altered > first")
    sandbox.put_blobs({"second": digest(made)}, lambda _: made)
    assert sandbox.get(["second"]) == {"second": made}


def test_a_limit_of_cpu_time_ends_with_sigxcpu(sandbox: Sandbox) -> None:
    completed = sandbox.run(replace(shell("while :; do :; done", timeout_s=30), cpu_s=1))
    assert (completed.exit_code, completed.signal) == (None, 24)


def test_exit_code_signal_and_both_outputs_are_facts(sandbox: Sandbox) -> None:
    completed = run(sandbox, "echo out; echo err >&2; exit 3")
    assert (completed.exit_code, completed.signal, completed.stdout, completed.stderr) == (3, None, b"out\n", b"err\n")
    killed = run(sandbox, "kill -SEGV $$")
    assert (killed.exit_code, killed.signal) == (None, 11)


def test_what_cannot_be_started_answers_as_a_shell_would(sandbox: Sandbox) -> None:
    sandbox.put({"text": b""})
    missing = sandbox.run(Command(argv=("no-such-program",), timeout_s=5))
    assert missing.exit_code == 127
    assert b"no-such-program" in missing.stderr
    assert sandbox.run(Command(argv=(".",), timeout_s=5)).exit_code == 126


def test_a_time_out_ends_the_whole_group_and_keeps_the_output(sandbox: Sandbox) -> None:
    started = time.monotonic()
    completed = sandbox.run(shell("echo before; sleep 300 & sleep 300", timeout_s=0.5))
    assert completed.timed_out

    assert (completed.exit_code, completed.signal, completed.stdout) == (None, None, b"before\n")
    assert time.monotonic() - started < 10


def test_a_command_whose_threads_all_wait_is_ended_before_its_time(sandbox: Sandbox) -> None:
    waiting = replace(shell("sleep 30 & wait", timeout_s=30), idle_s=0.5)
    completed = sandbox.run(waiting)
    assert completed.timed_out
    assert completed.duration_s < 15


def test_a_command_that_computes_is_not_idle(sandbox: Sandbox) -> None:
    busy = replace(shell("i=0; while [ $i -lt 400000 ]; do i=$((i+1)); done; echo done", timeout_s=60), idle_s=0.3)
    assert sandbox.run(busy).stdout == b"done\n"


def test_nothing_outlives_its_command_even_in_a_session_of_its_own(sandbox: Sandbox) -> None:
    """A daemon would hold the pipes open, use the next command's time, and write into its folder."""
    started = time.monotonic()
    run(sandbox, "setsid sh -c 'sleep 1; touch late' & echo started")
    run(sandbox, "sleep 1.5")
    assert sandbox.get(["late"]) == {}
    assert time.monotonic() - started < 10


def test_output_above_the_limit_keeps_its_first_and_last_halves(sandbox: Sandbox) -> None:
    completed = sandbox.run(shell("printf first; head -c 3000000 /dev/zero; printf last", output_limit=1000))
    assert completed.stdout.startswith(b"first\0")
    assert completed.stdout.endswith(b"\0last")
    assert b"[fuzzpair: 2999009 octets left out]" in completed.stdout
    assert len(completed.stdout) < 1100


def test_output_at_the_limit_is_whole(sandbox: Sandbox) -> None:
    assert sandbox.run(shell("head -c 1000 /dev/zero", output_limit=1000)).stdout == bytes(1000)


def test_too_much_memory_is_an_oom_kill_and_the_next_command_runs(sandbox: Sandbox) -> None:
    hog = Command(argv=("python3", "-c", "octets = b'x' * (1 << 30); print(len(octets))"), timeout_s=60)
    completed = sandbox.run(hog)
    assert completed.oom_killed
    assert (completed.exit_code, completed.signal, completed.stdout) == (None, 9, b"")
    after = run(sandbox, "echo fine")
    assert (after.stdout, after.oom_killed) == (b"fine\n", False)


def test_an_oom_kill_below_the_command_is_seen_too(sandbox: Sandbox) -> None:
    completed = run(sandbox, """python3 -c "octets = b'x' * (1 << 30)"; true""")
    assert completed.oom_killed


def test_a_kill_that_is_not_for_memory_is_not_one(sandbox: Sandbox) -> None:
    assert not run(sandbox, "kill -KILL $$").oom_killed


def test_cost_is_measured(sandbox: Sandbox) -> None:
    sandbox.put({"busy.py": b"import time\nwhile time.process_time() < 0.3: pass\nx = b'x' * (64 << 20)\n"})
    completed = sandbox.run(Command(argv=("python3", "busy.py"), timeout_s=60))
    assert 0.3 <= completed.cpu_s <= completed.duration_s + 0.1
    assert 64 << 10 <= completed.max_rss_kb <= 128 << 10


def test_no_core_file_and_the_usual_stack(sandbox: Sandbox) -> None:
    assert run(sandbox, "ulimit -c; ulimit -s").stdout == b"0\n8192\n"


def test_the_kernel_kills_the_command_before_what_watches_over_it(sandbox: Sandbox) -> None:
    done = sandbox.run(shell("sleep 0.5; cat /proc/$$/oom_score_adj /proc/$PPID/oom_score_adj"))
    command, runner = done.stdout.split()
    assert int(command) == 1000
    assert int(runner) < 1000


def test_the_environment_is_the_sandbox_s_own_and_the_command_s(sandbox: Sandbox) -> None:
    completed = sandbox.run(Command(argv=("env",), env=(("ASAN_OPTIONS", "a=1"), ("TZ", "CET")), timeout_s=5))
    names = dict(line.split("=", 1) for line in completed.stdout.decode().splitlines())
    assert names.keys() <= {"PATH", "HOME", "TMPDIR", "LANG", "TZ", "ASAN_OPTIONS", "LC_CTYPE", "FUZZPAIR_PAIR"}
    assert (names["ASAN_OPTIONS"], names["TZ"]) == ("a=1", "CET")


def test_stdin_is_empty(sandbox: Sandbox) -> None:
    assert run(sandbox, "wc -c").stdout.strip() == b"0"


def test_a_command_runs_in_its_folder_below_the_root(sandbox: Sandbox) -> None:
    sandbox.put({"below/here": b""})
    assert sandbox.run(Command(argv=("ls",), cwd="below", timeout_s=5)).stdout == b"here\n"


def test_run_all_stops_at_the_first_failure_only_when_told(sandbox: Sandbox) -> None:
    commands = [shell("echo 1"), shell("echo 2; false"), shell("echo 3")]
    assert [one.stdout for one in sandbox.run_all(commands)] == [b"1\n", b"2\n", b"3\n"]
    assert [one.exit_code for one in sandbox.run_all(commands, keep_going=False)] == [0, 1]
    assert sandbox.run_all([]) == ()


def test_arguments_and_output_may_be_any_octets(sandbox: Sandbox) -> None:
    argument = b'\xff\n\xc3\xa9"'.decode(errors="surrogateescape")
    assert sandbox.run(Command(argv=("printf", "%s", argument), timeout_s=5)).stdout == b'\xff\n\xc3\xa9"'


@pytest.mark.parametrize("path", ["../outside", "/etc/passwd", "a/../../b"])
def test_no_path_leaves_the_sandbox(sandbox: Sandbox, path: str) -> None:
    with pytest.raises(SandboxError, match="not a path inside"):
        sandbox.put({path: b""})
    with pytest.raises(SandboxError, match="not a path inside"):
        sandbox.get([path])
    with pytest.raises(SandboxError, match="not a path inside"):
        sandbox.run(Command(argv=("true",), cwd=path, timeout_s=5))


@pytest.mark.parametrize("make", ["ln -s /etc/passwd {}", "ln -s here {}", "mkfifo {}"])
@pytest.mark.parametrize(("place", "asked"), [("left", "left"), ("folder/left", "folder")])
def test_links_and_devices_do_not_come_out(sandbox: Sandbox, make: str, place: str, asked: str) -> None:
    run(sandbox, f"mkdir -p folder; {make.format(place)}")
    with pytest.raises(SandboxError, match="link or a device"):
        sandbox.get([asked])


def test_no_more_comes_out_than_was_allowed(sandbox: Sandbox) -> None:
    run(sandbox, "mkdir out; truncate -s 3G out/sparse")
    with pytest.raises(SandboxError, match="holds more than"):
        sandbox.get(["out"], size_limit=1000)
    sandbox.put({"a": bytes(600), "b": bytes(600)})
    with pytest.raises(SandboxError, match="holds more than"):
        sandbox.get(["a", "b"], size_limit=1000)
    assert sandbox.get(["a"], size_limit=600) == {"a": bytes(600)}


def test_put_does_not_write_through_a_link_that_a_command_left(sandbox: Sandbox) -> None:
    run(sandbox, "echo kept > target; ln -s target planted")
    sandbox.put({"planted": b"new"})
    assert sandbox.get(["target", "planted"]) == {"target": b"kept\n", "planted": b"new"}
