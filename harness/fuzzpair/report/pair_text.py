"""A pair's run in words: the same ones in every report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from fuzzpair.model.crash_report import Frame
from fuzzpair.model.language import Language
from fuzzpair.model.pair import OnTwin, OpenCampaign, PairFinding, PairRecord, TwinReply
from fuzzpair.pair_judging import OPEN, WORST_FIRST, fails, why_not

SIDES: Final = {Language.CPP: "C/C++", Language.RUST: "Rust"}
_ON_TWIN: Final = {
    OnTwin.SAME_CRASH: "crashes in the same way",
    OnTwin.OTHER_CRASH: "crashes in another way",
    OnTwin.PANIC: "panics",
    OnTwin.REFUSED: "refuses it with a clean error",
    OnTwin.ACCEPTED: "accepts it",
    OnTwin.CLEAN: "does not crash",
    OnTwin.HANG: "hangs",
    OnTwin.OUT_OF_MEMORY: "runs out of memory",
    OnTwin.NOT_RUN: "was not run",
}


def sentence(record: PairRecord) -> str:
    """The whole run in one sentence: a job that was not done is said before everything else."""
    found = Counter(one.standing for one in record.findings)
    counted = ", ".join(f"{count} {standing}" for standing, count in found.items()) or "no finding"
    executions = sum(one.executions for one in record.campaigns)
    seconds = sum(one.seconds for one in record.campaigns)
    if not record.complete:
        return f"{record.verb} of {record.pair}: incomplete; until then {counted}"
    done = f"{executions:,} executions in {seconds:,.0f} s of fuzzing"
    return f"{record.verb} of {record.pair}: {counted}; {done}; exit code {record.exit_code}"


def is_news(finding: PairFinding) -> bool:
    return finding.standing in OPEN


def title(finding: PairFinding) -> str:
    """`heap-buffer-overflow-read in copy_extra (inflate.c)`"""
    what = ", ".join(finding.bug_classes) or "unknown class"
    return f"{what}: {'; '.join(finding.lines[1:] or finding.lines)}"


def place(finding: PairFinding) -> str:
    return f"{finding.target}, {SIDES[finding.language]}, {', '.join(finding.flavours)}"


def standing(finding: PairFinding) -> str:
    """`new`, and why it fails nothing where it does not; what an entry of known-issues.yml says."""
    parts = [str(finding.standing)]
    if why_not(finding):
        parts.append(f"fails nothing: {why_not(finding)}")
    if finding.owner:
        parts.append(f"{finding.owner}, until {finding.expires}")
    return "; ".join(parts)


def replays(finding: PairFinding) -> str:
    """How the first input shows it; a smaller one too."""
    if not finding.inputs:
        return "no input is left"
    first = finding.inputs[0]
    text = f"{first.name}, {first.octets:,} octets, {first.k} of {first.n} replays"
    if first.smaller is not None:
        smaller = first.smaller
        text += f"; minimised to {smaller.octets:,} octets, {smaller.k} of {smaller.n}"
    more = len(finding.inputs) - 1
    return f"{text}; {more} more inputs" if more else text


def command(finding: PairFinding) -> str:
    return finding.inputs[0].command if finding.inputs else ""


def twin(reply: TwinReply) -> str:
    """What the other side does with the same input: `Rust (address): refuses it with a clean error`."""
    said = f": {reply.report.tool}: {reply.report.kind}" if reply.report is not None else ""
    why = f": {reply.why}" if reply.why else ""
    return f"{SIDES[reply.language]} ({reply.flavour}) {_ON_TWIN[reply.outcome]}{said}{why}"


def on_other_side(finding: PairFinding) -> OnTwin:
    """The worst that the other side does with the finding's inputs, over its flavours."""
    return min((one.outcome for one in finding.twin), key=WORST_FIRST.index, default=OnTwin.NOT_RUN)


def across(record: PairRecord) -> str:
    """What the other side does, counted by findings; empty where there are none."""
    counts = Counter(map(on_other_side, record.findings))
    if not counts:
        return ""
    counted = ", ".join(f"{counts[outcome]} {outcome}" for outcome in WORST_FIRST if counts[outcome])
    return f"The same inputs on the other side, by finding: {counted}"


def frame(number: int, one: Frame) -> str:
    """One frame of a stack as a line."""
    place = f" {one.file}:{one.line or '?'}" if one.file else f" {one.module or ''}"
    return f"#{number} {one.function or 'unknown'}{place}".rstrip()


def severity(finding: PairFinding) -> str:
    """`high 8.1 CWE-125`"""
    return f"{finding.severity} {finding.score:.1f}" + (f" CWE-{finding.cwe}" if finding.cwe is not None else "")


def twins(finding: PairFinding) -> tuple[str, ...]:
    return tuple(map(twin, finding.twin)) or ("nothing was tried on the other side",)


def fair(record: PairRecord) -> Iterator[str]:
    """What may not be read into the numbers."""
    panics = sum(1 for one in record.findings if one.report is not None and one.report.tool == "rust panic")
    if panics:
        yield f"{panics} findings of the Rust side are panics: they corrupt no memory, and still end the process."
    if any(reply.outcome in (OnTwin.CLEAN, OnTwin.REFUSED) for one in record.findings for reply in one.twin):
        yield "That one side does not crash on an input says nothing of what it would crash on."


def campaign_cells(one: OpenCampaign) -> tuple[str, ...]:
    return (
        f"{one.target}/{one.language} {one.flavour}",
        f"{one.seconds:,.0f} s",
        f"{one.executions:,}",
        f"{one.executions_per_s:,.0f}",
        f"{one.edges:,}",
        f"{one.new_units:,}",
        f"{len(one.crashes):,}",
        one.problem or "–",
    )


CAMPAIGN_HEADINGS: Final = ("campaign", "time", "executions", "a second", "edges", "new units", "crashes", "problem")
FINDING_HEADINGS: Final = ("severity", "finding", "where", "standing", "the same input on the other side", "replays")
CORPUS_HEADINGS: Final = ("corpus", "units before", "after", "added", "pruned", "octets", "generation")


def corpus_rows(record: PairRecord) -> Iterator[tuple[str, ...]]:
    for one in record.corpora:
        numbers = (one.before, one.after, one.added, one.pruned, one.octets, one.generation)
        yield (one.target, *(f"{number:,}" for number in numbers))


def to_look_at(record: PairRecord) -> Iterator[str]:
    """What is neither a finding nor a number."""
    yield from record.reasons
    yield from (f"known issue, {entry}: {what}" for entry, what in record.known_issues)
    yield from record.notes
    yield from (f"{one.target}/{one.language}: {note}" for one in record.campaigns for note in one.notes)
    yield from fair(record)


def worst_first(findings: Iterable[PairFinding]) -> list[PairFinding]:
    """What fails the run, then what else is new, then the rest, each by severity."""
    return sorted(findings, key=lambda one: (not fails(one), not is_news(one), -one.score, one.target, one.key))
