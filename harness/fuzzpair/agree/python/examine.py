"""Read inputs again: what each voice says, a smaller input, the octets that bring it about. Runs in a sandbox.

Each input has a process of its own, so that a side that crashes or never ends takes no other input with it.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from fuzzpair.agree.python.voices import Settings, Voices, named, read_settings
from fuzzpair.model.agreement import Answer, Ending, Parting, Voice, What
from fuzzpair.parting import parting
from fuzzpair.reduction import reduce_input

MOST_TOUCHED = 1024  # octets of an input of which each is tried whether it matters
Answers = dict[Voice, Answer]


class Examiner:
    """Answers in this process while they come; in one of its own where one of them did not."""

    def __init__(self, voices: Voices, settings: Settings) -> None:
        self.voices = voices
        self.settings = settings
        self.end = time.monotonic() + settings.fuse_s
        self.was_cut = False  # the fuse ended a minimisation

    def examine(self, content: bytes) -> dict[str, Any] | None:
        """What is told of one input; None where its voices agree after all."""
        careful = self.apart(content)
        parted = parting(careful)
        if parted is None:
            return None
        small, is_minimal, touched = content, False, list[int]()
        if parted.what is What.CRASH and self.settings.survives:
            small, is_minimal = self.smaller(content, parted)
        elif parted.what not in (What.CRASH, What.HANG):
            small, is_minimal = self.smaller(content, parted)
            touched = self.touched(small)
        elif parted.what is What.CRASH:
            small, is_minimal = self.smaller_apart(content, parted)
        answers = self.apart(small)
        return {
            "input": small.hex(),
            "is_minimal": is_minimal,
            "was_cut": self.was_cut,
            "touched": touched,
            "answers": {voice: {"ending": one.ending, "text": one.text} for voice, one in answers.items()},
        }

    def apart(self, content: bytes) -> Answers:
        return apart(lambda: self.voices.answers(content), self.voices, self.settings.hang_s)

    def smaller(self, content: bytes, wanted: Parting) -> tuple[bytes, bool]:
        return self._reduced(content, lambda one: self._is_same(one, wanted), self.settings.tries)

    def smaller_apart(self, content: bytes, wanted: Parting) -> tuple[bytes, bool]:
        tries = min(self.settings.tries, 400)
        return self._reduced(content, lambda one: is_same(parting(self.apart(one)), wanted), tries)

    def _reduced(self, content: bytes, is_kept: Callable[[bytes], bool], tries: int) -> tuple[bytes, bool]:
        """As small as `tries` candidates make it, until the fuse; and whether no octet of it can be spared."""

        def keeps(candidates: Sequence[bytes]) -> list[bool]:
            if time.monotonic() > self.end:
                self.was_cut = True
                return []
            return [is_kept(one) for one in candidates]

        found = reduce_input(content, keeps, tries)
        return found.content, found.is_minimal

    def _is_same(self, content: bytes, wanted: Parting) -> bool:
        return is_same(parting(self.voices.answers(content)), wanted)

    def touched(self, content: bytes) -> list[int]:
        """The octets that matter: with another value in it, either way, the voices agree or part otherwise."""
        if len(content) > MOST_TOUCHED:
            return []
        wanted = parting(self.voices.answers(content))
        assert wanted is not None
        return [at for at in range(len(content)) if not any(self._is_same(one, wanted) for one in others(content, at))]


def others(content: bytes, at: int) -> list[bytes]:
    return [content[:at] + bytes([content[at] ^ mask]) + content[at + 1 :] for mask in (0x01, 0x81)]


def is_same(found: Parting | None, wanted: Parting) -> bool:
    """The same kind, and the same path where it is one of fields: what an acceptance is about changes as records go."""
    if found is None or found.what is not wanted.what or found.odd is not wanted.odd:
        return False
    if wanted.what is What.ACCEPTANCE:
        return found.path.split(" › ")[:2] == wanted.path.split(" › ")[:2]
    return found.path == wanted.path


def apart(ask: Any, voices: Voices, hang_s: int) -> Answers:  # noqa: ANN401 - a function without arguments
    """The answers from a child; where it dies, the voice it died in has crashed, or was still at it."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(hang_s)
        voices.now = lambda voice: _told(writer, voice)
        try:
            said_here = {voice: [one.ending, one.text] for voice, one in ask().items()}
            os.write(writer, b"\0")
            with os.fdopen(writer, "wb") as pipe:
                pipe.write(json.dumps(said_here).encode())
            os._exit(0)
        except BaseException:  # noqa: BLE001 - a reference that raises has no answer, and that is told
            os._exit(1)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        asked, _, said = pipe.read().partition(b"\0")
    _, status = os.waitpid(child, 0)
    if status == 0:
        return {Voice(name): Answer(ending=Ending(one[0]), text=one[1]) for name, one in json.loads(said).items()}
    died = Voice(asked.decode().split()[-1]) if asked else Voice.CPP
    is_hang = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGALRM
    answers: Answers = {voice: Answer(ending=Ending.ACCEPTED) for voice in (Voice.CPP, Voice.RUST)}
    answers[died] = Answer(ending=Ending.HANG if is_hang else Ending.CRASH)
    return answers


def _told(writer: int, voice: Voice) -> None:
    os.write(writer, f"{voice}\n".encode())


def main() -> None:
    """Read `inputs/*`, write `examined/<name>.json` for each that parts."""
    settings = read_settings()
    reference = named(settings.reference) if settings.reference else None
    examiner = Examiner(Voices(settings, reference), settings)
    for path in sorted(Path("inputs").iterdir()):
        told = examiner.examine(path.read_bytes())
        if told is not None:
            Path(f"examined/{path.name}.json").write_text(json.dumps(told), encoding="utf-8")


if __name__ == "__main__":
    main()
