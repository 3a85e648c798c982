"""The published JSON schema of SARIF 2.1.0."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from typing import Any

from jsonschema_rs import Draft7Validator

from published_schemas import published

URL = "https://json.schemastore.org/sarif-2.1.0.json"
OFFICIAL = "https://raw.githubusercontent.com/oasis-tcs/sarif-spec/master/Schemata/sarif-schema-2.1.0.json"


@cache
def validator() -> Draft7Validator:
    schema: Any = deepcopy(published(URL))
    assert schema["$id"] == OFFICIAL
    # The published pattern has a bracket that ECMA 262 wants escaped, and no record of ours states a language.
    for part in ("run", "toolComponent"):
        language = schema["definitions"][part]["properties"]["language"]
        language["pattern"] = language["pattern"].replace("]?$", "\\]?$")
    return Draft7Validator(schema)


def problems(document: Any) -> list[str]:
    """What the schema objects to, each with its place."""
    return [f"{error.instance_path}: {error.message[:200]}" for error in validator().iter_errors(document)]
