"""What pydantic says of a file → problems with a line, each naming its key and what was perhaps meant."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from fuzzpair.yaml_source import Document, Location, Problem, dotted


def problems_of(error: ValidationError, document: Document, kind: type[BaseModel]) -> Iterator[Problem]:
    """Of a file of this kind, whose schema names the keys that a section may hold, for suggestions."""
    if document.value is None and not document.problems:
        yield Problem(1, "the file is empty")
        return
    for detail in error.errors(include_url=False):
        location = _in_document(detail, document)
        is_key = detail["type"] == "extra_forbidden" or "[key]" in detail["loc"]
        line = document.key_line(location) if is_key else document.line(location)
        if not document.is_unread(location):
            yield Problem(line, _text(detail, location, kind))


def _in_document(detail: ErrorDetails, document: Document) -> Location:
    """pydantic's location without what it adds: "[key]" for a key, the branch of a union."""
    *around, last = detail["loc"] or ("",)
    location: Location = ()
    for part in around:
        location = (*location, part) if document.has((*location, part)) else location
    is_own = detail["type"] == "missing" or document.has((*location, last))
    return (*location, last) if is_own else location


def _text(detail: ErrorDetails, location: Location, kind: type[BaseModel]) -> str:
    name = dotted(location)
    given = _shown(detail["input"])
    match detail["type"]:
        case "extra_forbidden":
            keys = _keys_at(location[:-1], _schema_of(kind))
            where = f" in {dotted(location[:-1])}" if location[1:] else ""
            known = f" (known: {', '.join(keys)})"
            return f"unknown key '{location[-1]}'{where}{perhaps(str(location[-1]), keys) or known}"
        case "missing":
            return f"'{name}' is missing"
        case "enum" | "literal_error":
            possible = re.findall(r"'([^']*)'", detail["ctx"]["expected"])
            suggestion = perhaps(detail["input"], possible) if isinstance(detail["input"], str) else ""
            return f"{name}: {given} is not one of: {', '.join(possible)}{suggestion}"
        case "refused":
            return f"{name}: {detail['msg']}"
        case "too_short":
            return f"{name}: {given} of fewer than {detail['ctx']['min_length']}"
        case "string_too_short":
            return f"{name}: {given} is too short"
        case "string_pattern_mismatch":
            return f"{name}: {given} is not a name (a-z, 0-9, - and _, at most 64)"
    rule = detail["msg"].replace("Input should", "should", 1)
    for theirs, ours in _WORDS:
        rule = rule.replace(theirs, ours)
    return f"{name}: {given} {rule}"


# JSON's words → those of someone who writes YAML.
_WORDS = (
    ("a valid array", "a list"),
    ("an object", "a mapping"),
    ("a valid dictionary", "a mapping"),
    ("a valid integer", "a whole number"),
    ("a valid number", "a number"),
    ("a valid string", "text"),
)


@cache
def _schema_of(kind: type[BaseModel]) -> Mapping[str, Any]:
    """Making it takes longer than to read and check a file: only where a key is unknown, and once."""
    return kind.model_json_schema()


def _keys_at(location: Location, schema: Mapping[str, Any]) -> list[str]:
    """The keys that a section may hold, by following its location through the schema."""
    section = schema
    for part in location:
        keyed = section.get("properties", {})
        if isinstance(part, int):
            section = section["items"]
        else:
            section = keyed[part] if part in keyed else next(iter(section["patternProperties"].values()))
        section = next((branch for branch in section.get("anyOf", ()) if "$ref" in branch), section)  # X | None
        if "$ref" in section:
            section = schema["$defs"][section["$ref"].rpartition("/")[2]]
    return list(section["properties"])


def _shown(value: object) -> str:
    match value:
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case None:
            return "an empty value"
    text = f"'{value}'" if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def perhaps(word: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(word.lower()[:100], known, n=1)
    return f"; perhaps you meant '{close[0]}'" if close else ""
