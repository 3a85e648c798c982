"""The nouns of fuzzpair: frozen dataclasses and enums, no I/O and no decisions."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Language(StrEnum):
    CPP = "cpp"
    RUST = "rust"


class Variant(StrEnum):
    """One of the four ways in which a mistake is written down (design: The experiment)."""

    CPP = "cpp"
    RUST = "rust"
    RUST_NEXT = "rust-next"
    RUST_UNSAFE = "rust-unsafe"

    @property
    def language(self) -> Language:
        return Language.CPP if self is Variant.CPP else Language.RUST

    @property
    def is_safe(self) -> bool:
        """Whether the language itself rules undefined behaviour out."""
        return self in (Variant.RUST, Variant.RUST_NEXT)


class Flavour(StrEnum):
    """How a tree is compiled. What ships is production, the others are what judges use."""

    DEFAULT = "default"
    HARDENED = "hardened"
    LIBCXX_FAST = "libcxx-fast"
    LIBCXX_EXTENSIVE = "libcxx-extensive"
    CANARY = "canary"
    ADDRESS = "address"
    UNDEFINED = "undefined"
    INTEGER = "integer"
    CONVERSION = "conversion"
    NULLABILITY = "nullability"
    FLOAT = "float"
    MEMORY = "memory"
    THREAD = "thread"
    TYPE = "type"

    @property
    def is_production(self) -> bool:
        return self in (Flavour.DEFAULT, Flavour.HARDENED, Flavour.LIBCXX_FAST, Flavour.LIBCXX_EXTENSIVE)

    @property
    def flags_legal(self) -> bool:
        """Whether what it reports may be legal C++: then it sets no rung (docs/decisions/0010)."""
        return self in (Flavour.INTEGER, Flavour.CONVERSION, Flavour.NULLABILITY, Flavour.FLOAT)


class Tool(StrEnum):
    """Who said it: a compiler, a sanitizer, a run-time check, or the kernel."""

    CLANG = "clang"
    RUSTC = "rustc"
    CLANG_ANALYZER = "clang-analyzer"
    CLANG_TIDY = "clang-tidy"
    CLIPPY = "clippy"
    CLIPPY_PEDANTIC = "clippy pedantic"
    ADDRESS = "AddressSanitizer"
    LEAK = "LeakSanitizer"
    UNDEFINED = "UndefinedBehaviorSanitizer"
    MEMORY = "MemorySanitizer"
    THREAD = "ThreadSanitizer"
    TYPE = "TypeSanitizer"
    HWADDRESS = "HWAddressSanitizer"
    LIBFUZZER = "libFuzzer"
    RUST_PANIC = "rust panic"
    RUST_ABORT = "rust abort"
    CXX_EXCEPTION = "uncaught C++ exception"
    CXX_LIBRARY = "C++ library check"
    ASSERT = "assert"
    FORTIFY = "FORTIFY"
    STACK_PROTECTOR = "stack protector"
    GLIBC_HEAP = "glibc heap check"
    SIGNAL = "signal"
    TIMEOUT = "timeout"
    OUT_OF_MEMORY = "out of memory"
    CANARY = "canary"
    COMPARISON = "comparison with the fixed counterpart"


class Analyzer(StrEnum):
    """A tool that reads a tree and runs nothing; each is asked only where a profile names it."""

    CLANG_ANALYZER = "clang-analyzer"
    CLANG_TIDY = "clang-tidy"
    CLIPPY = "clippy"
    CLIPPY_PEDANTIC = "clippy-pedantic"

    @property
    def language(self) -> Language:
        return Language.RUST if self in (Analyzer.CLIPPY, Analyzer.CLIPPY_PEDANTIC) else Language.CPP


class Access(StrEnum):
    READ = "READ"
    WRITE = "WRITE"


class AddressClass(StrEnum):
    """What an address that faulted says by itself. An address that no report names has no class."""

    NULL = "null"
    NEAR_NULL = "near-null"
    WILD = "wild"
    FREED = "freed"


# --- running a command -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One process in a sandbox. Paths in argv and cwd are relative to the sandbox's own root."""

    argv: tuple[str, ...]
    timeout_s: float
    env: tuple[tuple[str, str], ...] = ()
    cwd: str = "."
    cpu_s: int | None = None  # of CPU time; behind it comes SIGXCPU, and a second later SIGKILL
    idle_s: float | None = (
        None  # ended as timed out when all its threads have waited so long: a deadlock computes nothing
    )
    output_limit: int = 1 << 20  # octets kept of each of stdout and stderr: the first and last halves

    def shown(self) -> str:
        """The command as a person would type it in a POSIX shell."""
        settings = [f"{name}={shlex.quote(value)}" for name, value in self.env]
        limited = () if self.cpu_s is None else ("prlimit", f"--cpu={self.cpu_s}:{self.cpu_s + 1}")
        return " ".join([*settings, shlex.join([*limited, *self.argv])])


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """What a command did. A non-zero exit, a time-out and an OOM kill are facts, not exceptions."""

    command: Command
    exit_code: int | None  # None when a signal or the time-out ended it
    signal: int | None = None
    timed_out: bool = False
    oom_killed: bool = False
    stdout: bytes = b""
    stderr: bytes = b""
    duration_s: float = 0.0
    cpu_s: float = 0.0
    max_rss_kb: int = 0

    @property
    def ok(self) -> bool:
        return self.exit_code == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one sandbox may use."""

    memory_mb: int = 3072
    pids: int = 512
    cpus: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Toolchain:
    """Versions read inside the image; the fingerprint goes into every job key."""

    image_id: str  # recorded, never hashed: two builds of one recipe differ in it
    triple: str
    versions: tuple[tuple[str, str], ...]
    fingerprint: str


# --- logs and compilers ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One line of a stack, innermost first in a stack. Unknown parts are None."""

    function: str | None
    file: str | None = None
    line: int | None = None
    column: int | None = None
    module: str | None = None
    offset: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CrashReport:
    """One report read from a log. `kind` is the tool's own word, `bug_class` ours (bug_classes.py)."""

    tool: Tool
    kind: str
    bug_class: str | None
    message: str = ""
    access: Access | None = None
    size: int | None = None
    address: int | None = None
    stack: tuple[Frame, ...] = ()
    other_stacks: tuple[tuple[str, tuple[Frame, ...]], ...] = ()  # ("allocated by", …), ("freed by", …)
    excerpt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    file: str
    first_line: int
    last_line: int
    column: int = 0
    label: str = ""
    primary: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One message of a compiler. `code` is E0505, `unused_variables`, `-Wreturn-stack-address` …"""

    tool: Tool
    level: Literal["error", "warning", "note"]
    code: str | None
    message: str
    spans: tuple[Span, ...]
    rendered: str


class RejectionLabel(StrEnum):
    """What a compile error is about; counted apart, since only the first is the borrow checker's."""

    OWNERSHIP = "ownership/lifetime/initialisation"
    TYPE = "type"
    INEXPRESSIBLE = "inexpressible"
    NEEDS_UNSAFE = "needs unsafe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    label: RejectionLabel
    codes: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...]


