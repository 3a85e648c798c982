"""pair.json: the whole record of a pair's run, which its other reports can be made from (docs/pair.schema.json)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from fuzzpair.model.pair import PairRecord
from fuzzpair.report.record_json import RecordFile, as_written, plain, without_titles
from fuzzpair.report.stored import NOTHING_STORED, Stored

file_name: Final = "pair.json"
SCHEMA: Final = "fuzzpair/pair/1"
FILE: Final = RecordFile(
    name=file_name, schema=SCHEMA, schema_file="pair.schema.json", kind=PairRecord, of="run of the pair"
)
read_pair: Final = FILE.read


def render(record: PairRecord, _: Stored = NOTHING_STORED, /) -> str:
    return FILE.text(plain(record, mappings=()))


def json_schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of what `render` writes."""
    parts = FILE.schema_parts()
    as_written(parts, mappings=())
    without_titles(parts)
    return FILE.published(parts)


if __name__ == "__main__":  # python -m fuzzpair.report.pair_json, in the repository
    FILE.publish(Path("docs"), json_schema())
