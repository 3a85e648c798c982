"""Evidence to verdicts: how a process ended, and which rung that is. Pure: no I/O, nothing by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from fuzzpair.model.crash_report import CrashReport, Frame
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Variant
from fuzzpair.model.replay import Ending, Replay
from fuzzpair.model.tool import Tool
from fuzzpair.model.verdict import Rung, Verdict
from fuzzpair.triage.ignored import is_ignored

# --- the closed table of endings ---------------------------------------------------------------

# By tool, where the tool alone decides. "Stopped" ends before the bad effect, "crashed" behind it.
_BY_TOOL: Mapping[Tool, Ending] = {
    Tool.LEAK: Ending.LEAK,
    Tool.UNDEFINED: Ending.DETECTED,
    Tool.MEMORY: Ending.DETECTED,
    Tool.THREAD: Ending.DETECTED,
    Tool.TYPE: Ending.DETECTED,
    Tool.HWADDRESS: Ending.DETECTED,
    Tool.ADDRESS: Ending.DETECTED,
    Tool.RUST_PANIC: Ending.STOPPED,
    Tool.RUST_ABORT: Ending.STOPPED,
    Tool.CXX_EXCEPTION: Ending.STOPPED,
    Tool.CXX_LIBRARY: Ending.STOPPED,
    Tool.ASSERT: Ending.STOPPED,
    Tool.FORTIFY: Ending.STOPPED,
    Tool.STACK_PROTECTOR: Ending.CRASHED,
    Tool.GLIBC_HEAP: Ending.CRASHED,
    Tool.SIGNAL: Ending.CRASHED,
    Tool.LIBFUZZER: Ending.CRASHED,  # "deadly signal"; its time-outs and memory limits are told by class
    Tool.TIMEOUT: Ending.HANG,
    Tool.OUT_OF_MEMORY: Ending.OUT_OF_MEMORY,
}
# By our bug class, where a tool speaks of what is no memory fault.
_BY_CLASS: Mapping[str, Ending] = {
    "unbounded-recursion": Ending.STACK_EXHAUSTION,
    "memory-leak": Ending.LEAK,
    "reference-cycle": Ending.LEAK,
    "endless-loop": Ending.HANG,
    "unbounded-growth": Ending.OUT_OF_MEMORY,
}
# A sanitizer that reports one of these caught the kernel's signal, not the fault: production crashes as well.
SIGNAL_KINDS = frozenset({"SEGV", "BUS", "FPE", "ILL", "ABRT", "TRAP"})
# Allocators that refuse: the check comes before the effect.
REFUSAL_KINDS = frozenset({"allocation-size-too-big", "calloc-overflow", "requested allocation size"})
PANIC_EXIT = 101
_CRASH_SIGNALS = frozenset({4, 5, 6, 7, 8, 11})  # ILL TRAP ABRT BUS FPE SEGV

_RUNG: Mapping[Ending, Rung] = {
    Ending.STOPPED: Rung.STOPPED,
    Ending.CRASHED: Rung.CRASHED,
    Ending.UNKNOWN: Rung.CRASHED,
    Ending.DETECTED: Rung.DETECTED,
    Ending.LEAK: Rung.OBSERVED,
    Ending.HANG: Rung.OBSERVED,
    Ending.OUT_OF_MEMORY: Rung.OBSERVED,
    Ending.STACK_EXHAUSTION: Rung.OBSERVED,
}


def ending_of(replay: Replay) -> Ending:
    """How one process ended. The log is trusted before the exit code."""
    if replay.timed_out:
        return Ending.HANG
    if replay.oom_killed:
        return Ending.OUT_OF_MEMORY
    if replay.exit_code == 0:
        return Ending.CLEAN
    if replay.report is not None:
        return ending_of_report(replay.report)
    if replay.signal in _CRASH_SIGNALS:
        return Ending.CRASHED
    return Ending.STOPPED if replay.exit_code == PANIC_EXIT else Ending.UNKNOWN


def ending_of_report(report: CrashReport) -> Ending:
    """The ending that a report speaks of."""
    by_class = _BY_CLASS.get(report.bug_class or "")
    if by_class is not None:
        return by_class
    if report.tool is Tool.ADDRESS and report.kind in SIGNAL_KINDS:
        return Ending.CRASHED
    if report.kind in REFUSAL_KINDS:
        return Ending.STOPPED
    return _BY_TOOL.get(report.tool, Ending.UNKNOWN)


# --- one variant -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    """A variant's replays of its mistake's triggering inputs, by flavour, and its counterpart's of the same."""

    variant: Variant
    undefined: bool  # whether the bug class is undefined behaviour in C++ and unsafe Rust
    latent: bool  # whether its harm lies outside of what one run prints, see BugClass.is_latent
    functions: frozenset[str]  # the patched ones
    changed: Mapping[str, frozenset[int]]
    own: Mapping[Flavour, Sequence[Replay]]
    counterpart: Mapping[Flavour, Sequence[Replay]]


