"""agreement.json: the whole record of `fuzzpair agree`, which its other reports can be made from
(docs/agreement.schema.json)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from fuzzpair.errors import UsageError
from fuzzpair.model.agreement import AgreementRecord, Disagreement
from fuzzpair.report.json_report import pairs, plain
from fuzzpair.report.run_schema import as_written

file_name: Final = "agreement.json"
SCHEMA: Final = "fuzzpair/agreement/1"
SCHEMA_FILE: Final = "agreement.schema.json"


def render(record: AgreementRecord) -> str:
    # ASCII only: whoever prints the file gets no terminal escape and no right-to-left mark from a log.
    return json.dumps(document(record), indent=1, ensure_ascii=True, allow_nan=False) + "\n"


def document(record: AgreementRecord) -> dict[str, Any]:
    """What agreement.json says, as plain values: the record, and the signature of each disagreement."""
    made: dict[str, Any] = {**plain(record), "schema": SCHEMA}
    written = [*(one for row in made["rows"] for one in row["disagreements"]), *made["gone"]]
    for one, plainly in zip(_disagreements(record), written, strict=True):
        plainly["signature"] = one.signature
    return made


def _disagreements(record: AgreementRecord) -> Iterator[Disagreement]:
    for row in record.rows:
        yield from row.disagreements
    yield from record.gone


def read_agreement(text: str) -> AgreementRecord:
    """The record that `render` was given. Raises UsageError on what is none, or of another version."""
    hint = "give the agreement.json of a finished comparison"
    try:
        read = json.loads(text)
    except ValueError as error:
        raise UsageError(f"{file_name}: not JSON: {error}", next_step=hint) from error
    schema = read.get("schema") if isinstance(read, dict) else None
    if schema != SCHEMA:
        raise UsageError(f"{file_name}: its schema is {schema!r}; this version reads {SCHEMA}", next_step=hint)
    try:
        return _type().validate_python(pairs(read))
    except ValidationError as error:
        raise UsageError(f"{file_name}: {error}", next_step="the file was edited or cut; compare again") from error


def json_schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of what `render` writes. Every field is always there; readers skip what they do not know."""
    root = _type().json_schema(mode="serialization")
    parts: dict[str, Any] = {**root.pop("$defs"), "AgreementRecord": root}
    parts["Disagreement"]["properties"]["signature"] = {"type": "string"}
    as_written(parts)
    for part in parts.values():
        for field in part.get("properties", {}).values():
            field.pop("title", None)
            field.pop("default", None)
    del parts["AgreementRecord"]
    root["properties"]["schema"] = {"const": SCHEMA}
    heading = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return {**heading, **root, "title": SCHEMA, "$defs": dict(sorted(parts.items()))}


def write(folder: Path) -> None:
    text = json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n"
    (folder / SCHEMA_FILE).write_text(text, encoding="utf-8")


@cache
def _type() -> TypeAdapter[AgreementRecord]:
    return TypeAdapter(AgreementRecord)  # built on first use: it takes longer than importing this module


if __name__ == "__main__":  # python -m fuzzpair.report.agreement_json, in the repository
    write(Path("docs"))
