"""claims.yml → Claims: what is asked of the matrix, and from when on it is answered. docs/claims.md describes the file.

No answer stands in the file, and no name of a mistake: queries name bug classes, variants and outcomes, so that a
mistake planted tomorrow counts without an edit, and nobody can choose the rows that please.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Final, Literal, NoReturn, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from fuzzpair import yaml_source
from fuzzpair.bug_classes import BUG_CLASSES, GROUPS
from fuzzpair.config_problems import perhaps, problems_of
from fuzzpair.errors import ConfigError
from fuzzpair.model.diagnostic import RejectionLabel
from fuzzpair.model.evidence import UnderLoad
from fuzzpair.model.replay import Ending
from fuzzpair.model.verdict import Rung
from fuzzpair.yaml_source import Document, Problem

Some = TypeVar("Some")
# What no rung tells apart: an observed row is a leak or a hang, and a claim is about one of them.
OBSERVED: Final = (Ending.LEAK, Ending.HANG, Ending.OUT_OF_MEMORY, Ending.STACK_EXHAUSTION, "wrong output")
# "not seen" is no outcome: silence supports nothing and refutes nothing, so no query may name it.
OUTCOMES: Final = (
    *(rung.value for rung in Rung if rung is not Rung.NOT_SEEN),
    *(f"{Rung.REJECTED} {label}" for label in RejectionLabel),
    *(f"{Rung.OBSERVED} {what}" for what in OBSERVED),
    *UnderLoad,
)


def _refuse(text: str) -> NoReturn:
    raise PydanticCustomError("refused", "{text}", {"text": text})


def _class(slug: str) -> str:
    return slug if slug in BUG_CLASSES else _refuse(f"there is no bug class '{slug}'{perhaps(slug, list(BUG_CLASSES))}")


def _group(name: str) -> str:
    return (
        name if name in GROUPS else _refuse(f"there is no group '{name}' of bug classes{perhaps(name, list(GROUPS))}")
    )


def _outcome(word: str) -> str:
    known = f"{perhaps(word, OUTCOMES) or '; known: ' + ', '.join(OUTCOMES)}"
    return word if word in OUTCOMES else _refuse(f"'{word}' is no outcome{known}")


def _not_empty(items: tuple[Some, ...]) -> tuple[Some, ...]:
    # Not min_length: pydantic counts the items that are right, so one wrong item would be two problems.
    return items or _refuse("nothing is listed here")


def _distinct(items: tuple[Any, ...]) -> tuple[Any, ...]:
    for index, item in enumerate(items):
        if item in items[:index]:
            _refuse(f"'{item}' is in this list twice")
    return items


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Classes = Annotated[tuple[Annotated[str, AfterValidator(_class)], ...], AfterValidator(_distinct)]
Groups = Annotated[tuple[Annotated[str, AfterValidator(_group)], ...], AfterValidator(_distinct)]
Outcomes = Annotated[tuple[Annotated[str, AfterValidator(_outcome)], ...], AfterValidator(_distinct)]
Share = Annotated[float, Field(gt=0, le=1)]
Asked = Literal["cpp", "rust", "rust-shipped", "rust-unsafe"]
Production = Literal["default", "hardened"]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True)


class About(_Section):
    """The mistakes that are asked: those of these classes, and of these groups of classes."""

    classes: Classes = ()
    groups: Groups = ()
    needs: Classes = ()
    """Classes that need a judged mistake each, or the claim is not answered."""

    @property
    def slugs(self) -> tuple[str, ...]:
        """Every class asked, in the order of bug_classes.py."""
        return tuple(slug for slug, known in BUG_CLASSES.items() if slug in self.classes or known.group in self.groups)


class Question(_Section):
    """What one row has to show. Of `for` and `against` the one left out is every other outcome; with both given, a row
    that shows neither was not judged."""

    says: Text
    variant: Asked
    """`rust-shipped` is rust, or rust-next where the compiler rejects that: nobody ships what does not compile."""
    flavours: Annotated[tuple[Production, ...], AfterValidator(_distinct), AfterValidator(_not_empty)] = (
        "default",
        "hardened",
    )
    """All of these have to show it."""
    support: Outcomes | None = Field(default=None, alias="for")
    against: Outcomes | None = None
    about: About | None = None
    """Other mistakes than the claim's; for limits only."""

    @model_validator(mode="after")
    def _asks_something(self) -> Question:
        if self.support is None and self.against is None:
            _refuse("one of 'for' and 'against' is needed")
        if both := set(self.support or ()) & set(self.against or ()):
            _refuse(f"'{min(both)}' stands in 'for' and in 'against'")
        return self


