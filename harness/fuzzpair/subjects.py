"""A subject: one tree that is built, fuzzed and replayed: an unpatched twin, a planted mistake, a fixed counterpart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from fuzzpair.builds.job import BuildJob, build_job
from fuzzpair.builds.record import JUDGE, Build
from fuzzpair.builds.sources import Sources, put_sources
from fuzzpair.jobs import Outcomes, job_key
from fuzzpair.mistakes import Mistake, Planted, Tree
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language, Variant
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


# A patch with unsafe code has to lift the crate's ban on it. To rustc that is a change of the whole crate, which is
# checked anew: 0.33 of 0.65 s of CPU time, in half of all Rust builds.
CRATE_ROOT = "src/lib.rs"
BANNED, LIFTED = "#![forbid(unsafe_code)]", "#![deny(unsafe_code)]"


def starting_subjects(
    unpatched: Mapping[Language, Subject], tree: Tree, flavours: Sequence[Flavour], store: Store, fingerprint: str
) -> dict[Variant, Subject]:
    """Whose builds each variant's start from. `tree` is the Rust twin's, `flavours` are those of rust-unsafe."""
    lifted = _lifted_subject(unpatched[Language.RUST], tree, flavours, store, fingerprint)
    return {one: lifted if one is Variant.RUST_UNSAFE else unpatched[one.language] for one in Variant}


def _lifted_subject(
    unpatched: Subject, tree: Tree, flavours: Sequence[Flavour], store: Store, fingerprint: str
) -> Subject:
    """The unpatched Rust twin with its ban on unsafe code lifted, as a rust-unsafe patch lifts it.

    Nothing is judged on it: the builds of such patches start from its own. A tree that bans nothing is its own.
    """
    root = tree.get(CRATE_ROOT, "")
    if BANNED not in root:
        return unpatched
    tree = {**tree, CRATE_ROOT: root.replace(BANNED, LIFTED)}
    trees = {flavour: tree for flavour in unpatched.flavours if flavour in flavours}
    name = f"{unpatched.name}, unsafe code not banned"
    lifted = _on_base(name, unpatched.targets, trees, unpatched, store, fingerprint)
    return replace(lifted, builds=tuple((flavour, replace(job, prepares=True)) for flavour, job in lifted.builds))


def planted_subject(
    mistake: Mistake,
    planted: Planted,
    base: Subject,
    flavours: Sequence[Flavour],
    store: Store,
    fingerprint: str,
) -> Subject:
    """A mistake's variant, sharing the objects of `base` where a source is the same: the unpatched twin's."""
    trees: dict[Flavour, Tree] = dict.fromkeys(flavours, planted.tree)
    trees.pop(Flavour.CANARY, None)
    if planted.canary_tree is not None and Flavour.CANARY in flavours:
        trees[Flavour.CANARY] = planted.canary_tree
    return _on_base(f"{mistake.name}/{planted.variant}", (mistake.target,), trees, base, store, fingerprint)


def fixed_subject(
    mistake: Mistake,
    planted: Planted,
    base: Subject,
    flavours: Sequence[Flavour],
    store: Store,
    fingerprint: str,
) -> Subject:
    """The counterpart of a variant that has a fixed tree of its own."""
    assert planted.fixed_tree is not None
    trees: dict[Flavour, Tree] = dict.fromkeys(flavours, planted.fixed_tree)
    trees.pop(Flavour.CANARY, None)
    return _on_base(f"{mistake.name}/{planted.variant} fixed", (mistake.target,), trees, base, store, fingerprint)


def _on_base(
    name: str, targets: tuple[str, ...], trees: Mapping[Flavour, Tree], base: Subject, store: Store, fingerprint: str
) -> Subject:
    builds: list[tuple[Flavour, BuildJob]] = []
    for flavour in sorted(trees, key=list(Flavour).index):
        base_job = base.job(flavour)
        sources: Sources = put_sources(trees[flavour], store)
        shared = (job_key(base_job, fingerprint), base_job.sources) if base_job else None
        builds.append((flavour, build_job(base.language, flavour, sources, targets, base=shared, subject=name)))
    return Subject(name=name, language=base.language, targets=targets, builds=tuple(builds))
