"""What `fuzzpair agree` said of the twins of a run: of the comparisons in the state folder, the last of each kind."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from fuzzpair.model.agreement import AgreementRecord
from fuzzpair.model.run_record import RunRecord
from fuzzpair.model.standing import Standing
from fuzzpair.report.agreement import sentence
from fuzzpair.report.stored import Stored

FOLDER: Final = "agreements"  # among the reports of a run: <run id>/agreement.html and the others
HEADINGS: Final = ("compared", "when", "engines", "executions", "what it came to", "exit code")


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """One comparison, in brief."""

    run_id: str
    started: str  # RFC 3339, UTC
    compared: str  # the unpatched twins, or mistakes
    engines: tuple[str, ...]
    executions: int
    disagreements: int  # distinct ones
    accepted: int  # of these, by the known issues
    sentence: str
    exit_code: int
    report: str  # its page, as a path beside run.json


def comparisons_of(record: RunRecord, stored: Stored) -> tuple[AgreementRecord, ...]:
    """The last comparison of the very same twins, and the last in which mistakes were planted in them."""
    same = [
        one
        for one in stored.agreements or ()
        if one.twins and (one.pair, one.twins) == (record.pair, record.twins) and one.rows
    ]
    last = {bool(one.rows[-1].mistake): one for one in sorted(same, key=lambda each: (each.started, each.run_id))}
    return tuple(last[is_planted] for is_planted in (False, True) if is_planted in last)


def agreed(record: RunRecord, stored: Stored) -> tuple[Agreed, ...] | None:
    """In brief; None where nobody looked for comparisons, or the record does not say which twins it ran on."""
    if stored.agreements is None or not record.twins:
        return None
    return tuple(map(_brief, comparisons_of(record, stored)))


def _brief(record: AgreementRecord) -> Agreed:
    found = {(one.target, one.key): one for row in record.rows for one in row.disagreements}
    return Agreed(
        run_id=record.run_id,
        started=record.started,
        compared="mistakes" if record.rows[-1].mistake else "the unpatched twins",
        engines=tuple(dict.fromkeys(row.engine for row in record.rows)),
        executions=sum(one.executions for row in record.rows for one in row.campaigns),
        disagreements=sum(one.what.is_disagreement for one in found.values()),
        accepted=sum(one.standing is Standing.ACCEPTED for one in found.values()),
        sentence=sentence(record),
        exit_code=record.exit_code,
        report=f"{FOLDER}/{record.run_id}/agreement.html",
    )


def cells(one: Agreed) -> tuple[str, ...]:
    return (
        one.compared,
        one.started,
        ", ".join(one.engines),
        f"{one.executions:,}",
        one.sentence,
        str(one.exit_code),
    )


def silence(found: Iterable[Agreed] | None) -> str:
    """Why there is nothing to show; empty where there is something."""
    if found is None:
        return "Whether the twins agree was not looked up here: `./fuzzpair report` does, for a run of this version."
    return "" if tuple(found) else "Not run for these twins: `./fuzzpair agree` compares them."
