"""A subject: one tree that is built, fuzzed and replayed: an unpatched twin, a planted mistake, a fixed counterpart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fuzzpair.build import JUDGE, Build, BuildJob, Sources, build_job, put_sources
from fuzzpair.jobs import Outcomes, job_key
from fuzzpair.mistakes import Mistake, Planted, Tree
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language
from fuzzpair.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Its builds by flavour. The canary flavour compiles the tree with the overlay; without one it is left out."""

    name: str
    language: Language
    targets: tuple[str, ...]
    builds: tuple[tuple[Flavour, BuildJob], ...]

    @property
    def flavours(self) -> tuple[Flavour, ...]:
        return tuple(flavour for flavour, _ in self.builds)

    def job(self, flavour: Flavour) -> BuildJob | None:
        return dict(self.builds).get(flavour)

    def build(self, flavour: Flavour, outcomes: Outcomes) -> Build | None:
        """The finished build of a flavour, or None when it is not built, was refused, or failed."""
        job = self.job(flavour)
        result = outcomes.result(job) if job is not None else None
        return result if isinstance(result, Build) and result.compiled else None

    def program(self, flavour: Flavour, outcomes: Outcomes, name: str = JUDGE) -> str | None:
        build = self.build(flavour, outcomes)
        return build.program(name) if build is not None else None


def unpatched_subject(
    language: Language, tree: Tree, targets: tuple[str, ...], flavours: Sequence[Flavour], store: Store
) -> Subject:
    """The unpatched twin. Nothing is planted; it has a canary flavour all the same, which others' builds start from."""
    sources = put_sources(tree, store)
    name = f"unpatched {language}"
    return Subject(
        name=name,
        language=language,
        targets=targets,
        builds=tuple((flavour, build_job(language, flavour, sources, targets, subject=name)) for flavour in flavours),
    )


def planted_subject(
    mistake: Mistake,
    planted: Planted,
    base: Subject,
    flavours: Sequence[Flavour],
    store: Store,
    fingerprint: str,
) -> Subject:
    """A mistake's variant, sharing the unpatched twin's objects where a source is the same."""
    trees: dict[Flavour, Tree] = dict.fromkeys(flavours, planted.tree)
    trees.pop(Flavour.CANARY, None)
    if planted.canary_tree is not None and Flavour.CANARY in flavours:
        trees[Flavour.CANARY] = planted.canary_tree
    return _on_base(f"{mistake.name}/{planted.variant}", mistake.target, trees, base, store, fingerprint)


def fixed_subject(
    mistake: Mistake,
    planted: Planted,
    base: Subject,
    flavours: Sequence[Flavour],
    store: Store,
    fingerprint: str,
) -> Subject:
    """The counterpart of a variant: its fixed tree, or the unpatched twin itself where there is none."""
    if planted.fixed_tree is None:
        return base
    trees: dict[Flavour, Tree] = dict.fromkeys(flavours, planted.fixed_tree)
    trees.pop(Flavour.CANARY, None)
    return _on_base(f"{mistake.name}/{planted.variant} fixed", mistake.target, trees, base, store, fingerprint)


def _on_base(
    name: str, target: str, trees: dict[Flavour, Tree], base: Subject, store: Store, fingerprint: str
) -> Subject:
    builds: list[tuple[Flavour, BuildJob]] = []
    for flavour in sorted(trees, key=list(Flavour).index):
        base_job = base.job(flavour)
        sources: Sources = put_sources(trees[flavour], store)
        shared = (job_key(base_job, fingerprint), base_job.sources) if base_job else None
        builds.append((flavour, build_job(base.language, flavour, sources, (target,), base=shared, subject=name)))
    return Subject(name=name, language=base.language, targets=(target,), builds=tuple(builds))