def touches(report: CrashReport, functions: frozenset[str], changed: Mapping[str, frozenset[int]]) -> bool:
    """Whether any stack of a report passes through a patched function or a line that differs.

    A report with no stack of the program's own says nothing about place (a library's assertion names itself), a panic's
    place alone nothing of its function, and MSan's names where a value is used, which may be far from where it was left
    unset; for these the input's canary answers instead (docs/decisions/0005).
    """
    if report.tool is Tool.MEMORY:
        return True
    frames = [*report.stack, *(frame for _, stack in report.other_stacks for frame in stack)]
    own = [frame for frame in frames if not is_ignored(frame)]
    if not own or any(_in_patch(frame, functions, changed) for frame in frames):
        return True
    only_places = not any(frame.function for frame in own)
    return only_places and all(frame.file and frame.file.endswith(tuple(changed)) for frame in own)


def _in_patch(frame: Frame, functions: frozenset[str], changed: Mapping[str, frozenset[int]]) -> bool:
    if frame.function and functions & set(_words(frame.function)):
        return True
    if not frame.file or frame.line is None:
        return False
    return any(frame.file.endswith(path) and frame.line in lines for path, lines in changed.items())


def _words(function: str) -> list[str]:
    """The identifiers of a frame's function: `dns::Parser<u8>::parse_txt(int)` -> dns, Parser, u8, parse_txt, int."""
    return "".join(character if character.isalnum() or character == "_" else " " for character in function).split()


def clean_inputs(replays: Sequence[Replay]) -> set[str]:
    return {one.input for one in replays if ending_of(one) is Ending.CLEAN}


def catches(runs: Runs, flavour: Flavour) -> dict[str, tuple[Ending, str]]:
    """Input -> (ending, who) where this flavour catches the mistake: it ends otherwise than clean, in the patched
    code, and the counterpart is clean on the same input in the same flavour."""
    clean = clean_inputs(runs.counterpart.get(flavour, ()))
    caught: dict[str, tuple[Ending, str]] = {}
    for one in runs.own.get(flavour, ()):
        ending = ending_of(one)
        if ending is Ending.CLEAN or one.input not in clean:
            continue
        if one.report is not None and not touches(one.report, runs.functions, runs.changed):
            continue
        caught[one.input] = (ending, who(one, ending))
    return caught


def who(replay: Replay, ending: Ending) -> str:
    """Who caught it, in the tool's own words."""
    if replay.report is not None:
        return str(replay.report.tool)
    if replay.signal and ending is not Ending.HANG:
        return f"signal {replay.signal}"
    return str(ending) if ending is not Ending.UNKNOWN else f"exit code {replay.exit_code}"


def wrong_outputs(runs: Runs, flavour: Flavour) -> set[str]:
    """Inputs that both programs answer, differently. A correct program answers alike in every flavour."""
    counterpart = runs.counterpart.get(flavour) or runs.counterpart.get(Flavour.DEFAULT, ())
    expected = {one.input: one.stdout for one in counterpart if ending_of(one) is Ending.CLEAN}
    return {
        one.input
        for one in runs.own.get(flavour, ())
        if ending_of(one) is Ending.CLEAN and one.input in expected and one.stdout != expected[one.input]
    }


def _exhausted(runs: Runs) -> set[str]:
    """Inputs on which some build says that the stack ran out, and none a memory fault: a bare SIGSEGV is that, too.

    A stack pointer that was written over looks like one that ran out.
    """
    spoken = [replays for flavour, replays in runs.own.items() if not flavour.flags_legal]
    endings = [(one.input, ending_of(one)) for replays in spoken for one in replays]
    faulty = {name for name, ending in endings if ending is Ending.DETECTED}
    return {name for name, ending in endings if ending is Ending.STACK_EXHAUSTION} - faulty


def production_endings(runs: Runs, flavour: Flavour) -> dict[str, tuple[Ending, str]]:
    """Input -> (ending, who) in a production flavour, clean ones included."""
    exhausted = _exhausted(runs)
    endings: dict[str, tuple[Ending, str]] = {}
    for one in runs.own.get(flavour, ()):
        ending = ending_of(one)
        if ending is Ending.CRASHED and one.report is None and one.input in exhausted:
            ending = Ending.STACK_EXHAUSTION
        endings[one.input] = (ending, who(one, ending) if ending is not Ending.CLEAN else "")
    return endings


