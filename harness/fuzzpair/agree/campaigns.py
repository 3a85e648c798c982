"""What campaigns that compare two sides share, and the native one: both sides in one binary."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final

from fuzzpair.agree.sides import Asked, native_file
from fuzzpair.backends import Sandbox
from fuzzpair.errors import BuildError, EngineError
from fuzzpair.flavours import CPP_COMMON, CPP_LINK_COMMON
from fuzzpair.fuzz import require_seeds
from fuzzpair.fuzz.libfuzzer import ARTIFACTS, NO_NAMES, RSS_LIMIT_MB, SEED_LIST
from fuzzpair.model.agreement import AgreementCampaign, Sighting, Voice, VoiceGrowth
from fuzzpair.model.command import Command, Completed, Limits
from fuzzpair.model.language import Language
from fuzzpair.own_pair.packs import get_pack
from fuzzpair.store import Store
from fuzzpair.triage import run_statistics

PARTED = "parted"
STOPPED_EXIT = 86
UNIT_TIMEOUT_S = 5
MAX_LENGTH = 2048
MOST_RUNS = (1 << 31) - 1  # as in config_types.Count: libFuzzer keeps the low bits of a larger number, without a word
GROWTH_POINTS = 60  # of a curve: more are thinned out
MOST_SIGHTINGS = 64  # read again and named; the smallest of each rough kind are kept
NATIVE, ATHERIS, CORPUS = "libfuzzer", "atheris", "corpus"
LINK_S = 300.0
_PARTED: Final = re.compile(
    r"^fuzzpair: parted ([0-9a-f]{16}) octets (\d{1,9}) executions (\d{1,15}) seconds (\d{1,9}\.\d{3})$", re.MULTILINE
)
_TOTAL: Final = re.compile(
    r"^fuzzpair: executions (\d{1,15}) parted (\d{1,15}) seconds (\d{1,9}\.\d{3})$", re.MULTILINE
)
_COVERED: Final = re.compile(
    r"^fuzzpair: covered((?: [a-z]{1,20} \d{1,9}/\d{1,9}){1,8}) executions (\d{1,15})$", re.MULTILINE
)
_VOICE: Final = re.compile(r" ([a-z]{1,20}) (\d{1,9})/(\d{1,9})")
_ANSWERED: Final = re.compile(r"^fuzzpair: answered((?: [a-z]{1,20} \d{1,15}){1,8})$", re.MULTILINE)
_COUNT: Final = re.compile(r" ([a-z]{1,20}) (\d{1,15})")
_NEW: Final = re.compile(r"^#(\d{1,15})\s+\w+\s+cov: (\d{1,9})", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What both engines are told: which inputs, for how long, and whether the first parting is enough."""

    target: str
    seeds: tuple[str, ...]  # sha256 of each
    seed: int
    runs: int
    seconds: float
    stop_at_first: bool
    limits: Limits
    each: int = 0  # of a bench: each seed is run this often, and nothing is mutated
    packs: tuple[str, ...] = ()  # sha256 of packs of units (own_pair/packs.py): a corpus too large for a blob each
    unit_timeout_s: int = UNIT_TIMEOUT_S


