"""Claims + a run → answers. Pure: every answer follows from rows and thresholds, none is written by hand.

The rule for what was not judged: it never counts as support, and never refutes. A claim holds only if it would still
hold had every row that was not judged spoken against it, and it is refuted only if it would be refuted had every one
spoken for it; between the two, this experiment cannot tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fuzzpair.bug_classes import BUG_CLASSES
from fuzzpair.claims_file import Claim, Question
from fuzzpair.claims_weighed import WeighedRows, weigh
from fuzzpair.model.claim_answer import CaseCount, ClaimAnswer, DecidingRow, Limit, Reply
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Variant
from fuzzpair.model.run_record import RunRecord
from fuzzpair.outcomes import Asked, Case, Word, cases_of, counted

MANY = 3  # what has to be named and is long is named by its first few, and the rest counted
ROUNDING = 1e-9  # weights are added up as fractions; all of them must not come to 0.9999


def answer_claims(claims: Iterable[Claim], record: RunRecord, *, selected: bool) -> tuple[ClaimAnswer, ...]:
    """Every claim's answer. `selected`: only some mistakes were run, so the rows are not the list that is asked."""
    why_not = _no_result(record, selected=selected)
    cases = cases_of(record.rows)
    return tuple(_answer(claim, cases, why_not) for claim in claims)


def _no_result(record: RunRecord, *, selected: bool) -> str:
    """Why this run answers nothing at all, or nothing to say."""
    failed = sum(not control.passed for control in record.controls)
    if not record.complete:
        return "the run did not end by itself, so its rows are not a result"
    if failed:
        return f"{failed} controls failed, so its rows are not a result"
    if unread := {row.mistake for row in record.rows if row.bug_class not in BUG_CLASSES}:
        return f"the class could not be read of: {_named(sorted(unread))}; it may be any that is asked"
    return "only some mistakes were run" if selected else ""


def _answer(claim: Claim, cases: Sequence[Case], why_not: str) -> ClaimAnswer:
    if claim.weighed is not None:
        return _weighed(claim, cases, why_not)
    asked = _cases(claim.about.slugs, cases)
    rust = [_judged(claim.core, case) for case in asked]
    hardened = [_judged([_of_hardened_cpp(one) for one in claim.core], case) for case in asked]
    limits = tuple(_limit(question, asked, cases) for question in claim.limits)
    count = _counted(rust)
    answer, why = (Reply.CANNOT_TELL, why_not) if why_not else _decided(claim, rust, limits)
    return ClaimAnswer(
        id=claim.id,
        claim=claim.claim,
        source=claim.source,
        answer=answer,
        why=why,
        rust=count,
        hardened_cpp=_counted(hardened),
        support=tuple(row for case in rust if case.word is Word.SUPPORT for row in case.rows),
        against=tuple(row for case in rust if case.word is Word.AGAINST for row in case.rows),
        not_judged=tuple(row for case in rust if case.word is Word.NOT_JUDGED for row in case.rows),
        limits=limits,
        classes_without_mistake=_without(claim.about.slugs, cases),
    )


# --- one mistake -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Judged:
    """What one mistake says of a claim, with the rows that made it say so."""

    bug_class: str
    word: Word
    rows: tuple[DecidingRow, ...]


def _judged(questions: Iterable[Question], case: Case) -> _Judged:
    """A mistake supports a claim when its rows show all that is asked; one row that does not is enough against it."""
    said: list[tuple[Word, DecidingRow]] = []
    for question in questions:
        asked = Asked(question.variant, question.support, question.against)
        said += [case.says(asked, Flavour(flavour)) for flavour in question.flavours]
    word = max((one for one, _ in said), key=list(Word).index)
    return _Judged(case.bug_class, word, _once(row for one, row in said if one is word))


def _once(rows: Iterable[DecidingRow]) -> tuple[DecidingRow, ...]:
    """Both flavours mostly show the same: then the row is named once, by the first of them."""
    by_outcome = {(row.row, row.outcome): row for row in reversed(list(rows))}
    return tuple(reversed(by_outcome.values()))


def _of_hardened_cpp(question: Question) -> Question:
    return question.model_copy(update={"variant": Variant.CPP.value, "flavours": (Flavour.HARDENED.value,)})


def _cases(slugs: Iterable[str], cases: Iterable[Case]) -> list[Case]:
    wanted = set(slugs)
    return [case for case in cases if case.bug_class in wanted]


def _without(slugs: Iterable[str], cases: Iterable[Case]) -> tuple[str, ...]:
    there = {case.bug_class for case in cases}
    return tuple(slug for slug in slugs if slug not in there)


def _counted(judged: Iterable[_Judged]) -> CaseCount:
    return counted([one.word for one in judged])


# --- limits ------------------------------------------------------------------------------------


def _limit(question: Question, asked: Sequence[Case], cases: Sequence[Case]) -> Limit:
    """A limit asks the rows that there are: not every mistake has an unsafe variant, and that is no gap."""
    there = _cases(question.about.slugs, cases) if question.about else asked
    judged = [_judged([question], case) for case in there if case.has(question.variant)]
    return Limit(
        says=question.says,
        asked=len(judged),
        rows=tuple(row for one in judged if one.word is Word.AGAINST for row in one.rows),
        not_judged=tuple(row for one in judged if one.word is Word.NOT_JUDGED for row in one.rows),
    )