# --- inputs and what they do -------------------------------------------------------------------


class Ending(StrEnum):
    """How one process ended on one input; the closed table that tells them apart is in tally.py."""

    CLEAN = "clean"
    STOPPED = "stopped"
    CRASHED = "crashed"
    DETECTED = "detected"
    LEAK = "leak"
    HANG = "hang"
    OUT_OF_MEMORY = "out of memory"
    STACK_EXHAUSTION = "stack exhaustion"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """One process, one input, one build."""

    input: str  # sha256
    exit_code: int | None
    signal: int | None
    timed_out: bool
    oom_killed: bool
    stdout: str  # sha256 of the blob
    log: str  # sha256 of the blob
    report: CrashReport | None
    reached: int = 0  # canary flavour only: how often the predicate was evaluated
    triggered: int = 0  # canary flavour only: how often it was true
    duration_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CrashInput:
    input: str  # sha256
    found_after_s: float
    executions: int
    report: CrashReport | None
    log: str  # sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """One fuzzing run of one build with one seed: a sample, never a verdict."""

    engine: str
    seed: int
    budget_runs: int
    executions: int
    duration_s: float
    edges: int
    corpus_units: int
    crash: CrashInput | None
    log: str  # sha256
    command: str
    complete: bool = True  # False: the fuse ended it, so it is shown but never stored


