"""Signatures: whether two reports are the same crash, and whether they are the same bug.

Neither level holds a line, a column or an address, so moved lines and rebuilds change nothing. An offset in a
module is used only where no frame has a name. docs/triage.md says what follows from each rule.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from fuzzpair.model.crash_report import CrashReport, Frame
from fuzzpair.model.tool import Tool
from fuzzpair.triage.families import LEAK, LIFETIME, LOCK, RACE, RECURSION, UNINITIALISED, family_of
from fuzzpair.triage.ignored import blamed_frames, is_harness, is_of_the_system
from fuzzpair.triage.names import normalise
from fuzzpair.triage.stack import CODEGEN_UNIT
from fuzzpair.triage.wording import constant_part, own_words

SCHEME: Final = 3  # part of each key: a changed rule must not look like a changed bug
UNNAMED_FRAMES: Final = 3
LEAK_FRAMES: Final = 2  # the allocating function is often everyone's: its caller belongs to the place

_UNKNOWN: Final = "unknown: "
_CLOSURE = re.compile(r"(?:::\{closure\}|::\$_(?:::operator\(\))?)+(?= \(|$)")
_NAMELESS_CLOSURE = re.compile(r"(?:\{closure\}|\$_(?:::operator\(\))?)(?:::\{closure\})*( \(.*\)|$)")
_DESTRUCTOR = re.compile(r"(?:~[^:]*|drop)(?: \(.*\))?$")
_VARIABLE = re.compile(r"created by an allocation of '([^'\n]{1,200})' in the stack frame")
_OTHER_PLACES: Final = ("live allocation", "panicked at")
_SIDES: Final = ("previous access", "mutex acquired")
# ThreadSanitizer and MemorySanitizer have words of their own for the release of what was used later.
_RELEASES: Final = ("freed by", "origin", "previous access")
_BESIDE: Final = ("freed by", "allocated by", "origin", *_SIDES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Two keys and the lines that each was made from. The same crash is always the same bug."""

    crash: str
    bug: str
    crash_lines: tuple[str, ...]
    bug_lines: tuple[str, ...]
    place: str  # the function where it goes wrong; empty where none is shown
    family: str  # of its class; empty where there is no report

    @property
    def is_unknown(self) -> bool:
        """Neither a place nor words: one of a kind by its digest, and never the same as another input's."""
        return self.bug_lines[0].startswith(_UNKNOWN)


