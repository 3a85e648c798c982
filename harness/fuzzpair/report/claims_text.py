"""The answers to claims in words: what summary.md and the console share. No share stands without "of this list"."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from fuzzpair.model.claim_answer import CaseCount, ClaimAnswer, DecidingRow, Reply, WeighedAnswer, WeighedShare

ROWS: Final = 12  # named of each kind; run.json has them all
HEADINGS: Final = ("claim", "answer", "Rust", "hardened C++, the same query", "why")


def cells(claim: ClaimAnswer) -> tuple[str, ...]:
    """One line under HEADINGS."""
    rust, cpp = sides(claim)
    return (f"{claim.id}: {claim.claim}", claim.answer, rust, cpp, claim.why)


def short(claim: ClaimAnswer) -> str:
    """The claim in one line of a log; the reason only where there is no answer."""
    why = f"; {claim.why}" if claim.answer is Reply.CANNOT_TELL else ""
    if claim.weighed is not None:
        rust, cpp = sides(claim)
        return f"{claim.id}: {claim.claim} (Rust {rust}; hardened C++ {cpp}{why})"
    rust, cpp = (f"{count.support} of {count.mistakes}" for count in (claim.rust, claim.hardened_cpp))
    return f"{claim.id}: {claim.claim} (of this list Rust {rust}, hardened C++ {cpp}{why})"


def sides(claim: ClaimAnswer) -> tuple[str, str]:
    if claim.weighed is None:
        return counted(claim.rust), counted(claim.hardened_cpp)
    cited = claim.weighed
    hardened = sum(share.avoided for share in cited.shares if share.variant.startswith("cpp"))
    rust = f"{cited.worst:.0%} to {cited.best:.0%} avoided, by weight of this list's part in the matrix"
    return rust, f"{hardened:.0%} of this list's part"


def counted(count: CaseCount) -> str:
    said = f"{count.support} of {count.mistakes} of this list"
    return f"{said}, {count.not_judged} not judged" if count.not_judged else said


def evidence(claim: ClaimAnswer) -> Iterable[str]:
    """The rows that decide, a line for each kind of them."""
    kinds: list[tuple[str, Sequence[DecidingRow]]] = [
        ("for it", claim.support),
        ("against it", claim.against),
        ("not judged", claim.not_judged),
    ]
    for limit in claim.limits:
        kinds += [(f"not shown, that {limit.says}", limit.rows)]
        kinds += [(f"not judged, whether {limit.says}", limit.not_judged)]
    for says, rows in kinds:
        if rows:
            yield f"{claim.id}: {says}: {_rows(rows)}"
    if claim.weighed is not None:
        yield f"{claim.id}: {_cited(claim.weighed)}"
        yield from (f"{claim.id}: {_share(share)}" for share in claim.weighed.shares)


def _rows(rows: Sequence[DecidingRow]) -> str:
    named = [f"{row.row} ({row.flavour}: {row.outcome})" for row in rows[:ROWS]]
    rest = [f"{len(rows) - ROWS} more in run.json"] if len(rows) > ROWS else []
    return ", ".join([*named, *rest])


def _cited(cited: WeighedAnswer) -> str:
    return (
        f"cited list: {cited.title} ({cited.source}); {cited.part:g} of its weight of {cited.whole:g} is of "
        "classes of the matrix, and shares are of that part"
    )


def _share(share: WeighedShare) -> str:
    return (
        f"{share.variant}: {share.rejected:.0%} rejected, {share.stopped:.0%} stopped, "
        f"{share.otherwise_avoided:.0%} otherwise avoided, {share.not_prevented:.0%} not prevented, "
        f"{share.not_measured:.0%} not measured, by weight of this list's part in the matrix"
    )
