"""What a compiler says of a tree."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from fuzzpair.model.tool import Tool


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    file: str
    first_line: int
    last_line: int
    column: int = 0
    label: str = ""
    primary: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One message of a compiler. `code` is E0505, `unused_variables`, `-Wreturn-stack-address` …"""

    tool: Tool
    level: Literal["error", "warning", "note"]
    code: str | None
    message: str
    spans: tuple[Span, ...]
    rendered: str


class RejectionLabel(StrEnum):
    """What a compile error is about; counted apart, since only the first is the borrow checker's."""

    OWNERSHIP = "ownership/lifetime/initialisation"
    TYPE = "type"
    INEXPRESSIBLE = "inexpressible"
    NEEDS_UNSAFE = "needs unsafe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    label: RejectionLabel
    codes: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...]