def signature(report: CrashReport | None, digest: str) -> Signature:
    """The signature of a report; never raises.

    *Same bug* is the family of the class (families.py), the innermost function of the target, and what more the
    family has: the place of the release, both sides of a race, the origin of an uninitialised value, the functions
    of a recursion, the words of a panic. *Same crash* adds the tool's kind and every own frame of every stack.

    What cannot be told: two mistakes of one family in one function with the same words, for without lines they are
    alike; of a hang and of exhausted memory only where the process was at that moment, which is a sample of the
    loop and not its cause. Without a place and without words a report is one of a kind, known by the digest of its
    log and input.
    """
    bug_lines = _bug_lines(report) if report else ()
    crash_lines = _crash_lines(report) if report else ()
    if not bug_lines:
        bug_lines = (f"{_UNKNOWN}{family_of(report) if report else 'no report'}", f"digest {digest}")
    # The bug is part of the crash, so that the fine level never joins what the coarse one parts.
    crash = _key("crash", (*bug_lines, *crash_lines))
    return Signature(
        crash=crash,
        bug=_key("bug", bug_lines),
        crash_lines=crash_lines,
        bug_lines=bug_lines,
        place=_place(report) if report else "",
        family=family_of(report) if report else "",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Functions:
    """The target's functions on the stacks of a report, closures counted as the function that holds them."""

    fault: tuple[str, ...]  # innermost first
    is_harness: (
        bool  # nothing but `main` or the fuzz target is known of the fault: what was made is only handed out there
    )
    every: frozenset[str]  # on any stack: the fault's, the release's, the allocation's, the origin's


def functions_of(report: CrashReport) -> Functions:
    fault = _holders(report.stack)
    others = (name for label, stack in report.other_stacks if label in _BESIDE for name in _holders(stack))
    blamed = blamed_frames(report.stack)
    return Functions(
        fault=fault,
        is_harness=bool(blamed) and all(map(is_harness, blamed)),
        every=frozenset((*fault, *others)),
    )


def cause(reports: Sequence[CrashReport]) -> CrashReport | None:
    """The first report of a log; one without a place takes the stack of the signal that it ended in."""
    if not reports or _places(reports[0]):
        return next(iter(reports), None)
    echoes = (report.stack for report in reports[1:] if report.kind == "deadly signal" or report.tool is Tool.SIGNAL)
    return replace(reports[0], stack=next((stack for stack in echoes if _names(stack)), reports[0].stack))


def _key(level: str, lines: tuple[str, ...]) -> str:
    text = "\0".join(lines).encode("utf-8", "surrogatepass")
    return f"{level}{SCHEME}-{hashlib.sha256(text).hexdigest()[:16]}"


# --- the same bug ------------------------------------------------------------------------------


def _bug_lines(report: CrashReport) -> tuple[str, ...]:
    """The facts of the bug; empty where there is neither a place nor a word."""
    facts = (*_place_lines(report), *_word_lines(report))
    return (family_of(report), *facts) if facts else ()


def _place_lines(report: CrashReport) -> tuple[str, ...]:
    family, at = family_of(report), _faulty(report)
    if family == LEAK:
        return _line("allocated in", " < ".join(_names(report.stack)[:LEAK_FRAMES]))
    if family in (RACE, LOCK):
        return _line("between", " and ".join(_sides(report)))
    if family == UNINITIALISED:
        return _origin_lines(report) or _line("in", at)
    if family == RECURSION:
        return _line("recursion of", ", ".join(_cycle(report.stack)) or at)
    if family == LIFETIME:
        freed = _released(report)
        return (*_line("in", at), *_line("released in", freed if freed != at else ""))
    return _line("in", at)


def _line(what: str, where: str) -> tuple[str, ...]:
    return (f"{what} {where}",) if where else ()


def _word_lines(report: CrashReport) -> tuple[str, ...]:
    words = own_words(report)
    file = _panic_file(report) if words else ""
    if not words and _is_nameless(report):
        # Without a name the file alone would join all of its bugs of one family.
        words = constant_part(report.message)
    return (*_line("from", file), *_line("saying", words))


def _place(report: CrashReport) -> str:
    """Where it goes wrong, whichever thread, or function of a recursion, happens to be the one that is shown."""
    family = family_of(report)
    if family in (RACE, LOCK):
        return " and ".join(_sides(report))
    return ", ".join(_cycle(report.stack)) if family == RECURSION else _faulty(report)


def _faulty(report: CrashReport) -> str:
    """Where it goes wrong: the innermost function of the target, a closure counted as the function that holds it."""
    return _innermost(_places(report))


def _innermost(names: Sequence[str]) -> str:
    return _enclosing(names[0], names[1:]) if names else ""


def _holders(stack: tuple[Frame, ...]) -> tuple[str, ...]:
    names = _names(stack)
    return tuple(dict.fromkeys(_enclosing(name, names[at + 1 :]) for at, name in enumerate(names)))


def _places(report: CrashReport) -> tuple[str, ...]:
    stacks = (report.stack, *(stack for label, stack in report.other_stacks if label in _OTHER_PLACES))
    return next((names for names in map(_names, stacks) if names), ())


def _enclosing(name: str, callers: Sequence[str] = ()) -> str:
    """The function that holds a closure. Inlined, one may be named `{closure}` alone: it is held by the next function
    further out in its file, as no other file can name it."""
    nameless = _NAMELESS_CLOSURE.match(name)
    if nameless is None:
        return _CLOSURE.sub("", name) or name
    held = (caller for caller in callers if caller.endswith(nameless[1]) and not _NAMELESS_CLOSURE.match(caller))
    return _CLOSURE.sub("", next(held, name))


def _released(report: CrashReport) -> str:
    """The function that released the memory; a destructor only does what its caller's scope says."""
    stacks = (stack for label in _RELEASES for stack in _labelled(report, label))
    names = next((names for names in map(_names, stacks) if names), ())
    return _enclosing(next((name for name in names if not _DESTRUCTOR.search(name)), next(iter(names), "")))


def _sides(report: CrashReport) -> list[str]:
    """The functions of a race or of a deadlock in no order: which thread comes second is chance."""
    stacks = (report.stack, *(stack for label, stack in report.other_stacks if label in _SIDES))
    return sorted({_enclosing(names[0]) for names in map(_names, stacks) if names})


def _origin_lines(report: CrashReport) -> tuple[str, ...]:
    """Where the value came from: its first use is far from the mistake and moves with the input."""
    names = next((names for names in map(_names, _labelled(report, "origin")) if names), ())
    variable = _VARIABLE.search(report.message)
    if not names:
        return ()
    return (*_line("created in", _enclosing(names[0])), *_line("variable", variable[1] if variable else ""))


def _cycle(stack: tuple[Frame, ...]) -> list[str]:
    """The functions that call each other, whichever of them is innermost, in order of the alphabet."""
    counts = Counter(_enclosing(name) for name in map(_name, blamed_frames(stack)) if name)
    return sorted(name for name, count in counts.items() if count > 1)


def _panic_file(report: CrashReport) -> str:
    """The file that a panic or an assertion names, if it is the target's."""
    stacks = (*_labelled(report, "panicked at"), report.stack)
    files = (frame.file for stack in stacks for frame in blamed_frames(stack)[:1])
    return next((_last_part(file) for file in files if file), "")


def _is_nameless(report: CrashReport) -> bool:
    blamed = blamed_frames(report.stack)
    return bool(blamed) and not any(frame.function for frame in blamed)


# --- the same crash ----------------------------------------------------------------------------


def _crash_lines(report: CrashReport) -> tuple[str, ...]:
    kind = f"{report.bug_class or report.kind} {report.access or ''}".strip()
    # Either thread of a race may be the one that is reported first.
    sides = _SIDES if family_of(report) in (RACE, LOCK) else ()
    at = _line("side" if sides else "at", " < ".join(_places(report)))
    beside = {
        line
        for label, stack in report.other_stacks
        if label in _BESIDE
        for line in _line("side" if label in sides else label, " < ".join(_names(stack)))
    }
    return (kind, *sorted({*at, *beside})) if sides else (kind, *at, *sorted(beside))


# --- frames ------------------------------------------------------------------------------------


def _labelled(report: CrashReport, wanted: str) -> Iterator[tuple[Frame, ...]]:
    return (stack for label, stack in report.other_stacks if label == wanted)


def _names(stack: tuple[Frame, ...]) -> tuple[str, ...]:
    """The blamed frames, each function once where it is innermost: so a recursion of any depth is its cycle."""
    blamed = blamed_frames(stack)
    return tuple(dict.fromkeys(_name(frame) for frame in blamed)) if blamed else _unnamed(stack)


def _name(frame: Frame) -> str:
    """`~Nsec (rdata.hpp)`: the function's own name, and the file that tells it from another of that name.

    Without its namespaces and types: where a function was inlined, a build with line tables alone knows no more of it,
    and whether it is inlined is the optimiser's choice, which differs from build to build.
    """
    return _named(frame.function or "", frame.file or "")


@lru_cache(maxsize=1 << 12)
def _named(function: str, path: str) -> str:
    file = _source_file(path)
    if not function:
        return f"({file})"
    name = _bare(normalise(function))
    return f"{name} ({file})" if file else name


def _bare(name: str) -> str:
    """`a::B::f::{closure}` → `f::{closure}`: closures are told from the function that holds them elsewhere."""
    closure = _CLOSURE.search(name)
    end = closure.start() if closure else len(name)
    return name[name.rfind("::", 0, end) + 2 if "::" in name[:end] else 0 :]


def _source_file(path: str) -> str:
    """The file without its folders. A unit of code generation, which rustc may name for it, differs by build."""
    file = _last_part(path)
    return "" if CODEGEN_UNIT.fullmatch(file) else file


def _unnamed(stack: tuple[Frame, ...]) -> tuple[str, ...]:
    """All that a stripped program shows, as one place: its first frame may well be the sanitizer's `free`."""
    places = [
        f"{_last_part(frame.module)}+{frame.offset:#x}"
        for frame in stack
        if frame.function is None and frame.module and frame.offset is not None and not is_of_the_system(frame)
    ]
    return (" < ".join(places[:UNNAMED_FRAMES]),) if places else ()


def _last_part(path: str) -> str:
    """The name without its folders, which differ from build to build."""
    return re.split(r"[/\\]", path)[-1]
