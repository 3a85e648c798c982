"""How soon campaigns find a mistake, computed from `found` alone: curves, and languages compared where that is fair.

A campaign that found nothing says "later than this", which is not "never": it is censored. The curve is Kaplan and
Meier's (Journal of the American Statistical Association 53, 1958), which uses such a campaign for as long as it ran.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Final

from fuzzpair.model.evidence import Found
from fuzzpair.model.language import Variant
from fuzzpair.model.run_record import RunRecord
from fuzzpair.report.totals import Mistake, is_undone, mistakes

# Fewer seeds than these compare luck (design: Two facts in each cell).
SEEDS_TO_COMPARE: Final = 10
UNITS: Final = ("executions", "seconds")

Sample = tuple[float, bool]  # (how long, whether that ended with the find)


@dataclass(frozen=True, slots=True, kw_only=True)
class SurvivalPoint:
    """One place at which campaigns ended. `survival` is the estimated share that has not found it after `at`."""

    at: float
    at_risk: int
    found: int
    censored: int
    survival: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Survival:
    """The campaigns of one variant, one a seed. Medians are None unless over half of the seeds found it."""

    seeds: int
    found: int
    share_low: float
    share_high: float
    by_executions: tuple[SurvivalPoint, ...]
    by_seconds: tuple[SurvivalPoint, ...]
    median_executions: float | None
    median_seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How soon one mistake is found in C++ and in a variant of Rust. `cpp_sooner` is the effect size."""

    mistake: str
    variant: Variant
    unit: str
    seeds_cpp: int
    seeds_rust: int
    cpp_sooner: float
    p: float
    p_corrected: float


# --- one variant -------------------------------------------------------------------------------


def survival(samples: Sequence[Found]) -> Survival | None:
    """What a variant's campaigns came to; None where it was not fuzzed."""
    if not samples:
        return None
    low, high = share_interval(samples)
    by_executions, by_seconds = (curve(measured(samples, unit)) for unit in UNITS)
    found = sum(one.found for one in samples)
    # A median of what was found would hide the seeds that found nothing.
    has_median = 2 * found > len(samples)
    return Survival(
        seeds=len(samples),
        found=found,
        share_low=low,
        share_high=high,
        by_executions=by_executions,
        by_seconds=by_seconds,
        median_executions=_median(by_executions) if has_median else None,
        median_seconds=_median(by_seconds) if has_median else None,
    )


def curve(samples: Iterable[Sample]) -> tuple[SurvivalPoint, ...]:
    """Kaplan and Meier's estimate at each place where a sample ends.

    What is censored there was still at risk when others were found at the same place.
    """
    ordered = sorted(samples)
    points: list[SurvivalPoint] = []
    at_risk, share = len(ordered), 1.0
    for at in sorted({at for at, _ in ordered}):
        ended = [found for place, found in ordered if place == at]
        share *= 1 - sum(ended) / at_risk
        points.append(
            SurvivalPoint(
                at=at,
                at_risk=at_risk,
                found=sum(ended),
                censored=len(ended) - sum(ended),
                survival=share,
            )
        )
        at_risk -= len(ended)
    return tuple(points)


def _median(points: Iterable[SurvivalPoint]) -> float | None:
    # Not `<= 0.5`: a share is a product of fractions, and three quarters of two thirds are a little more than a half.
    return next((one.at for one in points if one.survival < 0.5 + 1e-9), None)


def measured(samples: Iterable[Found], unit: str) -> list[Sample]:
    return [(one.executions if unit == "executions" else one.seconds, one.found) for one in samples]


def share_interval(found: Iterable[Found]) -> tuple[float, float]:
    """Wilson's 95 % interval of the share of seeds that found it; honest for a handful of seeds."""
    samples = list(found)
    n, k = len(samples), sum(each.found for each in samples)
    if not n:
        return 0.0, 1.0
    z = NormalDist().inv_cdf(0.975)
    centre, spread = (k + z * z / 2) / (n + z * z), z / (n + z * z) * (k * (n - k) / n + z * z / 4) ** 0.5
    return max(0.0, centre - spread), min(1.0, centre + spread)


