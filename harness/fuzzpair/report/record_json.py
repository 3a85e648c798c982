"""What the JSON files of all records share: how one is written, read again, and published as a schema."""

from __future__ import annotations

import json
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from fuzzpair.errors import UsageError
from fuzzpair.report.clean import without_surrogates

Record = TypeVar("Record")
Json = dict[str, Any]
# Pairs whose first part is a key: objects in JSON, so that `jq .budgets.seeds` works.
MAPPINGS: Final = frozenset(
    {"budgets", "versions", "endings", "kinds", "rejection_labels", "folders", "corpus", "twins"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFile(Generic[Record]):
    """One such file. `of` is what makes it: a run, a comparison."""

    name: str
    schema: str  # and its version: `fuzzpair/run/1`
    schema_file: str  # in docs/
    kind: type[Record]
    of: str

    def text(self, document: Mapping[str, Any]) -> str:
        # ASCII only: whoever prints the file gets no terminal escape and no right-to-left mark from a log.
        return json.dumps({**document, "schema": self.schema}, indent=1, ensure_ascii=True, allow_nan=False) + "\n"

    def read(self, text: str) -> Record:
        """The record that was written. What is derived in the file is not read but made again. Raises UsageError on
        what is none, or of another version."""
        finished = f"give the {self.name} of a finished {self.of}"
        try:
            read = json.loads(text)
        except ValueError as error:
            raise UsageError(f"{self.name}: not JSON: {error}", next_step=finished) from error
        schema = read.get("schema") if isinstance(read, dict) else None
        if schema != self.schema:
            raise UsageError(
                f"{self.name}: its schema is {schema!r}; this version reads {self.schema}",
                next_step=f"use the fuzzpair version that wrote the file, or {finished}",
            )
        try:
            return self._adapter().validate_python(pairs(read))
        except ValidationError as error:
            raise UsageError(
                f"{self.name}: {error}", next_step=f"the file was edited or cut; {finished}, as it was written"
            ) from error

    def schema_parts(self) -> Json:
        """JSON Schema of each type in the record, by name, the record's own among them."""
        root = self._adapter().json_schema(mode="serialization")
        root["properties"]["schema"] = {"const": self.schema}
        return {**root.pop("$defs"), self.kind.__name__: root}

    def published(self, parts: Mapping[str, Any]) -> Json:
        """JSON Schema 2020-12 of the file, from its parts. Every field is always there; readers skip what they do not
        know."""
        root = parts[self.kind.__name__]
        others = {name: part for name, part in sorted(parts.items()) if part is not root}
        heading = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
        return {**heading, **root, "title": self.schema, "$defs": others}

    def publish(self, folder: Path, schema: Mapping[str, Any]) -> None:
        text = json.dumps(schema, indent=1, ensure_ascii=False) + "\n"
        (folder / self.schema_file).write_text(text, encoding="utf-8")

    def _adapter(self) -> TypeAdapter[Record]:
        return _adapter_of(self.kind)  # type: ignore[arg-type] # a class is hashable


@cache
def _adapter_of(kind: Hashable) -> TypeAdapter[Any]:
    return TypeAdapter(kind)  # type: ignore[arg-type] # built on first use: it takes longer than importing this module


def plain(value: object, mappings: Collection[str] = MAPPINGS, name: str = "") -> Any:  # noqa: ANN401 - any JSON value
    """A frozen value as JSON's own; pairs in a field of `mappings` are an object."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, str):
        return without_surrogates(value)
    if isinstance(value, tuple):
        made = [plain(each, mappings) for each in value]
        return _mapping(made) if name in mappings else made
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: plain(getattr(value, each.name), mappings, each.name) for each in fields(value)}
    return value


def _mapping(pairs: Sequence[Sequence[Any]]) -> Json | Sequence[Sequence[Any]]:
    # A key that comes twice would lose a value without a word; then the pairs stay as they are.
    made: Json = {key: value for key, value in pairs}  # noqa: C416 - what mypy understands
    return made if len(made) == len(pairs) else pairs


def pairs(value: Any, name: str = "") -> Any:  # noqa: ANN401 - any JSON value
    """JSON's own values as the types want them: what `plain` wrote as objects is pairs again."""
    if isinstance(value, list):
        return [pairs(each) for each in value]
    if not isinstance(value, dict):
        return value
    if name in MAPPINGS:
        return list(value.items())
    return {key: pairs(each, key) for key, each in value.items()}


def as_written(parts: Mapping[str, Any], mappings: Collection[str] = MAPPINGS) -> None:
    """What `plain` does to any record: it writes every field, also one that has a default in the type, and some pairs
    as an object."""
    for part in parts.values():
        properties = part.get("properties", {})
        if properties:
            part["required"] = list(properties)
        for field in set(mappings) & set(properties):
            pairs = properties[field]
            values = pairs["items"]["prefixItems"][1]
            # The pairs themselves stand there when one key came twice.
            properties[field] = {"anyOf": [{"type": "object", "additionalProperties": values}, pairs]}


def without_titles(parts: Mapping[str, Any]) -> None:
    """Names that repeat the field's, and defaults of what is always written."""
    for part in parts.values():
        for field in part.get("properties", {}).values():
            field.pop("title", None)
            field.pop("default", None)
