"""How well crashes are grouped, on crashes whose truth is known: the planted mistakes of a run, every one its own bug.

    PYTHONPATH=harness:tests python bench/grouping.py [--state FOLDER] [--moved pipeline.yml] [--wrong]

Reads the replays of the last run in the state folder: every triggering input of every mistake on every build, as logs.
The mistakes of one variant (cpp, rust-unsafe…) are taken as the bugs of one program where they could be: each is a
patch of the same twin, and those that change the same lines go into several programs. Two crashes are one bug exactly
when they are of one mistake. `--moved` builds each of them again from sources in which every line has moved, in
containers; `--wrong` lists the errors.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pydantic import TypeAdapter

from fuzzpair.model.crash_report import CrashReport, Frame
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Variant
from fuzzpair.model.replay import Replay
from fuzzpair.model.run_record import Row, RunRecord
from fuzzpair.replay import Replays
from fuzzpair.report.json_report import read_record
from fuzzpair.state import latest_record, open_store
from fuzzpair.store import Store, digest
from fuzzpair.triage import normalise, own_frames, parse_log
from fuzzpair.triage.grouping import Item, group
from fuzzpair.triage.signature import cause, signature
from grouped_logs import pairs
from moved_lines import moved_replays
from planted_programs import programs

MOVED = "address, lines moved"
SANITIZED = (Flavour.ADDRESS, Flavour.UNDEFINED, Flavour.MEMORY, Flavour.THREAD, MOVED)
STATE_FRAMES = 3
# Every rule that was changed for a figure was changed for one of these; the logs of all others were first seen in the
# run whose figures docs/triage.md has.
IN_VIEW = frozenset(
    {
        "allocator-mismatch",
        "bad-downcast",
        "container-overflow",
        "dangling-view",
        "data-race",
        "double-free",
        "double-lock",
        "endless-loop",
        "heap-overflow-read",
        "heap-overflow-write",
        "invalid-free",
        "iterator-invalidation",
        "memory-leak",
        "null-dereference",
        "signed-overflow",
        "stack-buffer-overflow",
        "unbounded-recursion",
        "uninitialised-read",
        "use-after-free",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One crash: what it is of, where it was seen, and what its log says."""

    mistake: str
    variant: str
    program: int  # of its variant: mistakes that exclude each other are in two (planted_programs.py)
    build: str  # a flavour, or that with moved lines
    input: str
    report: CrashReport | None
    digest: str

    @property
    def whole(self) -> str:
        """The program as one name."""
        return f"{self.variant} {self.program}"

    @property
    def truth(self) -> tuple[str, str]:
        return self.whole, self.mistake


# --- reading -----------------------------------------------------------------------------------


def cases_of(record: RunRecord, store: Store) -> Iterator[Case]:
    placed = programs_of(record)
    for row in record.rows:
        for flavour, replays in replays_of(row, store):
            if flavour is Flavour.CANARY:  # ends at the predicate, not at what follows
                continue
            for one in replays:
                case = case_of(row, placed[row.name], flavour, one, store)
                if case is not None:
                    yield case


def programs_of(record: RunRecord) -> dict[str, int]:
    """By row: the program of its variant that its mistake could be a bug of together with the others there."""
    placed: dict[str, int] = {}
    for variant in Variant:
        rows = {row.name: row.evidence.patch for row in record.rows if row.variant is variant}
        placed |= programs(rows)
    return placed


def replays_of(row: Row, store: Store) -> Iterator[tuple[Flavour, tuple[Replay, ...]]]:
    """A row's stored replays. Its keys are those of builds, replays and campaigns; replays stand in their order."""
    results = (store.get_result(key) for key in row.evidence.job_keys)
    found = [one["result"] for one in results if one is not None and "replays" in one["result"]]
    if len(found) == len(row.evidence.replays):  # else the run was interrupted before all of them were done
        for program, result in zip(row.evidence.replays, found, strict=True):
            yield program.flavour, TypeAdapter(Replays).validate_python(result, strict=False).replays


def case_of(row: Row, program: int, build: str, one: Replay, store: Store) -> Case | None:
    if one.exit_code == 0 and not one.timed_out:
        return None
    log = store.get_blob(one.log)
    return Case(
        mistake=row.mistake,
        variant=row.variant,
        program=program,
        build=build,
        input=one.input,
        report=cause(parse_log(log.decode(errors="replace"))),
        digest=digest(log + one.input.encode() + build.encode()),
    )


# --- grouping ----------------------------------------------------------------------------------

Way = Callable[[Sequence[Case]], list[str]]


def by_same_bug(cases: Sequence[Case], *, with_inputs: bool = True) -> list[str]:
    """The finding of each case; each program is grouped on its own, as a target's findings are."""
    found: dict[int, str] = {}
    for program in sorted({case.whole for case in cases}):
        items = [
            Item(name=str(number), report=case.report, digest=case.digest, input=case.input if with_inputs else "")
            for number, case in enumerate(cases)
            if case.whole == program
        ]
        for finding in group(items).findings:
            found |= {int(member): f"{program}: {finding.key}" for member in finding.items}
    return [found[number] for number in range(len(cases))]


