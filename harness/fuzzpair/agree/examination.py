"""What campaigns kept, read again: each answer, the smallest input, and inputs that say the same folded into one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Annotated, ClassVar, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from fuzzpair.agree.campaigns import MOST_SIGHTINGS, compile_command, must_link
from fuzzpair.agree.in_python import NOBODY_COUNTS, PYTHON_PATH, link_commands
from fuzzpair.agree.sides import Asked, native_file
from fuzzpair.backends import Sandbox
from fuzzpair.errors import EngineError
from fuzzpair.model.agreement import AgreementCampaign, Answer, Disagreement, Ending, Said, Sighting, Voice
from fuzzpair.model.command import Command, Limits
from fuzzpair.parting import first_parted, parting
from fuzzpair.store import Store

# Modules of this package that the sandbox's Python needs: pure ones, and those that only run there.
SHIPPED: Final = (
    "__init__.py",
    "model/__init__.py",
    "model/agreement.py",
    "model/language.py",
    "model/run_facts.py",
    "model/standing.py",
    "parting.py",
    "reduction.py",
    "agree/__init__.py",
    "agree/python/__init__.py",
    "agree/python/voices.py",
    "agree/python/coverage.py",
    "agree/python/atheris_agree.py",
    "agree/python/cross_replay.py",
    "agree/python/examine.py",
)
HANG_S = 2  # one voice's own time for an input
TEXT_LIMIT = 1 << 20  # octets kept of one answer


class _Answered(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    ending: Ending
    text: Annotated[str, Field(max_length=TEXT_LIMIT)]


class _Told(BaseModel):
    """One file of examine.py. It comes out of a sandbox: nothing of it is believed but its shape."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    input: Annotated[str, Field(pattern=r"^([0-9a-f]{2})*\z", max_length=1 << 20)]
    is_minimal: bool
    was_cut: bool  # the fuse has ended this minimisation, or one before it
    touched: tuple[Annotated[int, Field(ge=0, lt=1 << 20)], ...]
    answers: dict[Voice, _Answered]


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """One input that was kept, after it was read again; its path and its key are read from the answers."""

    found: str  # sha256 of the input as it was kept
    input: str  # sha256 of the smaller one
    octets: int
    is_minimal: bool
    touched: tuple[int, ...]
    said: tuple[Said, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """In the order of the job's inputs, without those on which the voices agree after all."""

    examined: tuple[Examined, ...]
    complete: bool = True  # False: the fuse ended a minimisation, so it is shown but never stored


@dataclass(frozen=True, slots=True, kw_only=True)
class ExamineJob:
    """Ask every voice about each input again, one process an input, and make it smaller while they part alike."""

    kind: ClassVar[str] = "agree examine"
    revision: ClassVar[int] = 2
    result_type: ClassVar[type[Examination]] = Examination

    asked: Asked
    target: str
    inputs: tuple[str, ...]
    fuse_s: float
    limits: Limits
    hang_s: int = HANG_S
    subject: str = field(default="", compare=False)

    @property
    def label(self) -> str:
        return f"{self.subject} {self.target} examine"

    def run(self, sandbox: Sandbox, store: Store) -> Examination:
        """Raises EngineError where the examination itself did not come to its end."""
        folder = f"examine-{self.target}"
        blobs = {**self.asked.files(), **{f"inputs/{sha256}": sha256 for sha256 in self.inputs}}
        settings = {
            "target": self.target,
            "sides": {"cpp": "./cpp.so", "rust": "./rust.so"},
            "reference": self.asked.reference,
            "fuse_s": self.fuse_s,
            "hang_s": self.hang_s,
            "survives": bool(self.asked.beside),
        }
        own = {"settings.json": json.dumps(settings).encode(), "examined/.keep": b""}
        own["counters.c"] = native_file("counters.c")
        sandbox.put({f"{folder}/{path}": content for path, content in own.items()})
        sandbox.put_blobs({f"{folder}/{path}": sha256 for path, sha256 in blobs.items()}, store.get_blob)
        # What instrumentation calls, for where nobody counts.
        lines = [compile_command(folder, "counters"), *link_commands(folder, NOBODY_COUNTS)]
        must_link(sandbox.run_all(lines, keep_going=False), self.label)
        examine = Command(
            argv=("python3", "-m", "fuzzpair.agree.python.examine"),
            cwd=folder,
            env=(("PYTHONPATH", PYTHON_PATH), ("PYTHONHASHSEED", "0"), ("RUST_BACKTRACE", "0")),
            timeout_s=self.fuse_s + 60.0 + 10.0 * len(self.inputs),
        )
        done = sandbox.run(examine)
        if not done.ok:
            raise EngineError(
                f"{self.label}: {done.stderr.decode(errors='replace').strip()[-600:] or 'ended early'}",
                next_step=done.command.shown()[:400],
            )
        told = dict(self._told(sandbox.get([f"{folder}/examined"]), folder))
        examined = tuple(self._read(sha256, one, store) for sha256, one in told.items())
        return Examination(examined=examined, complete=not any(one.was_cut for one in told.values()))

    def _told(self, files: Mapping[str, bytes], folder: str) -> Iterator[tuple[str, _Told]]:
        for sha256 in self.inputs:
            content = files.get(f"{folder}/examined/{sha256}.json")
            if content is None:
                continue
            try:
                yield sha256, _Told.model_validate_json(content)
            except ValidationError as error:
                raise EngineError(f"{self.label}: what was told of {sha256[:12]} cannot be read: {error}") from error

    def _read(self, found: str, told: _Told, store: Store) -> Examined:
        octets = bytes.fromhex(told.input)
        return Examined(
            found=found,
            input=store.put_blob(octets),
            octets=len(octets),
            is_minimal=told.is_minimal,
            touched=tuple(at for at in told.touched if at < len(octets)),
            said=tuple(
                Said(voice=voice, ending=answer.ending, text=store.put_blob(answer.text.encode()))
                for voice, answer in told.answers.items()
            ),
        )


def pair_modules(place: Path | None, store: Store) -> tuple[tuple[str, str], ...]:
    """The sandbox's Python modules: path below `modules/` -> sha256. This package's, and the pair's own: a file, or a
    folder under its own name."""
    package = files("fuzzpair")
    shipped = {f"fuzzpair/{path}": (package / path).read_bytes() for path in SHIPPED}
    if place is not None:
        own = [place] if place.is_file() else sorted(path for path in place.rglob("*.py") if path.is_file())
        shipped |= {path.relative_to(place.parent).as_posix(): path.read_bytes() for path in own}
    return tuple((path, store.put_blob(content)) for path, content in shipped.items())


def examine_job(  # noqa: PLR0913 - the fields of one value
    asked: Asked,
    campaigns: Iterable[AgreementCampaign],
    *,
    again: Sequence[str] = (),
    fuse_s: float,
    limits: Limits,
    subject: str,
    hang_s: int = HANG_S,
) -> ExamineJob | None:
    """A job for what campaigns of one target kept, and inputs (sha256) to try again; None where that is nothing."""
    kept = list(campaigns)
    sightings = tuple(dict.fromkeys(one.input for campaign in kept for one in campaign.sightings))[:MOST_SIGHTINGS]
    inputs = tuple(dict.fromkeys((*again, *sightings)))
    if not inputs:
        return None
    return ExamineJob(
        asked=asked,
        target=kept[0].target,
        inputs=inputs,
        fuse_s=fuse_s,
        limits=limits,
        subject=subject,
        hang_s=hang_s,
    )


def disagreements(
    examination: Examination, campaign: AgreementCampaign, store: Store, again: Sequence[str] = ()
) -> tuple[Disagreement, ...]:
    """One for each key: the smallest input, and when the campaign first saw any of them; what was tried `again` was
    there before its first execution."""
    sightings = {one: Sighting(input=one, seconds=0.0, executions=0) for one in again}
    sightings |= {one.input: one for one in campaign.sightings}
    groups: dict[str, list[tuple[Examined, Sighting]]] = {}
    for one in examination.examined:
        parted = parting(_answers(one, store))
        if parted is not None and one.found in sightings:
            groups.setdefault(parted.key, []).append((one, sightings[one.found]))
    found = [_folded(members, campaign, store) for members in groups.values()]
    return tuple(sorted(found, key=lambda one: (one.seconds, one.key)))


def _folded(members: list[tuple[Examined, Sighting]], campaign: AgreementCampaign, store: Store) -> Disagreement:
    smallest, _ = min(members, key=lambda pair: (pair[0].octets, pair[0].input))
    first = min((sighting for _, sighting in members), key=lambda one: one.executions)
    answers = _answers(smallest, store)
    parted = parting(answers)
    assert parted is not None
    return Disagreement(
        key=parted.key,
        what=parted.what,
        path=parted.path,
        odd=parted.odd,
        target=campaign.target,
        input=smallest.input,
        octets=smallest.octets,
        found=smallest.found,
        is_minimal=smallest.is_minimal,
        inputs=len(members),
        engine=campaign.engine,
        seconds=first.seconds,
        executions=first.executions,
        said=smallest.said,
        parted_at=first_parted([answer.text for answer in answers.values()]) or 0,
        touched=smallest.touched,
    )


def _answers(one: Examined, store: Store) -> dict[Voice, Answer]:
    return {
        said.voice: Answer(ending=said.ending, text=store.get_blob(said.text).decode(errors="replace"))
        for said in sorted(one.said, key=lambda said: list(Voice).index(said.voice))
    }
