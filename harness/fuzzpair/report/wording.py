"""Every word that the reporters share, in one place: cells, sentences, and what the rungs mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from fuzzpair.model.evidence import Found
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.gate import Gate, GateStatus
from fuzzpair.model.language import Variant
from fuzzpair.model.run_facts import StageCost
from fuzzpair.model.run_record import Row, RunRecord
from fuzzpair.model.tool import Tool
from fuzzpair.model.verdict import Rung, Verdict
from fuzzpair.report import clean
from fuzzpair.report.survival import Comparison, survival
from fuzzpair.report.totals import Counts, Mistake, Totals, fidelity, is_undone, problem

NONE: Final = "–"  # there is no such variant: no claim, not even "clean"
DETAIL_LIMIT: Final = 70
VARIANTS: Final[Mapping[Variant, str]] = {
    Variant.CPP: "C++",
    Variant.RUST: "Rust as written",
    Variant.RUST_NEXT: "Rust next",
    Variant.RUST_UNSAFE: "Rust unsafe",
}
COSTS: Final = ("jobs run", "reused", "failed", "wall s", "CPU s")
SHORT_TOOLS: Final[Mapping[str, str]] = {
    Tool.ADDRESS: "ASan",
    Tool.LEAK: "LSan",
    Tool.UNDEFINED: "UBSan",
    Tool.MEMORY: "MSan",
    Tool.THREAD: "TSan",
    Tool.TYPE: "TySan",
    Tool.HWADDRESS: "HWASan",
    Tool.COMPARISON: "comparison",
}
MEANINGS: Final[Mapping[Rung, str]] = {
    Rung.REJECTED: "the compiler refuses it; what is typed next is the column beside it",
    Rung.WARNED: "a diagnostic that the fixed counterpart does not have",
    Rung.STOPPED: "every triggering input (or k of n) ends at a check before the bad effect",
    Rung.CRASHED: "production dies after the effect; what it did until then is undefined",
    Rung.DETECTED: "production goes on; only a sanitizer build sees it",
    Rung.OBSERVED: "no memory fault: hang, memory, stack, leak or a wrong answer",
    Rung.NO_EFFECT: "the trigger reaches the line, and every tool agrees with the fixed counterpart",
    Rung.NOT_SEEN: "no tool saw it within the budget shown; this says nothing about what more would find",
}
GATES: Final[Mapping[GateStatus, str]] = {
    GateStatus.PASSED: "passed: every verdict is the one expected",
    GateStatus.BREACHED: "breached: verdicts differ from the baseline",
    GateStatus.ERROR: "error: this run is not a result",
    GateStatus.NO_BASELINE: "no baseline to compare with",
    GateStatus.DRIFT: "drift: verdicts differ, on another toolchain than the baseline's",
}


def cell(row: Row | None, record: RunRecord) -> tuple[str, ...]:
    """The lines of one cell of the matrix: the default production flavour, then the others."""
    if row is None:
        return (NONE,)
    if is_undone(row):
        return (clean.line(f"could not be done: {problem(row)}", DETAIL_LIMIT),)
    assert row.verdict is not None
    default = _verdict(row.verdict, row, record)
    if row.hardened is None or row.verdict.rung is Rung.REJECTED:
        return (default,)
    others = ((Flavour.HARDENED, row.hardened), *((one.flavour, one.verdict) for one in row.further))
    return (default, *(f"{flavour}: {_other(said, row, record)}" for flavour, said in others))


def _other(said: Verdict, row: Row, record: RunRecord) -> str:
    return "the same" if said == row.verdict else _verdict(said, row, record)


def _verdict(said: Verdict, row: Row, record: RunRecord) -> str:
    """One verdict in a few words, such as `detected ASan 12/12`."""
    words: list[str] = [said.rung]
    if said.rung is Rung.NOT_SEEN:
        words.append(f"in {budget(record, row)}:")
    words.append(short_tool(clean.line(said.detail, DETAIL_LIMIT)))
    if said.rung is Rung.REJECTED and row.evidence.rejection:
        words.append(f"({row.evidence.rejection.label.partition('/')[0]})")  # in full in the sentence below
    if said.n and said.rung is not Rung.NOT_SEEN and f"{said.k}/{said.n}" not in said.detail:
        words.append(f"{said.k}/{said.n}")
    return " ".join(word for word in words if word)


def short_tool(text: str) -> str:
    for long, short in SHORT_TOOLS.items():
        text = text.replace(long, short)
    return text


def budget(record: RunRecord, row: Row) -> str:
    """The executions of the campaign that gathers triggers on the row's target: what "not seen" is relative to."""
    budgets = dict(record.budgets)
    runs = budgets.get(f"trigger_runs {row.target}") or budgets.get("trigger_runs", "")  # older: one for all
    return f"{int(runs):,} executions" if runs.isascii() and runs.isdigit() else runs or "the budget below"


