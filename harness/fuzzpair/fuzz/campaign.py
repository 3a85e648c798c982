"""Found: one campaign as a user would run it, one program, one seed, one budget. A sample, never a verdict."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from fuzzpair.backends import Sandbox
from fuzzpair.errors import EngineError
from fuzzpair.flavours import search_env
from fuzzpair.fuzz import Engine, Reading, Task, require_seeds
from fuzzpair.fuzz.libfuzzer import ARTIFACTS, LibFuzzer
from fuzzpair.model.campaign import Campaign, CrashInput
from fuzzpair.model.command import Completed, Limits
from fuzzpair.model.flavour import Flavour
from fuzzpair.store import Store

ENGINES: dict[str, Engine] = {LibFuzzer.name: LibFuzzer()}


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignJob:
    """Fuzz `program` from `seeds` with one random seed for `runs` executions."""

    kind: ClassVar[str] = "campaign"
    revision: ClassVar[int] = 2
    result_type: ClassVar[type[Campaign]] = Campaign

    program: str  # sha256
    program_name: str
    flavour: Flavour
    seeds: tuple[str, ...]  # sha256 of each seed input
    seed: int
    runs: int
    fuse_s: float
    limits: Limits
    engine: str = LibFuzzer.name
    subject: str = field(default="", compare=False)

    @property
    def label(self) -> str:
        return f"{self.subject} seed {self.seed}"

    def run(self, sandbox: Sandbox, store: Store) -> Campaign:
        """Raises EngineError when nothing was executed: a fuzzer that did not fuzz has found nothing out."""
        require_seeds(self.label, self.seeds)
        folder = f"campaign-{self.program[:12]}-{self.seed}"
        content = {f"{folder}/corpus/{sha256}": store.get_blob(sha256) for sha256 in self.seeds}
        content[f"{folder}/{ARTIFACTS}.keep"] = b""
        engine = ENGINES[self.engine]
        task = Task(
            program=self.program_name,
            seeds=tuple(f"corpus/{sha256}" for sha256 in self.seeds),
            seed=self.seed,
            runs=self.runs,
            fuse_s=self.fuse_s,
            env=search_env(self.flavour),
            folder=folder,
        )
        sandbox.put(content | {f"{folder}/{path}": text for path, text in engine.files(task).items()})
        sandbox.put_blobs({f"{folder}/{self.program_name}": self.program}, store.get_blob)
        completed = sandbox.run(engine.command(task))
        artifacts = sandbox.get([f"{folder}/{ARTIFACTS.rstrip('/')}"])
        reading = engine.read(completed, artifacts)
        self._must_have_fuzzed(completed, reading)
        return self._campaign(completed, reading, artifacts, store)

    def _must_have_fuzzed(self, completed: Completed, reading: Reading) -> None:
        if reading.artifact is not None:
            return
        log = completed.stderr.decode(errors="replace").strip()[-400:]
        ending = f"signal {completed.signal}" if completed.signal else f"exit code {completed.exit_code}"
        if reading.executions == 0:
            raise EngineError(
                f"{self.label}: {self.engine} executed nothing ({ending}): {log}",
                next_step=completed.command.shown(),
            )
        if not completed.ok and not reading.fused:
            # Killed from outside, or gone without a word: neither a crash of the target nor a clean budget.
            raise EngineError(
                f"{self.label}: {self.engine} ended early and left no input ({ending}): {log}",
                next_step=completed.command.shown(),
            )

    def _campaign(self, completed: Completed, reading: Reading, artifacts: dict[str, bytes], store: Store) -> Campaign:
        log = store.put_blob(completed.stderr)
        crash = None
        if reading.artifact is not None:
            crash = CrashInput(
                input=store.put_blob(artifacts[reading.artifact]),
                found_after_s=completed.duration_s,
                executions=reading.executions,
                report=reading.report,
                log=log,
            )
        return Campaign(
            engine=self.engine,
            seed=self.seed,
            budget_runs=self.runs,
            executions=reading.executions,
            duration_s=completed.duration_s,
            edges=reading.edges,
            corpus_units=reading.corpus_units,
            crash=crash,
            log=log,
            command=completed.command.shown(),
            complete=not reading.fused,
        )
