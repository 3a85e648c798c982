"""known-issues.yml: what a team accepts for a time, each finding and disagreement with a reason, an owner, a last day.

known:
  - signature: bug2-0123456789abcdef
    reason: the format's own limit; the caller checks it
    owner: parser team
    expires: 2027-03-31
    target: header      # optional: only there
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Annotated, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from fuzzpair import yaml_source
from fuzzpair.config_problems import problems_of
from fuzzpair.errors import ConfigError
from fuzzpair.model.agreement import SIGNATURE, Disagreement
from fuzzpair.model.pair import PairFinding
from fuzzpair.model.standing import Standing
from fuzzpair.yaml_source import Document, Problem

_SIGNATURE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")
Finding = TypeVar("Finding", PairFinding, Disagreement)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownIssue:
    """One entry: the signature of a finding or a disagreement, and until when it is accepted, that day included."""

    signature: str
    reason: str
    owner: str
    expires: date
    target: str | None
    line: int

    @property
    def is_of_agreement(self) -> bool:
        """It names a disagreement; one file may hold both kinds, and each verb looks at its own."""
        return self.signature.startswith(SIGNATURE)

    def matches(self, finding: PairFinding | Disagreement) -> bool:
        return finding.signature == self.signature and self.target in (None, finding.target)

    @property
    def name(self) -> str:
        return f"line {self.line}: {self.signature}" + (f" of {self.target}" if self.target else "")


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class _Entry(_Strict):
    signature: _Text
    reason: _Text
    owner: _Text
    expires: _Text
    target: _Text | None = None


class _File(_Strict):
    known: tuple[_Entry, ...] = Field(default=())


def read_known_issues(path: Path | None, *, of_agreement: bool) -> tuple[KnownIssue, ...]:
    """Those of the file that pipeline.yml names, for the verb that asks. It may be absent; what cannot be read is a
    ConfigError."""
    if path is None or not path.exists():
        return ()
    try:
        issues = parse_known_issues(path.read_bytes(), path.name)
    except OSError as error:
        raise ConfigError(f"{path}:1: cannot be read: {error.strerror}") from error
    return tuple(one for one in issues if one.is_of_agreement is of_agreement)


def parse_known_issues(content: bytes, name: str = "known-issues.yml") -> tuple[KnownIssue, ...]:
    """Read the file; an empty one accepts nothing.

    Raises ConfigError with every mistake as `name:line: …`: YAML that cannot be read, unknown keys, a missing reason,
    owner or day, what is no signature, an entry that is there twice.
    """
    document = yaml_source.read(content)
    if document.value is None and not document.problems:
        return ()
    problems = list(document.problems)
    try:
        file = _File.model_validate_json(json.dumps(document.value))
    except ValidationError as error:
        problems.extend(problems_of(error, document, _File))
    else:
        problems.extend(_wrong(file, document))
        if not problems:
            return tuple(_issue(entry, number, document) for number, entry in enumerate(file.known))
    lines = [f"{name}:{problem.line}: {problem.text}" for problem in sorted(problems)]
    shown = ["".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in line) for line in lines]
    raise ConfigError("\n".join(shown), next_step=f"correct {name}; docs/pair-runs.md describes the file")


def _issue(entry: _Entry, number: int, document: Document) -> KnownIssue:
    return KnownIssue(
        signature=entry.signature,
        reason=entry.reason,
        owner=entry.owner,
        expires=date.fromisoformat(entry.expires),
        target=entry.target,
        line=document.line(("known", number, "signature")),
    )


def _wrong(file: _File, document: Document) -> Iterator[Problem]:
    seen: dict[tuple[str, str | None], int] = {}
    for number, entry in enumerate(file.known):
        line = document.line(("known", number, "signature"))
        if not _SIGNATURE.fullmatch(entry.signature):
            yield Problem(
                line,
                f"'{entry.signature[:60]}' is not the signature of a finding (bug2-…) or a disagreement ({SIGNATURE}…)",
            )
        first = seen.setdefault((entry.signature, entry.target), line)
        if first != line:
            yield Problem(line, f"{entry.signature} is here twice, first on line {first}")
        try:
            date.fromisoformat(entry.expires)
        except ValueError:
            at = document.line(("known", number, "expires"))
            yield Problem(at, f"'{entry.expires[:60]}' is not a day: write 2027-03-31")


def accept(findings: Iterable[Finding], issues: Sequence[KnownIssue], today: date) -> list[Finding]:
    """The findings with what is accepted marked so. A finding that is fixed stays fixed."""
    made: list[Finding] = []
    for finding in findings:
        issue = next((one for one in issues if one.matches(finding)), None)
        if issue is None or finding.standing is Standing.FIXED:
            made.append(finding)
            continue
        standing = Standing.ACCEPTED if today <= issue.expires else finding.standing
        made.append(replace(finding, standing=standing, owner=issue.owner, expires=issue.expires.isoformat()))
    return made


def stale(findings: Sequence[Finding], issues: Iterable[KnownIssue], today: date) -> Iterator[tuple[str, str]]:
    """Entries that a person should look at, each with what is wrong with it. `findings` are all that are known."""
    for issue in issues:
        matching = [one for one in findings if issue.matches(one)]
        if not matching:
            yield issue.name, "matches no finding: mistyped, or gone for good; remove it"
        elif all(one.standing is Standing.FIXED for one in matching):
            yield issue.name, "its finding is fixed; remove it"
        elif today > issue.expires:
            yield issue.name, f"expired on {issue.expires.isoformat()}: {issue.owner} decides what becomes of it"
