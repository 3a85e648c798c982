"""The options that verbs share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

ConfigFile = Annotated[Path, typer.Option("--config", help="The pipeline's file.")]
StateFolder = Annotated[Path, typer.Option("--state", help="Where the store and the records of past runs are.")]
OutFolder = Annotated[Path, typer.Option("--out", help="Where the reports go: run.json, junit.xml, results.sarif, …")]
CONFIG = Path("pipeline.yml")
STATE = Path(".fuzzpair")
OUT = Path("out")
