"""Triggering inputs, from seeds, then campaigns, then mutants; a canary that cannot count is an error."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field, replace

import pytest

from fuzzpair.backends.fake import FakeSandbox
from fuzzpair.errors import EngineError
from fuzzpair.fuzz.triggers import BROKEN_EXIT, IDLE_CAMPAIGNS, TriggerJob, Triggers, read_counts
from fuzzpair.model.command import Command, Completed, Limits
from fuzzpair.store import Store


@dataclass
class Canary:
    """A program whose slip is triggered by inputs that hold `!` and reached by those that hold `?` or `!`."""

    finds: tuple[bytes, ...] = ()  # what the campaigns come upon, one after another
    executed: int = 10
    share: float = 1  # of its budget that a campaign without a find gets done
    starts: bool = True
    counts: bool = True  # in a campaign
    exit_code: int = 0
    campaigns: list[Command] = field(default_factory=list)

    def __call__(self, command: Command, files: dict[str, bytes]) -> Completed:
        if command.argv[0] != "./judge":
            return self.campaign(command, files)
        if not self.starts:
            return Completed(command=command, exit_code=127, stderr=b"judge: not found")
        content = files[command.argv[-1]]
        files[dict(command.env)["FUZZPAIR_CANARY"]] = counted(b"?" in content or b"!" in content, b"!" in content)
        return Completed(command=command, exit_code=86 if b"!" in content else 0)

    def campaign(self, command: Command, files: dict[str, bytes]) -> Completed:
        found = self.finds[len(self.campaigns)] if len(self.campaigns) < len(self.finds) else None
        self.campaigns.append(command)
        env = dict(command.env)
        if self.counts:
            files[env["FUZZPAIR_CANARY"]] = counted(found is not None, found is not None)
        if found is not None:
            files[env["FUZZPAIR_TRIGGER"]] = found
            log = f"#{self.executed}\tNEW    cov: 9 ft: 9 corp: 2/2b\n"
            return Completed(command=command, exit_code=86, stderr=log.encode(), duration_s=1)
        runs = int(next(one for one in command.argv if one.startswith("-runs=")).removeprefix("-runs="))
        log = f"Done {int(runs * self.share) if self.executed else 0} runs in 1 second(s)\n"
        return Completed(command=command, exit_code=self.exit_code, stderr=log.encode(), duration_s=1)


def counted(reached: bool, triggered: bool) -> bytes:
    return struct.pack("=QQ", 3 * reached, int(triggered))


def job_of(store: Store, *seeds: bytes, **changes: object) -> TriggerJob:
    made = TriggerJob(
        judge=store.put_blob(b"judge"),
        fuzzer=store.put_blob(b"fuzzer"),
        fuzzer_name="fuzz_message",
        target="message",
        seeds=tuple(store.put_blob(seed) for seed in seeds),
        seed=1,
        runs=1000,
        wanted=3,
        fuse_s=60,
        limits=Limits(),
        subject="slip",
    )
    return replace(made, **changes)  # type: ignore[arg-type] # a test names fields


def gather(job: TriggerJob, store: Store, canary: Canary) -> Triggers:
    return job.run(FakeSandbox(canary), store)


def contents(triggers: Triggers, store: Store) -> list[bytes]:
    return [store.get_blob(name) for name in triggers.inputs]


def test_enough_seeds_need_no_campaign(store: Store) -> None:
    canary = Canary()
    triggers = gather(job_of(store, b"a", b"1!", b"2!", b"3!", b"4!"), store, canary)
    assert contents(triggers, store) == [b"1!", b"2!", b"3!"]
    assert (triggers.from_seeds, triggers.from_campaign, triggers.from_mutants) == (3, 0, 0)
    assert canary.campaigns == []


def test_campaigns_go_on_with_another_seed_and_what_is_left_of_the_budget(store: Store) -> None:
    canary = Canary(finds=(b"1!", b"2!", b"3!"))
    triggers = gather(job_of(store, b"a", b"b?"), store, canary)
    assert contents(triggers, store) == [b"1!", b"2!", b"3!"]
    assert (triggers.from_campaign, triggers.executions, triggers.complete) == (3, 2 + 30, True)
    asked = [{one for one in command.argv if one.startswith(("-runs=", "-seed="))} for command in canary.campaigns]
    assert asked == [{"-runs=1000", "-seed=1"}, {"-runs=990", "-seed=2"}, {"-runs=980", "-seed=3"}]


def test_seeds_that_trigger_are_not_in_the_campaign_s_corpus(store: Store) -> None:
    # The campaign would end at the first of them without an execution of its own.
    sandbox = FakeSandbox(Canary())
    job_of(store, b"quiet", b"1!").run(sandbox, store)
    assert [content for path, content in sandbox.files.items() if path.startswith("corpus/")] == [b"quiet"]


def test_mutants_of_what_triggers_fill_up(store: Store) -> None:
    triggers = gather(job_of(store, b"abcdefgh!"), store, Canary())
    assert (triggers.from_seeds, triggers.from_mutants) == (1, 2)
    assert len(set(triggers.inputs)) == 3
    assert all(b"!" in content for content in contents(triggers, store))
    assert gather(job_of(store, b"abcdefgh!"), store, Canary()) == triggers, "the same seed, the same mutants"


def test_never_triggered_is_an_answer_that_tells_reached_from_not_reached(store: Store) -> None:
    reached = gather(job_of(store, b"a", b"b?"), store, Canary())
    assert (reached.inputs, reached.reached, reached.executions, reached.complete) == ((), 3, 1002, True)
    assert gather(job_of(store, b"a"), store, Canary()).reached == 0


def test_a_campaign_that_the_fuse_ended_without_a_trigger_is_incomplete(store: Store) -> None:
    assert not gather(job_of(store, b"a"), store, Canary(share=0.5)).complete
    assert gather(job_of(store, b"a"), store, Canary(share=1)).complete


def test_campaigns_end_when_three_in_a_row_come_upon_what_is_known(store: Store) -> None:
    canary = Canary(finds=(b"1!",) * 9)
    triggers = gather(job_of(store, b"a"), store, canary)
    assert len(canary.campaigns) == 1 + IDLE_CAMPAIGNS
    assert (triggers.from_campaign, triggers.complete) == (1, True)
    assert triggers.from_mutants == 2, "and mutants fill up all the same"


def test_a_campaign_that_the_engine_s_limits_ended_is_followed_by_others(store: Store) -> None:
    # The slip fills the memory before its canary is true: an end of the engine's own, and none of the fuse's.
    canary = Canary(finds=(b"1!",), share=0.01, exit_code=71)
    triggers = gather(job_of(store, b"a"), store, canary)
    assert len(canary.campaigns) == 1 + IDLE_CAMPAIGNS
    assert (triggers.from_campaign, triggers.complete) == (1, True)


def test_the_last_second_of_the_fuse_is_never_asked_for_as_no_limit(store: Store) -> None:
    canary = Canary(finds=tuple(b"%d!" % number for number in range(9)))
    gather(job_of(store, b"a", fuse_s=2, wanted=9), store, canary)
    limits = [next(one for one in command.argv if one.startswith("-max_total_time")) for command in canary.campaigns]
    assert limits == ["-max_total_time=2", "-max_total_time=1"]


@pytest.mark.parametrize(
    ("canary", "said"),
    [
        (Canary(executed=0), "libfuzzer executed nothing"),
        (Canary(exit_code=BROKEN_EXIT), "libfuzzer counted nothing"),
        # A fuzz target that was linked without the canary would say "not reached" for ever.
        (Canary(counts=False), "libfuzzer counted nothing"),
        (Canary(starts=False), "did not start, or counts nothing"),
    ],
)
def test_a_canary_that_cannot_speak_is_an_error(store: Store, canary: Canary, said: str) -> None:
    with pytest.raises(EngineError) as caught:
        gather(job_of(store, b"a"), store, canary)
    assert said in caught.value.message
    assert caught.value.message.startswith("slip triggers: ")


def test_without_seeds_nothing_is_gathered(store: Store) -> None:
    with pytest.raises(EngineError, match="the corpus is empty"):
        gather(job_of(store), store, Canary())


@pytest.mark.parametrize("content", [b"", b"\0" * 15, b"\0" * 17, b"text"])
def test_torn_counts_are_no_counts(content: bytes) -> None:
    assert read_counts(content) == (0, 0)
    assert read_counts(counted(True, True)) == (3, 1)
