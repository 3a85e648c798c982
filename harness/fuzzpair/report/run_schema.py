"""The published schema of run.json, made from the types: docs/run.schema.json and docs/run-json.md."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter

from fuzzpair.report.agreed import Agreed
from fuzzpair.report.json_report import MAPPINGS, SCHEMA, record_type
from fuzzpair.report.run_fields import FIELDS, INTRODUCTION
from fuzzpair.report.survival import Comparison, Survival
from fuzzpair.report.totals import Totals

SCHEMA_FILE: Final = "run.schema.json"
PAGE_FILE: Final = "run-json.md"


def json_schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of what json_report writes. Further fields are allowed: readers skip them."""
    root = record_type().json_schema(mode="serialization")
    parts: dict[str, Any] = {**root.pop("$defs"), "RunRecord": root}
    for derived in (Totals, Survival, Comparison, Agreed):
        made = TypeAdapter(derived).json_schema(mode="serialization")
        parts |= made.pop("$defs", {})
        parts[derived.__name__] = made
    _as_written(parts)
    for name, part in parts.items():
        for field, schema in part.get("properties", {}).items():
            schema.pop("title", None)
            schema["description"] = FIELDS.get(name, {}).get(field, "")
    heading = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": SCHEMA}
    return {**heading, **parts.pop("RunRecord"), "title": SCHEMA, "$defs": dict(sorted(parts.items()))}


def page() -> str:
    """docs/run-json.md: every field of every object, in the order in which they appear in the file."""
    schema = json_schema()
    parts = {"RunRecord": schema, **schema["$defs"]}
    lines = [INTRODUCTION.format(schema=SCHEMA)]
    for name in FIELDS:
        lines += _section("The document" if name == "RunRecord" else name, parts[name])
    closed = [each for each in parts if "enum" in parts[each]]
    lines += ["## Closed lists of words", "", "| type | values |", "| --- | --- |"]
    lines += [f"| {name} | {_words(parts[name]['enum'])} |" for name in closed]
    return "\n".join(lines) + "\n"


def write(folder: Path) -> None:
    text = json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n"
    (folder / SCHEMA_FILE).write_text(text, encoding="utf-8")
    (folder / PAGE_FILE).write_text(page(), encoding="utf-8")


def _as_written(parts: Mapping[str, Any]) -> None:
    """What json_report adds to the types or writes in another way."""
    word = {"type": "string"}
    rung = {"anyOf": [{"$ref": "#/$defs/Rung"}, {"type": "null"}]}
    _add_first(parts["Row"], {"name": word, "rung": rung, "hardened_rung": dict(rung)})
    parts["Row"]["properties"]["survival"] = {"anyOf": [{"$ref": "#/$defs/Survival"}, {"type": "null"}]}
    record = parts["RunRecord"]
    record["properties"]["schema"] = {"const": SCHEMA}
    record["properties"]["comparisons"] = {"type": "array", "items": {"$ref": "#/$defs/Comparison"}}
    record["properties"]["totals"] = {"$ref": "#/$defs/Totals"}
    made = {"type": "array", "items": {"$ref": "#/$defs/Agreed"}}
    record["properties"]["agreements"] = {"anyOf": [made, {"type": "null"}]}
    record["required"] += ["comparisons", "totals", "agreements"]
    counts = {"type": "object", "additionalProperties": {"type": "integer"}}
    for name in ("rungs", "hardened"):
        parts["Totals"]["properties"][name] = {"type": "object", "additionalProperties": counts}
    as_written(parts)


def as_written(parts: Mapping[str, Any]) -> None:
    """What `plain` does to any record: it writes every field, also one that has a default in the type, and some pairs
    as an object."""
    for part in parts.values():
        if "properties" in part:
            part["required"] = list(part["properties"])
        for field in MAPPINGS & set(part.get("properties", {})):
            pairs = part["properties"][field]
            values = pairs["items"]["prefixItems"][1]
            # The pairs themselves stand there when one key came twice.
            part["properties"][field] = {"anyOf": [{"type": "object", "additionalProperties": values}, pairs]}


def _add_first(part: dict[str, Any], fields: Mapping[str, Any]) -> None:
    part["properties"] = {**fields, **part["properties"]}


def _section(title: str, part: Mapping[str, Any]) -> Iterable[str]:
    yield f"## {title}"
    yield ""
    yield "| field | type | meaning |"
    yield "| --- | --- | --- |"
    for field, schema in part["properties"].items():
        yield f"| `{field}` | {_type(schema)} | {schema['description']} |"
    yield ""


def _type(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        objects = [each for each in schema["anyOf"] if "prefixItems" not in each.get("items", {})]
        return " or ".join(map(_type, objects))
    if "enum" in schema:
        return _words(schema["enum"])
    if schema.get("type") == "array":
        inner = schema.get("items")
        return f"list of {_type(inner)}" if inner else f"[{', '.join(map(_type, schema['prefixItems']))}]"
    if schema.get("type") == "object":
        return f"object: name → {_type(schema['additionalProperties'])}"
    return f"`{schema['const']}`" if "const" in schema else str(schema["type"])


def _words(values: Iterable[str]) -> str:
    return ", ".join(f"`{value}`" for value in values)


if __name__ == "__main__":  # python -m fuzzpair.report.run_schema, in the repository
    write(Path("docs"))
