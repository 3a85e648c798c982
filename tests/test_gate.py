"""The gate: every status with its exit code, and what wins over what."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fuzzpair.errors import ConfigError
from fuzzpair.gate import Baseline, Course, judge_run, read_baseline, shown_rungs
from fuzzpair.model.gate import Difference, Gate, GateStatus
from fuzzpair.model.language import Language, Variant
from fuzzpair.model.run_facts import Control
from fuzzpair.model.run_record import Row
from fuzzpair.model.verdict import Rung, Verdict
from fuzzpair.rows.assembly import Assembly

BASELINE = Baseline("f00d", {"use-after-free/cpp": "detected / stopped", "use-after-free/rust": "rejected"})
COURSE = Course(fingerprint="f00d")
GOOD = Control(name="known-bad cpp address", passed=True, detail="")
BAD = replace(GOOD, passed=False, detail="NOT reported")


def row(variant: Variant, rung: Rung | None, hardened: Rung | None = None, problem: str | None = None) -> Row:
    made = Assembly.unreadable("use-after-free", "")
    return replace(
        made,
        variant=variant,
        born_in=Language.CPP,
        verdict=Verdict(rung=rung, detail="") if rung else None,
        hardened=Verdict(rung=hardened or rung, detail="") if rung else None,
        problem=problem,
    )


CPP = row(Variant.CPP, Rung.DETECTED, Rung.STOPPED)
RUST = row(Variant.RUST, Rung.REJECTED)
WORSE = row(Variant.CPP, Rung.NOT_SEEN)
UNDONE = row(Variant.CPP, None, problem="the patch does not apply")


def judged(
    *rows: Row, controls: tuple[Control, ...] = (GOOD,), baseline: Baseline | None = BASELINE, **course: Any
) -> Gate:
    return judge_run(rows, controls, baseline, replace(COURSE, **course))


def test_the_same_verdicts_pass() -> None:
    assert judged(CPP, RUST) == Gate(status=GateStatus.PASSED, exit_code=0)


def test_another_verdict_breaches_the_gate() -> None:
    gate = judged(WORSE, RUST)
    assert (gate.status, gate.exit_code) == (GateStatus.BREACHED, 1)
    assert gate.differences == (
        Difference(row="use-after-free/cpp", expected="detected / stopped", measured="not seen"),
    )


def test_the_hardened_flavour_is_compared_too() -> None:
    assert judged(row(Variant.CPP, Rung.DETECTED, Rung.CRASHED), RUST).exit_code == 1
    # Better than expected is a change as well: it is reviewed, not waved through.
    assert judged(row(Variant.CPP, Rung.STOPPED), RUST).exit_code == 1


def test_where_chance_decides_between_two_rungs_both_agree_and_no_third() -> None:
    either = Baseline("f00d", {"use-after-free/cpp": "detected or crashed", "use-after-free/rust": "rejected"})
    for default, hardened in ((Rung.DETECTED, None), (Rung.CRASHED, Rung.DETECTED), (Rung.CRASHED, None)):
        assert judged(row(Variant.CPP, default, hardened), RUST, baseline=either).status is GateStatus.PASSED
    assert judged(row(Variant.CPP, Rung.NOT_SEEN), RUST, baseline=either).exit_code == 1
    assert judged(row(Variant.CPP, Rung.DETECTED, Rung.STOPPED), RUST, baseline=either).exit_code == 1
    apart = Baseline("f00d", {"use-after-free/cpp": "detected or crashed / stopped", "use-after-free/rust": "rejected"})
    assert judged(row(Variant.CPP, Rung.CRASHED, Rung.STOPPED), RUST, baseline=apart).status is GateStatus.PASSED
    assert judged(row(Variant.CPP, Rung.CRASHED), RUST, baseline=apart).exit_code == 1


def test_a_rejection_for_another_reason_is_another_verdict() -> None:
    for_moves = Baseline("f00d", {"use-after-free/cpp": "detected / stopped", "use-after-free/rust": "rejected E0382"})
    rejected = Verdict(rung=Rung.REJECTED, detail="E0382")
    moved = replace(RUST, verdict=rejected, hardened=rejected)
    assert judged(CPP, moved, baseline=for_moves).status is GateStatus.PASSED
    assert judged(CPP, moved).status is GateStatus.PASSED, "a baseline without codes takes any"
    borrowed = replace(moved, verdict=replace(rejected, detail="E0382, E0499"))
    assert [one.measured for one in judged(CPP, borrowed, baseline=for_moves).differences] == ["rejected E0382, E0499"]
    assert judged(CPP, row(Variant.RUST, Rung.STOPPED), baseline=for_moves).exit_code == 1


def test_a_row_that_is_gone_or_new_is_a_difference() -> None:
    new = row(Variant.RUST_UNSAFE, Rung.CRASHED)
    assert [(one.row, one.expected, one.measured) for one in judged(CPP, new).differences] == [
        ("use-after-free/rust", "rejected", "no such row"),
        ("use-after-free/rust-unsafe", "no such row", "crashed"),
    ]


def test_where_only_some_mistakes_were_asked_for_the_others_are_not_missed() -> None:
    assert judged(CPP, selected=True).status is GateStatus.PASSED
    assert judged(WORSE, selected=True).status is GateStatus.BREACHED


def test_without_a_baseline_nothing_is_breached_and_it_is_said() -> None:
    gate = judged(WORSE, baseline=None)
    assert (gate.status, gate.exit_code, gate.reasons) == (
        GateStatus.NO_BASELINE,
        0,
        ("there is no baseline to compare with",),
    )


def test_another_toolchain_drifts() -> None:
    gate = judged(WORSE, RUST, fingerprint="cafe")
    assert (gate.status, gate.exit_code, len(gate.differences)) == (GateStatus.DRIFT, 0, 1)
    assert judged(CPP, RUST, fingerprint="cafe").status is GateStatus.PASSED


@pytest.mark.parametrize(
    ("rows", "changes", "reason"),
    [
        ((UNDONE, RUST), {}, "use-after-free/cpp: the patch does not apply"),
        ((CPP, RUST), {"controls": (GOOD, BAD)}, "control failed: known-bad cpp address: NOT reported"),
        ((CPP, RUST), {"failures": ("a job: why",)}, "could not be done: a job: why"),
        ((CPP, RUST), {"broken": "no engine answers"}, "no engine answers"),
        ((), {}, "there is no mistake to run"),
    ],
)
@pytest.mark.parametrize("more", [{}, {"baseline": None}, {"fingerprint": "cafe"}])
def test_what_could_not_be_done_is_3_with_its_reason(
    rows: tuple[Row, ...], changes: dict[str, Any], reason: str, more: dict[str, Any]
) -> None:
    gate = judged(*rows, **{**changes, **more})
    assert (gate.status, gate.exit_code) == (GateStatus.ERROR, 3)
    assert reason in gate.reasons


def test_3_wins_over_1_and_the_breach_is_told_all_the_same() -> None:
    gate = judged(WORSE, RUST, controls=(BAD,))
    assert gate.exit_code == 3
    assert [one.measured for one in gate.differences] == ["not seen"]
    assert [one.measured for one in judged(UNDONE, RUST).differences] == ["could not be done"]


def test_an_interrupted_run_is_130_whatever_else() -> None:
    gate = judged(WORSE, UNDONE, controls=(BAD,), interrupted=True, broken="gone", failures=("a job: why",))
    assert (gate.status, gate.exit_code, gate.reasons[0]) == (GateStatus.ERROR, 130, "interrupted")
    assert len(gate.reasons) == 5


@pytest.mark.parametrize("course", [{"interrupted": True}, {"broken": "no engine answers"}])
def test_a_run_that_ended_before_its_first_row_did_not_lack_mistakes(course: dict[str, Any]) -> None:
    assert "there is no mistake to run" not in judged(**course).reasons


def test_rungs_as_the_baseline_writes_them() -> None:
    assert [shown_rungs(one) for one in (CPP, RUST, WORSE, UNDONE)] == [
        "detected / stopped",
        "rejected",
        "not seen",
        "could not be done",
    ]


# --- the file --------------------------------------------------------------------------------------

FILE = """\
schema: fuzzpair/expected/1
fingerprint: f00d
rows:
  use-after-free/cpp: detected / stopped
  use-after-free/rust: rejected
