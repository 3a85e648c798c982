"""What compilers and analyzers say of a variant, beside its fixed counterpart."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from fuzzpair.analysis import Analysis
from fuzzpair.builds.record import Build
from fuzzpair.diagnostics import on_changed_lines, read_rejection
from fuzzpair.mistakes import Planted
from fuzzpair.model.diagnostic import Diagnostic, Rejection, RejectionLabel
from fuzzpair.rows.results import Problem, VariantResults


def rejection_of(results: VariantResults, build: Build) -> Rejection:
    """Of a build that the compiler refused. Raises Problem where that is no evidence."""
    planted = results.work.planted
    rejection = read_rejection(build.diagnostics, planted.changed, planted.variant.language)
    if not isinstance(rejection, Rejection):
        raise Problem(rejection)
    if results.counterpart_build() is None:
        raise Problem("its fixed counterpart does not compile either, so the rejection is no evidence")
    return replace(rejection, label=RejectionLabel.INEXPRESSIBLE) if planted.is_nearest else rejection


def check_it_differs(results: VariantResults) -> None:
    """A cache could hand out the unpatched programs for a patched tree. Optimised, two trees may well come to one
    program; but not with line tables in it. Raises Problem."""
    both = results.built_in_both()
    if not both:
        raise Problem("its fixed counterpart was not built")
    if all(own.programs == fixed.programs for own, fixed in both):
        raise Problem("the program is the same as the fixed counterpart's: the patch plants nothing")


def warnings_of(results: VariantResults, build: Build) -> tuple[Diagnostic, ...]:
    """Of the compiler and of analyzers, on a changed line, that the counterpart does not have. Raises Problem."""
    planted, counterpart = results.work.planted, results.counterpart_build()
    said = _only_of_first(build.diagnostics, counterpart.diagnostics if counterpart else (), planted)
    for own, fixed in results.work.analyses.values():
        on_own, on_fixed = results.outcomes.result(own), results.outcomes.result(fixed)
        if not (isinstance(on_own, Analysis) and isinstance(on_fixed, Analysis)):
            raise Problem(f"{own.analyzer} was not run on it or on its counterpart: {results.error_of(own, fixed)}")
        said.extend(_only_of_first(on_own.diagnostics, on_fixed.diagnostics, planted))
    return tuple(said)


def crashed_checks_of(results: VariantResults) -> tuple[str, ...]:
    """In which an analyzer crashed, on the variant or its counterpart: what they would say is not known."""
    both = [results.outcomes.result(job) for pair in results.work.analyses.values() for job in pair]
    return tuple(dict.fromkeys(one for said in both if isinstance(said, Analysis) for one in said.crashed_checks))


def _only_of_first(own: Iterable[Diagnostic], counterparts: Iterable[Diagnostic], planted: Planted) -> list[Diagnostic]:
    """Warnings on a line that the patch changes, which the counterpart does not have."""
    known = {(one.code, one.message) for one in counterparts}
    return [
        one
        for one in own
        if one.level == "warning" and (one.code, one.message) not in known and on_changed_lines(one, planted.changed)
    ]