def runtime_verdict(runs: Runs, flavour: Flavour) -> Verdict:
    """The rung of a variant that compiles, in one production flavour. The worst input decides."""
    endings = production_endings(runs, flavour)
    going_on = [name for name, (ending, _) in endings.items() if ending is Ending.CLEAN]
    if not endings:
        return Verdict(rung=Rung.NOT_SEEN, detail="no triggering input was replayed")
    if going_on:
        return _qualified(_verdict_going_on(runs, flavour, going_on), endings, len(endings))
    rungs = {name: _RUNG[ending] for name, (ending, _) in endings.items()}
    worst = max(rungs.values(), key=lambda rung: rung.position)
    names = Counter(_word(*endings[name]) for name, rung in rungs.items() if rung is worst)
    verdict = Verdict(
        rung=worst,
        detail=", ".join(sorted(names)),
        k=sum(rung is worst for rung in rungs.values()),
        n=len(endings),
    )
    return _qualified(verdict, endings, len(endings))


def _word(ending: Ending, tool: str) -> str:
    return tool if ending in (Ending.STOPPED, Ending.CRASHED, Ending.DETECTED) else str(ending)


def _qualified(verdict: Verdict, endings: Mapping[str, tuple[Ending, str]], n: int) -> Verdict:
    """Say of the inputs that did not decide how many ended where: "stopped k/n"."""
    rungs = Counter(_RUNG[ending] for ending, _ in endings.values() if ending is not Ending.CLEAN)
    said = "".join(f"; {rung} {rungs[rung]}/{n}" for rung in Rung if rung in rungs and rung is not verdict.rung)
    return replace(verdict, detail=f"{verdict.detail}{said}")


def _verdict_going_on(runs: Runs, flavour: Flavour, going_on: Sequence[str]) -> Verdict:
    """Production goes on behind the slip on some inputs: a judge sees it, or a person could, or nobody does."""
    n = len(going_on)
    detected, leaks = _judged(runs, set(going_on))
    if detected:
        _, k = detected.most_common(1)[0]
        return Verdict(rung=Rung.DETECTED, detail=", ".join(sorted(detected)), k=k, n=n)
    if leaks:
        return Verdict(rung=Rung.OBSERVED, detail=str(Ending.LEAK), k=len(leaks), n=n)
    wrong = wrong_outputs(runs, flavour) & set(going_on)
    if wrong:
        return Verdict(rung=Rung.OBSERVED, detail="wrong output", k=len(wrong), n=n)
    if runs.latent or (runs.undefined and not runs.variant.is_safe):
        return Verdict(rung=Rung.NOT_SEEN, detail="triggered but undetected", k=n, n=n)
    return Verdict(rung=Rung.NO_EFFECT, detail="output equals the fixed counterpart's", k=n, n=n)


def _judged(runs: Runs, names: set[str]) -> tuple[Counter[str], set[str]]:
    """What the judges say of these inputs: who detects something how often, and the inputs that leak.

    A judge whose reports may be of legal C++ is not asked: what it says is shown beside the verdict.
    """
    detected: Counter[str] = Counter()
    leaks: set[str] = set()
    for judge in runs.own:
        if judge.is_production or judge.flags_legal or judge is Flavour.CANARY:
            continue
        for name, (ending, tool) in catches(runs, judge).items():
            if name in names and ending is Ending.LEAK:
                leaks.add(name)
            elif name in names and ending in (Ending.DETECTED, Ending.STOPPED, Ending.CRASHED):
                detected[tool if ending is Ending.DETECTED else f"{tool} in the {judge} build"] += 1
    return detected, leaks


def tools_that_catch(runs: Runs) -> tuple[str, ...]:
    """Everybody who catches it, with how often: `address: AddressSanitizer 12/12`. Flavours in their order."""
    lines: list[str] = []
    for flavour in Flavour:
        if flavour is Flavour.CANARY or flavour not in runs.own:
            continue
        counted = Counter(_word(*caught) for caught in catches(runs, flavour).values())
        n = len(runs.own[flavour])
        legal = " (may be legal C++)" if flavour.flags_legal else ""
        lines.extend(f"{flavour}: {tool} {k}/{n}{legal}" for tool, k in sorted(counted.items()))
        wrong = len(wrong_outputs(runs, flavour))
        if wrong and flavour.is_production:
            lines.append(f"{flavour}: wrong output {wrong}/{n}")
    return tuple(lines)
