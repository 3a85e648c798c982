"""run.json: the whole record, the file that every other report can be made from again (docs/run-json.md)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from fuzzpair.errors import UsageError
from fuzzpair.model.run_record import Row, RunRecord
from fuzzpair.report.agreed import agreed
from fuzzpair.report.clean import without_surrogates
from fuzzpair.report.stored import NOTHING_STORED, Stored
from fuzzpair.report.survival import comparisons, survival
from fuzzpair.report.totals import Totals, totals

file_name: Final = "run.json"
SCHEMA: Final = "fuzzpair/run/1"
# Pairs whose first part is a key: objects in JSON, so that `jq .budgets.seeds` works.
MAPPINGS: Final = frozenset(
    {"budgets", "versions", "endings", "kinds", "rejection_labels", "folders", "corpus", "twins"}
)


def render(record: RunRecord, stored: Stored = NOTHING_STORED, /) -> str:
    # ASCII only: whoever prints the file gets no terminal escape and no right-to-left mark from a log.
    return json.dumps(document(record, stored), indent=1, ensure_ascii=True, allow_nan=False) + "\n"


def document(record: RunRecord, stored: Stored = NOTHING_STORED) -> dict[str, Any]:
    """What run.json says, as plain values."""
    return {
        **_plain_record(record),
        "schema": SCHEMA,
        "comparisons": _plain(comparisons(record)),
        "totals": _totals(totals(record)),
        "agreements": _plain(agreed(record, stored)),
    }


def read_record(text: str) -> RunRecord:
    """The record that `render` was given. What is derived in the file is not read but made again."""
    try:
        read = json.loads(text)
    except ValueError as error:
        hint = "give the run.json of a finished run"
        raise UsageError(f"run.json: not JSON: {error}", next_step=hint) from error
    schema = read.get("schema") if isinstance(read, dict) else None
    if schema != SCHEMA:
        raise UsageError(
            f"run.json: its schema is {schema!r}; this version reads {SCHEMA}",
            next_step="use the fuzzpair version that wrote the file, or run again",
        )
    try:
        return record_type().validate_python(pairs(read))
    except ValidationError as error:
        raise UsageError(f"run.json: {error}", next_step="the file was edited or cut; run again") from error


def plain(value: object) -> Any:  # noqa: ANN401 - any JSON value
    """A frozen value as JSON's own: for records of other verbs, too."""
    return _plain(value)


@cache
def record_type() -> TypeAdapter[RunRecord]:
    return TypeAdapter(RunRecord)  # built on first use: it takes longer than importing this module


def _plain_record(record: RunRecord) -> dict[str, Any]:
    plain: dict[str, Any] = _plain(record)
    plain["rows"] = [_plain_row(row, made) for row, made in zip(record.rows, plain["rows"], strict=True)]
    return plain


def _plain_row(row: Row, made: Mapping[str, Any]) -> dict[str, Any]:
    """The row with its rungs in front, for readers that want no more than those."""
    derived = {
        "name": without_surrogates(row.name),
        "rung": row.verdict.rung.value if row.verdict else None,
        "hardened_rung": row.hardened.rung.value if row.hardened else None,
    }
    return {**derived, **made, "survival": _plain(survival(row.evidence.found))}


def _totals(numbers: Totals) -> dict[str, Any]:
    plain: dict[str, Any] = _plain(numbers)
    for name in ("rungs", "hardened"):
        plain[name] = {variant: dict(counts) for variant, counts in plain[name]}
    return plain


def _plain(value: object, name: str = "") -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, str):
        return without_surrogates(value)
    if isinstance(value, tuple):
        plain = [_plain(each) for each in value]
        return _mapping(plain) if name in MAPPINGS else plain
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: _plain(getattr(value, each.name), each.name) for each in fields(value)}
    return value


def _mapping(pairs: Sequence[Sequence[Any]]) -> dict[str, Any] | Sequence[Sequence[Any]]:
    # A key that comes twice would lose a value without a word; then the pairs stay as they are.
    made: dict[str, Any] = {key: value for key, value in pairs}  # noqa: C416 - what mypy understands
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
