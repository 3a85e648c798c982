"""Both sides loaded into one Python process: fuzzed under atheris beside a reference, or read a corpus to its end."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from fuzzpair.agree.campaigns import (
    ATHERIS,
    CORPUS,
    LINK_S,
    PARTED,
    Campaign,
    Work,
    compile_command,
    must_link,
    read_campaign,
)
from fuzzpair.agree.sides import Asked, native_file, shared_lines
from fuzzpair.backends import Sandbox
from fuzzpair.fuzz.libfuzzer import ARTIFACTS
from fuzzpair.model.agreement import AgreementCampaign, Voice
from fuzzpair.model.command import Command
from fuzzpair.store import Store

# docker/atheris: the libFuzzer in atheris, in which the sides' counters are counted. It must not become everybody's
# (RTLD_GLOBAL): atheris would then take it for one that was there before, and use a core without it.
ATHERIS_CORE = "/opt/fuzzpair/atheris-core.so"
NOBODY_COUNTS = "counters.o"
PYTHON_PATH = "/opt/fuzzpair/python:modules"


@dataclass(frozen=True, slots=True, kw_only=True)
class AtherisJob(Campaign):
    """Load both sides' shared objects and a reference into one Python process and fuzz that."""

    engine: ClassVar[str] = ATHERIS
    kind: ClassVar[str] = "agree atheris"
    revision: ClassVar[int] = 2
    result_type: ClassVar[type[AgreementCampaign]] = AgreementCampaign

    asked: Asked
    inputs_class: str  # module:class of structured inputs; empty for none
    instrument: tuple[str, ...]  # Python packages whose coverage counts
    work: Work
    alone: Voice | None = None  # of a bench: this voice and no other, and nothing is counted or compared
    subject: str = field(default="", compare=False)

    def run(self, sandbox: Sandbox, store: Store) -> AgreementCampaign:
        """Raises EngineError when nothing was executed."""
        asked = tuple(Voice) if self.alone is None else (self.alone,)
        settings = {
            "sides": {one: f"./{one}.so" for one in (Voice.CPP, Voice.RUST) if one in asked},
            "reference": self.asked.reference if Voice.REFERENCE in asked else "",
            "inputs": self.inputs_class,
            "instrument": list(self.instrument),
            "stop_at_first": self.work.stop_at_first,
            "core": ATHERIS_CORE if self.alone is None else "",
            "last": self.work.each * len(self.work.seeds),
        }
        beside = ("coverage.o", ATHERIS_CORE)
        return _in_python(self, "atheris_agree", settings, beside, sandbox, store)


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusJob(Campaign):
    """Every unit of a corpus, whole, through both sides and the reference where it is there."""

    engine: ClassVar[str] = CORPUS
    kind: ClassVar[str] = "agree corpus"
    revision: ClassVar[int] = 1
    result_type: ClassVar[type[AgreementCampaign]] = AgreementCampaign

    asked: Asked
    work: Work
    subject: str = field(default="", compare=False)

    def run(self, sandbox: Sandbox, store: Store) -> AgreementCampaign:
        """Raises EngineError when nothing was read."""
        settings = {
            "sides": {one: f"./{one}.so" for one in (Voice.CPP, Voice.RUST)},
            "reference": self.asked.reference,
            "fuse_s": self.work.seconds,
        }
        return _in_python(self, "cross_replay", settings, (NOBODY_COUNTS,), sandbox, store)


def _in_python(
    job: AtherisJob | CorpusJob,
    module: str,
    settings: Mapping[str, Any],
    beside: tuple[str, ...],
    sandbox: Sandbox,
    store: Store,
) -> AgreementCampaign:
    """Link both sides for ctypes, run a module of agree/python on them, and read what it left."""
    folder = f"agree-{module}-{job.work.target}"
    own = {"settings.json": json.dumps({"target": job.work.target, **settings}).encode()}
    own |= {f"{name}.c": native_file(f"{name}.c") for name in ("coverage", "counters")}
    sandbox.put({**job.inputs(folder, job.label, store), **{f"{folder}/{path}": one for path, one in own.items()}})
    sandbox.put_blobs({f"{folder}/{name}": sha256 for name, sha256 in job.asked.files().items()}, store.get_blob)
    made = [compile_command(folder, one.removesuffix(".o")) for one in beside if one.endswith(".o")]
    must_link(sandbox.run_all([*made, *link_commands(folder, *beside)], keep_going=False), job.label)
    options = job.options() if isinstance(job, AtherisJob) else ()
    completed = sandbox.run(
        Command(
            argv=("python3", "-m", f"fuzzpair.agree.python.{module}", *options),
            cwd=folder,
            env=(*job.env(), ("PYTHONPATH", PYTHON_PATH), ("PYTHONHASHSEED", "0")),
            timeout_s=job.work.seconds + job.work.unit_timeout_s + 60,
        )
    )
    return read_campaign(
        completed, sandbox.get([f"{folder}/{PARTED}", f"{folder}/{ARTIFACTS.rstrip('/')}"]), job, store
    )


def link_commands(folder: str, *beside: str) -> list[Command]:
    """Both sides as shared objects, with what answers their instrumentation."""
    return [Command(argv=argv, cwd=folder, timeout_s=LINK_S) for argv in shared_lines(*beside)]
