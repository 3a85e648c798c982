"""results.sarif: SARIF 2.1.0 for code scanning; one run for each language and judge, so that none hides another.

Within what GitHub takes of one file (its documentation, "SARIF support for code scanning"): 20 runs, 25,000 results a
run of which the 5,000 most severe are shown, 10 MB compressed. What does not fit is counted in the file.
"""

from __future__ import annotations

import json
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, Final

from fuzzpair.model.language import Language
from fuzzpair.model.run_record import RunRecord
from fuzzpair.report import clean, wording
from fuzzpair.report.findings_of import Findings, Said, compared, differences_by_row, judges_asked, worst_first
from fuzzpair.report.sarif_places import ROOT
from fuzzpair.report.sarif_results import Results
from fuzzpair.report.sarif_rules import rule_id, rules, taxonomy
from fuzzpair.report.stored import NOTHING_STORED, Stored

Json = dict[str, Any]
ByJudge = dict[tuple[Language, str], list[Said]]

file_name: Final = "results.sarif"
SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
RUNS: Final = 20
RESULTS: Final = 25_000
SHOWN: Final = 5_000
OCTETS: Final = 10_000_000  # compressed
NOTICES: Final = 100
_NAMES: Final = {Language.CPP: "C++", Language.RUST: "Rust"}


def render(record: RunRecord, stored: Stored = NOTHING_STORED, /) -> str:
    """The document as ASCII JSON, the worst results of each run first."""
    record = clean.cleaned(record)
    found: ByJudge = defaultdict(list)
    for said in worst_first(Findings(record, stored).said()):
        found[said.language, said.judge].append(said)
    limit = RESULTS
    while True:
        text = json.dumps(_document(record, found, limit), ensure_ascii=True, allow_nan=False) + "\n"
        if limit <= 1 or len(text) <= OCTETS or len(zlib.compress(text.encode(), 6)) <= OCTETS:
            return text
        limit = min(limit, max(map(len, found.values()), default=1)) // 2


def _document(record: RunRecord, found: ByJudge, limit: int) -> Json:
    runs = [_run(record, asked, found[asked], limit) for asked in judges_asked(record)]
    assert len(runs) <= RUNS, "findings_of knows more judges than a file may hold runs"
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": runs}


def _run(record: RunRecord, asked: tuple[Language, str], said: Sequence[Said], limit: int) -> Json:
    language, judge = asked
    slugs = sorted({rule_id(each.row.bug_class) for each in said})
    differences = differences_by_row(record.gate) if compared(record.gate) else None
    results = Results(record, differences, {slug: place for place, slug in enumerate(slugs)})
    what = f"{_NAMES[language]}, judged by {judge}"
    category = f"fuzzpair/{record.pair.replace('/', '-')}/{language}/{judge.replace(' ', '-')}"
    return {
        "tool": {"driver": _driver(record, slugs, what)},
        "automationDetails": {
            # GitHub reads what stands in front of the last slash as the category.
            "id": f"{category}/{record.run_id.replace('/', '-')}",
            "description": {"text": f"{record.pair}: {what}"},
        },
        "originalUriBaseIds": {ROOT: {"description": {"text": "the repository that holds pipeline.yml"}}},
        "columnKind": "unicodeCodePoints",
        "taxonomies": [taxonomy(slugs)],
        "invocations": [_invocation(record, language, said, limit)],
        "results": [results.result(each) for each in said[:limit]],
        "properties": _properties(record),
    }


def _driver(record: RunRecord, slugs: Sequence[str], what: str) -> Json:
    return {
        "name": "fuzzpair",
        "fullName": f"fuzzpair {record.version}: {what}",
        "version": record.version or "unknown",
        "rules": rules(slugs),
        "supportedTaxonomies": [{"name": "CWE", "index": 0}],
    }


def _invocation(record: RunRecord, language: Language, said: Sequence[Said], limit: int) -> Json:
    notices = list(_notices(record, language, said, limit))
    more = [notice("note", f"{len(notices) - NOTICES} more of these are in run.json")] if len(notices) > NOTICES else []
    return {
        # 0 and 1 are answers; with 2, 3 and 130 something was not done, and silence is no evidence.
        "executionSuccessful": record.complete and record.gate.exit_code in (0, 1),
        "exitCode": record.gate.exit_code,
        "toolExecutionNotifications": [*notices[:NOTICES], *more],
    }


def _notices(record: RunRecord, language: Language, said: Sequence[Said], limit: int) -> Iterator[Json]:
    if len(said) > limit:
        yield notice("warning", f"{len(said) - limit} of {len(said)} results do not fit; run.json has all of them")
    if min(limit, len(said)) > SHOWN:
        yield notice("note", f"GitHub shows the {SHOWN} most severe of {len(said)} results")
    if not record.complete:
        yield notice("error", "the run is incomplete: what it does not show may still be there")
    for row in record.rows:
        if row.variant.language is language and row.problem:
            yield notice("error", f"{row.name} could not be done: {row.problem}")
    for control in record.controls:
        if not control.passed:
            yield notice("error", f"control failed: {control.name}: {control.detail}")
    known = {row.name for row in record.rows}
    for each in record.gate.differences:
        if each.row not in known:
            yield notice("warning", f"{each.row}: the baseline expects {each.expected}, and there is no such row")


def notice(level: str, text: str) -> Json:
    return {"level": level, "message": message(text)}


def message(text: str) -> Json:
    """One line; [text](target) would be a link (SARIF 2.1.0, 3.11.6)."""
    return {"text": clean.line(text, 1_000).replace("[", "\\[").replace("]", "\\]")}


def _properties(record: RunRecord) -> Json:
    return {
        "run": record.run_id,
        "started": record.started,
        "profile": record.profile,
        "toolchain": record.toolchain.fingerprint,
        "gate": wording.gate(record.gate),
    }
