"""A cited list of weaknesses with weights: how much of it each variant avoids. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from fuzzpair.claims_file import Entry, Weighed
from fuzzpair.model.claim_answer import CaseCount, DecidingRow, WeighedAnswer, WeighedShare
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Variant
from fuzzpair.model.verdict import Rung
from fuzzpair.outcomes import SHIPPED, Asked, Case, Word, counted

# Worst and best are taken over what may run. As written it is shown beside them: nobody ships what is rejected.
RUNS: Final = (SHIPPED, Variant.RUST_UNSAFE.value)
AS_WRITTEN: Final = Variant.RUST.value
BOTH: Final = (Flavour.DEFAULT, Flavour.HARDENED)
HARDENED_CPP: Final = "cpp hardened"


@dataclass(frozen=True, slots=True, kw_only=True)
class WeighedRows:
    """The shares, and the rows behind them."""

    answer: WeighedAnswer
    rust: CaseCount
    hardened_cpp: CaseCount
    support: tuple[DecidingRow, ...]
    against: tuple[DecidingRow, ...]
    not_judged: tuple[DecidingRow, ...]


def weigh(weighed: Weighed, cases: Sequence[Case]) -> WeighedRows:
    """Add the weights up. Only entries that are classes of the matrix count, and within these the worst row decides."""
    entries = [entry for entry in weighed.entries if entry.classes]
    part = sum(entry.weight for entry in entries)
    shares = [_share(weighed, entries, cases, variant, BOTH) for variant in RUNS]
    written = _share(weighed, entries, cases, AS_WRITTEN, BOTH)
    hardened = _share(weighed, entries, cases, Variant.CPP.value, (Flavour.HARDENED,))
    rows = [one for entry in entries for variant in RUNS for one in _rows(weighed, entry, cases, variant, BOTH)]
    cpp = [one for entry in entries for one in _rows(weighed, entry, cases, Variant.CPP.value, (Flavour.HARDENED,))]
    return WeighedRows(
        answer=WeighedAnswer(
            title=weighed.title,
            source=weighed.source,
            whole=sum(entry.weight for entry in weighed.entries),
            part=part,
            worst=min(share.avoided for share in shares),
            best=max(share.avoided for share in shares),
            best_if_all_measured_well=max(share.avoided + share.not_measured for share in shares),
            shares=(written, *shares, hardened),
        ),
        rust=_counted(rows),
        hardened_cpp=_counted(cpp),
        support=_of(rows, Word.SUPPORT),
        against=_of(rows, Word.AGAINST),
        not_judged=_of(rows, Word.NOT_JUDGED),
    )


_Said = tuple[str, Word, DecidingRow]


def _rows(
    weighed: Weighed, entry: Entry, cases: Sequence[Case], variant: str, flavours: Sequence[Flavour]
) -> list[_Said]:
    """What each row of an entry says of being avoided, in the flavour in which it is worst."""
    asked = Asked(variant, weighed.avoided, None)
    found: list[_Said] = []
    for case in cases:
        if case.bug_class in entry.classes and case.has(variant):
            said = [case.says(asked, flavour) for flavour in flavours]
            word, row = max(said, key=lambda one: list(Word).index(one[0]))
            found.append((case.mistake, word, row))
    return found


def _share(
    weighed: Weighed, entries: Iterable[Entry], cases: Sequence[Case], variant: str, flavours: Sequence[Flavour]
) -> WeighedShare:
    part = sum(entry.weight for entry in entries)
    fields = dict.fromkeys(("rejected", "stopped", "otherwise_avoided", "not_prevented", "not_measured"), 0.0)
    for entry in entries:
        fields[_field(_rows(weighed, entry, cases, variant, flavours))] += entry.weight / part
    return WeighedShare(variant=variant if len(flavours) > 1 else HARDENED_CPP, **fields)


def _field(said: Sequence[_Said]) -> str:
    """Where an entry's whole weight falls: its worst row decides, and one not judged leaves it not measured."""
    words = {word for _, word, _ in said}
    if Word.AGAINST in words:
        return "not_prevented"
    if Word.NOT_JUDGED in words or not said:
        return "not_measured"
    rungs = {row.outcome.partition(" ")[0] for _, _, row in said}
    if rungs == {Rung.REJECTED.value}:
        return "rejected"
    return "stopped" if rungs <= {Rung.REJECTED.value, Rung.STOPPED.value} else "otherwise_avoided"


def _counted(said: Iterable[_Said]) -> CaseCount:
    """Mistakes, not rows: the worst of a mistake's rows is what it says."""
    worst: dict[str, Word] = {}
    for mistake, word, _ in said:
        worst[mistake] = max(worst.get(mistake, word), word, key=list(Word).index)
    return counted(list(worst.values()))


def _of(said: Iterable[_Said], wanted: Word) -> tuple[DecidingRow, ...]:
    return tuple(dict.fromkeys(row for _, word, row in said if word is wanted))
