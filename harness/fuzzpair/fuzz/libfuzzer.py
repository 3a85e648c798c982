"""libFuzzer, which both twins link from clang's own runtime: the same engine for both."""

from __future__ import annotations

import math
from collections.abc import Mapping

from fuzzpair.fuzz import Reading, Task
from fuzzpair.model.command import Command, Completed
from fuzzpair.triage import first_report, run_statistics

ARTIFACTS = "artifacts/"
SEED_LIST = "seeds.list"
RSS_LIMIT_MB = 2560  # OSS-Fuzz's
# Names of new functions are for somebody who watches; each would start a symbolizer in the middle of a campaign.
NO_NAMES = "-print_funcs=0"
SLOW_PREFIXES = ("timeout-", "oom-")  # too slow or too large, which depends on the machine as well
CRASH_PREFIXES = ("crash-", "leak-", *SLOW_PREFIXES)


class LibFuzzer:
    """Budget by `-runs`; the time limit is only a fuse.

    Seeds are named one by one: libFuzzer tries a folder's files in the order in which the file system has them, and
    the same seed number then fuzzes differently on each machine.
    """

    name = "libfuzzer"

    def files(self, task: Task) -> dict[str, bytes]:
        return {SEED_LIST: ",".join(task.seeds).encode()}

    def command(self, task: Task) -> Command:
        return Command(
            argv=(
                f"./{task.program}",
                f"-runs={task.runs}",
                f"-seed={task.seed}",
                f"-max_total_time={math.ceil(task.fuse_s)}",
                f"-timeout={task.unit_timeout_s}",
                f"-rss_limit_mb={RSS_LIMIT_MB}",
                "-max_len=2048",
                "-print_final_stats=1",
                NO_NAMES,
                "-verbosity=1",
                f"-artifact_prefix={ARTIFACTS}",
                f"-seed_inputs=@{SEED_LIST}",
            ),
            cwd=task.folder,
            env=task.env,
            # -timeout is not obeyed by every build (TSan): the whole group is killed from outside then.
            timeout_s=task.fuse_s + task.unit_timeout_s + 15,
        )

    def read(self, completed: Completed, files: Mapping[str, bytes]) -> Reading:
        log = completed.stderr.decode(errors="replace")
        said = run_statistics(log)
        artifact = next((path for path in sorted(files) if _is_crash(path)), None)
        ended_well = completed.ok and artifact is None
        return Reading(
            executions=said.executed_units,
            edges=said.edges,
            corpus_units=said.corpus_units,
            artifact=artifact,
            report=None if ended_well else first_report(log),
            fused=completed.timed_out or (ended_well and said.executed_units < _budget(completed.command)),
        )


def _budget(command: Command) -> int:
    return next(int(one.removeprefix("-runs=")) for one in command.argv if one.startswith("-runs="))


def _is_crash(path: str) -> bool:
    # Also crash-da39a3ee…, the SHA-1 of nothing: the first input that libFuzzer tries is the empty one.
    return path.rpartition("/")[2].startswith(CRASH_PREFIXES)
