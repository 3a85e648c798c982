"""summary.md of a pair's run: for a step summary or a merge request, what fails it first, at most 1 MB."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from fuzzpair.model.crash_report import CrashReport
from fuzzpair.model.pair import PairFinding, PairRecord
from fuzzpair.report import clean, pair_text
from fuzzpair.report.clean import markdown as safe
from fuzzpair.report.markdown import bullets, fitting, table
from fuzzpair.report.stored import NOTHING_STORED, Stored

file_name: Final = "summary.md"
FRAMES: Final = 12
DETAILED: Final = 20  # findings that are shown with stack and command


def render(record: PairRecord, _: Stored = NOTHING_STORED, /) -> str:
    record = clean.cleaned(record)
    mark = "✅" if not record.exit_code else "❌"
    lines = [f"# fuzzpair: {safe(record.pair)}", "", f"{mark} **{safe(pair_text.sentence(record))}**", ""]
    for section in (_to_look_at, _findings, _details, _campaigns, _corpora, _about):
        lines += section(record)
    return fitting(lines)


def _to_look_at(record: PairRecord) -> Iterable[str]:
    return bullets(pair_text.to_look_at(record))


def _findings(record: PairRecord) -> Iterable[str]:
    if not record.findings:
        return []
    rows = map(_row, pair_text.worst_first(record.findings))
    return ["## Findings", "", *table(pair_text.FINDING_HEADINGS, rows)]


def _row(one: PairFinding) -> Sequence[str]:
    cwe = f" (CWE-{one.cwe})" if one.cwe is not None else ""
    return (
        f"{one.severity} {one.score:.1f}{cwe}",
        pair_text.title(one),
        pair_text.place(one),
        pair_text.standing(one),
        "; ".join(pair_text.twins(one)),
        pair_text.replays(one),
    )


def _details(record: PairRecord) -> Iterable[str]:
    """Of what is new: the stack, and the command that shows it again."""
    for one in [each for each in pair_text.worst_first(record.findings) if pair_text.is_news(each)][:DETAILED]:
        yield f"### {safe(pair_text.title(one))}"
        yield ""
        yield from bullets([f"{one.key} in {pair_text.place(one)}: {one.why}", *pair_text.twins(one)])
        if pair_text.command(one):
            yield clean.fenced(pair_text.command(one), "sh")
            yield ""
        if one.report is not None and one.report.stack:
            yield clean.fenced("\n".join(_stack(one.report)))
            yield ""


def _stack(report: CrashReport) -> Iterable[str]:
    """Frame by frame, not the log's own lines: one of those can look like a command to whatever shows this."""
    for number, frame in enumerate(report.stack[:FRAMES]):
        yield clean.line(pair_text.frame(number, frame), 300)


def _campaigns(record: PairRecord) -> Iterable[str]:
    rows = map(pair_text.campaign_cells, record.campaigns)
    return ["## Campaigns", "", *table(pair_text.CAMPAIGN_HEADINGS, rows)] if record.campaigns else []


def _corpora(record: PairRecord) -> Iterable[str]:
    return (
        ["## Corpora", "", *table(pair_text.CORPUS_HEADINGS, pair_text.corpus_rows(record))] if record.corpora else []
    )


def _about(record: PairRecord) -> Iterable[str]:
    chain = record.toolchain
    versions = ", ".join(f"{name} {version}" for name, version in chain.versions)
    facts = {
        "run": f"{record.run_id}, started {record.started}, fuzzpair {record.version}, {record.backend}",
        "budgets": ", ".join(f"{name} {value}" for name, value in record.budgets),
        "toolchain": f"{chain.fingerprint} ({chain.triple}): {versions}",
    }
    return ["## What was used", "", *bullets(f"{name}: {value}" for name, value in facts.items())]
