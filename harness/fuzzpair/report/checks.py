"""What checking a bundle came to: a table of what is not confirmed, and the sum."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

from rich.box import HORIZONTALS
from rich.console import Console
from rich.table import Table
from rich.text import Text

from fuzzpair.model.bundle_check import Check, Checked
from fuzzpair.model.run_record import RunRecord
from fuzzpair.report import clean

SCHEMA: Final = "fuzzpair/checks/1"
_STYLES: Final = {Checked.CONFIRMED: "green", Checked.CHANGED: "bold red", Checked.NOT_CHECKED: "yellow"}


def render_checks(checks: Sequence[Check], stated: RunRecord, measured: RunRecord, console: Console) -> None:
    """Every row, then why some are open, and whether the toolchains are one."""
    table = Table(box=HORIZONTALS)
    for heading in ("row", "stated", "measured here", "answer"):
        table.add_column(heading)
    for one in checks:
        answer = Text(str(one.answer), style=_STYLES[one.answer])
        table.add_row(_line(one.row), _line(one.stated), _line(one.measured or "–"), answer)
    console.print(table)
    for one in checks:
        if one.why:
            console.print(_line(f"{one.row}: {one.why}"))
    for control in measured.controls:
        if not control.passed:
            console.print(_line(f"control failed: {control.name}: {control.detail}"))
    if stated.toolchain.fingerprint != measured.toolchain.fingerprint:
        console.print(_line("the bundle is of another toolchain: a changed verdict may be the compiler's"))
    counts = ", ".join(f"{sum(one.answer is answer for one in checks)} {answer}" for answer in Checked)
    console.print(_line(f"run {stated.run_id}, {len(checks)} rows: {counts}"))


def render_json(checks: Sequence[Check], stated: RunRecord, measured: RunRecord) -> str:
    document = {
        "schema": SCHEMA,
        "run": stated.run_id,
        "fingerprints": {"stated": stated.toolchain.fingerprint, "measured": measured.toolchain.fingerprint},
        "checks": [asdict(one) for one in checks],
    }
    return json.dumps(document, indent=1, ensure_ascii=True) + "\n"


def _line(text: str) -> Text:
    return Text(clean.line(text))
