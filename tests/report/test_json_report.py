"""run.json: nothing is lost on the way there and back, and the published schema is what is written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzzpair.errors import UsageError
from fuzzpair.model.run_record import RunRecord
from fuzzpair.report import json_report, run_schema
from fuzzpair.report.run_fields import FIELDS
from report.records import HOSTILE, SOME_RECORDS, full_record, records

DOCS = Path(__file__).parents[2] / "docs"
AGAIN = "run `python -m fuzzpair.report.run_schema` in the repository"
encodable = st.one_of(st.sampled_from([each for each in HOSTILE if "\udc80" not in each]), st.text(max_size=30))


@SOME_RECORDS
@given(records(encodable))
def test_there_and_back(record: RunRecord) -> None:
    text = json_report.render(record)
    assert text.isascii()
    assert json_report.read_record(text) == record


@SOME_RECORDS
@given(records())
def test_only_a_lone_surrogate_changes_and_only_once(record: RunRecord) -> None:
    text = json_report.render(record)
    assert json_report.render(json_report.read_record(text)) == text


def test_a_key_that_comes_twice_loses_nothing() -> None:
    record = replace(full_record(), budgets=(("runs", "1"), ("runs", "2")))
    assert json_report.read_record(json_report.render(record)) == record


def test_a_row_says_its_rung_first_and_pairs_are_objects() -> None:
    document = json.loads(json_report.render(full_record()))
    first = document["rows"][0]
    assert list(first)[:4] == ["name", "rung", "hardened_rung", "mistake"]
    assert (first["rung"], first["hardened_rung"], first["variant"]) == ("detected", "stopped", "cpp")
    assert document["rows"][-1]["rung"] is None
    assert document["budgets"]["trigger_runs message"] == "200000"
    assert document["totals"]["rungs"]["cpp"] == {"warned": 1, "detected": 1, "observed": 1}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not JSON"),
        ("[]", "its schema is None"),
        ('{"schema": "fuzzpair/run/2"}', "its schema is 'fuzzpair/run/2'"),
        ('{"schema": "fuzzpair/run/1"}', "run_id"),
    ],
)
def test_what_is_not_a_run_is_a_usage_error(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message) as raised:
        json_report.read_record(text)
    assert raised.value.next_step


def test_the_published_schema_is_current() -> None:
    published = json.loads((DOCS / run_schema.SCHEMA_FILE).read_text())
    assert published == run_schema.json_schema(), AGAIN


def test_the_page_is_current() -> None:
    assert (DOCS / run_schema.PAGE_FILE).read_text() == run_schema.page(), AGAIN


def test_every_field_has_its_line_and_no_line_is_left_over() -> None:
    schema = run_schema.json_schema()
    parts = {"RunRecord": schema, **schema["$defs"]}
    for name, described in FIELDS.items():
        assert list(described) == list(parts[name]["properties"]), f"{name}: put report/run_fields.py right"


@SOME_RECORDS
@given(records())
def test_what_is_written_fits_the_schema(record: RunRecord) -> None:
    schema = run_schema.json_schema()
    assert not misfit(json.loads(json_report.render(record)), schema, schema["$defs"])


def test_the_check_itself_sees_a_misfit() -> None:
    schema = run_schema.json_schema()
    document = json.loads(json_report.render(full_record()))
    document["rows"][0]["rung"] = "safe"
    del document["rows"][1]["tools"]
    assert misfit(document, schema, schema["$defs"])


def misfit(value: Any, schema: Any, parts: Any) -> str:
    """The part of JSON Schema that run.schema.json uses; an empty answer is a fit."""
    if "$ref" in schema:
        return misfit(value, parts[schema["$ref"].rpartition("/")[2]], parts)
    if "anyOf" in schema:
        found = [misfit(value, each, parts) for each in schema["anyOf"]]
        return "" if "" in found else found[0]
    if "enum" in schema or "const" in schema:
        return "" if value in schema.get("enum", [schema.get("const")]) else f"{value!r} is not in {schema}"
    if not isinstance(value, TYPES[schema["type"]]):
        return f"{value!r} is no {schema['type']}"
    return next(filter(None, (misfit(*pair, parts) for pair in inner(value, schema))), "")


def inner(value: Any, schema: Any) -> list[tuple[Any, Any]]:
    if isinstance(value, list):
        fixed = schema.get("prefixItems", [])
        assert len(value) >= len(fixed)
        return list(zip(value, fixed or [schema["items"]] * len(value), strict=True))
    if isinstance(value, dict):
        known = schema.get("properties", {})
        missing = [(None, {"const": name}) for name in schema.get("required", []) if name not in value]
        other = schema.get("additionalProperties")
        return missing + [
            (each, known.get(key, other)) for key, each in value.items() if key in known or other is not None
        ]
    return []


TYPES: Final[Mapping[str, type | tuple[type, ...]]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}
