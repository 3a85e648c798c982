"""What an examination came to, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final, Protocol

from rich.console import Console
from rich.text import Text

from fuzzpair.report import clean

SCHEMA: Final = "fuzzpair/doctor/1"
_STYLES: Final = {"ok": "green", "warning": "yellow", "problem": "bold red"}


class Shown(Protocol):
    """A check, as far as it is shown."""

    @property
    def name(self) -> str: ...
    @property
    def level(self) -> str: ...  # of a StrEnum
    @property
    def said(self) -> str: ...
    @property
    def to_do(self) -> str: ...


def render_check(check: Shown, console: Console) -> None:
    """One line, and below it what to do."""
    console.print(Text(f"{check.level:8}", style=_STYLES[check.level]) + Text(f" {clean.line(check.name)}: "), end="")
    console.print(Text(clean.line(check.said)), soft_wrap=True)
    if check.to_do:
        console.print(Text(f"         → {clean.line(check.to_do)}"), soft_wrap=True)


def render_checks_json(checks: Sequence[Shown]) -> str:
    """Every check with its level, and the worst of them."""
    worst = max((str(one.level) for one in checks), key=list(_STYLES).index, default="ok")
    rows = [{"name": one.name, "level": str(one.level), "said": one.said, "to_do": one.to_do} for one in checks]
    return json.dumps({"schema": SCHEMA, "worst": worst, "checks": rows}, indent=1, ensure_ascii=True) + "\n"
