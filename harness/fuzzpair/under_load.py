"""Which programs of a leak are run under load, and against what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from fuzzpair.bug_classes import bug_class
from fuzzpair.builds.job import BuildJob
from fuzzpair.builds.record import Build
from fuzzpair.common import Common
from fuzzpair.jobs import Outcomes
from fuzzpair.load import LoadJob, LoadProgram, load_build
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language
from fuzzpair.rows.work import VariantWork

# A leak is run under load as it ships; claims ask the same of hardened C++.
LOADED = {Language.CPP: (Flavour.DEFAULT, Flavour.HARDENED), Language.RUST: (Flavour.DEFAULT,)}


def load_builds(work: VariantWork, fingerprint: str) -> Iterator[BuildJob]:
    """The builds of a variant and of its counterpart that are linked to be run under load; none but of a leak."""
    return (job for _, *both in _pairs(work, fingerprint) for job in both)


def load_job(work: Sequence[VariantWork], inputs: Iterable[str], common: Common) -> LoadJob | None:
    """One for all variants of a mistake: C++'s says how often the others may parse. None where nothing is to be run."""
    programs = tuple(program for one in work for program in _programs(one, common.outcomes, common.worker.fingerprint))
    largest = max(inputs, key=lambda name: len(common.worker.store.get_blob(name)), default=None)
    if not programs or largest is None:
        return None
    profile = common.profile
    return LoadJob(
        programs=programs,
        input=largest,
        parses=profile.load_parses,
        fuse_s=profile.fuse_s,
        subject=work[0].mistake.name,
    )


def _pairs(work: VariantWork, fingerprint: str) -> Iterator[tuple[Flavour, BuildJob, BuildJob]]:
    """(flavour, the variant's build, its counterpart's)."""
    if work.subject is None or work.fixed is None or not bug_class(work.mistake.bug_class).is_leak:
        return
    for flavour in LOADED[work.planted.variant.language]:
        builds = [one.job(flavour) for one in (work.subject, work.fixed)]
        own, fixed = (load_build(job, work.mistake.target, fingerprint) for job in builds if job)
        yield flavour, own, fixed


def _programs(work: VariantWork, outcomes: Outcomes, fingerprint: str) -> Iterator[LoadProgram]:
    for flavour, *both in _pairs(work, fingerprint):
        results = [outcomes.result(job) for job in both]
        built = [
            one.program(f"fuzz_{work.mistake.target}") for one in results if isinstance(one, Build) and one.compiled
        ]
        if len(built) == len(both):
            own, fixed = built
            yield LoadProgram(variant=work.planted.variant, flavour=flavour, program=own, counterpart=fixed)
