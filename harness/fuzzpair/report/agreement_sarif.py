"""agreement.sarif: what parted the twins, one result each, for code scanning. A disagreement has an input, and no line:
it is shown at the function that is compared, of the side that is alone where three were asked."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any, Final

from fuzzpair.agreement_model import AgreementRecord, AgreementRow, Disagreement, Voice, What
from fuzzpair.report import clean
from fuzzpair.report.agreement import cleaned, sides_of
from fuzzpair.report.sarif import RESULTS, SCHEMA
from fuzzpair.report.sarif_places import ROOT

file_name: Final = "agreement.sarif"
Json = dict[str, Any]
RULES: Final = {
    What.ACCEPTANCE: ("disagreement/acceptance", "One twin accepts what the other rejects", "6.5"),
    What.REASON: ("disagreement/reason", "The twins reject for different reasons", "3.3"),
    What.TEXT: ("disagreement/text", "The twins describe an accepted input differently", "5.3"),
    What.HANG: ("disagreement/hang", "One twin answers, the other does not end", "7.5"),
    What.CRASH: ("crash", "One twin crashes", "5.3"),
}


def render(record: AgreementRecord) -> str:
    """ASCII JSON; what the unpatched twins part on, and no mistake that was planted."""
    record = cleaned(record)
    found = [(row, one) for row in record.rows if not row.mistake for one in row.disagreements][:RESULTS]
    kinds = [what for what in What if any(one.what is what for _, one in found)]
    run = {
        "tool": {"driver": _driver(record, kinds)},
        "automationDetails": {"id": f"fuzzpair/{record.pair.replace('/', '-')}/agreement/{record.run_id}"},
        "originalUriBaseIds": {ROOT: {"description": {"text": "the repository that holds pipeline.yml"}}},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": record.exit_code in (0, 1), "exitCode": record.exit_code}],
        "results": [_result(record, row, one, kinds.index(one.what)) for row, one in found],
    }
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(document, ensure_ascii=True, allow_nan=False) + "\n"


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


def _result(record: AgreementRecord, row: AgreementRow, one: Disagreement, rule: int) -> Json:
    text = f"{one.key}; {sides_of(one)}. {row.engine} on {one.target}; input {one.input} ({one.octets} octets)."
    return {
        "ruleId": RULES[one.what][0],
        "ruleIndex": rule,
        "kind": "fail",
        "level": "warning",
        "message": {"text": clean.line(text, 1_000).replace("[", "\\[").replace("]", "\\]")},
        "locations": [_place(record, one)],
        # The key says what differs, never on which input: the same disagreement is the same alert every night.
        "partialFingerprints": {"agreement/v1": sha256(f"{one.target} {one.key}".encode()).hexdigest()},
        "properties": {"engine": row.engine, "target": one.target, "input": one.input},
    }


def _place(record: AgreementRecord, one: Disagreement) -> Json:
    files = dict(record.described_by)
    path = files.get(str(one.odd or Voice.CPP)) or files[str(Voice.CPP)]
    artifact = {"uri": path, "uriBaseId": ROOT}
    return {"physicalLocation": {"artifactLocation": artifact, "region": {"startLine": 1}}}
