"""The tables of docs/severity.md, from the code. `python tests/severity_page.py` writes them there again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from fuzzpair.bug_classes import BUG_CLASSES
from fuzzpair.severity import base_score, level_of
from fuzzpair.severity_rules import RULES, Effect, Reachability, Rule

PAGE = Path(__file__).parent.parent / "docs" / "severity.md"
_PART = re.compile(r"(<!-- from the code: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def rewritten(page: str) -> str:
    """The page with every marked part made anew; KeyError for a part that there is no table for."""
    tables = {"reachability": _reachability, "effects": _effects, "classes": _classes}
    return _PART.sub(lambda part: part[1] + "".join(f"{line}\n" for line in tables[part[2]]()) + part[3], page)


def _reachability() -> Iterator[str]:
    yield "| reachability | metrics | when |\n| --- | --- | --- |"
    for reach in Reachability:
        yield f"| {reach.word} | `{reach.metrics}` | {reach.reason} |"


def _effects() -> Iterator[str]:
    yield f"| effect | metrics | {' | '.join(reach.word for reach in Reachability)} | why |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for effect in Effect:
        scores = (base_score(reach, effect) for reach in Reachability)
        cells = " | ".join(f"{score} {level_of(score)}" for score in scores)
        yield f"| {effect.word} | `{effect.metrics}` | {cells} | {effect.reason} |"


def _classes() -> Iterator[str]:
    yield "| class | CWE | effect | why |\n| --- | --- | --- | --- |"
    for slug, rule in RULES.items():
        yield f"| {slug} | {BUG_CLASSES[slug].cwe} | {_effect(rule)} | {rule.reason} |"


def _effect(rule: Rule) -> str:
    if rule.read is rule.write:
        return rule.read.word
    return f"read: {rule.read.word}; write or not known: {rule.write.word}"


if __name__ == "__main__":
    PAGE.write_text(rewritten(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
