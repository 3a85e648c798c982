"""What a mistake's rows showed, in the words that claims.yml asks in. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from fuzzpair.model.claim_answer import CaseCount, DecidingRow
from fuzzpair.model.diagnostic import RejectionLabel
from fuzzpair.model.evidence import Load, UnderLoad
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Variant
from fuzzpair.model.replay import Ending
from fuzzpair.model.run_record import Row
from fuzzpair.model.verdict import Rung, Verdict

SHIPPED: Final = "rust-shipped"
# Endings of single inputs in a production flavour; the rung is that of the worst, and a claim may ask about any.
_OF_ENDING: Final[Mapping[str, str]] = {
    Ending.STOPPED: Rung.STOPPED,
    Ending.CRASHED: Rung.CRASHED,
    Ending.UNKNOWN: Rung.CRASHED,
    Ending.HANG: f"{Rung.OBSERVED} {Ending.HANG}",
    Ending.OUT_OF_MEMORY: f"{Rung.OBSERVED} {Ending.OUT_OF_MEMORY}",
    Ending.STACK_EXHAUSTION: f"{Rung.OBSERVED} {Ending.STACK_EXHAUSTION}",
}


class Word(StrEnum):
    """What a row says to a question; in the order in which one outweighs the others of the same mistake."""

    SUPPORT = "support"
    NOT_JUDGED = "not judged"
    AGAINST = "against"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, as far as one row answers it. None: every outcome that the other one does not name."""

    variant: str
    support: Sequence[str] | None
    against: Sequence[str] | None

    @property
    def is_of_load(self) -> bool:
        return any(name in list(UnderLoad) for name in (*(self.support or ()), *(self.against or ())))


@dataclass(frozen=True, slots=True)
class Case:
    """One mistake with all its rows."""

    mistake: str
    bug_class: str
    rows: Mapping[Variant, Row]

    def has(self, variant: str) -> bool:
        return self.row(variant) is not None

    def row(self, variant: str) -> Row | None:
        """The row that a query means; for what ships, the next variant where the compiler rejects the first."""
        if variant != SHIPPED:
            return self.rows.get(Variant(variant))
        first = self.rows.get(Variant.RUST)
        if first is not None and first.verdict is not None and first.verdict.rung is Rung.REJECTED:
            return self.rows.get(Variant.RUST_NEXT)
        return first

    def says(self, asked: Asked, flavour: Flavour) -> tuple[Word, DecidingRow]:
        row = self.row(asked.variant)
        if row is None:
            name = f"{self.mistake}/{asked.variant}"
            return Word.NOT_JUDGED, DecidingRow(row=name, flavour=flavour, outcome="there is no such row")
        verdict = _verdict(row, flavour)
        if verdict is None:
            why = row.problem or "the run gave no verdict and no reason"
            return Word.NOT_JUDGED, DecidingRow(row=row.name, flavour=flavour, outcome=f"could not be done: {why}")
        said = f"{verdict.rung} {verdict.detail}".strip() + (f" ({label})" if (label := _label(row, verdict)) else "")
        if asked.is_of_load:
            load = _load(row, flavour)
            said = load.shown if load else f"{said}; not run under load"
        return _word(asked, row, flavour, verdict), DecidingRow(row=row.name, flavour=flavour, outcome=said)


def counted(words: Sequence[Word]) -> CaseCount:
    """How many mistakes said which word."""
    return CaseCount(
        support=words.count(Word.SUPPORT),
        against=words.count(Word.AGAINST),
        not_judged=words.count(Word.NOT_JUDGED),
    )


def cases_of(rows: Iterable[Row]) -> tuple[Case, ...]:
    """The rows gathered by mistake, in their order."""
    gathered: dict[str, dict[Variant, Row]] = {}
    for row in rows:
        gathered.setdefault(row.mistake, {}).setdefault(row.variant, row)
    return tuple(Case(name, _bug_class(by.values()), by) for name, by in gathered.items())


def _bug_class(rows: Iterable[Row]) -> str:
    return next(row.bug_class for row in rows)


def _verdict(row: Row, flavour: Flavour) -> Verdict | None:
    """A verdict beside a problem is none."""
    if row.problem is not None:
        return None
    return row.hardened if flavour is Flavour.HARDENED else row.verdict


def _label(row: Row, verdict: Verdict) -> str:
    """What a compile error is about: only the first of the labels is the borrow checker's."""
    rejection = row.evidence.rejection
    return rejection.label.value if rejection is not None and verdict.rung is Rung.REJECTED else ""


def _word(asked: Asked, row: Row, flavour: Flavour, verdict: Verdict) -> Word:
    single = _of_single_inputs(row, flavour)
    named = {*(asked.support or ()), *(asked.against or ())}
    shown = outcomes(verdict.rung, _label(row, verdict) or verdict.detail)
    if asked.is_of_load:
        shown, single = _under_load(row, flavour), frozenset()
    if verdict.rung is Rung.WARNED and Rung.WARNED not in named:
        # Nobody asks about the warning, and the program runs all the same: what happens then is what is asked.
        shown = outcomes(verdict.behind_rung, verdict.behind_detail) if verdict.behind_rung else frozenset()
    if asked.against is not None and _meets(shown | single, asked.against):
        return Word.AGAINST
    if not shown:
        return Word.NOT_JUDGED
    if asked.support is None or _all_meet(shown, asked.support):
        return Word.SUPPORT
    return Word.AGAINST if asked.against is None else Word.NOT_JUDGED


def outcomes(rung: Rung, detail: str) -> frozenset[str]:
    """The outcomes that a verdict names (a rejection's detail is its label); none for "not seen", which is silence."""
    if rung is Rung.NOT_SEEN:
        return frozenset()
    if rung is Rung.REJECTED and detail in list(RejectionLabel):
        return frozenset({f"{rung} {detail}"})
    if rung is not Rung.OBSERVED:
        return frozenset({rung.value})
    # "hang, leak; stopped 2/12": several words for the worst inputs, then how many of the others ended where.
    return frozenset(f"{rung} {word}" for word in detail.partition("; ")[0].split(", "))


def _of_single_inputs(row: Row, flavour: Flavour) -> frozenset[str]:
    """What single inputs did in that build, beside the worst one, which made the rung."""
    endings = (one.endings for one in row.evidence.judgements if one.flavour is flavour)
    return frozenset(_OF_ENDING[name] for counted in endings for name, n in counted if n and name in _OF_ENDING)


def _load(row: Row, flavour: Flavour) -> Load | None:
    return next((one for one in row.evidence.loads if one.flavour is flavour), None)


def _under_load(row: Row, flavour: Flavour) -> frozenset[str]:
    """None where it was not run; a kill that the counterpart shares is the limit's, not the leak's."""
    load = _load(row, flavour)
    if load is None or load.counterpart_killed:
        return frozenset()
    return frozenset({UnderLoad.KILLED if load.killed else UnderLoad.SURVIVED})


def _is(outcome: str, named: str) -> bool:
    # "observed" is any of "observed leak"; and behind a warning counts follow, "observed leak 12/12".
    return outcome == named or outcome.startswith(f"{named} ")


def _meets(shown: Iterable[str], named: Sequence[str]) -> bool:
    return any(_is(outcome, name) for outcome in shown for name in named)


def _all_meet(shown: Iterable[str], named: Sequence[str]) -> bool:
    return all(any(_is(outcome, name) for name in named) for outcome in shown)
