"""The gate: a run's verdicts against the reviewed baseline, and from both the exit code. No verdict is made from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from fuzzpair.errors import EXIT_CLEAN, EXIT_GATE, EXIT_INTERRUPTED, EXIT_NOT_DONE, ConfigError
from fuzzpair.model.gate import Difference, Gate, GateStatus
from fuzzpair.model.run_facts import Control
from fuzzpair.model.run_record import Row
from fuzzpair.model.verdict import Rung

SCHEMA = "fuzzpair/expected/1"


@dataclass(frozen=True, slots=True)
class Baseline:
    """The last reviewed verdicts: row name -> "rung" or "rung / hardened rung".

    Where behaviour is undefined and chance decides between two endings, a rung is written "detected or crashed". A
    rejection states its codes, "rejected E0382": for another reason it is another result.
    """

    fingerprint: str
    rows: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How the run went, as far as the gate asks. `selected`: only some mistakes were asked for, so a row of the
    baseline that is not here is no difference."""

    fingerprint: str
    interrupted: bool = False
    broken: str = ""
    failures: tuple[str, ...] = ()  # jobs that could not be done, each with its reason
    selected: bool = False


def read_baseline(path: Path) -> Baseline | None:
    """The baseline, or None where there is no such file.

    Raises ConfigError, with the place, when it is not a baseline.
    """
    if not path.is_file():
        return None
    try:
        content: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"{path}:1: is not YAML: {error}", next_step="restore it from git") from error
    except OSError as error:
        raise ConfigError(f"{path}:1: cannot be read: {error.strerror}") from error
    if not isinstance(content, dict) or content.get("schema") != SCHEMA or not isinstance(content.get("rows"), dict):
        raise ConfigError(f"{path}:1: is not a baseline of schema {SCHEMA}", next_step="restore it from git")
    rungs = {str(rung) for rung in Rung}
    for name, shown in content["rows"].items():
        named = {_rung_of(said) for side in _sides(shown) for said in side} if isinstance(shown, str) else {""}
        if not isinstance(name, str) or not named <= rungs:
            raise ConfigError(
                f"{path}: the row {name!r} states {shown!r}, which is no rung",
                next_step=", ".join(Rung),
            )
    return Baseline(str(content.get("fingerprint", "")), dict(content["rows"]))


def shown_rungs(row: Row) -> str:
    """A row's rungs as the baseline writes them."""
    if row.verdict is None:
        return "could not be done"
    if row.verdict.rung is Rung.REJECTED:
        return f"{row.verdict.rung} {row.verdict.detail}".rstrip()
    if row.hardened is None or row.hardened.rung is row.verdict.rung:
        return str(row.verdict.rung)
    return f"{row.verdict.rung} / {row.hardened.rung}"


def judge_run(
    rows: Sequence[Row],
    controls: Sequence[Control],
    baseline: Baseline | None,
    course: Course,
) -> Gate:
    """The gate's answer. What could not be done wins over a breach, and a breach is told all the same."""
    differences = _differences(rows, baseline, course.selected) if baseline else ()
    reasons = [f"{row.name}: {row.problem}" for row in rows if row.problem]
    reasons += [f"control failed: {control.name}: {control.detail}" for control in controls if not control.passed]
    reasons += [f"could not be done: {failure}" for failure in course.failures]
    if not rows and not course.broken and not course.interrupted:
        reasons.append("there is no mistake to run")
    if course.broken:
        reasons.insert(0, course.broken)
    if course.interrupted:
        return Gate(
            status=GateStatus.ERROR,
            exit_code=EXIT_INTERRUPTED,
            differences=differences,
            reasons=("interrupted", *reasons),
        )
    if reasons:
        return Gate(status=GateStatus.ERROR, exit_code=EXIT_NOT_DONE, differences=differences, reasons=tuple(reasons))
    if baseline is None:
        return Gate(
            status=GateStatus.NO_BASELINE,
            exit_code=EXIT_CLEAN,
            reasons=("there is no baseline to compare with",),
        )
    if not differences:
        return Gate(status=GateStatus.PASSED, exit_code=EXIT_CLEAN)
    if baseline.fingerprint != course.fingerprint:
        why = "the baseline is of another toolchain, so differences are drift, not a breach"
        return Gate(status=GateStatus.DRIFT, exit_code=EXIT_CLEAN, differences=differences, reasons=(why,))
    return Gate(status=GateStatus.BREACHED, exit_code=EXIT_GATE, differences=differences)


def _sides(shown: str) -> list[set[str]]:
    """The rungs allowed in default, and in hardened where that is stated apart."""
    return [set(side.split(" or ")) for side in shown.split(" / ")]


def _rung_of(said: str) -> str:
    """Without the codes of a rejection."""
    return str(Rung.REJECTED) if said.startswith(f"{Rung.REJECTED} ") else said


def _agrees(expected: str | None, measured: str | None) -> bool:
    if expected is None or measured is None:
        return expected == measured
    allowed, rungs = _sides(expected), _sides(measured)
    return all(
        said in allowed[min(side, len(allowed) - 1)] or _rung_of(said) in allowed[min(side, len(allowed) - 1)]
        for side in (0, 1)
        for said in rungs[min(side, len(rungs) - 1)]
    )


def _differences(rows: Sequence[Row], baseline: Baseline, selected: bool) -> tuple[Difference, ...]:
    measured = {row.name: shown_rungs(row) for row in rows}
    names = measured.keys() if selected else measured.keys() | baseline.rows.keys()
    return tuple(
        Difference(
            row=name,
            expected=baseline.rows.get(name, "no such row"),
            measured=measured.get(name, "no such row"),
        )
        for name in sorted(names)
        if not _agrees(baseline.rows.get(name), measured.get(name))
    )