"""


def test_a_baseline_is_read(tmp_path: Path) -> None:
    path = tmp_path / "expected.yml"
    assert read_baseline(path) is None
    path.write_text(FILE)
    assert read_baseline(path) == BASELINE


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is not a baseline of schema"),
        (b"[]", "is not a baseline of schema"),
        (FILE.replace("/1", "/2").encode(), "is not a baseline of schema fuzzpair/expected/1"),
        (FILE.partition("rows")[0].encode(), "is not a baseline of schema"),
        (FILE.replace("rejected", "refused").encode(), "'refused', which is no rung"),
        (FILE.replace("rejected", "").encode(), "None, which is no rung"),
        (FILE.replace("detected / stopped", "detected/stopped").encode(), "which is no rung"),
        (FILE.replace("use-after-free/rust", "1").encode(), "the row 1 states"),
        (b"rows: [", "is not YAML"),
        (b"rows: \xff", "is not YAML"),
        (b"[" * 700 + b"]" * 700, "is not YAML"),  # well-formed, and deeper than a parser can recurse
        (FILE.encode() + b"hook: !!python/object/apply:os.getcwd []\n", "is not YAML"),
    ],
)
def test_what_is_no_baseline_is_a_configuration_error(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "expected.yml"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        read_baseline(path)
    assert said in caught.value.message
    assert str(path) in caught.value.message
    assert caught.value.next_step
