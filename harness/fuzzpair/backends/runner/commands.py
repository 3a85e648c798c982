"""Commands, one after another."""

from __future__ import annotations

import json
import os
import subprocess  # noqa: TID251 - this is the inside of a sandbox
import time
from typing import Any, BinaryIO

from fuzzpair.backends.runner.output import Kept
from fuzzpair.backends.runner.prctl import die_with_parent, limit
from fuzzpair.backends.runner.processes import count_ooms
from fuzzpair.backends.runner.watch import Watch

CANNOT_EXECUTE, NOT_FOUND = 126, 127  # as a shell has them


def run_commands(request: dict[str, Any], wake: int, answer: BinaryIO) -> None:
    """Run the commands of one request; after the first failure stop, unless `keep_going`."""
    for command in request["commands"]:
        ending, stdout, stderr = run(command, request, wake)
        ending |= {"stdout": len(stdout), "stderr": len(stderr)}
        answer.write(json.dumps(ending).encode() + b"\n" + stdout + stderr)
        answer.flush()
        if ending["exit_code"] != 0 and not request["keep_going"]:
            return


def run(command: dict[str, Any], request: dict[str, Any], wake: int) -> tuple[dict[str, Any], bytes, bytes]:
    """One command to its end, and the end of everything it started."""
    ooms = count_ooms(request["oom_files"])
    started = time.monotonic()
    try:
        child = start(command, request)
    except OSError as problem:
        code = NOT_FOUND if isinstance(problem, FileNotFoundError) else CANNOT_EXECUTE
        return ended(exit_code=code), b"", f"fuzzpair: cannot start {command['argv'][0]!r}: {problem}\n".encode()
    kept = [Kept(command["output_limit"]), Kept(command["output_limit"])]
    watch = Watch(child, kept, wake, request["memory_kb"], command["idle_s"])
    try:
        watch.until(started + command["timeout_s"])
    finally:
        watch.finish()
    child.returncode = 0  # reaped by us, not by Popen
    oom_killed = watch.too_large or count_ooms(request["oom_files"]) > ooms
    ending = ended(
        **how(watch.status, timed_out=watch.timed_out),
        timed_out=watch.timed_out,
        oom_killed=oom_killed,
        duration_s=round(time.monotonic() - started, 6),
        cpu_s=round(watch.usage.ru_utime + watch.usage.ru_stime, 6),
        max_rss_kb=watch.usage.ru_maxrss,
    )
    return ending, kept[0].text(), kept[1].text()


def ended(**facts: object) -> dict[str, Any]:
    nothing = {"signal": None, "timed_out": False, "oom_killed": False}
    no_cost = {"duration_s": 0.0, "cpu_s": 0.0, "max_rss_kb": 0}
    return {**nothing, **no_cost, **facts}


def how(status: int, *, timed_out: bool) -> dict[str, int | None]:
    """Exit code or signal. The signal that a time-out sends is ours and says nothing about the program."""
    if timed_out:
        return {"exit_code": None, "signal": None}
    if os.WIFSIGNALED(status):
        return {"exit_code": None, "signal": os.WTERMSIG(status)}
    return {"exit_code": os.WEXITSTATUS(status), "signal": None}


def start(command: dict[str, Any], request: dict[str, Any]) -> subprocess.Popen[bytes]:
    """Without a function between fork and exec this is a vfork, at a third of the cost: most commands are replays,
    which take as long as a fork. A container ends all that is in it, so that nothing has to stand there."""
    child = subprocess.Popen(  # noqa: S603 - running what it is told to is this file's purpose
        command["argv"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=os.path.join(request["root"], command["cwd"]),  # noqa: PTH118 - os alone: pathlib costs 10 ms
        env={**request["env"], **command["env"]},
        start_new_session=True,
        preexec_fn=None if request["contained"] else die_with_parent,  # noqa: PLW1509 - this process has one thread
    )
    limit(child.pid, command["cpu_s"])
    return child