class Enough(_Section):
    """How many judged mistakes an answer needs."""

    to_hold: Annotated[int, Field(ge=1)]
    to_refute: Annotated[int, Field(ge=1)]


class Shares(_Section):
    """The share of the mistakes of the list from which a claim holds, and below which it does not."""

    to_hold: Share
    with_limits: Share

    @model_validator(mode="after")
    def _in_order(self) -> Shares:
        return self if self.with_limits <= self.to_hold else _refuse("'with_limits' is above 'to_hold'")


class Entry(_Section):
    """One line of a published list of weaknesses."""

    cwe: Annotated[int, Field(ge=1, le=9999)]
    name: Text
    weight: Annotated[float, Field(gt=0, le=1e9)]
    classes: Classes = ()
    """Our classes that are this weakness; none: it is no matter of memory, and no row speaks of it."""


class Weighed(_Section):
    """A published list with its weights, which are cited and never measured."""

    title: Text
    source: Text
    avoided: Annotated[Outcomes, AfterValidator(_not_empty)]
    entries: Annotated[tuple[Entry, ...], AfterValidator(_not_empty)]

    @model_validator(mode="after")
    def _once_each(self) -> Weighed:
        _distinct(tuple(entry.cwe for entry in self.entries))
        _distinct(tuple(slug for entry in self.entries for slug in entry.classes))
        if not any(entry.classes for entry in self.entries):
            _refuse("no entry names a class, so no row could answer")
        return self


class Claim(_Section):
    """A popular claim, and the query that answers it."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}\z")]
    claim: Text
    source: Text
    about: About = About()
    core: tuple[Question, ...] = ()
    """A mistake supports the claim when its rows show every one of these."""
    limits: tuple[Question, ...] = ()
    """Rows that do not show these limit a claim that holds otherwise."""
    weighed: Weighed | None = None
    """Instead of `core`: the share of a cited list that is avoided."""
    mistakes: Enough
    share: Shares

    @model_validator(mode="after")
    def _is_one_kind(self) -> Claim:
        if self.weighed is not None and (self.core or self.limits or self.about.slugs):
            _refuse("'weighed' stands alone, without 'about', 'core' and 'limits'")
        if self.weighed is None and not (self.core and self.about.slugs):
            _refuse("'core' and classes or groups in 'about' are needed, or 'weighed'")
        if any(question.about for question in self.core):
            _refuse("a question of 'core' asks the claim's own mistakes: it takes no 'about'")
        if missing := set(self.about.needs) - set(self.about.slugs):
            _refuse(f"'{min(missing)}' is needed and not asked")
        return self


class Claims(_Section):
    """claims.yml."""

    version: Literal[1]
    claims: Annotated[tuple[Claim, ...], AfterValidator(_not_empty)]


def parse_claims(content: bytes, name: str = "claims.yml") -> tuple[Claim, ...]:
    """Read a claims file. Raises ConfigError with every mistake in it as `name:line: …`, in the order of lines."""
    document = yaml_source.read(content)
    problems = list(document.problems)
    try:
        # As JSON, pydantic's strict mode takes a list for a tuple, and nothing else.
        file = Claims.model_validate_json(json.dumps(document.value))
    except ValidationError as error:
        problems.extend(problems_of(error, document, Claims))
    else:
        problems.extend(_twice(file.claims, document))
        if not problems:
            return file.claims
    lines = [f"{name}:{problem.line}: {problem.text}" for problem in sorted(problems, key=lambda one: one.line)]
    # Keys and values are shown as they are written there; no escape of theirs reaches a terminal.
    shown = ["".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in line) for line in lines]
    raise ConfigError("\n".join(shown), next_step=f"correct {name}; docs/claims.md describes the file")


def _twice(claims: Iterable[Claim], document: Document) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for number, claim in enumerate(claims):
        line = document.line(("claims", number, "id"))
        if claim.id in first:
            yield Problem(line, f"'{claim.id}' is here twice, first on line {first[claim.id]}")
        first.setdefault(claim.id, line)
