"""SARIF's rules: one per bug class, with its CWE, its severity and what to do, in words that stay the same."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from fuzzpair.bug_classes import BUG_CLASSES, CWE_NAMES
from fuzzpair.report import clean
from fuzzpair.report.findings_of import by_class
from fuzzpair.severity import Assessment, Severity

Json = dict[str, Any]

RULE_LIMIT: Final = 80
CWE: Final = {"name": "CWE", "index": 0}
_NEXT: Final = (
    "Next: run the reproduce command of a result, then `fuzzpair explain MISTAKE` for both diffs, the compiler's words "
    "and what every build does."
)
_LEVELS: Final = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "warning",
    Severity.NONE: "note",
}


def rule_id(slug: str) -> str:
    """The class's slug: it stays the same between runs, or every alert would be a new one."""
    return clean.line(slug, RULE_LIMIT) or "unknown"


def level(assessment: Assessment) -> str:
    return _LEVELS[assessment.severity]


def rules(slugs: Iterable[str]) -> list[Json]:
    """One rule a class, in the order of the alphabet; a result names its rule by its place here."""
    return [_rule(slug) for slug in sorted(slugs)]


def _rule(slug: str) -> Json:
    known, assessed = BUG_CLASSES.get(slug), by_class(slug)
    title = known.title if known else slug
    tags = ["security", "memory-safety" if known and known.undefined else "correctness"]
    properties: Json = {"tags": tags, "precision": "very-high", "cvss": assessed.vector}
    if assessed.score > 0:  # GitHub takes a number above 0.0; without one it shows `level`
        properties["security-severity"] = f"{assessed.score:.1f}"
    made: Json = {
        "id": slug,
        "name": "".join(part.capitalize() for part in slug.split("-")),
        "shortDescription": {"text": title},
        "fullDescription": {"text": f"{title}. {assessed.reason}"},
        "defaultConfiguration": {"level": level(assessed)},
        "help": _help(slug, assessed),
        "properties": properties,
    }
    if known:
        tags.append(f"external/cwe/cwe-{known.cwe:03}")
        made["helpUri"] = f"https://cwe.mitre.org/data/definitions/{known.cwe}.html"
        made["relationships"] = [{"target": {"id": str(known.cwe), "toolComponent": CWE}, "kinds": ["superset"]}]
    return made


def _help(slug: str, assessed: Assessment) -> Json:
    known = BUG_CLASSES.get(slug)
    if known is None:
        text = "A mistake whose class fuzzpair does not know. `fuzzpair explain` shows all of its evidence."
        return {"text": text, "markdown": text}
    undefined = "is undefined behaviour in C++ and in unsafe Rust" if known.undefined else "is defined behaviour"
    lines = [
        f"{known.title} (CWE-{known.cwe}, {known.cwe_name}) {undefined}.",
        f"Severity {assessed.severity} ({assessed.score:.1f}, {assessed.vector}): {assessed.reason}",
        f"Tools that have a word for it: {', '.join(tool.value for tool in known.tool_names) or 'none'}.",
        _NEXT,
    ]
    return {"text": "\n".join(lines), "markdown": "\n\n".join(lines)}


def taxonomy(slugs: Iterable[str]) -> Json:
    """The CWE entries that the rules name."""
    numbers = sorted({BUG_CLASSES[slug].cwe for slug in slugs if slug in BUG_CLASSES})
    return {
        "name": "CWE",
        "organization": "MITRE",
        "shortDescription": {"text": "Common Weakness Enumeration"},
        "informationUri": "https://cwe.mitre.org/",
        "isComprehensive": False,
        "taxa": [
            {
                "id": str(number),
                "name": CWE_NAMES[number],
                "shortDescription": {"text": CWE_NAMES[number]},
                "helpUri": f"https://cwe.mitre.org/data/definitions/{number}.html",
            }
            for number in numbers
        ],
    }