def triggered(mistake: Mistake) -> tuple[str, ...]:
    """Per variant that has a canary: how many distinct inputs made its predicate true."""
    lines = []
    for row in mistake.rows:
        if canary := row.evidence.canary:
            reached = "0 (reached)" if canary.reached else "0 (not reached)"
            lines.append(f"{_short(row)} {len(canary.inputs) if canary.triggered else reached}")
    return tuple(lines) or (NONE,)


def found(mistake: Mistake) -> tuple[str, ...]:
    """Per variant that was fuzzed as a user would: how soon, or the budget that was not enough."""
    fuzzed = [row for row in mistake.rows if row.evidence.found]
    return tuple(f"{_short(row)} {search(row.evidence.found)}" for row in fuzzed) or (NONE,)


def search(samples: Sequence[Found]) -> str:
    """What campaigns with one or more seeds found, censored where the budget ended first."""
    hits = [each for each in samples if each.found]
    most = max(each.budget_runs for each in samples)
    if len(samples) == 1:
        return f"{hits[0].executions:,} runs {hits[0].seconds:.1f} s" if hits else f"> {most:,} runs"
    said = survival(samples)
    assert said is not None  # there are samples
    share = f"{said.found}/{said.seeds} seeds ({said.share_low:.0%}–{said.share_high:.0%})"
    if said.median_executions is None or said.median_seconds is None:
        return f"{share} of {most:,} runs"
    return f"{share} median {said.median_executions:,.0f} runs {said.median_seconds:.1f} s"


def comparison(made: Comparison) -> str:
    """One comparison in a sentence: how often C++ is first, and how surprising that would be by chance alone."""
    other = VARIANTS[made.variant]
    return (
        f"{made.mistake}, {made.unit} until found: C++ sooner than {other} in {made.cpp_sooner:.0%} of pairs of seeds "
        f"({made.seeds_cpp} and {made.seeds_rust}), log-rank p {made.p:.2g}, corrected {made.p_corrected:.2g}"
    )


def _short(row: Row) -> str:
    return row.variant.removeprefix("rust-")


def fidelity_text(mistake: Mistake) -> str:
    said = fidelity(mistake)
    return said[0].value if said else NONE


def title(record: RunRecord) -> str:
    return f"{record.pair}: who catches each mistake, and when (profile {record.profile}, {record.backend})"


def sentence(record: RunRecord, numbers: Totals) -> str:
    """The run in one plain sentence. A list is a list: no share is given of anything else."""
    parts = [
        f"{'C++ (default flags)' if variant is Variant.CPP else VARIANTS[variant]}: {counted(counts)}"
        for variant, counts in numbers.rungs
    ]
    if numbers.rejection_labels:
        parts.append(f"rejections by reason: {counted(numbers.rejection_labels)}")
    if numbers.could_not_be_done:
        parts.append(f"{numbers.could_not_be_done} of {numbers.rows} rows could not be done")
    if not record.complete:
        parts.append("the run is incomplete")
    noun = "mistake" if numbers.mistakes == 1 else "mistakes"
    return f"Of this list of {numbers.mistakes} {noun}, {'; '.join(parts) or 'nothing was judged'}."


def counted(counts: Counts) -> str:
    return ", ".join(f"{count} {word}" for word, count in counts)


def gate(result: Gate) -> str:
    return f"Gate {GATES[result.status]} (exit code {result.exit_code})"


def occurring(record: RunRecord) -> tuple[Rung, ...]:
    """The rungs that some cell shows, in the ladder's order: only these need explaining."""
    judged = [row for row in record.rows if not is_undone(row)]
    shown = {said.rung for row in judged for said in (row.verdict, row.hardened) if said}
    return tuple(rung for rung in Rung if rung in shown)


def costs(spent: StageCost | Totals) -> tuple[str, ...]:
    """One line under the headings of COSTS."""
    jobs = (spent.jobs_run, spent.jobs_reused, spent.jobs_failed)
    return (*map(str, jobs), f"{spent.wall_s:.1f}", f"{spent.cpu_s:.1f}")


def production(flavour: Flavour) -> str:
    return f"{flavour} (production)" if flavour.is_production else f"{flavour} (judge)"


def duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"
