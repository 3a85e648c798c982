"""run.json: the whole record, the file that every other report can be made from again (docs/run-json.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fuzzpair.model.run_record import Row, RunRecord
from fuzzpair.report.agreed import agreed
from fuzzpair.report.clean import without_surrogates
from fuzzpair.report.record_json import RecordFile, plain
from fuzzpair.report.stored import NOTHING_STORED, Stored
from fuzzpair.report.survival import comparisons, survival
from fuzzpair.report.totals import Totals, totals

file_name: Final = "run.json"
SCHEMA: Final = "fuzzpair/run/1"
FILE: Final = RecordFile(name=file_name, schema=SCHEMA, schema_file="run.schema.json", kind=RunRecord, of="run")
read_record: Final = FILE.read


def render(record: RunRecord, stored: Stored = NOTHING_STORED, /) -> str:
    return FILE.text(document(record, stored))


def document(record: RunRecord, stored: Stored = NOTHING_STORED) -> dict[str, Any]:
    """What run.json says, as plain values."""
    return {
        **_plain_record(record),
        "comparisons": plain(comparisons(record)),
        "totals": _totals(totals(record)),
        "agreements": plain(agreed(record, stored)),
    }


def _plain_record(record: RunRecord) -> dict[str, Any]:
    made: dict[str, Any] = plain(record)
    made["rows"] = [_plain_row(row, one) for row, one in zip(record.rows, made["rows"], strict=True)]
    return made


def _plain_row(row: Row, made: Mapping[str, Any]) -> dict[str, Any]:
    """The row with its rungs in front, for readers that want no more than those."""
    derived = {
        "name": without_surrogates(row.name),
        "rung": row.verdict.rung.value if row.verdict else None,
        "hardened_rung": row.hardened.rung.value if row.hardened else None,
    }
    return {**derived, **made, "survival": plain(survival(row.evidence.found))}


def _totals(numbers: Totals) -> dict[str, Any]:
    made: dict[str, Any] = plain(numbers)
    for name in ("rungs", "hardened"):
        made[name] = {variant: dict(counts) for variant, counts in made[name]}
    return made
