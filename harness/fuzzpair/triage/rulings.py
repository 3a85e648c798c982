"""A person's rulings on groups: the text of groups.yml → Rulings. docs/triage.md describes the file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from fuzzpair import yaml_source
from fuzzpair.config_problems import problems_of
from fuzzpair.errors import ConfigError
from fuzzpair.yaml_source import Document, Problem

GROUPS: Final = "groups.yml"
_BUG: Final = re.compile(r"bug\d{1,4}-[0-9a-f]{16}")
_CRASH: Final = re.compile(r"crash\d{1,4}-[0-9a-f]{16}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """These signatures are one bug: same-bug ones, or same-crash ones that a split set apart."""

    signatures: tuple[str, ...]
    reason: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """This same-crash signature is a bug of its own."""

    signature: str
    reason: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulings:
    joins: tuple[Join, ...] = ()
    splits: tuple[Split, ...] = ()


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


_Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class _Join(_Strict):
    signatures: Annotated[tuple[str, ...], Field(min_length=2)]
    reason: _Reason


class _Split(_Strict):
    signature: str
    reason: _Reason


class _File(_Strict):
    join: tuple[_Join, ...] = ()
    split: tuple[_Split, ...] = ()


def parse_rulings(content: bytes, name: str = "groups.yml") -> Rulings:
    """Read a groups file; an empty one holds no rulings.

    Raises ConfigError with every mistake as `name:line: …`: YAML that cannot be read, unknown keys, a missing
    reason, what is no signature, a signature split twice, a join of a crash that no split sets apart.
    """
    document = yaml_source.read(content)
    if document.value is None and not document.problems:
        return Rulings()
    problems = list(document.problems)
    try:
        # As JSON, pydantic's strict mode takes a list for a tuple, and nothing else.
        file = _File.model_validate_json(json.dumps(document.value))
    except ValidationError as error:
        problems.extend(problems_of(error, document, _File))
    else:
        problems.extend(_wrong_signatures(file, document))
        if not problems:
            return _rulings(file, document)
    lines = [f"{name}:{problem.line}: {problem.text}" for problem in sorted(problems, key=lambda found: found.line)]
    # Keys and values are shown as they are written there; no escape of theirs reaches a terminal.
    shown = ["".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in line) for line in lines]
    raise ConfigError("\n".join(shown), next_step=f"correct {name}; docs/triage.md describes the file")


def _wrong_signatures(file: _File, document: Document) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for number, split in enumerate(file.split):
        line = document.line(("split", number, "signature"))
        if not _CRASH.fullmatch(split.signature):
            yield Problem(line, f"{_shown(split.signature)} is not a same-crash signature (crash3-…)")
        elif split.signature in first:
            yield Problem(line, f"{split.signature} is split twice, first on line {first[split.signature]}")
        first.setdefault(split.signature, line)
    for number, join in enumerate(file.join):
        for place, signature in enumerate(join.signatures):
            line = document.line(("join", number, "signatures", place))
            yield from _wrong_in_join(signature, line, is_split=signature in first)


def _wrong_in_join(signature: str, line: int, *, is_split: bool) -> Iterator[Problem]:
    if _CRASH.fullmatch(signature):
        if not is_split:
            yield Problem(
                line, f"{signature} is a same-crash signature: split it first, or join its same-bug signature"
            )
    elif not _BUG.fullmatch(signature):
        yield Problem(line, f"{_shown(signature)} is not a signature (bug3-… or crash3-…)")


def _shown(text: str) -> str:
    return f"'{text if len(text) <= 60 else text[:57] + '…'}'"


def _rulings(file: _File, document: Document) -> Rulings:
    joins = tuple(
        Join(signatures=join.signatures, reason=join.reason, line=document.line(("join", number, "reason")))
        for number, join in enumerate(file.join)
    )
    splits = tuple(
        Split(signature=split.signature, reason=split.reason, line=document.line(("split", number, "signature")))
        for number, split in enumerate(file.split)
    )
    return Rulings(joins=joins, splits=splits)