class Campaign:
    """What the jobs of all engines share."""

    __slots__ = ()
    engine: ClassVar[str]
    work: Work
    subject: str

    @property
    def label(self) -> str:
        return f"{self.subject} {self.work.target} {self.engine}"

    @property
    def limits(self) -> Limits:
        return self.work.limits

    def inputs(self, folder: str, label: str, store: Store) -> dict[str, bytes]:
        """The corpus, its list, and the folders that the program writes to."""
        units = {sha256: store.get_blob(sha256) for sha256 in self.work.seeds}
        for pack in self.work.packs:
            units |= get_pack(store, pack)
        require_seeds(label, list(units))
        listed = ",".join(f"corpus/{name}" for name in units)
        content = {f"corpus/{name}": unit for name, unit in units.items()}
        content |= {SEED_LIST: listed.encode(), f"{PARTED}/.keep": b"", f"{ARTIFACTS}.keep": b""}
        return {f"{folder}/{path}": octets for path, octets in content.items()}

    def options(self) -> tuple[str, ...]:
        """libFuzzer's, which is the engine behind atheris as well."""
        common = (
            f"-timeout={self.work.unit_timeout_s}",
            f"-rss_limit_mb={RSS_LIMIT_MB}",
            f"-artifact_prefix={ARTIFACTS}",
        )
        if self.work.each:
            return (f"-runs={self.work.each}", *common, *(f"corpus/{sha256}" for sha256 in self.work.seeds))
        return (
            f"-runs={self.work.runs}",
            f"-seed={self.work.seed}",
            f"-max_total_time={max(1, round(self.work.seconds))}",
            *common,
            f"-max_len={MAX_LENGTH}",
            "-print_final_stats=1",
            NO_NAMES,
            f"-seed_inputs=@{SEED_LIST}",
        )

    def env(self) -> tuple[tuple[str, str], ...]:
        return (("RUST_BACKTRACE", "1"), *((("FUZZPAIR_STOP", "1"),) if self.work.stop_at_first else ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeJob(Campaign):
    """Link both sides' archives with the comparing target and fuzz it."""

    engine: ClassVar[str] = NATIVE
    kind: ClassVar[str] = "agree native"
    revision: ClassVar[int] = 2
    result_type: ClassVar[type[AgreementCampaign]] = AgreementCampaign

    asked: Asked
    compare: str  # sha256 of agree_fuzz.cpp, and of the header it includes
    header: str
    work: Work
    defines: tuple[str, ...] = ()  # of a bench: one side alone
    subject: str = field(default="", compare=False)

    def run(self, sandbox: Sandbox, store: Store) -> AgreementCampaign:
        """Raises EngineError when nothing was executed, BuildError when both sides do not link."""
        folder = f"agree-{self.work.target}"
        sandbox.put(self.inputs(folder, self.label, store))
        blobs = {**self.asked.files(), "agree.cpp": self.compare, "describe.h": self.header}
        sandbox.put_blobs({f"{folder}/{name}": sha256 for name, sha256 in blobs.items()}, store.get_blob)
        define = (f'-DFUZZPAIR_TARGET="{self.work.target}"', *self.defines)
        # Compiled apart from the link: what compares is not instrumented, or its own edges would guide the search.
        compile_line = ("clang++", *CPP_COMMON, "-O2", *define, "-c", "agree.cpp", "-o", "agree.o")
        link = ("clang++", *CPP_LINK_COMMON, "-fsanitize=fuzzer", "agree.o", "cpp.a", "rust.a", "-ldl", "-o", "agree")
        commands = [Command(argv=argv, cwd=folder, timeout_s=LINK_S) for argv in (compile_line, link)]
        must_link(sandbox.run_all(commands, keep_going=False), self.label)
        completed = sandbox.run(
            Command(
                argv=("./agree", *self.options()),
                cwd=folder,
                env=self.env(),
                timeout_s=self.work.seconds + self.work.unit_timeout_s + 15,
            )
        )
        return read_campaign(
            completed, sandbox.get([f"{folder}/{PARTED}", f"{folder}/{ARTIFACTS.rstrip('/')}"]), self, store
        )


def compile_command(folder: str, name: str) -> Command:
    """Of one of the package's own C files, which nothing instruments."""
    argv = ("clang", "-O2", "-fPIC", "-c", f"{name}.c", "-o", f"{name}.o")
    return Command(argv=argv, cwd=folder, timeout_s=LINK_S)


def must_link(done: Sequence[Completed], label: str) -> None:
    """Raises BuildError where a side does not define what it has to, or needs what is not there."""
    if not done[-1].ok:
        raise BuildError(
            f"{label}: the sides do not link: {done[-1].stderr.decode(errors='replace').strip()[-600:]}",
            next_step="docs/agreement.md says what each side has to define",
        )


def native_job(asked: Asked, work: Work, store: Store, subject: str) -> NativeJob:
    """A campaign of both sides in one binary."""
    return NativeJob(
        asked=asked,
        compare=store.put_blob(native_file("agree_fuzz.cpp")),
        header=store.put_blob(native_file("describe.h")),
        work=work,
        subject=subject,
    )


def alone_job(language: Language, asked: Asked, work: Work, store: Store) -> NativeJob:
    """One twin alone in the same loop: what comparing is measured against."""
    return NativeJob(
        asked=asked,
        compare=store.put_blob(native_file("one_side.cpp")),
        header=store.put_blob(native_file("describe.h")),
        defines=(f"-DFUZZPAIR_ALONE=fuzzpair_describe_{language}",),
        work=work,
        subject=f"{language} alone",
    )


def read_campaign(completed: Completed, files: Mapping[str, bytes], job: Campaign, store: Store) -> AgreementCampaign:
    """What one process said and left. Raises EngineError where it executed nothing, or ended without a reason."""
    log = completed.stderr.decode(errors="replace")
    statistics = run_statistics(log)
    total = list(_TOTAL.finditer(log))
    executions = max(statistics.executed_units, int(total[-1][1]) if total else 0)
    sightings = tuple(_sightings(log, files, store))
    ended_well = completed.ok or completed.exit_code == STOPPED_EXIT or bool(_artifacts(files))
    if executions == 0 or not (ended_well or completed.timed_out):
        ending = f"signal {completed.signal}" if completed.signal else f"exit code {completed.exit_code}"
        raise EngineError(
            f"{job.label}: executed {executions}, and ended with {ending}: {log.strip()[-600:]}",
            next_step=completed.command.shown()[:400],
        )
    return AgreementCampaign(
        engine=job.engine,
        target=job.work.target,
        subject=job.subject,
        seed=job.work.seed,
        budget_runs=job.work.runs,
        executions=executions,
        duration_s=completed.duration_s,
        edges=statistics.edges,
        growth=thinned([(int(match[1]), int(match[2])) for match in _NEW.finditer(log)]),
        parted=int(total[-1][2]) if total else len(sightings),
        sightings=sightings,
        log=store.put_blob(completed.stderr),
        command=completed.command.shown(),
        complete=executions >= job.work.runs or completed.exit_code == STOPPED_EXIT,
        voices=tuple(_voices(log)),
        rate=int(total[-1][1]) / seconds if total and (seconds := float(total[-1][3])) else 0.0,
        answered=_answered(log),
    )


def _answered(log: str) -> tuple[tuple[Voice, int], ...]:
    """As it was told last."""
    told = list(_ANSWERED.finditer(log))
    said = _COUNT.findall(told[-1][1]) if told else ()
    return tuple((Voice(name), int(count)) for name, count in said if name in list(Voice))


def _artifacts(files: Mapping[str, bytes]) -> list[str]:
    """What the engine itself kept: an input on which a side crashed, or took too long."""
    return [path for path in sorted(files) if f"/{ARTIFACTS}" in path and not path.endswith(".keep")]


def _sightings(log: str, files: Mapping[str, bytes], store: Store) -> Iterator[Sighting]:
    """Each kept input once, with when its kind was first seen; then what the engine kept at its end."""
    first: dict[str, re.Match[str]] = {}
    for match in _PARTED.finditer(log):
        first.setdefault(match[1], match)
    for path in sorted(files)[: 4 * MOST_SIGHTINGS]:
        name = path.rpartition("/")[2]
        if f"/{PARTED}/" in path and name in first:
            seen = first[name]
            yield Sighting(input=store.put_blob(files[path]), seconds=float(seen[4]), executions=int(seen[3]))
    last = run_statistics(log)
    for path in _artifacts(files):
        yield Sighting(
            input=store.put_blob(files[path]), seconds=float(last.seconds or 0), executions=last.executed_units
        )


def _voices(log: str) -> Iterator[VoiceGrowth]:
    """What each voice's own counters said, wherever one of them grew."""
    grown: dict[Voice, dict[int, int]] = {}
    instrumented: dict[Voice, int] = {}
    for told in _COVERED.finditer(log):
        for name, covered, there in _VOICE.findall(told[1]):
            if name not in list(Voice):
                continue
            voice = Voice(name)
            instrumented[voice] = int(there)
            points = grown.setdefault(voice, {})
            if int(covered) > max(points.values(), default=-1):
                points[int(told[2])] = int(covered)
    for voice, points in grown.items():
        yield VoiceGrowth(voice=voice, instrumented=instrumented[voice], points=thinned(list(points.items())))


def thinned(points: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Some GROWTH_POINTS of a curve, its last among them."""
    step = max(1, -(-len(points) // GROWTH_POINTS))
    kept = points[::step]
    return tuple(kept if not points or kept[-1] == points[-1] else [*kept, points[-1]])