def by_state(cases: Sequence[Case]) -> list[str]:
    """The usual crash state: the tool's kind and the first frames that are the program's own."""
    return [_state(case, own_frames(case.report.stack)[:STATE_FRAMES] if case.report else ()) for case in cases]


def by_whole_stack(cases: Sequence[Case]) -> list[str]:
    """The tool's kind and every frame with a name."""
    return [_state(case, case.report.stack if case.report else ()) for case in cases]


def _state(case: Case, frames: Sequence[Frame]) -> str:
    names = [normalise(frame.function) for frame in frames if frame.function]
    return "\n".join((case.whole, case.report.kind if case.report else case.digest, *names))


WAYS: dict[str, Way] = {
    "same bug": by_same_bug,
    "same bug, inputs unknown": partial(by_same_bug, with_inputs=False),
    f"kind and {STATE_FRAMES} own frames": by_state,
    "kind and whole stack": by_whole_stack,
}


def precision_and_recall(cases: Sequence[Case], found: Sequence[str]) -> tuple[float, float]:
    """Of the pairs that are joined, how many are one bug; of the pairs that are one bug, how many are joined."""
    truth = [case.truth for case in cases]
    both = pairs(zip(found, truth, strict=True))
    return both / max(1, pairs(found)), both / max(1, pairs(truth))


# --- printing ----------------------------------------------------------------------------------


def print_figures(title: str, cases: Sequence[Case]) -> None:
    if not cases:
        return
    bugs = len({case.truth for case in cases})
    flavours = ", ".join(f"{name} {count}" for name, count in sorted(Counter(case.build for case in cases).items()))
    print(f"{title}: {len(cases)} crashes of {bugs} bugs ({flavours})")
    for way, grouped in WAYS.items():
        found = grouped(cases)
        precision, recall = precision_and_recall(cases, found)
        print(f"  {way:24} precision {precision:.4f}  recall {recall:.4f}  {len(set(found))} groups")


def print_wrong(cases: Sequence[Case]) -> None:
    """Groups of two bugs, and bugs in two groups, with what each group's signature was made from."""
    found = by_same_bug(cases)
    bugs: dict[str, set[str]] = {}
    for case, key in zip(cases, found, strict=True):
        bugs.setdefault(key, set()).add(case.mistake)
    for key, mistakes in sorted(bugs.items()):
        if len(mistakes) > 1:
            print(f"  joined: {key}: {', '.join(sorted(mistakes))}")
    for truth in sorted({case.truth for case in cases}):
        own = [(key, case) for case, key in zip(cases, found, strict=True) if case.truth == truth]
        if len({key for key, _ in own}) > 1:
            print(f"  parted: {'/'.join(reversed(truth))}")
            print_groups(own)


def print_groups(own: Sequence[tuple[str, Case]]) -> None:
    for key, count in Counter(key for key, _ in own).most_common(4):
        flavours = Counter(case.build for one, case in own if one == key)
        example = next(case for one, case in own if one == key)
        lines = signature(example.report, example.digest).bug_lines
        kind = example.report.kind if example.report else "no report"
        print(f"    {count:3} {dict(flavours)} {kind}: {'; '.join(lines)}")


def by_view(cases: Sequence[Case]) -> dict[str, list[Case]]:
    """The mistakes whose logs were looked at while the rules were made, and those that were held out."""
    return {
        "in view when the rules were made": [one for one in cases if one.mistake in IN_VIEW],
        "held out": [one for one in cases if one.mistake not in IN_VIEW],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--state", type=Path, default=Path(".fuzzpair"))
    parser.add_argument("--moved", type=Path, metavar="PIPELINE.YML", help="also build and replay with moved lines")
    parser.add_argument("--wrong", action="store_true")
    options = parser.parse_args()
    store = open_store(options.state)
    record = read_record(latest_record(store))
    every = list(cases_of(record, store))
    if options.moved:
        placed = programs_of(record)
        again = (
            case_of(row, placed[row.name], MOVED, one, store)
            for row, one in moved_replays(record, options.moved, store)
        )
        every += [case for case in again if case is not None]
    judged = [case for case in every if case.build in SANITIZED and case.report is not None]
    print_figures("sanitizer builds", judged)
    for title, some in by_view(judged).items():
        print_figures(f"  {title}", some)
    for build in SANITIZED:
        alone = [case for case in judged if case.build == build]
        if alone:
            print_figures(f"  {build} alone", alone)
    print_figures("all builds, production among them", every)
    if options.wrong:
        print_wrong(judged)


if __name__ == "__main__":
    main()
