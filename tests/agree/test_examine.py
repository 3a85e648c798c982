"""Reading an input again: smaller while it parts alike, the octets that matter, crash and hang."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

import pytest

from fuzzpair.agree.python.atheris_agree import without_reasons
from fuzzpair.agree.python.examine import Examiner
from fuzzpair.agree.python.voices import Settings, Voices
from fuzzpair.model.agreement import Answer, Ending, Voice


class TwoVoices(Voices):
    """Sides that are functions of this process."""

    def __init__(self, cpp: Callable[[bytes], str], rust: Callable[[bytes], str]) -> None:
        super().__init__(Settings(target="message", sides={}), None)
        self._both = {Voice.CPP: cpp, Voice.RUST: rust}

    def answers(self, data: bytes) -> dict[Voice, Answer]:
        said = {}
        for voice, ask in self._both.items():
            self.now(voice)
            text = ask(data)
            ending = Ending.REJECTED if text.startswith("reject:") else Ending.ACCEPTED
            said[voice] = Answer(ending=ending, text=text)
        return said


def plain(data: bytes) -> str:
    return f"answer {data.count(b'A')}\n"


def forgets_z(data: bytes) -> str:
    return f"answer {data.count(b'A')}\n" if b"Z" not in data else "reject: trailing at 3\n"


def examined(
    cpp: Callable[[bytes], str], rust: Callable[[bytes], str], data: bytes, fuse_s: float = 20.0
) -> dict[str, object] | None:
    return Examiner(TwoVoices(cpp, rust), Settings(target="message", sides={}, fuse_s=fuse_s)).examine(data)


def test_an_input_is_made_smaller_and_its_octets_are_told() -> None:
    told = examined(plain, forgets_z, b"some AA octets and a Z in them")
    assert told is not None
    assert (told["input"], told["is_minimal"], told["touched"]) == (b"Z".hex(), True, [0])
    assert told["was_cut"] is False


def test_a_minimisation_that_the_fuse_ended_says_so() -> None:
    told = examined(plain, forgets_z, b"some AA octets and a Z in them", fuse_s=-1.0)
    assert told is not None
    assert (told["is_minimal"], told["was_cut"]) == (False, True)


def test_what_agrees_after_all_is_nothing() -> None:
    assert examined(plain, plain, b"A") is None


def test_a_side_that_dies_has_crashed_and_the_other_has_answered() -> None:
    def dies(data: bytes) -> str:
        if b"!" in data:
            os.kill(os.getpid(), signal.SIGKILL)
        return plain(data)

    told = examined(plain, dies, b"ab!cd")
    assert told is not None
    assert told["input"] == b"!".hex()
    assert told["answers"] == {
        "cpp": {"ending": "accepted", "text": ""},
        "rust": {"ending": "crash", "text": ""},
    }


@pytest.mark.slow
def test_a_side_that_never_ends_hangs() -> None:
    def waits(data: bytes) -> str:
        if b"!" in data:
            time.sleep(60)
        return plain(data)

    told = examined(waits, plain, b"a!")
    assert told is not None
    assert told["answers"] == {
        "cpp": {"ending": "hang", "text": ""},
        "rust": {"ending": "accepted", "text": ""},
    }


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (b"id 1\n", "id 1\n"),
        (b"message 1\nreject: opt at 12\nnames 0\n", "message 1\nreject:\nnames 0\n"),
        (b"\xff", "\\xff"),
    ],
)
def test_a_twin_s_text_as_a_reference_writes_it(text: bytes, shown: str) -> None:
    assert without_reasons(text) == shown
