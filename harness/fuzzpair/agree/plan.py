"""What is compared with what: the unpatched twins, and each mistake in one of them beside the other as it stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from fuzzpair.agree.programs import ProgramSideJob
from fuzzpair.agree.sides import SideJob, side_job
from fuzzpair.bug_classes import BUG_CLASSES
from fuzzpair.builds.sources import put_sources
from fuzzpair.config import Config
from fuzzpair.config_agreement import Agreement
from fuzzpair.errors import PatchError, UsageError
from fuzzpair.mistakes import Mistake, Tree, load_mistake, mistake_names, read_tree
from fuzzpair.model.language import Language, Variant
from fuzzpair.store import Store

UNPATCHED = "the unpatched twins"
AS_WRITTEN = (Variant.CPP, Variant.RUST)


AnySide = SideJob | ProgramSideJob


class Plan(Protocol):
    """What is compared, in the order of the report."""

    @property
    def subject(self) -> str:
        """What both sides are called where nothing is planted."""

    @property
    def unpatched(self) -> Mapping[Language, SideJob]:
        """Beside which a mistake is looked at; empty where none can be planted."""

    def twins(self, targets: Sequence[str]) -> Iterator[Compared]: ...

    def mistakes(self, names: Sequence[str]) -> Iterator[Compared]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Two sides, on one target; `patched` is the one with the mistake in it."""

    subject: str
    mistake: str
    patched: Language | None
    target: str
    cpp: AnySide | None  # None: there is a problem
    rust: AnySide | None
    problem: str = ""

    def side(self, language: Language) -> AnySide | None:
        return self.cpp if language is Language.CPP else self.rust


class Planner:
    """Reads trees and patches once; a broken patch is a row with a problem."""

    subject = UNPATCHED

    def __init__(self, config: Config, agreement: Agreement, store: Store) -> None:
        self._config = config
        self._store = store
        self._trees = {language: read_tree(config.pair.folder(language)) for language in Language}
        self._describe = {language: agreement.describe(language).read_bytes() for language in Language}
        self.unpatched = {one: self._side(one, self._trees[one], f"unpatched {one}") for one in Language}

    def twins(self, targets: Sequence[str]) -> Iterator[Compared]:
        for target in targets:
            yield self._compared(UNPATCHED, "", None, target, self.unpatched)

    def mistakes(self, names: Sequence[str]) -> Iterator[Compared]:
        for name in names:
            try:
                mistake = load_mistake(name, self._config.pair.cpp, self._config.pair.rust)
            except PatchError as error:
                target = next(iter(self._config.pair.targets))
                yield self._compared(name, name, None, target, self.unpatched, error.message)
            else:
                yield from self._planted(mistake)

    def _planted(self, mistake: Mistake) -> Iterator[Compared]:
        for variant in AS_WRITTEN:
            planted = mistake.variant(variant)
            subject = f"{mistake.name}/{variant}"
            problem = planted.problem if planted else f"{subject} has no patch"
            sides = dict(self.unpatched)
            if planted is not None and problem is None:
                sides[variant.language] = self._side(variant.language, planted.tree, subject)
            yield self._compared(subject, mistake.name, variant.language, mistake.target, sides, problem or "")

    def _side(self, language: Language, tree: Tree, subject: str) -> SideJob:
        return side_job(language, put_sources(tree, self._store), self._describe[language], self._store, subject)

    def _compared(
        self,
        subject: str,
        mistake: str,
        patched: Language | None,
        target: str,
        sides: Mapping[Language, SideJob],
        problem: str = "",
    ) -> Compared:
        return Compared(
            subject=subject,
            mistake=mistake,
            patched=patched,
            target=target,
            cpp=sides[Language.CPP],
            rust=sides[Language.RUST],
            problem=problem,
        )


def logic_mistakes(config: Config) -> list[str]:
    """Every mistake whose class no sanitizer sees, by name. Raises UsageError where the pair has none."""
    names = []
    for name in mistake_names(config.pair.cpp, config.pair.rust):
        try:
            mistake = load_mistake(name, config.pair.cpp, config.pair.rust)
        except PatchError:  # it may be one: it is told of where it is run
            names.append(name)
        else:
            if BUG_CLASSES[mistake.bug_class].is_logic:
                names.append(name)
    if not names:
        raise UsageError("the pair has no mistake of logic", next_step="name mistakes, or leave --logic out")
    return names
