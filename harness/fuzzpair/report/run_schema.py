"""The published schema of run.json, made from the types: docs/run.schema.json and docs/run-json.md."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter

from fuzzpair.report.agreed import Agreed
from fuzzpair.report.json_report import FILE, SCHEMA
from fuzzpair.report.record_json import as_written
from fuzzpair.report.run_fields import FIELDS, INTRODUCTION
from fuzzpair.report.survival import Comparison, Survival
from fuzzpair.report.totals import Totals

SCHEMA_FILE: Final = FILE.schema_file
PAGE_FILE: Final = "run-json.md"


def json_schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of what json_report writes. Further fields are allowed: readers skip them."""
    parts = FILE.schema_parts()
    for derived in (Totals, Survival, Comparison, Agreed):
        made = TypeAdapter(derived).json_schema(mode="serialization")
        parts |= made.pop("$defs", {})
        parts[derived.__name__] = made
    _as_written(parts)
    for name, part in parts.items():
        for field, schema in part.get("properties", {}).items():
            schema.pop("title", None)
            schema["description"] = FIELDS.get(name, {}).get(field, "")
    return FILE.published(parts)


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
    FILE.publish(folder, json_schema())
    (folder / PAGE_FILE).write_text(page(), encoding="utf-8")


def _as_written(parts: Mapping[str, Any]) -> None:
    """What json_report adds to the types or writes in another way."""
    word = {"type": "string"}
    rung = {"anyOf": [{"$ref": "#/$defs/Rung"}, {"type": "null"}]}
    _add_first(parts["Row"], {"name": word, "rung": rung, "hardened_rung": dict(rung)})
    parts["Row"]["properties"]["survival"] = {"anyOf": [{"$ref": "#/$defs/Survival"}, {"type": "null"}]}
    record = parts["RunRecord"]
    record["properties"]["comparisons"] = {"type": "array", "items": {"$ref": "#/$defs/Comparison"}}
    record["properties"]["totals"] = {"$ref": "#/$defs/Totals"}
    made = {"type": "array", "items": {"$ref": "#/$defs/Agreed"}}
    record["properties"]["agreements"] = {"anyOf": [made, {"type": "null"}]}
    record["required"] += ["comparisons", "totals", "agreements"]
    counts = {"type": "object", "additionalProperties": {"type": "integer"}}
    for name in ("rungs", "hardened"):
        parts["Totals"]["properties"][name] = {"type": "object", "additionalProperties": counts}
    as_written(parts)


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
