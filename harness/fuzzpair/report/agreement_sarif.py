"""agreement.sarif: what parted the sides, one result each, for code scanning. A disagreement has an input, and no line:
it is shown at the function that is compared, of the side that is alone where three were asked."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any, Final

from fuzzpair.model.agreement import AgreementRecord, Disagreement, Voice, What
from fuzzpair.model.standing import Standing
from fuzzpair.report.agreement import cleaned, sides_of, standing, to_look_at
from fuzzpair.report.pair_sarif import STATES
from fuzzpair.report.sarif import NOTICES, RESULTS, SCHEMA, message, notice
from fuzzpair.report.sarif_places import ROOT

file_name: Final = "agreement.sarif"
Json = dict[str, Any]
RULES: Final = {
    What.ACCEPTANCE: ("disagreement/acceptance", "One side accepts what the other rejects", "6.5"),
    What.REASON: ("disagreement/reason", "The sides reject for different reasons", "3.3"),
    What.TEXT: ("disagreement/text", "The sides describe an accepted input differently", "5.3"),
    What.HANG: ("disagreement/hang", "One side answers, the other does not end", "7.5"),
    What.CRASH: ("crash", "One side crashes", "5.3"),
}


def render(record: AgreementRecord) -> str:
    """ASCII JSON; what sides part on in which nothing is planted, and no mistake that was planted."""
    record = cleaned(record)
    here = [one for row in record.rows if not row.mistake for one in row.disagreements]
    found = [*here, *record.gone][:RESULTS]
    kinds = [what for what in What if any(one.what is what for one in found)]
    run = {
        "tool": {"driver": _driver(record, kinds)},
        "automationDetails": {"id": f"fuzzpair/{record.pair.replace('/', '-')}/agreement/{record.run_id}"},
        "originalUriBaseIds": {ROOT: {"description": {"text": "the repository that holds pipeline.yml"}}},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(record)],
        "results": [_result(record, one, kinds.index(one.what)) for one in found],
    }
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(document, ensure_ascii=True, allow_nan=False) + "\n"


def _invocation(record: AgreementRecord) -> Json:
    said = [("error", text) for text in record.reasons if record.exit_code not in (0, 1)]
    said += [("note", text) for text in to_look_at(record)]
    return {
        "executionSuccessful": record.exit_code in (0, 1),
        "exitCode": record.exit_code,
        "toolExecutionNotifications": [notice(level, text) for level, text in said[:NOTICES]],
    }


def _driver(record: AgreementRecord, kinds: list[What]) -> Json:
    rules = [
        {
            "id": name,
            "shortDescription": {"text": text},
            "defaultConfiguration": {"level": "warning"},
            "properties": {"security-severity": score, "tags": ["security", "correctness"]},
        }
        for name, text, score in (RULES[what] for what in kinds)
    ]
    return {"name": "fuzzpair", "version": record.version or "unknown", "rules": rules}


def _result(record: AgreementRecord, one: Disagreement, rule: int) -> Json:
    where = f"{one.engine} on {one.target}; input {one.input} ({one.octets} octets)"
    # Of target and signature, which says what differs and never on which input: the same alert every night. Code
    # scanning reads the first; without one it would hash the line, which is the same for all of them.
    identity = sha256(f"{one.target} {one.signature}".encode()).hexdigest()
    is_accepted = one.standing is Standing.ACCEPTED
    why = {"kind": "external", "status": "accepted", "justification": standing(one)}
    return {
        "ruleId": RULES[one.what][0],
        "ruleIndex": rule,
        "kind": "fail",
        "level": "note" if is_accepted else "warning",
        "message": message(f"{one.key}; {sides_of(one)} ({standing(one)}). {where}."),
        "locations": [_place(record, one)],
        "partialFingerprints": {"primaryLocationLineHash": f"{identity[:16]}:1", "agreement/v1": identity},
        "baselineState": STATES[one.standing],
        "suppressions": [why] if is_accepted else [],
        "properties": {
            "engine": one.engine,
            "target": one.target,
            "input": one.input,
            "signature": one.signature,
            "standing": one.standing.value,
            "firstSeen": one.first_seen,
        },
    }


def _place(record: AgreementRecord, one: Disagreement) -> Json:
    files = dict(record.described_by)
    path = files.get(str(one.odd or Voice.CPP)) or files[str(Voice.CPP)]
    artifact = {"uri": path, "uriBaseId": ROOT}
    return {"physicalLocation": {"artifactLocation": artifact, "region": {"startLine": 1}}}
