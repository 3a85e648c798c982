"""One input on one program of a past run again: what `fuzzpair reproduce` does."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from fuzzpair.errors import StoreError, UsageError
from fuzzpair.jobs import Worker
from fuzzpair.model.command import Completed
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language
from fuzzpair.model.pair import PairRecord, TargetProgram
from fuzzpair.own_pair.again import TargetFolder
from fuzzpair.own_pair.programs import place_of
from fuzzpair.own_pair.state import ARTIFACT, TARGET, PairState
from fuzzpair.store import Store

ARTIFACTS = "artifacts"  # the folder of a run's inputs among its reports


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An input, by the engine's name for it or as a file, and the program that is to run it."""

    target: str
    language: Language
    flavour: Flavour
    input: str

    @classmethod
    def read(cls, row: str, flavour: Flavour, input_name: str) -> Asked:
        """Raises UsageError where the row is no side of a target."""
        target, _, language = row.rpartition("/")
        if not TARGET.fullmatch(target) or language not in list(Language):
            raise UsageError(f"{row!r} is no side of a target", next_step="name one as reports do, e.g. header/cpp")
        return cls(target=target, language=Language(language), flavour=flavour, input=input_name)

    def program(self, record: PairRecord) -> TargetProgram:
        """Raises UsageError where the run has no such program."""
        programs = [one for build in record.builds for one in build.programs]
        for one in programs:
            if (one.target, one.language, one.flavour) == (self.target, self.language, self.flavour):
                return one
        known = ", ".join(one.name for one in programs) or "none"
        raise UsageError(
            f"the last run has no program {self.target}/{self.language} {self.flavour}", next_step=f"it has: {known}"
        )

    def content(self, state: PairState, out: Path) -> bytes:
        """The input. Raises UsageError where it is nowhere."""
        if not ARTIFACT.fullmatch(self.input):
            return self._file(Path(self.input))
        kept = state.artifacts(self.target, self.language, [self.input])
        if kept:
            return kept[self.input]
        return self._file(out / ARTIFACTS / self.target / self.language / self.input)

    def _file(self, path: Path) -> bytes:
        try:
            return path.read_bytes()
        except OSError as error:
            raise UsageError(
                f"there is no input {path}: {error.strerror}",
                next_step="name it as a report does, crash-<sha1>, or as a file",
            ) from error


def reproduce_input(asked: Asked, state: PairState, record: PairRecord, worker: Worker, out: Path) -> Completed:
    """Run it once, as it is judged. Raises UsageError where the program or the input is not there."""
    program, content = asked.program(record), asked.content(state, out)
    name = worker.store.put_blob(content)
    with worker.backend.session(worker.limits) as sandbox:
        folder = TargetFolder(place_of(program, worker.limits.memory_mb, "reproduce"), sandbox, worker.store)
        folder.put((name,))
        return folder.complete([name])[0]


def write_artifacts(record: PairRecord, out: Path, store: Store) -> None:
    """Every finding's inputs beside the reports: a change keeps them nowhere else."""
    for finding in record.findings:
        for one in finding.inputs:
            if not (TARGET.fullmatch(finding.target) and ARTIFACT.fullmatch(one.name)):
                continue
            with suppress(StoreError):  # an input that an earlier run knew, and that is not on this machine
                content = store.get_blob(one.input)
                path = out / ARTIFACTS / finding.target / finding.language / one.name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
