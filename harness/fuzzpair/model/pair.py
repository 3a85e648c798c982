"""The nouns of a user's own pair (`fuzz:` in pipeline.yml): frozen dataclasses and enums, no I/O and no decisions.

A pair has up to two *sides*, one for each language; a side builds its targets once for each flavour; a target is named
once for both sides.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from fuzzpair.model.crash_report import CrashReport
from fuzzpair.model.finding import Reproduction
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language
from fuzzpair.model.run_facts import Control, StageCost, Toolchain
from fuzzpair.model.standing import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageAddition:
    """What a pair needs beside the toolchain, made once and with network, which no build has.

    `files` are scripts, manifests and lock files; `stubs` are sources that cargo only looks for by name. Neither stubs
    nor any other code is in the digest by which the result is found again.
    """

    name: str  # of the pair
    packages: tuple[str, ...] = ()  # Debian's
    files: tuple[tuple[str, bytes], ...] = ()  # "scripts/…" and "rust/…" -> content
    stubs: tuple[str, ...] = ()  # "rust/…"
    fetch: str = ""  # a script below "scripts/", run with $SRC
    manifest: str = ""  # the cargo-fuzz folder's Cargo.toml below "rust/", whose dependencies are vendored


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetProgram:
    """One target of one side in one flavour, as its build left it in $OUT."""

    language: Language
    target: str  # the pair's name for it, the same on both sides
    flavour: Flavour
    program: str  # sha256
    program_name: str  # what the build called it
    dictionary: str | None = None  # sha256 of `<target>.dict`
    options: tuple[tuple[str, str, str], ...] = ()  # `<target>.options`: section, name, value
    seeds: tuple[str, ...] = ()  # sha256 of each file of `<target>_seed_corpus.zip`
    files: tuple[tuple[str, str], ...] = ()  # what else lies in $OUT and is no target: path -> sha256

    @property
    def name(self) -> str:
        return f"{self.target}/{self.language} {self.flavour}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SideBuild:
    """What building one side in one flavour came to. Without `programs`, `problem` says why."""

    language: Language
    flavour: Flavour
    programs: tuple[TargetProgram, ...]
    missing: tuple[str, ...]  # targets that the build was to leave and did not
    log: str  # sha256
    problem: str = ""
    notes: tuple[str, ...] = ()  # what was left out and why: an unreadable seed corpus, a target of another engine
    duration_s: float = 0.0
    flags: tuple[tuple[str, str], ...] = ()  # variable -> what the build was given, without what depends on the place

    @property
    def complete(self) -> bool:
        """Whether it may be reused: a build that failed is tried again."""
        return not self.problem


class Health(StrEnum):
    """What the bad-build check says of a program before it is fuzzed."""

    GOOD = "good"
    WEAK = "weak"  # fuzzed, with a warning: few edges
    BAD = "bad"  # not fuzzed: its silence would mean nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkup:
    """The bad-build check of one program: instrumented, edges, its sanitizer speaks, and it alone."""

    health: Health
    edges: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignCrash:
    """An input that a campaign on a user's pair crashed on. Every one is kept: not the first, not the last."""

    input: str  # sha256
    octets: int
    artifact: str  # the engine's own name for it: crash-…, timeout-…, oom-…, leak-…
    log: str  # sha256 of what one process said of it


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCampaign:
    """One campaign on a user's pair: open-ended, never a verdict, its corpus merged and never overwritten."""

    target: str
    language: Language
    flavour: Flavour
    seconds: float  # of its processes
    executions: int
    executions_per_s: float
    edges: int
    corpus_before: int
    new_units: int
    crashes: tuple[CampaignCrash, ...]
    growth: tuple[tuple[float, int, int], ...]  # (seconds, executions, edges), as it grew
    log: str  # sha256 of the last slice's
    command: str
    problem: str = ""  # why it is no campaign: it executed nothing, or it was ended early
    notes: tuple[str, ...] = ()  # options of the target that do not hold, and why


class OnTwin(StrEnum):
    """What the other side does with an input on which one side crashed."""

    SAME_CRASH = "same crash"  # the same bug class
    OTHER_CRASH = "other crash"
    PANIC = "panic"
    REFUSED = "clean error"
    ACCEPTED = "accepted"
    CLEAN = "no crash"  # the target does not say whether it accepts
    HANG = "hang"
    OUT_OF_MEMORY = "out of memory"
    NOT_RUN = "not run"  # there is no other side, or it was not built


@dataclass(frozen=True, slots=True, kw_only=True)
class TwinReply:
    """The other side's answer to one crash input, in each of its flavours the worst."""

    language: Language
    flavour: Flavour
    outcome: OnTwin
    report: CrashReport | None
    log: str | None  # sha256
    why: str = ""  # it was not run


@dataclass(frozen=True, slots=True, kw_only=True)
class PairFinding:
    """One bug of one side's target, over all flavours and nights."""

    key: str  # same-bug signature
    lines: tuple[str, ...]
    target: str
    language: Language
    flavours: tuple[Flavour, ...]
    bug_classes: tuple[str, ...]  # all that were seen: what lies behind a buffer decides, not the bug
    report: CrashReport | None
    cwe: int | None
    severity: str
    score: float
    vector: str
    why: str
    inputs: tuple[Reproduction, ...]  # the smallest first
    twin: tuple[TwinReply, ...]
    standing: Standing
    first_seen: str  # RFC 3339, UTC
    last_seen: str
    owner: str = ""  # of the known-issue entry
    expires: str = ""

    @property
    def signature(self) -> str:
        """What a known-issue entry names it by."""
        return self.key

    @property
    def is_flaky(self) -> bool:
        """No input of it shows it each time."""
        return all(one.is_flaky for one in self.inputs)


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusState:
    """A target's shared corpus: both sides' and all flavours'."""

    target: str
    generation: int
    before: int  # units
    after: int
    octets: int
    added: int
    pruned: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PairRecord:
    """One `fuzz`, `change` or `nightly` run, complete: every report of a pair is made from this and nothing else."""

    schema: str
    run_id: str
    version: str
    verb: str
    started: str  # RFC 3339, UTC
    duration_s: float
    pair: str
    backend: str
    complete: bool
    toolchain: Toolchain
    budgets: tuple[tuple[str, str], ...]
    builds: tuple[SideBuild, ...]
    checkups: tuple[tuple[str, Checkup], ...]  # TargetProgram.name -> what the check said
    campaigns: tuple[OpenCampaign, ...]
    corpora: tuple[CorpusState, ...]
    findings: tuple[PairFinding, ...]
    known_issues: tuple[tuple[str, str], ...]  # entry -> what is wrong with it: expired, matches nothing
    alarms: tuple[str, ...]  # coverage dropped, corpus shrank, executions far under the last nights'
    notes: tuple[str, ...]  # what was left out of this run, and why
    controls: tuple[Control, ...]
    stages: tuple[StageCost, ...]
    exit_code: int
    reasons: tuple[str, ...]  # of an exit code that is not 0
