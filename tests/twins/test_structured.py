"""Structured inputs: what is taken apart is put together again, and most of what is changed gets past the header."""

from random import Random

from twins.agreement import describe
from twins.make_seeds import ACCEPTED, STREAMS
from twins.structured import CHANGES, Inputs, framed, frames_of, take_apart


def test_every_accepted_seed_is_taken_apart_and_put_together_again() -> None:
    for name, seed in ACCEPTED.items():
        parts = take_apart(seed)
        assert parts is not None
        assert (parts.octets(), parts.rest) == (seed, b""), name


def test_what_is_no_message_is_left_alone() -> None:
    assert take_apart(b"short") is None
    parts = take_apart(bytes(4) + b"\xff" * 8 + b"\x40")
    assert parts is not None
    assert parts.items == ()


def test_every_change_changes_something_of_some_seed() -> None:
    for change in dict.fromkeys(CHANGES):
        made = set[bytes]()
        for number, seed in enumerate(ACCEPTED.values()):
            parts = take_apart(seed)
            if parts is not None and parts.items:
                made.add(change(Random(number), parts).octets())
        assert made - set(ACCEPTED.values()), change.__name__


def test_mutants_depend_on_the_seed_alone_and_many_are_accepted() -> None:
    seeds = list(ACCEPTED.values())
    made = [Inputs().mutate(seeds[number % len(seeds)], 2048, number) for number in range(400)]
    assert made == [Inputs().mutate(seeds[number % len(seeds)], 2048, number) for number in range(400)]
    texts = [describe("message", data)[0] for data in made if data is not None]
    assert 0.3 < sum(not text.startswith("reject") for text in texts) / len(texts) < 0.9


def test_frames_of_a_stream_are_changed_and_framed_again() -> None:
    for seed in STREAMS.values():
        frames = frames_of(seed)
        assert framed(frames).startswith(seed[: sum(2 + len(frame) for frame in frames[:1])]) or not frames
        mutant = Inputs("stream").mutate(seed, 2048, 7)
        assert mutant is None or frames_of(mutant) is not None
