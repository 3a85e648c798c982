"""results.sarif of a pair's run: SARIF 2.1.0, one run a side, with every finding and what the other side does with it.

What is known stays `unchanged`, what was accepted is suppressed with its reason, what is fixed is `absent`: code
scanning then shows a change what is its own. Within the limits that sarif.py states.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Any, Final

from fuzzpair.bug_classes import BUG_CLASSES
from fuzzpair.model.crash_report import Frame
from fuzzpair.model.language import Language
from fuzzpair.model.pair import PairFinding, PairRecord
from fuzzpair.model.standing import Standing
from fuzzpair.pair_judging import fails
from fuzzpair.report import clean, pair_text
from fuzzpair.report.sarif import NOTICES, RESULTS, SCHEMA
from fuzzpair.report.sarif_places import FRAMES, NAME_LIMIT, ROOT, STACKS, place
from fuzzpair.report.sarif_rules import CWE, rule_id, rules, taxonomy
from fuzzpair.report.stored import NOTHING_STORED, Stored
from fuzzpair.triage.ignored import blamed_frames
from fuzzpair.triage.names import normalise

Json = dict[str, Any]

file_name: Final = "results.sarif"
UNKNOWN: Final = "unknown"
_LINKS: Final = str.maketrans({"[": "\\[", "]": "\\]"})  # [text](target) is a link in a SARIF message (3.11.6)
STATES: Final = {
    Standing.NEW: "new",
    Standing.REOPENED: "new",
    Standing.KNOWN: "unchanged",
    Standing.ACCEPTED: "unchanged",
    Standing.IN_BASE: "unchanged",
    Standing.FIXED: "absent",
}


def render(record: PairRecord, _: Stored = NOTHING_STORED, /) -> str:
    """The document as ASCII JSON, what fails the run first."""
    record = clean.cleaned(record)
    sides = sorted({one.language for one in record.builds} | {one.language for one in record.findings})
    made = {"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(record, side) for side in sides]}
    return json.dumps(made, ensure_ascii=True, allow_nan=False) + "\n"


def _run(record: PairRecord, side: Language) -> Json:
    found = pair_text.worst_first(one for one in record.findings if one.language is side)
    slugs = sorted({_slug(one) for one in found})
    what = f"{record.pair}, {pair_text.SIDES[side]}"
    return {
        "tool": {
            "driver": {
                "name": "fuzzpair",
                "fullName": f"fuzzpair {record.version}: {what}",
                "version": record.version or "unknown",
                "rules": rules(slugs),
                "supportedTaxonomies": [{"name": "CWE", "index": 0}],
            }
        },
        # GitHub reads what stands in front of the last slash as the category.
        "automationDetails": {"id": f"fuzzpair/{record.pair.replace('/', '-')}/{side}/{record.run_id}"},
        "originalUriBaseIds": {ROOT: {"description": {"text": "the repository that holds pipeline.yml"}}},
        "columnKind": "unicodeCodePoints",
        "taxonomies": [taxonomy(slugs)],
        "invocations": [_invocation(record, found)],
        "results": [_result(one, slugs.index(_slug(one))) for one in found[:RESULTS]],
        "properties": {"run": record.run_id, "verb": record.verb, "started": record.started},
    }


def _invocation(record: PairRecord, found: Sequence[PairFinding]) -> Json:
    notices = [_notice("error" if record.exit_code not in (0, 1) else "note", text) for text in record.reasons]
    notices += [_notice("note", text) for text in record.notes]
    if len(found) > RESULTS:
        notices.insert(0, _notice("warning", f"{len(found) - RESULTS} results do not fit; pair.json has all of them"))
    return {
        # 0 and 1 are answers; with 2, 3 and 130 something was not done, and silence is no evidence.
        "executionSuccessful": record.complete and record.exit_code in (0, 1),
        "exitCode": record.exit_code,
        "toolExecutionNotifications": notices[:NOTICES],
    }


def _notice(level: str, text: str) -> Json:
    return {"level": level, "message": {"text": _text(text)}}


def _result(one: PairFinding, rule: int) -> Json:
    made: Json = {
        "ruleId": _slug(one),
        "ruleIndex": rule,
        "kind": "fail",
        "level": _level(one),
        "message": {"text": _text(" ".join(_message(one)))},
        "locations": list(_locations(one)),
        "partialFingerprints": _fingerprints(one),
        "baselineState": STATES[one.standing],
        "properties": _properties(one),
    }
    if one.standing is Standing.ACCEPTED:
        why = f"accepted by {one.owner} until {one.expires}"
        made["suppressions"] = [{"kind": "external", "status": "accepted", "justification": why}]
    else:
        made["suppressions"] = []
    if one.cwe is not None:
        made["taxa"] = [{"id": str(one.cwe), "toolComponent": CWE}]
    if one.report is not None:
        made["stacks"] = list(_stacks(one))
    return made


def _slug(one: PairFinding) -> str:
    """The class of the report that stands for it, which stays the same while others come to it."""
    of_report = (one.report.bug_class or UNKNOWN) if one.report is not None else UNKNOWN
    return rule_id(of_report if of_report in BUG_CLASSES else UNKNOWN)


def _level(one: PairFinding) -> str:
    if fails(one):
        return "error"
    return "note" if one.is_flaky else "warning"


def _message(one: PairFinding) -> Iterator[str]:
    yield f"{pair_text.title(one)} ({pair_text.place(one)}; {pair_text.standing(one)})."
    yield f"The same input: {'; '.join(pair_text.twins(one))}."
    yield f"{pair_text.replays(one)}."
    if pair_text.command(one):
        yield f"See it again: {pair_text.command(one)}"


def _text(text: str) -> str:
    return clean.line(text, 1_000).translate(_LINKS)


def _fingerprints(one: PairFinding) -> dict[str, str]:
    """What stays when lines move."""
    identity = f"{one.target}\0{one.language}\0{one.key}".encode("utf-8", "surrogatepass")
    return {"primaryLocationLineHash": f"{sha256(identity).hexdigest()[:16]}:1", "fuzzpairBug/v1": one.key}


def _properties(one: PairFinding) -> Json:
    return {
        "target": one.target,
        "side": one.language.value,
        "flavours": [each.value for each in one.flavours],
        "bugClasses": list(one.bug_classes),
        "standing": one.standing.value,
        "firstSeen": one.first_seen,
        "severity": one.severity,
        "cvss": one.vector,
        "score": one.score,
        "why": one.why,
        "twin": [
            {"side": each.language.value, "flavour": each.flavour.value, "outcome": each.outcome.value, "why": each.why}
            for each in one.twin
        ],
        "inputs": [each.name for each in one.inputs],
    }


# --- places -------------------------------------------------------------------------------------


def _path(frame: Frame) -> str | None:
    """The frame's file if it is the repository's: builds name those by their path in there (own_pair/cpp_build.py)."""
    path = PurePosixPath(frame.file or "")
    if not path.parts or path.is_absolute() or ".." in path.parts or not str(path).isprintable():
        return None
    return str(path)


def _location(frame: Frame, message: str = "") -> Json:
    made: Json = {"message": {"text": message}} if message else {}
    path = _path(frame)
    if path is not None:
        made["physicalLocation"] = place(path, frame.line, frame.column)
    if frame.function:
        name = clean.line(normalise(frame.function), NAME_LIMIT)
        made["logicalLocations"] = [{"fullyQualifiedName": name, "kind": "function"}]
    return made


def _locations(one: PairFinding) -> Iterator[Json]:
    """The innermost frame of the target that has a file in the repository."""
    report = one.report
    stacks = (report.stack, *(stack for _, stack in report.other_stacks)) if report is not None else ()
    frames = (frame for stack in stacks for frame in blamed_frames(stack))
    named = next((frame for frame in frames if _path(frame) is not None), None)
    if named is not None:
        yield _location(named)


def _stacks(one: PairFinding) -> Iterator[Json]:
    """Each stack once: SARIF wants a set."""
    assert one.report is not None
    made: list[Json] = []
    for label, frames in (("fault", one.report.stack), *one.report.other_stacks[: STACKS - 1]):
        shown = [
            {"location": _location(frame, clean.line(frame.function or frame.module or "unknown", NAME_LIMIT))}
            for frame in frames[:FRAMES]
        ]
        stack = {"message": {"text": clean.line(label, 80)}, "frames": shown}
        if shown and stack not in made:
            made.append(stack)
    yield from made
