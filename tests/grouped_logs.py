"""The real logs as groups whose truth is known: one slip per function and program. Run it for the figures.

PYTHONPATH=harness python tests/grouped_logs.py
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from itertools import combinations
from pathlib import Path

from fuzzpair.model.crash_report import CrashReport
from fuzzpair.triage import normalise, parse_log
from fuzzpair.triage.grouping import Item, group
from fuzzpair.triage.signature import cause

LOGS = Path(__file__).resolve().parent / "logs"
NAMES = sorted(str(path.relative_to(LOGS).with_suffix("")) for path in LOGS.glob("*/*.log"))
PROGRAM_OPTION = re.compile(r"\b(\w+\.(?:cpp|rs))\b")


@cache
def text_of(name: str) -> str:
    return (LOGS / f"{name}.log").read_text("utf-8")


@cache
def report_of(text: str) -> CrashReport | None:
    return cause(parse_log(text))


@cache
def programs() -> Mapping[str, str]:
    """Each build with the source file that it compiles."""
    builds = tomllib.loads((LOGS / "cases.toml").read_text("utf-8"))["build"]
    return {name: PROGRAM_OPTION.findall(build["compile"])[-1] for name, build in builds.items()}


@cache
def function_of(name: str) -> str:
    """The function of the slip, where the log shows it."""
    return json.loads((LOGS / f"{name}.json").read_text("utf-8")).get("function") or ""


@cache
def slips() -> Mapping[str, tuple[str, str]]:
    """Each log with (program, function of the slip); a build that shows no function has it from a sibling that does."""
    told: dict[tuple[str, str], str] = {}
    for name in NAMES:
        build, _, case = name.partition("/")
        if function_of(name):
            told[programs()[build], case] = function_of(name)
    cases = ((name, programs()[name.partition("/")[0]], name.partition("/")[2]) for name in NAMES)
    return {name: (program, told.get((program, case), case)) for name, program, case in cases}


# --- what a rebuild, another machine or an edit changes ----------------------------------------


def moved_lines(text: str) -> str:
    def later(match: re.Match[str]) -> str:
        column = f":{int(match[3]) + 2}" if match[3] else ""
        return f"{match[1]}:{int(match[2]) + 117}{column}"

    return re.sub(r"(\.(?:cpp|h|rs)):(\d+)(?::(\d+))?", later, text)


def other_addresses(text: str) -> str:
    """Neither null and what is near it, nor an offset in a module."""

    def elsewhere(match: re.Match[str]) -> str:
        value = int(match[0], 16)
        return match[0] if value < 1 << 32 else f"{value + 0x10_1000:#x}"

    return re.sub(r"(?<!\+)0x[0-9a-f]{9,16}\b", elsewhere, text)


def other_process(text: str) -> str:
    text = re.sub(r"==\d+==", "==31337==", text)
    return re.sub(r"\(pid=\d+\)", "(pid=31337)", re.sub(r"(thread '[^']*') \(\d+\)", r"\1 (31337)", text))


def other_folders(text: str) -> str:
    text = text.replace(" /src/", " /home/ci/build-7/src/").replace("/out/", "/tmp/elsewhere/")
    return re.sub(r"(panicked at )(\w+\.rs)", r"\1crates/fuzz/\2", re.sub(r"\n(\w+\.cpp):", r"\n/work/\1:", text))


def without_colours(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def coloured(text: str) -> str:
    return "\n".join(f"\x1b[1m\x1b[31m{line}\x1b[0m" for line in text.split("\n"))


def other_hashes(text: str) -> str:
    text = re.sub(r"\[[0-9a-f]{14,16}\]", "[0badc0de0badc0de]", text)
    text = re.sub(r"::h[0-9a-f]{16}\b", "::h0123456789abcdef", text)
    return re.sub(r"BuildId: [0-9a-f]+", "BuildId: 0badc0de", text)


def windows_line_ends(text: str) -> str:
    return text.replace("\n", "\r\n")


CHANGES: tuple[Callable[[str], str], ...] = (
    moved_lines,
    other_addresses,
    other_process,
    other_folders,
    without_colours,
    coloured,
    other_hashes,
    windows_line_ends,
)


# --- measuring ---------------------------------------------------------------------------------

Log = tuple[str, str]  # a real log's name and its text, changed or not


def every_log() -> list[Log]:
    return [(name, text_of(name)) for name in NAMES]


def every_changed_log() -> list[Log]:
    changed = [(name, change(text_of(name))) for name in NAMES for change in CHANGES]
    return every_log() + changed


def named_logs() -> list[Log]:
    """The logs that show a function of the target, by construction; no rule can place the others."""
    return [log for log in every_log() if function_of(log[0])]


def item(number: int, name: str, text: str) -> Item:
    # The inputs of two logs differ although glibc's line for both is the same: the case stands for the input.
    return Item(name=str(number), report=report_of(text), digest=hashlib.sha256(f"{name}\n{text}".encode()).hexdigest())


def by_same_bug(logs: list[Log]) -> list[str]:
    """The finding of each log. Programs are grouped apart, as a target's findings are."""
    found: dict[int, str] = {}
    for program in sorted(set(programs().values())):
        items = [item(number, name, text) for number, (name, text) in enumerate(logs) if slips()[name][0] == program]
        for finding in group(items).findings:
            found |= {int(member): f"{program} {finding.key}" for member in finding.items}
    return [found[number] for number in range(len(logs))]


