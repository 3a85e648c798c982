"""`fuzzpair explain <mistake>`: all the evidence of one line of the matrix, and how to see it again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from textwrap import indent
from typing import Final

from rich.console import Console, RenderableType
from rich.rule import Rule
from rich.syntax import Syntax
from rich.text import Text

from fuzzpair.errors import FuzzpairError, UsageError
from fuzzpair.model.evidence import Judgement
from fuzzpair.model.run_record import Row, RunRecord
from fuzzpair.report import clean, wording
from fuzzpair.report.stored import ReadBlob
from fuzzpair.report.totals import difference, is_undone, mistakes, problem

_EXCERPT: Final = clean.Cap(lines=40, width=300)
_INPUT_ROWS: Final = 16
_ROW_OCTETS: Final = 16


@dataclass(frozen=True, slots=True)
class _Shown:
    """Where and from what an explanation is made."""

    record: RunRecord
    read_blob: ReadBlob
    is_terminal: bool


def render_explanation(record: RunRecord, mistake: str, read_blob: ReadBlob, console: Console) -> None:
    """Print the evidence for one mistake, variant by variant. `read_blob` gives a blob by its sha256."""
    record = clean.cleaned(record)
    known = {each.name: each for each in mistakes(record)}
    if mistake not in known:
        raise _unknown(mistake, known)
    shown = _Shown(record, read_blob, console.is_terminal)
    wanted = known[mistake]
    console.print(Text(f"{wanted.name}: {wanted.title} (CWE-{wanted.cwe}, {wanted.bug_class})", style="bold"))
    for row in wanted.rows:
        console.print(Rule(Text(wording.VARIANTS[row.variant]), align="left"))
        for part in (_verdict, _patches, _compiler, _canary, _judgements, _found, _loads, _keys):
            for each in part(row, shown):
                # soft_wrap: a command that is wrapped or cropped at the width cannot be pasted back.
                console.print(each, soft_wrap=True)


def _unknown(mistake: str, known: Iterable[str]) -> UsageError:
    near = get_close_matches(mistake, known, n=1)
    return UsageError(
        f"this run has no mistake called {clean.line(mistake, 80)!r}",
        next_step=f"perhaps you meant {near[0]}" if near else f"it has: {', '.join(known)}",
    )


def _verdict(row: Row, shown: _Shown) -> Iterable[RenderableType]:
    if is_undone(row):
        yield Text(f"could not be done: {problem(row)}", style="bold magenta")
    else:
        default, *hardened = wording.cell(row, shown.record)
        yield Text(f"verdict: default: {default}", style="bold")
        yield from (Text(each, style="bold") for each in hardened)
    imitates = f", imitates {row.imitates}" if row.imitates else ""
    yield Text(f"born in {row.born_in}{imitates}; patch {row.patch_digest}")
    if differs := difference(shown.record, row):
        yield Text(f"gate: expected {differs.expected}, measured {differs.measured}", style="red")
    if row.evidence.fidelity:
        yield Text(f"fidelity: {row.evidence.fidelity}: {row.evidence.fidelity_why}")


def _patches(row: Row, shown: _Shown) -> Iterable[RenderableType]:
    if row.evidence.patch:
        yield Text("the mistake:")
        yield _diff(row.evidence.patch, shown)
    if row.evidence.fixed_patch:
        yield Text("its fixed counterpart, the same edit without the slip:")
        yield _diff(row.evidence.fixed_patch, shown)
    else:
        yield Text("its fixed counterpart is the unpatched twin")


def _compiler(row: Row, _: _Shown) -> Iterable[RenderableType]:
    rejection = row.evidence.rejection
    if rejection:
        yield Text(f"the compiler refuses it ({rejection.label}): {', '.join(rejection.codes)}")
        yield from (_indented(each.rendered or each.message) for each in rejection.diagnostics)
    for each in row.evidence.warnings:
        yield Text(f"{each.tool} warns ({each.code or each.level}):")
        yield _indented(each.rendered or each.message)
    for check in row.evidence.crashed_checks:
        yield Text(f"the analyzer itself crashed in {check}, which was left out: what it says is not known")
    if row.evidence.compiler_command:
        yield from _command("to see it again", row.evidence.compiler_command)


def _canary(row: Row, _: _Shown) -> Iterable[RenderableType]:
    if canary := row.evidence.canary:
        counts = f"reached {canary.reached:,}, triggered {canary.triggered:,}"
        yield Text(f"canary: {counts}; {len(canary.inputs)} distinct triggering inputs")


def _judgements(row: Row, shown: _Shown) -> Iterable[RenderableType]:
    for judgement in row.evidence.judgements:
        yield Text(wording.production(judgement.flavour), style="bold")
        yield Text(f"  {_judged(judgement)}")
        if judgement.tool == "not run":
            continue
        wrong = f"output differs from the counterpart's on {judgement.wrong_output}/{judgement.n}"
        yield Text(f"  endings: {_counts(judgement.endings) or 'none'}; {wrong}")
        if not judgement.counterpart_clean:
            yield Text("  the fixed counterpart is not clean on these inputs", style="bold red")
        yield from _log(judgement, shown)
        yield from _input(judgement, shown)
        if judgement.reproduce:
            yield from _command("  to see it again", judgement.reproduce)


def _judged(judgement: Judgement) -> str:
    kinds = _counts(judgement.kinds)
    if judgement.tool == "not run":
        return f"not run: {', '.join(kind for kind, _ in judgement.kinds) or 'no reason given'}"
    where = "through the patched function" if judgement.touches_patch else "no stack through the patched function"
    return f"caught by {judgement.tool}: {judgement.k}/{judgement.n}; {kinds or 'no report'}; {where}"


def _log(judgement: Judgement, shown: _Shown) -> Iterable[RenderableType]:
    if judgement.excerpt:
        yield _indented(judgement.excerpt)
    elif judgement.example_log:
        yield _indented(_blob(judgement.example_log, shown, lambda octets: octets.decode("utf-8", "replace")))


def _input(judgement: Judgement, shown: _Shown) -> Iterable[RenderableType]:
    if judgement.example_input:
        yield Text(f"  example input {judgement.example_input}")
        yield _indented(_blob(judgement.example_input, shown, _hex))


def _found(row: Row, _: _Shown) -> Iterable[RenderableType]:
    if not row.evidence.found:
        return
    yield Text(f"fuzzed as a user would: {wording.search(row.evidence.found)}")
    for each in row.evidence.found:
        what = f"{each.kind} after" if each.found else "not found in"
        yield Text(f"  seed {each.seed}: {what} {each.executions:,} executions, {each.seconds:.1f} s")


def _loads(row: Row, _: _Shown) -> Iterable[RenderableType]:
    for each in row.evidence.loads:
        fixed = "killed as well" if each.counterpart_killed else "not killed"
        yield Text(f"under load, {each.flavour}: {each.shown}; its counterpart {fixed} in {each.counterpart_parses:,}")


def _keys(row: Row, _: _Shown) -> Iterable[RenderableType]:
    if row.evidence.job_keys:
        yield Text("made by the jobs " + " ".join(row.evidence.job_keys), style="dim")


def _blob(digest: str, shown: _Shown, as_text: Callable[[bytes], str]) -> str:
    try:
        return as_text(shown.read_blob(digest))
    except (FuzzpairError, OSError, KeyError) as error:
        # The record is what was judged; a blob that was pruned since must not hide it.
        return f"(blob {digest} cannot be read: {error})"


def _hex(octets: bytes) -> str:
    rows = [octets[start : start + _ROW_OCTETS] for start in range(0, len(octets), _ROW_OCTETS)]
    lines = [f"{len(octets)} octets"]
    for number, row in enumerate(rows[:_INPUT_ROWS]):
        text = "".join(chr(octet) if 0x20 <= octet < 0x7F else "." for octet in row)
        lines.append(f"{number * _ROW_OCTETS:04x}  {row.hex(' '):<{3 * _ROW_OCTETS}} {text}")
    return "\n".join([*lines, "…"] if len(rows) > _INPUT_ROWS else lines)


def _counts(pairs: Sequence[tuple[str, int]]) -> str:
    return ", ".join(f"{count} {name}" for name, count in pairs)


def _diff(text: str, shown: _Shown) -> RenderableType:
    if not shown.is_terminal:  # Syntax pads each line to the full width, which a log should not keep
        return _indented(text)
    return Syntax(text, "diff", theme="ansi_dark", background_color="default")


def _indented(text: str) -> RenderableType:
    return Text(indent(clean.block(text.rstrip("\n"), _EXCERPT), "    "))


def _command(title: str, command: str) -> Iterable[RenderableType]:
    yield Text(f"{title}:")
    yield Text(f"    {command}", style="bold")
