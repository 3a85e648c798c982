"""The bad-build check: before a program is fuzzed, does it start, is it instrumented, and does its sanitizer speak?

Counting calls into a sanitizer's runtime, as others do, says that some code was compiled with it. Here the program's
own entry point is called with an input that it may not read (runtime/known_bad_input.c): what is reported then was
seen by the checks in this very program, and said by the runtime in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from fuzzpair.backends import Sandbox
from fuzzpair.builds.runtime import runtime_files
from fuzzpair.flavours import SANITIZER_EXIT
from fuzzpair.model.command import Command, Completed, Limits
from fuzzpair.model.crash_report import CrashReport
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.pair import Checkup, Health, TargetProgram
from fuzzpair.model.tool import Tool
from fuzzpair.own_pair.elf import defined
from fuzzpair.own_pair.place import must
from fuzzpair.store import Store
from fuzzpair.triage import first_report, parse_log

ENTRY, INITIALIZE = "LLVMFuzzerTestOneInput", "LLVMFuzzerInitialize"
RUNTIMES = {
    "__asan_init": "AddressSanitizer",
    "__msan_init": "MemorySanitizer",
    "__tsan_init": "ThreadSanitizer",
    "__hwasan_init": "HWAddressSanitizer",
}
# In no program but one that has a unit which was compiled with the sanitizer: the compiler makes them, not the runtime.
MODULES = {
    Flavour.ADDRESS: "asan.module_ctor",
    Flavour.MEMORY: "msan.module_ctor",
    Flavour.THREAD: "tsan.module_ctor",
}
NEEDED = {Flavour.ADDRESS: "__asan_init", Flavour.MEMORY: "__msan_init", Flavour.THREAD: "__tsan_init"}
# What each flavour may not do with its input without a word, and whose word that is.
FAULTS = {
    Flavour.ADDRESS: ("freed", Tool.ADDRESS),
    Flavour.UNDEFINED: ("null", Tool.UNDEFINED),
    Flavour.MEMORY: ("uninitialised", Tool.MEMORY),
    Flavour.THREAD: ("shared", Tool.THREAD),
}
_OPTIONS = {
    Flavour.ADDRESS: "ASAN_OPTIONS",
    Flavour.UNDEFINED: "UBSAN_OPTIONS",
    Flavour.MEMORY: "MSAN_OPTIONS",
    Flavour.THREAD: "TSAN_OPTIONS",
}
FEW_EDGES = 100  # OSS-Fuzz warns below it, too
RUNS = 4
START_S = 60.0
SIGSEGV = 11
PRELOAD = "known_bad_input.so"
Reason = tuple[Health, str]
_LOADED = re.compile(r"^INFO: Loaded \d+ modules +\((\d+) (?:inline 8-bit counters|guards)\)", re.MULTILINE)
_STARTED = re.compile(r"^INFO: Seed: \d+", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckupJob:
    """Check one program of a user's pair in the sandbox."""

    kind: ClassVar[str] = "checkup"
    revision: ClassVar[int] = 1
    result_type: ClassVar[type[Checkup]] = Checkup

    program: TargetProgram
    limits: Limits
    env: tuple[tuple[str, str], ...]
    preload: str  # sha256 of its source
    without: tuple[str, ...] = ()  # UBSan's checks that the build was told to leave out
    pair: str = field(default="", compare=False)

    @property
    def label(self) -> str:
        return f"check {self.pair} {self.program.name}"

    def run(self, sandbox: Sandbox, store: Store) -> Checkup:
        content = store.get_blob(self.program.program)
        folder = place_program(self.program, sandbox, store)
        started = sandbox.run(_start(self.program, folder, self.env))
        log = started.stderr.decode(errors="replace")
        edges = edges_of(log)
        findings = [
            *_about_start(started, log, edges),
            *_about_sanitizers(self.program.flavour, content),
        ]
        if not any(health is Health.BAD for health, _ in findings):
            findings += self._about_its_word(sandbox, folder, content)
        return Checkup(health=_worst(findings), edges=edges, reasons=tuple(reason for _, reason in findings))

    def _about_its_word(self, sandbox: Sandbox, folder: str, content: bytes) -> Iterator[Reason]:
        """The known-bad input, and what was said of it."""
        flavour = self.program.flavour
        if flavour not in FAULTS or (flavour is Flavour.UNDEFINED and "null" in self.without):
            return
        entries = defined(content, (ENTRY, INITIALIZE))
        if ENTRY not in entries:
            yield Health.WEAK, "its symbols were stripped off: its sanitizer cannot be tried, and no stack is readable"
            return
        fault, tool = FAULTS[flavour]
        sandbox.put({f"{folder}/known_bad_input.c": runtime_files()["known_bad_input.c"]})
        library = ("clang", "-O1", "-fPIC", "-shared", "-pthread", "known_bad_input.c", "-o", PRELOAD, "-ldl")
        must(sandbox.run(Command(argv=library, cwd=folder, timeout_s=START_S)))
        env = (
            *self.env,
            ("LD_PRELOAD", f"./{PRELOAD}"),
            ("FUZZPAIR_FAULT", fault),
            ("FUZZPAIR_ENTRY", hex(entries[ENTRY])),
            *((("FUZZPAIR_INITIALIZE", hex(entries[INITIALIZE])),) if INITIALIZE in entries else ()),
        )
        # -runs: a program that is linked statically loads nothing, and would begin to fuzz.
        argv = (f"./{self.program.program_name}", "-runs=0")
        tried = sandbox.run(Command(argv=argv, cwd=folder, env=env, timeout_s=START_S))
        yield from _about_word(tool, fault, tried)