@dataclass(frozen=True, slots=True, kw_only=True)
class Soaked:
    """One campaign of an unpatched twin in one flavour. `problem` says what it found, or why there is none."""

    language: Language
    flavour: Flavour
    target: str
    campaign: Campaign | None
    problem: str = ""


# --- findings ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Crash:
    """Logs of one crash: one same-crash signature, what it was made from, and the logs that show it."""

    signature: str
    lines: tuple[str, ...]
    logs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Smaller:
    """The smallest input that was found to show the same bug, and how often it did in its own replays.

    The input itself where none smaller shows it.
    """

    input: str  # sha256
    octets: int
    k: int
    n: int
    is_minimal: bool  # without any single one of its octets it no longer shows it


@dataclass(frozen=True, slots=True, kw_only=True)
class Reproduction:
    """A crash input on its build again: in k of n replays it showed the finding's bug."""

    name: str  # the file, or the campaign, that it comes from
    input: str  # sha256
    octets: int
    bug: str  # its same-bug signature; empty where no other input could have it
    k: int
    n: int
    log: str  # sha256 of one log that shows the bug
    command: str  # shows it again, the smaller input where there is one
    smaller: Smaller | None = None  # None: not looked for, or not to be told from other bugs

    @property
    def is_flaky(self) -> bool:
        return self.k < self.n


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One bug, as triage sees it. `report` is that of the worst of its logs; None where no log could be read."""

    key: str  # same-bug signature, or what a person's ruling put in its place
    lines: tuple[str, ...]
    report: CrashReport | None
    cwe: int | None
    severity: str
    score: float  # CVSS 3.1, 0.0 to 10.0
    vector: str
    why: str  # the reason of the severity
    crashes: tuple[Crash, ...]
    rulings: tuple[str, ...] = ()
    row: str = ""  # a run's own: the row whose campaigns crashed; empty for logs of who knows what
    inputs: tuple[Reproduction, ...] = ()  # those that were run again, the smallest first; logs have none

    @property
    def logs(self) -> tuple[str, ...]:
        return tuple(log for crash in self.crashes for log in crash.logs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Triage:
    """What a folder of logs came to. Nothing that was given is left out: what is no log is named."""

    findings: tuple[Finding, ...]  # the worst first
    logs: int
    not_logs: tuple[str, ...]  # octets, not text: inputs
    not_reproduced: tuple[str, ...]  # inputs on which the named build ended cleanly each time
    unreadable: tuple[tuple[str, str], ...]  # (file, why)
    unused_rulings: tuple[str, ...]


# --- verdicts ----------------------------------------------------------------------------------


class Rung(StrEnum):
    """The ladder, from early to late."""

    REJECTED = "rejected"
    WARNED = "warned"
    STOPPED = "stopped"
    CRASHED = "crashed"
    DETECTED = "detected"
    OBSERVED = "observed"
    NO_EFFECT = "no effect"
    NOT_SEEN = "not seen"

    @property
    def position(self) -> int:
        return list(Rung).index(self)


class Fidelity(StrEnum):
    CONFIRMED = "confirmed"
    NOT_CONFIRMABLE = "not confirmable"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The rung of one variant in one production flavour, with what qualifies it."""

    rung: Rung
    detail: str  # "E0505", "12/12 panic", "hang", "triggered but undetected" …
    k: int = 0  # inputs that ended so
    n: int = 0  # triggering inputs tried


