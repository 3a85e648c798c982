"""The whole experiment on a made-up pair: what runs, what is reused, what fails, and what is kept then."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fuzzpair.backends.fake import TOOLCHAIN
from fuzzpair.errors import ConfigError, FuzzpairError, UsageError
from fuzzpair.model.claim_answer import Reply
from fuzzpair.model.gate import GateStatus
from fuzzpair.model.run_facts import StageCost
from fuzzpair.model.run_record import RunRecord
from fuzzpair.pipeline import SCHEMA, STAGES
from fuzzpair.progress import Silent
from fuzzpair.report.json_report import SCHEMA as WRITTEN
from tiny_pair import CLAIMS, TinyPair, Tools, Undisturbed, cpp_patch, rows_of, rust_patch

CLEAN = {
    "stale/cpp": "detected",
    "stale/rust": "rejected",
    "stale/rust-next": "stopped",
    "stale/rust-unsafe": "detected",
    "wrong/cpp": "observed",
    "wrong/rust": "stopped",
}


class Heard(Silent):
    """Keeps what ran, and presses Ctrl-C after some jobs."""

    def __init__(self, interrupt_after: int = -1) -> None:
        self.labels: list[str] = []
        self.failed: list[str] = []
        self.messages: list[str] = []
        self._interrupt_after = interrupt_after

    def job_done(self, name: str, label: str, cpu_s: float, failed: bool) -> None:  # noqa: ARG002
        self.labels.append(label)
        if failed:
            self.failed.append(label)
        if len(self.labels) == self._interrupt_after:
            raise KeyboardInterrupt

    def message(self, text: str) -> None:
        self.messages.append(text)


@pytest.fixture
def pair(tmp_path: Path) -> TinyPair:
    return TinyPair(tmp_path)


def ran(record: RunRecord) -> int:
    return sum(cost.jobs_run for cost in record.stages)


def failed_controls(record: RunRecord) -> list[str]:
    return [control.name for control in record.controls if not control.passed]


def test_a_run_measures_every_row_and_every_control(undisturbed: Undisturbed) -> None:
    record = undisturbed.record
    assert rows_of(record) == CLEAN
    assert (failed_controls(record), record.complete) == ([], True)
    assert {control.name for control in record.controls} >= {
        "known-bad cpp address",
        "known-bad rust address",
        "unpatched cpp, message corpus, default",
        "unpatched rust, message corpus, hardened",
        "unpatched rust, campaign message seed 1",
    }
    assert (record.gate.status, record.gate.exit_code) == (GateStatus.NO_BASELINE, 0)
    assert (record.backend, record.pair, record.schema, SCHEMA) == ("fake", "tiny", WRITTEN, WRITTEN)
    assert all(row.evidence.job_keys for row in record.rows)


def test_a_second_run_does_no_work_and_says_the_same(undisturbed: Undisturbed, pair_after_run: TinyPair) -> None:
    first, second = undisturbed.record, pair_after_run.run()
    assert ran(first) == sum(cost.jobs_reused for cost in second.stages)
    assert ran(second) == 0
    assert second.rows == first.rows
    assert second.controls == first.controls
    assert second.run_id != first.run_id


def test_one_changed_patch_redoes_its_own_jobs_only(pair_after_run: TinyPair) -> None:
    pair = pair_after_run
    pair.plant("rust", "stale.next", rust_patch('slip("wrong");', canary=True))
    heard = Heard()
    record = pair.run(observer=heard)
    assert rows_of(record) == CLEAN | {"stale/rust-next": "observed"}
    assert heard.labels
    # The unpatched twin is its counterpart, and answers now where it was not asked before.
    assert {label for label in heard.labels if not label.startswith("stale/rust-next")} <= {"unpatched rust default"}


def test_a_changed_twin_redoes_its_language_only(pair_after_run: TinyPair) -> None:
    pair = pair_after_run
    pair.write("targets-rust/tiny/src/main.rs", "fn main() { parse(); }\n")
    heard = Heard()
    assert rows_of(pair.run(observer=heard)) == CLEAN
    assert heard.labels
    assert {label for label in heard.labels if "cpp" in label} == set()


def test_only_the_mistakes_asked_for(pair_after_run: TinyPair) -> None:
    pair = pair_after_run
    assert set(rows_of(pair.run(selected=("wrong",)))) == {"wrong/cpp", "wrong/rust"}


def test_an_unknown_mistake_is_a_usage_error_that_helps(pair: TinyPair) -> None:
    with pytest.raises(UsageError, match="there is no mistake 'stael'; perhaps you meant 'stale'") as caught:
        pair.run(selected=("stael",))
    assert caught.value.next_step == "one of stale, wrong"


# --- failures --------------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", ["emptied", "gone"])
def test_an_empty_corpus_is_told_before_anything_is_built(pair: TinyPair, folder: str) -> None:
    corpus = pair.root / "corpus/tiny/message"
    (corpus / "first").unlink()
    if folder == "gone":
        corpus.rmdir()
    heard = Heard()
    with pytest.raises(FuzzpairError, match="the corpus of target 'message' is empty") as caught:
        pair.run(observer=heard)
    assert (caught.value.exit_code, heard.labels) == (3, [])


@pytest.mark.parametrize("fault", ["address", "leak"])
def test_a_sanitizer_that_says_nothing_of_a_known_fault_is_an_error(pair: TinyPair, fault: str) -> None:
    record = pair.run(Tools(deaf=fault))
    assert failed_controls(record) == ["known-bad cpp address", "known-bad rust address"]
    assert (record.gate.exit_code, rows_of(record)) == (3, CLEAN)
    assert "control failed: known-bad cpp address: known fault NOT reported, clean run silent" in record.gate.reasons


def test_a_fuzzer_that_executes_nothing_is_an_error_and_the_other_rows_are_kept(pair: TinyPair) -> None:
    heard = Heard()
    record = pair.run(Tools(idle='slip("wrong")'), heard)
    # Its triggers and its campaign; what was found for the other mistake stands.
    assert sorted(heard.failed) == ["wrong triggers", "wrong/cpp message seed 1"]
    assert record.gate.exit_code == 3
    assert any("could not be done" in reason for reason in record.gate.reasons)
    rows = rows_of(record)
    assert {name: rows[name] for name in CLEAN if name.startswith("stale")} == {
        name: rung for name, rung in CLEAN.items() if name.startswith("stale")
    }
    assert "gathering them failed" in rows["wrong/cpp"]


def test_what_failed_is_tried_again_and_only_that(pair: TinyPair) -> None:
    pair.run(Tools(idle='slip("wrong")'))
    heard = Heard()
    assert rows_of(pair.run(observer=heard)) == CLEAN
    assert all("wrong" in label or label.startswith("unpatched") for label in heard.labels)


def test_an_unpatched_twin_that_crashes_is_an_error(pair: TinyPair) -> None:
    record = pair.run(Tools(dirty="pub fn parse() {\n    check();"))
    assert record.gate.exit_code == 3
    assert "unpatched rust, message corpus, default" in failed_controls(record)
    assert "unpatched cpp, message corpus, default" not in failed_controls(record)


def test_a_corpus_that_was_not_replayed_is_no_passed_control(pair: TinyPair) -> None:
    record = pair.run(Tools(unheard=("hardened", "pub fn parse() {\n    check();")))
    (fault,) = [control for control in record.controls if not control.passed]
    assert (fault.name, fault.detail) == ("unpatched rust, message corpus, hardened", "a link came out")


def test_a_twin_that_does_not_compile_leaves_the_other_language_s_rows(pair: TinyPair) -> None:
    pair.write("targets-rust/tiny/src/main.rs", "fn main() { misspelt(); }\n")
    record = pair.run()
    rows = rows_of(record)
    assert (rows["stale/cpp"], rows["wrong/cpp"], record.gate.exit_code) == ("detected", "observed", 3)
    assert all(rows[name].startswith("problem: ") for name in rows if "rust" in name)


@pytest.mark.parametrize("where", ["./known_bad", "./fuzz_message", 'slip("wrong")'])
def test_an_engine_that_stops_answering_ends_the_run_with_what_there_is(pair: TinyPair, where: str) -> None:
    heard = Heard()
    record = pair.run(Tools(gone=where), heard)
    assert (record.complete, record.gate.exit_code) == (False, 3)
    assert record.gate.reasons[0] == "the engine stopped answering (start it)"
    assert heard.messages == ["stopped: the engine stopped answering; what was found so far follows"]
    if where == 'slip("wrong")':
        judged = {name: rung for name, rung in rows_of(record).items() if name.startswith("stale")}
        assert judged == {name: rung for name, rung in CLEAN.items() if name.startswith("stale")}
    assert rows_of(pair.run()) == CLEAN


def test_no_problem_of_a_row_is_lost_on_the_way_to_the_exit_code(pair: TinyPair) -> None:
    pair.plant("rust", "wrong", "no patch at all\n")
    record = pair.run()
    assert record.gate.exit_code == 3
    assert any(reason.startswith("wrong/rust: ") for reason in record.gate.reasons)


# --- interrupted -----------------------------------------------------------------------------------


@pytest.mark.parametrize("after", [1, 5, 12, 30, 45])
def test_an_interrupted_run_goes_on_and_ends_with_the_same_rows(
    pair: TinyPair, undisturbed: Undisturbed, after: int
) -> None:
    heard = Heard(interrupt_after=after)
    record = pair.run(observer=heard)
    assert (record.complete, record.gate.exit_code, record.gate.reasons[0]) == (False, 130, "interrupted")
    # A row is told as it is so far, or why not yet; never as something else.
    assert {
        name: shown for name, shown in rows_of(record).items() if shown != CLEAN[name] and shown[:8] != "problem:"
    } == {}
    again = Heard()
    resumed = pair.run(observer=again)
    whole = undisturbed.record
    assert resumed.rows == whole.rows
    assert resumed.complete
    # More than `after` may have been done: what ran beside the last job ended too.
    assert 0 < len(again.labels) <= ran(whole) - after


# --- the baseline ----------------------------------------------------------------------------------


def baseline(pair: TinyPair, **changes: str) -> None:
    """The verdicts of a clean run, as a release would hold them."""
    rows = CLEAN | {name.replace("__", "/"): rung for name, rung in changes.items()}
    lines = [f"  {name}: {rung}" for name, rung in rows.items()]
    facts = ["schema: fuzzpair/expected/1", f"fingerprint: {TOOLCHAIN.fingerprint}", "rows:"]
    pair.write("expected.yml", "\n".join([*facts, *lines]))


def test_the_same_verdicts_as_the_release_s_pass(pair_after_run: TinyPair) -> None:
    pair = pair_after_run
    baseline(pair)
    assert pair.run().gate.status is GateStatus.PASSED


def test_another_verdict_than_the_release_s_is_1(pair_after_run: TinyPair) -> None:
    pair = pair_after_run
    baseline(pair, wrong__cpp="detected")
    gate = pair.run().gate
    assert (gate.exit_code, [one.row for one in gate.differences]) == (1, ["wrong/cpp"])


def test_a_mistake_whose_patches_are_all_gone_is_told_of(pair_after_run: TinyPair) -> None:
    pair = pair_after_run
    baseline(pair)
    for path in pair.root.glob("targets-*/tiny/mistakes/wrong*"):
        path.unlink()
    record = pair.run()
    assert "no patch states `Bug-Class:`" in rows_of(record)["wrong/cpp"]
    assert record.gate.exit_code == 3
    # Asked for by name it is no typing error either.
    assert pair.run(selected=("wrong",)).gate.exit_code == 3


def test_a_campaign_cut_short_is_not_a_clean_control(pair: TinyPair) -> None:
    record = pair.run(Tools(short=True))
    faults = [control for control in record.controls if not control.passed]
    assert [control.name for control in faults] == [
        "unpatched cpp, campaign message seed 1",
        "unpatched rust, campaign message seed 1",
    ]
    assert {control.detail for control in faults} == {"250 executions, ended by the fuse before its budget"}
    # Never stored under its key: the next run fuzzes again.
    heard = Heard()
    assert failed_controls(pair.run(observer=heard)) == []
    assert [label for label in heard.labels if label.startswith("unpatched")]


def test_costs_are_told_for_each_stage(undisturbed: Undisturbed) -> None:
    costs = undisturbed.record.stages
    of_other_profiles = {"analyze", "run under load", "minimise", "reproduce the minimised"}
    assert [cost.stage for cost in costs] == [stage for stage in STAGES if stage not in of_other_profiles]
    assert all(cost == replace(cost, jobs_failed=0) for cost in costs)
    assert all(cost.cpu_s > 0 for cost in costs if cost.jobs_run)
    assert isinstance(costs[0], StageCost)


def test_a_new_mistake_leaves_the_others_alone(pair_after_run: TinyPair) -> None:
    pair = pair_after_run
    pair.plant("cpp", "another", cpp_patch('slip("freed");', "more();"))
    pair.plant("rust", "another", rust_patch('slip("panic");', "more();"))
    heard = Heard()
    assert rows_of(pair.run(observer=heard)) == CLEAN | {"another/cpp": "detected", "another/rust": "stopped"}
    assert not [label for label in heard.labels if label.startswith(("stale", "wrong"))]


# --- claims ----------------------------------------------------------------------------------------


def test_claims_are_answered_from_the_rows_of_the_run(undisturbed: Undisturbed, pair_after_run: TinyPair) -> None:
    assert undisturbed.record.claims == ()
    pair = pair_after_run
    pair.ask(CLAIMS)
    answer = pair.run().claims[0]
    assert (answer.answer, answer.rust.support, answer.hardened_cpp.against) == (Reply.WITH_LIMITS, 1, 1)
    assert [row.row for row in answer.support] == ["stale/rust-next"]
    assert [row.row for row in answer.limits[0].rows] == ["stale/rust-unsafe"]


def test_a_run_of_some_mistakes_or_half_a_run_answers_nothing(pair: TinyPair) -> None:
    pair.ask(CLAIMS)
    for record in (pair.run(observer=Heard(interrupt_after=30)), pair.run(selected=("stale",))):
        assert [answer.answer for answer in record.claims] == [Reply.CANNOT_TELL]


def test_a_missing_next_variant_is_no_support(pair: TinyPair) -> None:
    pair.ask(CLAIMS)
    (pair.root / "targets-rust/tiny/mistakes/stale.next.patch").unlink()
    answer = pair.run().claims[0]
    assert (answer.answer, answer.rust.not_judged) == (Reply.CANNOT_TELL, 1)


@pytest.mark.parametrize("broken", ["absent", "wrong"])
def test_claims_that_cannot_be_asked_are_told_before_anything_is_built(pair: TinyPair, broken: str) -> None:
    pair.ask(CLAIMS.replace("use-after-free", "use-after-fee"))
    if broken == "absent":
        (pair.root / "claims.yml").unlink()
    heard = Heard()
    with pytest.raises(ConfigError, match=r"^claims\.yml:(1: cannot be read|6: .*perhaps you meant 'use-after-free')"):
        pair.run(observer=heard)
    assert heard.labels == []