def checkup_job(
    program: TargetProgram, limits: Limits, store: Store, *, without: tuple[str, ...] = (), pair: str = ""
) -> CheckupJob:
    """The check of one program; `without` is the C++ side's in pipeline.yml."""
    return CheckupJob(
        without=without if program.flavour is Flavour.UNDEFINED else (),
        program=program,
        limits=limits,
        env=quiet_env(program.flavour),
        preload=store.put_blob(runtime_files()["known_bad_input.c"]),
        pair=pair,
    )


def quiet_env(flavour: Flavour) -> tuple[tuple[str, str], ...]:
    """The options that all sanitizers have, for where it matters whether one speaks, and nobody reads what it says."""
    if flavour not in _OPTIONS:
        return ()
    options = f"exitcode={SANITIZER_EXIT[flavour]}:halt_on_error=1:symbolize=0:detect_leaks=0"
    return ((_OPTIONS[flavour], options),)


def place_program(program: TargetProgram, sandbox: Sandbox, store: Store) -> str:
    """Put a program with all that lay beside it into the sandbox; gives the folder, from which it is to be started."""
    folder = f"program-{program.program[:12]}"
    files = {f"{folder}/{path}": sha256 for path, sha256 in program.files}
    sandbox.put({f"{folder}/artifacts/.keep": b""})
    sandbox.put_blobs({**files, f"{folder}/{program.program_name}": program.program}, store.get_blob)
    return folder


def _start(program: TargetProgram, folder: str, env: tuple[tuple[str, str], ...]) -> Command:
    argv = (f"./{program.program_name}", f"-runs={RUNS}", "-seed=1337", "-artifact_prefix=artifacts/", "-timeout=25")
    return Command(argv=argv, cwd=folder, env=env, timeout_s=START_S)


def edges_of(log: str) -> int:
    """Edges that libFuzzer counts in all; 0 where the program has none or did not come so far."""
    return sum(int(found[1]) for found in _LOADED.finditer(log))


def _about_start(started: Completed, log: str, edges: int) -> Iterator[Reason]:
    if not _STARTED.search(log):
        yield Health.BAD, f"it ends before it fuzzes ({_how(started)}): {_said(log)}"
    elif edges == 0:
        yield Health.BAD, "it is not instrumented: no edge is counted; compile with $CFLAGS and $CXXFLAGS"
    elif edges < FEW_EDGES:
        yield Health.WEAK, f"only {edges} edges are counted: was the parser itself compiled with $CFLAGS and $CXXFLAGS?"
    if _STARTED.search(log) and not started.ok:
        yield Health.WEAK, f"it does not survive its first {RUNS} inputs ({_how(started)}): {_said(log)}"


def _about_sanitizers(flavour: Flavour, content: bytes) -> Iterator[Reason]:
    there = defined(content, (*RUNTIMES, *MODULES.values(), ENTRY))
    linked = sorted(RUNTIMES[name] for name in RUNTIMES if name in there)
    needed = NEEDED.get(flavour)
    if len(linked) > 1:
        yield Health.BAD, f"two sanitizers are mixed in it: {' and '.join(linked)}"
    elif needed is not None and needed not in there:
        yield Health.BAD, f"{RUNTIMES[needed]} is not linked into it: link with $CXX $CXXFLAGS"
    elif needed is None and linked:
        yield Health.BAD, f"{linked[0]} is linked into a build of the flavour {flavour}"
    elif ENTRY in there and flavour in MODULES and MODULES[flavour] not in there:
        missed = RUNTIMES[NEEDED[flavour]]
        yield Health.BAD, f"none of it was compiled with {missed}: compile with $CFLAGS and $CXXFLAGS"


def _about_word(tool: Tool, fault: str, tried: Completed) -> Iterator[Reason]:
    log = tried.stderr.decode(errors="replace")
    tools = {one.tool for one in parse_log(log)}
    if tool in tools and not tried.ok:
        return
    if tool is Tool.UNDEFINED and (Tool.SIGNAL in tools or tried.signal == SIGSEGV):
        yield Health.BAD, "it reads through a null pointer and UBSan says nothing: compile with $CFLAGS and $CXXFLAGS"
    elif tried.timed_out:
        yield Health.WEAK, f"a known-bad input ({fault}) ended by the time limit: whether {tool} speaks was not seen"
    else:
        yield Health.WEAK, f"{tool} did not report a known-bad input ({fault}): {_how(tried)}: {_said(log)}"


def _how(completed: Completed) -> str:
    if completed.oom_killed:
        return "out of memory"
    if completed.timed_out:
        return f"after {completed.command.timeout_s:.0f} s"
    return f"signal {completed.signal}" if completed.signal else f"exit code {completed.exit_code}"


def _said(log: str) -> str:
    report: CrashReport | None = first_report(log)
    if report is not None:
        return f"{report.tool}: {report.kind}"
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    return (lines[-1] if lines else "it printed nothing")[:200]


def _worst(findings: list[Reason]) -> Health:
    for health in (Health.BAD, Health.WEAK):
        if any(one is health for one, _ in findings):
            return health
    return Health.GOOD
