"""SARIF's places: frames and spans as locations whose paths are those of the repository, stacks and code flows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, Final
from urllib.parse import quote

from fuzzpair.model.crash_report import CrashReport, Frame
from fuzzpair.model.diagnostic import Span
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language
from fuzzpair.model.run_record import Row, RunRecord
from fuzzpair.report import clean
from fuzzpair.triage import own_frames
from fuzzpair.triage.ignored import blamed_frames
from fuzzpair.triage.names import normalise

Json = dict[str, Any]

ROOT: Final = "SRCROOT"
FRAMES: Final = 40  # of one stack; a recursion has thousands
STACKS: Final = 8
PATH_LIMIT: Final = 300
NAME_LIMIT: Final = 300
_LARGEST: Final = 2**31 - 1  # what readers hold a line in
# A build happens in a folder named for what it is, at the sandbox's own place.
_BUILD_FOLDER: Final = re.compile(rf"^.{{0,200}}?/(?:{'|'.join(Language)})-(?:{'|'.join(Flavour)})/")
_FILE_OF_PATCH: Final = re.compile(r"^\+\+\+ b/([^\t\n]{1,300})", re.MULTILINE)
_HUNK_OF_PATCH: Final = re.compile(r"^@@ -\d+(?:,\d+)? \+(\d{1,9})", re.MULTILINE)
_STEPS: Final[Mapping[str, str]] = {
    "allocated by": "allocated here",
    "origin": "created here, without a value",
    "mutex acquired": "lock taken here",
    "freed by": "freed here",
    "previous access": "accessed here by the other side",
}


def repository_path(file: str | None, row: Row, record: RunRecord) -> str | None:
    """A path of a build as a path in the repository; None for a file that is not the pair's own."""
    if not file:
        return None
    inside = _BUILD_FOLDER.sub("", file[:PATH_LIMIT])
    path = PurePosixPath(inside)
    if path.is_absolute() or ".." in path.parts or not path.parts or not inside.isprintable():
        return None
    folder = dict(record.folders).get(row.variant.language.value, "")
    return str(PurePosixPath(folder) / path)


def place(path: str, line: int | None, column: int | None = None) -> Json:
    made: Json = {"artifactLocation": {"uri": quote(path, safe="/"), "uriBaseId": ROOT}}
    if line and 0 < line <= _LARGEST:
        made["region"] = {"startLine": line}
        if column and 0 < column <= _LARGEST:
            made["region"]["startColumn"] = column
    return made


def of_frame(frame: Frame, row: Row, record: RunRecord, message: str = "") -> Json:
    made: Json = {"message": {"text": message}} if message else {}
    path = repository_path(frame.file, row, record)
    if path:
        made["physicalLocation"] = place(path, frame.line, frame.column)
    if frame.function:
        name = clean.line(normalise(frame.function), NAME_LIMIT)
        made["logicalLocations"] = [{"fullyQualifiedName": name, "kind": "function"}]
    return made


def of_span(span: Span, row: Row, record: RunRecord) -> Json | None:
    path = repository_path(span.file, row, record)
    return {"physicalLocation": place(path, span.first_line, span.column)} if path else None


def of_patch(row: Row, record: RunRecord) -> Json | None:
    """Where the slip was planted: the place of a finding that no stack leads to."""
    file = _FILE_OF_PATCH.search(row.evidence.patch)
    hunk = _HUNK_OF_PATCH.search(row.evidence.patch)
    path = repository_path(file[1] if file else None, row, record)
    return {"physicalLocation": place(path, int(hunk[1]) if hunk else None)} if path else None


def of_report(report: CrashReport | None, row: Row, record: RunRecord) -> Json | None:
    """The innermost frame of the target that has a file in the repository."""
    stacks = (report.stack, *(stack for _, stack in report.other_stacks)) if report else ()
    for frame in (frame for stack in stacks for frame in blamed_frames(stack)):
        made = of_frame(frame, row, record)
        if "physicalLocation" in made:
            return made
    return None


def stacks(report: CrashReport, row: Row, record: RunRecord) -> list[Json]:
    """Each stack once: SARIF wants a set, and a lock's two reports can have one stack."""
    made: list[Json] = []
    for label, frames in (("fault", report.stack), *report.other_stacks[: STACKS - 1]):
        if frames:
            shown = [_stack_frame(frame, row, record) for frame in frames[:FRAMES]]
            more = f" (the innermost {FRAMES} of {len(frames)} frames)" if len(frames) > FRAMES else ""
            stack = {"message": {"text": f"{clean.line(label, 80)}{more}"}, "frames": shown}
            made += [] if stack in made else [stack]
    return made


def _stack_frame(frame: Frame, row: Row, record: RunRecord) -> Json:
    location = of_frame(frame, row, record, clean.line(frame.function or frame.module or "unknown", NAME_LIMIT))
    module = {"module": clean.line(frame.module, NAME_LIMIT)} if frame.module else {}
    return {"location": location, **module}


def code_flow(report: CrashReport, row: Row, record: RunRecord) -> Json | None:
    """What happened to the memory or the lock in its order: allocated, freed, used. None where only one is known."""
    labelled = dict(reversed(report.other_stacks))  # the first of a label counts
    steps = [(says, labelled[label]) for label, says in _STEPS.items() if label in labelled]
    steps.append((clean.line(report.kind, NAME_LIMIT), report.stack))
    locations = [each for says, stack in steps for each in _step(says, stack, row, record)]
    if len(locations) < 2:
        return None
    return {"threadFlows": [{"locations": [{**each, "executionOrder": i} for i, each in enumerate(locations, 1)]}]}


def _step(says: str, stack: Iterable[Frame], row: Row, record: RunRecord) -> Iterator[Json]:
    own = blamed_frames(tuple(stack)) or own_frames(tuple(stack))
    for frame in own[:1]:
        yield {"location": of_frame(frame, row, record, says)}
