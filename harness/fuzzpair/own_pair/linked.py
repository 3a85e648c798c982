"""What each target is made of, asked of its programs: for `fuzzpair change` to tell which of them a change touches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from fuzzpair.jobs import Batch
from fuzzpair.model.command import Limits
from fuzzpair.model.pair import TargetProgram
from fuzzpair.own_pair.again import LinkedFiles, LinkedFilesJob
from fuzzpair.scheduler import Scheduler

LINKED: Final = "ask what targets are made of"


def linked_files_of(
    programs: Sequence[TargetProgram], scheduler: Scheduler, limits: Limits
) -> dict[str, tuple[str, ...] | None]:
    """By target, the files of all its sides; None where one of its programs names none.

    One flavour of a side is asked: all are built from the same files.
    """
    jobs: dict[tuple[str, str], LinkedFilesJob] = {}
    for program in programs:
        jobs.setdefault((program.target, program.language), LinkedFilesJob(program=program, limits=limits))
    outcomes = scheduler.run_stage(LINKED, [Batch((job,), job.label) for job in jobs.values()])
    files: dict[str, tuple[str, ...] | None] = {target: () for target, _ in jobs}
    for (target, _), job in jobs.items():
        result, known = outcomes.result(job), files[target]
        if known is not None:
            files[target] = (*known, *result.files) if isinstance(result, LinkedFiles) else None
    return files
