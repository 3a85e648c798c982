"""The twins in containers, one process an input."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fuzzpair.jobs import Worker
from fuzzpair.model.command import Command, Completed
from twins.compare import Language, Target

REPOSITORY = Path(__file__).parents[2]
TIMEOUT_S = 10.0
AT_ONCE = 250  # inputs in one round trip


@dataclass(frozen=True, slots=True)
class ContainerTwins:
    """One process an input, in a sandbox of the experiment's own backend."""

    worker: Worker
    programs: dict[str, str]  # language -> sha256 of the default flavour's program

    def describe(self, language: Language, target: Target, inputs: list[bytes]) -> list[bytes]:
        answers: list[bytes] = []
        with self.worker.backend.session(self.worker.limits) as sandbox:
            sandbox.put({"judge": self.worker.store.get_blob(self.programs[language])})
            for start in range(0, len(inputs), AT_ONCE):
                chunk = inputs[start : start + AT_ONCE]
                sandbox.put({f"inputs/{number}": content for number, content in enumerate(chunk)})
                commands = [
                    Command(argv=("./judge", target, f"inputs/{number}"), timeout_s=TIMEOUT_S)
                    for number in range(len(chunk))
                ]
                answers.extend(_answer(done) for done in sandbox.run_all(commands))
        return answers


def _answer(done: Completed) -> bytes:
    return done.stdout if done.ok else b"failed: %r\n" % done.exit_code + done.stderr
