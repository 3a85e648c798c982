"""agreement.json: the whole record of `fuzzpair agree`, which its other reports can be made from
(docs/agreement.schema.json)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from fuzzpair.model.agreement import AgreementRecord, Disagreement
from fuzzpair.report.record_json import RecordFile, as_written, plain, without_titles

file_name: Final = "agreement.json"
SCHEMA: Final = "fuzzpair/agreement/1"
FILE: Final = RecordFile(
    name=file_name, schema=SCHEMA, schema_file="agreement.schema.json", kind=AgreementRecord, of="comparison"
)
read_agreement: Final = FILE.read


def render(record: AgreementRecord) -> str:
    return FILE.text(document(record))


def document(record: AgreementRecord) -> dict[str, Any]:
    """What agreement.json says, as plain values: the record, and the signature of each disagreement."""
    made: dict[str, Any] = plain(record)
    written = [*(one for row in made["rows"] for one in row["disagreements"]), *made["gone"]]
    for one, plainly in zip(_disagreements(record), written, strict=True):
        plainly["signature"] = one.signature
    return made


def _disagreements(record: AgreementRecord) -> Iterator[Disagreement]:
    for row in record.rows:
        yield from row.disagreements
    yield from record.gone


def json_schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of what `render` writes."""
    parts = FILE.schema_parts()
    parts["Disagreement"]["properties"]["signature"] = {"type": "string"}
    as_written(parts)
    without_titles(parts)
    return FILE.published(parts)


if __name__ == "__main__":  # python -m fuzzpair.report.agreement_json, in the repository
    FILE.publish(Path("docs"), json_schema())
