"""A campaign is a sample: complete and kept, fused and shown, crashed with its input, or not fuzzed: an error."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fuzzpair.backends.fake import Answer, FakeSandbox
from fuzzpair.errors import EngineError, StoreError
from fuzzpair.fuzz.campaign import CampaignJob
from fuzzpair.jobs import job_key
from fuzzpair.model.campaign import Campaign
from fuzzpair.model.command import Command, Completed, Limits
from fuzzpair.model.flavour import Flavour
from fuzzpair.store import Store

DONE = b"#9\tDONE   cov: 12 ft: 20 corp: 3/9b\nDone 100 runs in 1 second(s)\nstat::number_of_executed_units: 100\n"
HALF = b"#50\tpulse  cov: 12 ft: 20 corp: 3/9b\n"
ASAN = b"==1==ERROR: AddressSanitizer: heap-use-after-free on address 0x602000000010\n"


@pytest.fixture
def job(store: Store) -> CampaignJob:
    return CampaignJob(
        program=store.put_blob(b"program"),
        program_name="fuzz_message",
        flavour=Flavour.ADDRESS,
        seeds=(store.put_blob(b"one"), store.put_blob(b"two")),
        seed=3,
        runs=100,
        fuse_s=10,
        limits=Limits(),
        subject="slip/cpp message",
    )


def ends(log: bytes, exit_code: int | None = 0, artifact: str = "", signal: int | None = None) -> Answer:
    def answer(command: Command, files: dict[str, bytes]) -> Completed:
        if artifact:
            files[f"{command.cwd}/artifacts/{artifact}"] = b"crashing input"
        return Completed(command=command, exit_code=exit_code, signal=signal, stderr=log, duration_s=2.5)

    return answer


def run(job: CampaignJob, store: Store, answer: Answer) -> Campaign:
    return job.run(FakeSandbox(answer), store)


def test_it_starts_from_the_seeds_alone_with_its_program(job: CampaignJob, store: Store) -> None:
    sandbox = FakeSandbox(ends(DONE))
    job.run(sandbox, store)
    folder = f"campaign-{job.program[:12]}-3"
    assert {path: content for path, content in sandbox.files.items() if not path.endswith(".keep")} == {
        f"{folder}/fuzz_message": b"program",
        f"{folder}/corpus/{job.seeds[0]}": b"one",
        f"{folder}/corpus/{job.seeds[1]}": b"two",
        f"{folder}/seeds.list": f"corpus/{job.seeds[0]},corpus/{job.seeds[1]}".encode(),
    }
    (command,) = sandbox.commands
    assert {"-runs=100", "-seed=3"} <= set(command.argv)
    assert "ASAN_OPTIONS" in dict(command.env)


def test_a_spent_budget_is_a_complete_sample(job: CampaignJob, store: Store) -> None:
    campaign = run(job, store, ends(DONE))
    assert (campaign.executions, campaign.edges, campaign.corpus_units, campaign.duration_s) == (100, 12, 3, 2.5)
    assert (campaign.crash, campaign.complete, campaign.seed, campaign.budget_runs) == (None, True, 3, 100)
    assert store.get_blob(campaign.log) == DONE
    assert "-seed=3" in campaign.command


def test_a_crash_keeps_its_input_and_its_report(job: CampaignJob, store: Store) -> None:
    crash = run(job, store, ends(HALF + ASAN, 90, "crash-0a")).crash
    assert crash is not None
    assert crash.report is not None
    assert (store.get_blob(crash.input), crash.executions, crash.report.kind) == (
        b"crashing input",
        50,
        "heap-use-after-free",
    )


def test_what_the_fuse_ended_is_incomplete(job: CampaignJob, store: Store) -> None:
    assert not run(job, store, ends(HALF)).complete


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (ends(b"error while loading shared libraries\n", 127), "executed nothing (exit code 127): error while loading"),
        (ends(b"", None, signal=9), "executed nothing (signal 9)"),
        (ends(b""), "executed nothing (exit code 0)"),
        # Killed in the middle, with no input to show for it: not a clean campaign.
        (ends(HALF, None, signal=9), "ended early and left no input (signal 9)"),
        (ends(HALF, 1), "ended early and left no input (exit code 1)"),
    ],
)
def test_a_fuzzer_that_did_not_fuzz_is_an_error(job: CampaignJob, store: Store, answer: Answer, said: str) -> None:
    with pytest.raises(EngineError) as caught:
        run(job, store, answer)
    assert said in caught.value.message
    assert caught.value.message.startswith("slip/cpp message seed 3: libfuzzer ")
    assert "./fuzz_message -runs=100" in caught.value.next_step


def test_fuzzing_from_nothing_is_an_error(job: CampaignJob, store: Store) -> None:
    with pytest.raises(EngineError, match="the corpus is empty"):
        run(replace(job, seeds=()), store, ends(DONE))


def test_a_seed_that_is_lost_is_an_error(job: CampaignJob, store: Store) -> None:
    with pytest.raises(StoreError):
        run(replace(job, seeds=("ab" * 32,)), store, ends(DONE))


def test_another_seed_or_budget_is_another_sample(job: CampaignJob) -> None:
    others = [replace(job, seed=4), replace(job, runs=101), replace(job, seeds=job.seeds[:1]), replace(job, program="")]
    assert len({job_key(one, "f00d") for one in (job, *others)}) == 5
    assert job_key(replace(job, subject="other"), "f00d") == job_key(job, "f00d")
