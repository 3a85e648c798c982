"""pair.json: the whole record of a pair's run, which its other reports can be made from (docs/pair.schema.json)."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from fuzzpair.errors import UsageError
from fuzzpair.model.pair import PairRecord
from fuzzpair.report.clean import without_surrogates
from fuzzpair.report.stored import NOTHING_STORED, Stored

file_name: Final = "pair.json"
SCHEMA: Final = "fuzzpair/pair/1"
SCHEMA_FILE: Final = "pair.schema.json"


def render(record: PairRecord, _: Stored = NOTHING_STORED, /) -> str:
    # ASCII only: whoever prints the file gets no terminal escape and no right-to-left mark from a log.
    plain = _without_surrogates({**_type().dump_python(record, mode="python"), "schema": SCHEMA})
    return json.dumps(plain, indent=1, ensure_ascii=True, allow_nan=False) + "\n"


def read_pair(text: str) -> PairRecord:
    """The record that `render` was given. Raises UsageError on what is none."""
    hint = "give the pair.json of a finished run"
    try:
        read = json.loads(text)
    except ValueError as error:
        raise UsageError(f"pair.json: not JSON: {error}", next_step=hint) from error
    schema = read.get("schema") if isinstance(read, dict) else None
    if schema != SCHEMA:
        raise UsageError(f"pair.json: its schema is {schema!r}; this version reads {SCHEMA}", next_step=hint)
    try:
        return _type().validate_python(read)
    except ValidationError as error:
        raise UsageError(f"pair.json: {error}", next_step="the file was edited or cut; run again") from error


def json_schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of what `render` writes. Every field is always there; readers skip what they do not know."""
    made = _type().json_schema(mode="serialization")
    parts: dict[str, Any] = made.pop("$defs")
    for part in (made, *parts.values()):
        if "properties" in part:
            part["required"] = list(part["properties"])
            for field in part["properties"].values():
                field.pop("title", None)
                field.pop("default", None)
    made["properties"]["schema"] = {"const": SCHEMA}
    heading = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return {**heading, **made, "title": SCHEMA, "$defs": dict(sorted(parts.items()))}


def write(folder: Path) -> None:
    text = json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n"
    (folder / SCHEMA_FILE).write_text(text, encoding="utf-8")


@cache
def _type() -> TypeAdapter[PairRecord]:
    return TypeAdapter(PairRecord)  # built on first use: it takes longer than importing this module


def _without_surrogates(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, str):
        return without_surrogates(str(value))
    if isinstance(value, dict):
        return {key: _without_surrogates(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_without_surrogates(each) for each in value]
    return value


if __name__ == "__main__":  # python -m fuzzpair.report.pair_json, in the repository
    write(Path("docs"))