@dataclass(frozen=True, slots=True, kw_only=True)
class FlavourVerdict:
    """A verdict in a production flavour besides default and hardened, where a profile asks for one."""

    flavour: Flavour
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What one flavour says of a mistake's triggering inputs, and of the counterpart's run on them."""

    flavour: Flavour
    tool: str  # who caught it, "none" when nobody did, "not run" with the reason in `kinds`
    endings: tuple[tuple[str, int], ...]  # ending -> how many inputs
    kinds: tuple[tuple[str, int], ...]  # the tool's own words -> how many inputs
    k: int  # inputs on which this flavour catches the mistake
    n: int
    touches_patch: bool  # a stack of the report passes through the patched function
    counterpart_clean: bool
    wrong_output: int  # inputs whose output differs from the counterpart's
    example_input: str | None  # sha256
    example_log: str | None  # sha256
    excerpt: str
    reproduce: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Whether one seed's campaign found the mistake within its budget."""

    seed: int
    found: bool
    executions: int
    seconds: float
    budget_runs: int
    kind: str


class UnderLoad(StrEnum):
    """What a leak under load shows. A claim that names one of these asks that, and not the rung."""

    KILLED = "killed under load"
    SURVIVED = "not killed under load"


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """One production program that parsed one input again and again under a memory limit, and its counterpart."""

    variant: Variant
    flavour: Flavour
    memory_mb: int
    input: str  # sha256
    budget: int  # parses allowed
    parses: int  # parses done until the kill, or all that were allowed
    killed: bool  # the engine says that its limit killed it
    max_rss_kb: int
    counterpart_parses: int
    counterpart_killed: bool
    counterpart_max_rss_kb: int

    @property
    def shown(self) -> str:
        ending = "killed for its memory behind" if self.killed else "not killed in"
        return f"{ending} {self.parses:,} parses under {self.memory_mb} MiB"


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryCount:
    reached: int
    triggered: int
    inputs: tuple[str, ...]  # sha256 of the distinct triggering inputs


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayedProgram:
    """What `fuzzpair replay` needs to run a judged input again."""

    flavour: Flavour
    program: str  # sha256
    target: str
    inputs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Everything a row's verdict rests on."""

    rejection: Rejection | None = None
    warnings: tuple[Diagnostic, ...] = ()
    canary: CanaryCount | None = None
    judgements: tuple[Judgement, ...] = ()
    found: tuple[Found, ...] = ()
    loads: tuple[Load, ...] = ()  # of classes that are leaks
    fidelity: Fidelity | None = None
    fidelity_why: str = ""
    patch: str = ""  # the diff as text
    fixed_patch: str = ""  # the counterpart's diff; empty: the counterpart is the unpatched twin
    compiler_command: str = ""
    replays: tuple[ReplayedProgram, ...] = ()
    job_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One variant of one mistake. `verdict` is None exactly when `problem` says why."""

    mistake: str
    title: str
    bug_class: str
    cwe: int
    born_in: Language
    imitates: str | None
    variant: Variant
    patch_digest: str
    verdict: Verdict | None
    hardened: Verdict | None
    tools: tuple[str, ...]
    evidence: Evidence
    further: tuple[FlavourVerdict, ...] = ()  # in the other production flavours of the profile
    problem: str | None = None
    target: str = ""  # that it is triggered through; empty in an older version's record

    @property
    def name(self) -> str:
        return f"{self.mistake}/{self.variant}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """A check on the experiment itself. One that fails makes the run an error, not a result."""

    name: str
    passed: bool
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StageCost:
    stage: str
    jobs_run: int
    jobs_reused: int
    jobs_failed: int
    wall_s: float
    cpu_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A verdict that is not what the baseline holds."""

    row: str
    expected: str
    measured: str


class GateStatus(StrEnum):
    PASSED = "passed"
    BREACHED = "breached"
    ERROR = "error"
    NO_BASELINE = "no baseline"
    DRIFT = "drift"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    status: GateStatus
    exit_code: int
    differences: tuple[Difference, ...] = ()
    reasons: tuple[str, ...] = ()


# --- claims ------------------------------------------------------------------------------------


