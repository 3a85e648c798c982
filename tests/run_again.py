"""A judge that says what a test wants on an input, and inputs run on it again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from fuzzpair.backends.fake import FakeSandbox
from fuzzpair.jobs import Outcome, Outcomes
from fuzzpair.model.command import Command, Completed, Limits
from fuzzpair.model.flavour import Flavour
from fuzzpair.reproduce import Judge, Shown, reproduce_job, shown_by
from fuzzpair.store import Store
from tiny_pair import asan

Program = Callable[[bytes, int], bytes | int]  # (input, how often it was run before) -> a log, or a signal


class Running:
    """A judge whose reports are those of `program`; nothing printed is a clean end."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.runs: Counter[bytes] = Counter()

    def __call__(self, command: Command, files: dict[str, bytes]) -> Completed:
        content = files[f"{command.cwd}/{command.argv[-1]}"]
        self.runs[content] += 1
        said = self.program(content, self.runs[content] - 1)
        if isinstance(said, int):
            return Completed(command=command, exit_code=None, signal=said)
        return Completed(command=command, exit_code=90 if said else 0, stderr=said)


def judge(store: Store, flavour: Flavour = Flavour.ADDRESS) -> Judge:
    return Judge(program=store.put_blob(b"program"), flavour=flavour, target="message", limits=Limits())


def reproduced(store: Store, program: Program, *inputs: bytes, times: int = 5) -> list[Shown | None]:
    job = reproduce_job(judge(store), [store.put_blob(one) for one in inputs], times=times)
    outcomes = Outcomes()
    outcomes.add({job: Outcome(key="", result=job.run(FakeSandbox(Running(program)), store))})
    return list(shown_by(job, outcomes, store).values())


def crash_with(mark: bytes) -> Program:
    return lambda content, _: asan("parse") if mark in content else b""