# --- two languages -----------------------------------------------------------------------------


def comparisons(record: RunRecord) -> tuple[Comparison, ...]:
    """Each variant of Rust against C++, where both have seeds enough and at least one campaign found the mistake.

    p is the log-rank test's, corrected after Holm over all comparisons of the run: who tests a hundred mistakes finds
    five differences at 5 % where there are none. An incomplete run compares nothing.
    """
    if not record.complete:
        return ()
    made = [one for mistake in mistakes(record) for one in _compared(mistake)]
    corrected = holm([one.p for one in made])
    return tuple(replace(one, p_corrected=p) for one, p in zip(made, corrected, strict=True))


def _compared(mistake: Mistake) -> Iterable[Comparison]:
    rows = [row for row in mistake.rows if not is_undone(row) and len(row.evidence.found) >= SEEDS_TO_COMPARE]
    cpp = next((row for row in rows if row.variant is Variant.CPP), None)
    for row in rows if cpp else ():
        if cpp is None or row is cpp or not any(one.found for one in (*cpp.evidence.found, *row.evidence.found)):
            continue
        for unit in UNITS:
            ours, theirs = measured(cpp.evidence.found, unit), measured(row.evidence.found, unit)
            p = log_rank(ours, theirs)
            yield Comparison(
                mistake=mistake.name,
                variant=row.variant,
                unit=unit,
                seeds_cpp=len(ours),
                seeds_rust=len(theirs),
                cpp_sooner=sooner(ours, theirs),
                p=p,
                p_corrected=p,
            )


def sooner(ones: Sequence[Sample], others: Sequence[Sample]) -> float:
    """The effect size: the share of pairs in which the first of them finds sooner, 0.5 where there is no difference.

    Vargha and Delaney's A (Journal of Educational and Behavioral Statistics 25, 2000), by time. A pair that is equal,
    or that censoring leaves open, counts half.
    """
    return sum(_first(one, other) for one in ones for other in others) / (len(ones) * len(others))


def _first(one: Sample, other: Sample) -> float:
    (at, found), (other_at, other_found) = one, other
    if found and (at < other_at or (at == other_at and not other_found)):
        return 1.0
    if other_found and (other_at < at or (other_at == at and not found)):
        return 0.0
    return 0.5


def log_rank(ones: Sequence[Sample], others: Sequence[Sample]) -> float:
    """The log-rank test's p, two-sided, by its chi-squared approximation with one degree of freedom.

    Mantel, Cancer Chemotherapy Reports 50, 1966. 1.0 where no find tells the two apart.
    """
    observed = expected = variance = 0.0
    for at in sorted({at for at, found in (*ones, *others) if found}):
        at_risk, of_ones = (sum(end >= at for end, _ in part) for part in ((*ones, *others), ones))
        found, ones_found = (sum(end == at and hit for end, hit in part) for part in ((*ones, *others), ones))
        observed += ones_found
        expected += found * of_ones / at_risk
        if at_risk > 1:
            share = of_ones / at_risk
            variance += found * share * (1 - share) * (at_risk - found) / (at_risk - 1)
    if variance <= 0:
        return 1.0
    return math.erfc(math.sqrt((observed - expected) ** 2 / variance / 2))


def holm(values: Sequence[float]) -> list[float]:
    """p corrected for how many were asked, in the given order (Holm, Scandinavian Journal of Statistics 6, 1979)."""
    corrected = [0.0] * len(values)
    highest = 0.0
    for rank, index in enumerate(sorted(range(len(values)), key=lambda one: values[one])):
        highest = max(highest, min(1.0, values[index] * (len(values) - rank)))
        corrected[index] = highest
    return corrected