class Reply(StrEnum):
    """What the rows of one run say of a claim."""

    HOLDS = "holds"
    WITH_LIMITS = "holds with limits"
    DOES_NOT_HOLD = "does not hold"
    CANNOT_TELL = "this experiment cannot tell"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseCount:
    """How many mistakes of the list speak for a claim, against it, or could not be judged."""

    support: int = 0
    against: int = 0
    not_judged: int = 0

    @property
    def mistakes(self) -> int:
        return self.support + self.against + self.not_judged


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidingRow:
    """A row that an answer rests on; `outcome` is what it showed, or why it was not judged."""

    row: str
    flavour: Flavour
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """Where a claim ends: what it would have to show there, and the rows that do not."""

    says: str
    asked: int
    rows: tuple[DecidingRow, ...]
    not_judged: tuple[DecidingRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WeighedShare:
    """How the weight of a cited list falls in one variant; the worst row of an entry decides for all its weight."""

    variant: str
    rejected: float
    stopped: float
    otherwise_avoided: float
    not_prevented: float
    not_measured: float

    @property
    def avoided(self) -> float:
        return self.rejected + self.stopped + self.otherwise_avoided


@dataclass(frozen=True, slots=True, kw_only=True)
class WeighedAnswer:
    """The worst and the best case over Rust's variants, as shares of the weight that has classes in the matrix."""

    title: str
    source: str
    whole: float  # weight of the whole cited list
    part: float  # of its entries that are classes of the matrix; every share below is of this
    worst: float
    best: float
    best_if_all_measured_well: float  # the best case if every entry without a judged row were avoided
    shares: tuple[WeighedShare, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimAnswer:
    """One claim of claims.yml, answered from the rows of this run and from nothing else."""

    id: str
    claim: str
    source: str
    answer: Reply
    why: str
    rust: CaseCount
    hardened_cpp: CaseCount  # the same query, asked of C++ as the hardened flavour builds it
    support: tuple[DecidingRow, ...]
    against: tuple[DecidingRow, ...]
    not_judged: tuple[DecidingRow, ...]
    limits: tuple[Limit, ...]
    classes_without_mistake: tuple[str, ...]
    weighed: WeighedAnswer | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """How one campaign on an unpatched twin grew: the edges covered after so many executions, where they changed."""

    language: Language
    flavour: Flavour
    target: str
    seed: int
    instrumented: int  # edges that could be covered; 0 where the engine does not say
    points: tuple[tuple[int, int], ...]  # (executions, edges covered), the last at the end


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One run, complete: every report is made from this and nothing else."""

    schema: str
    run_id: str
    version: str
    started: str  # RFC 3339, UTC
    duration_s: float
    pair: str
    profile: str
    backend: str
    complete: bool
    toolchain: Toolchain
    budgets: tuple[tuple[str, str], ...]
    rows: tuple[Row, ...]
    controls: tuple[Control, ...]
    stages: tuple[StageCost, ...]
    gate: Gate
    findings: tuple[Finding, ...] = ()  # what campaigns crashed on, row by row; empty in an older version's record
    claims: tuple[ClaimAnswer, ...] = ()  # empty: pipeline.yml names no claims, or an older version wrote the record
    folders: tuple[tuple[str, str], ...] = ()  # language -> the twin's folder, relative to pipeline.yml
    corpus: tuple[tuple[str, tuple[str, ...]], ...] = ()  # target -> sha256 of each seed
    growth: tuple[Growth, ...] = ()  # of the unpatched twins; empty: none was fuzzed, or an older version's record


# --- past runs ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRow:
    """A row as the history keeps it: its rung in both production flavours, empty where it could not be done."""

    row: str
    bug_class: str
    rung: str
    hardened: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRun:
    """A run as the history keeps it."""

    run_id: str
    started: str  # RFC 3339, UTC
    pair: str
    profile: str
    fingerprint: str
    versions: str
    complete: bool
    gate: str
    rows: tuple[PastRow, ...]
    findings: tuple[tuple[str, str], ...] = ()  # (row, same-bug signature) of what its campaigns crashed on


# --- checking a bundle -------------------------------------------------------------------------


class Answer(StrEnum):
    """What checking one verdict of somebody else's run came to."""

    CONFIRMED = "confirmed"
    CHANGED = "changed"
    NOT_CHECKED = "could not be checked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One row of a bundle, and what was measured here. Rungs are written as in a baseline."""

    row: str
    stated: str
    measured: str
    answer: Answer
    why: str = ""  # it could not be checked