def by_frames(count: int | None) -> Callable[[list[Log]], list[str]]:
    """The usual state: the tool's kind and the first frames with names, of machinery or not."""

    def state(name: str, text: str) -> str:
        report = report_of(text)
        frames = [normalise(frame.function) for frame in report.stack if frame.function] if report else []
        return "\n".join((slips()[name][0], report.kind if report else "NULL", *frames[:count]))

    return lambda logs: [state(name, text) for name, text in logs]


def pairs(labels: Iterable[object]) -> int:
    return sum(count * (count - 1) // 2 for count in Counter(labels).values())


def precision_and_recall(logs: list[Log], found: list[str]) -> tuple[float, float]:
    """Of the pairs that are joined, how many are one slip; of the pairs that are one slip, how many are joined."""
    truth = [slips()[name] for name, _ in logs]
    both = pairs(zip(found, truth, strict=True))
    return both / max(1, pairs(found)), both / max(1, pairs(truth))


def wrong_pairs(logs: list[Log], found: list[str]) -> tuple[set[str], set[str]]:
    """The pairs of logs that are joined and should not be, and that should be and are not."""
    joined: set[str] = set()
    parted: set[str] = set()
    for (one, its), (other, others) in combinations(zip((name for name, _ in logs), found, strict=True), 2):
        same = slips()[one] == slips()[other]
        if same != (its == others):
            (parted if same else joined).add(f"{one} {other}")
    return joined, parted


def by_kind() -> Mapping[str, list[str]]:
    """The real logs by the kind of their build: its tools, and whether they print names and stacks."""
    return {kind: [name for name in NAMES if name.partition("/")[0] == kind] for kind in sorted(programs())}


def grouped_per_s(times: int, names: Sequence[str] = NAMES) -> float:
    """How many logs are grouped in a second of processor time, each of the real ones so many times, once parsed."""
    items = [item(number, f"{number}", text_of(name)) for number, name in enumerate([*names] * times)]
    start = time.process_time()
    group(items)
    return len(items) / (time.process_time() - start)


def main() -> None:
    ways = {"same bug": by_same_bug, "kind and 3 frames": by_frames(3), "kind and all frames": by_frames(None)}
    measured = {
        "all real logs": every_log(),
        "those that show a function of the target": named_logs(),
        f"all real logs and {len(CHANGES)} changes of each": every_changed_log(),
    }
    for title, logs in measured.items():
        truth = pairs(slips()[name] for name, _ in logs)
        sys.stdout.write(f"{title}: {len(logs)} logs, {truth} pairs of one slip\n")
        for way, grouped in ways.items():
            precision, recall = precision_and_recall(logs, grouped(logs))
            sys.stdout.write(f"  {way:20} precision {precision:.4f}  recall {recall:.4f}\n")
    joined, parted = wrong_pairs(every_log(), by_same_bug(every_log()))
    for times in (5, 25):
        sys.stdout.write(f"{times * len(NAMES)} logs grouped: {grouped_per_s(times):.0f}/s\n")
    sys.stdout.writelines(f"  wrongly joined: {pair}\n" for pair in sorted(joined))
    sys.stdout.writelines(f"  wrongly parted: {pair}\n" for pair in sorted(parted))


if __name__ == "__main__":
    main()