# --- the answer --------------------------------------------------------------------------------


def _grade(claim: Claim, share: float) -> Reply:
    share += ROUNDING
    if share >= claim.share.to_hold:
        return Reply.HOLDS
    return Reply.WITH_LIMITS if share >= claim.share.with_limits else Reply.DOES_NOT_HOLD


def _decided(claim: Claim, judged: Sequence[_Judged], limits: Sequence[Limit]) -> tuple[Reply, str]:
    count, enough = _counted(judged), claim.mistakes
    if not judged:
        return Reply.CANNOT_TELL, "no mistake of these classes is in this list"
    heard = {one.bug_class for one in judged if one.word is not Word.NOT_JUDGED}
    if unheard := [slug for slug in claim.about.needs if slug not in heard]:
        return Reply.CANNOT_TELL, f"no row shows what is asked or its opposite, of: {_named(unheard)}"
    worst = _grade(claim, count.support / count.mistakes)
    best = _grade(claim, (count.support + count.not_judged) / count.mistakes)
    if best is Reply.DOES_NOT_HOLD:
        return _if_enough(best, count.against, enough.to_refute, f"against it: {_of(count.against, count)}")
    if worst is Reply.DOES_NOT_HOLD:
        return Reply.CANNOT_TELL, f"not judged: {_of(count.not_judged, count)}, and these decide"
    why = f"shown by {_of(count.support, count)}"
    reasons = [*_short_of_all(count), *(reason for limit in limits for reason in _limited(limit))]
    answer = Reply.WITH_LIMITS if worst is Reply.WITH_LIMITS or reasons else Reply.HOLDS
    return _if_enough(answer, count.support, enough.to_hold, "; ".join([why, *reasons]))


def _if_enough(answer: Reply, count: int, needed: int, why: str) -> tuple[Reply, str]:
    if count >= needed:
        return answer, why
    return Reply.CANNOT_TELL, f"too few decide: {count} of the mistakes of this list, and {needed} are needed"


def _short_of_all(count: CaseCount) -> Iterable[str]:
    if count.against:
        yield f"against it: {_of(count.against, count)}"
    if count.not_judged:
        yield f"not judged: {_of(count.not_judged, count)}"


def _limited(limit: Limit) -> Iterable[str]:
    """A limit that no row answers limits as well: what was not asked is not known to hold."""
    if limit.rows:
        mistakes = len({row.row for row in limit.rows})
        yield f"not shown, that {limit.says}: {mistakes} of {limit.asked} rows of this list"
    if limit.not_judged:
        yield f"not judged, whether {limit.says}: {_named(row.row for row in limit.not_judged)}"
    if not limit.asked:
        yield f"not asked, whether {limit.says}: there is no such row in this list"


def _of(number: int, count: CaseCount) -> str:
    return f"{number} of {count.mistakes} mistakes of this list"


def _named(names: Iterable[str]) -> str:
    listed = list(dict.fromkeys(names))
    rest = f" and {len(listed) - MANY} more" if len(listed) > MANY else ""
    return ", ".join(listed[:MANY]) + rest


# --- a cited list with weights -----------------------------------------------------------------


def _weighed(claim: Claim, cases: Sequence[Case], why_not: str) -> ClaimAnswer:
    assert claim.weighed is not None
    slugs = tuple(slug for entry in claim.weighed.entries for slug in entry.classes)
    weighed = weigh(claim.weighed, cases)
    answer, why = (Reply.CANNOT_TELL, why_not) if why_not else _of_weights(claim, weighed)
    return ClaimAnswer(
        id=claim.id,
        claim=claim.claim,
        source=claim.source,
        answer=answer,
        why=why,
        rust=weighed.rust,
        hardened_cpp=weighed.hardened_cpp,
        support=weighed.support,
        against=weighed.against,
        not_judged=weighed.not_judged,
        limits=(),
        classes_without_mistake=_without(slugs, cases),
        weighed=weighed.answer,
    )


def _of_weights(claim: Claim, weighed: WeighedRows) -> tuple[Reply, str]:
    cited = weighed.answer
    why = (
        f"avoided is {cited.worst:.0%} in the worst and {cited.best:.0%} in the best case over variants, by weight of "
        f"this list's part that the matrix has classes for ({cited.part / cited.whole:.0%} of this list); how many of "
        "all vulnerabilities are memory-safety bugs is cited, never measured"
    )
    worst, best = _grade(claim, cited.worst), _grade(claim, cited.best)
    enough, judged = claim.mistakes, weighed.rust.support + weighed.rust.against
    if _grade(claim, cited.best_if_all_measured_well) is Reply.DOES_NOT_HOLD:
        return _if_enough(Reply.DOES_NOT_HOLD, judged, enough.to_refute, why)
    if best is Reply.DOES_NOT_HOLD:
        return Reply.CANNOT_TELL, f"{why}; entries without a judged row decide"
    return _if_enough(Reply.HOLDS if worst is Reply.HOLDS else Reply.WITH_LIMITS, judged, enough.to_hold, why)
