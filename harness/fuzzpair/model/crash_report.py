"""What one log says of a crash."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from fuzzpair.model.tool import Tool


class Access(StrEnum):
    READ = "READ"
    WRITE = "WRITE"


class AddressClass(StrEnum):
    """What an address that faulted says by itself. An address that no report names has no class."""

    NULL = "null"
    NEAR_NULL = "near-null"
    WILD = "wild"
    FREED = "freed"


# How a build of a user's pair names the repository's own files in its debug information. A name that is relative there
# would be taken as one in the folder where the compiler was started; stacks are read without it.
REPOSITORY = "/repository/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One line of a stack, innermost first in a stack. Unknown parts are None."""

    function: str | None
    file: str | None = None
    line: int | None = None
    column: int | None = None
    module: str | None = None
    offset: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CrashReport:
    """One report read from a log. `kind` is the tool's own word, `bug_class` ours (bug_classes.py)."""

    tool: Tool
    kind: str
    bug_class: str | None
    message: str = ""
    access: Access | None = None
    size: int | None = None
    address: int | None = None
    stack: tuple[Frame, ...] = ()
    other_stacks: tuple[tuple[str, tuple[Frame, ...]], ...] = ()  # ("allocated by", …), ("freed by", …)
    excerpt: str = ""
