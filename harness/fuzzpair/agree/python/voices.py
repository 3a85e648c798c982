"""The voices in one process: both sides' shared objects by ctypes, and a reference in Python. Runs in a sandbox."""

from __future__ import annotations

import ctypes
import importlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fuzzpair.model.agreement import Answer, Ending, Voice

# By what a side says in `accepted`: a twin's own code knows two, and a program of its own can end otherwise.
ENDINGS = (Ending.REJECTED, Ending.ACCEPTED, Ending.CRASH, Ending.HANG, Ending.SILENT)
ROOM = 1 << 16  # octets of text at first; a longer one is asked for again


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a reference says, and for which documented reasons it was overruled."""

    text: str
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Settings:
    """settings.json, which the orchestrator writes."""

    target: str
    sides: dict[str, str]
    reference: str = ""
    inputs: str = ""
    instrument: list[str] = field(default_factory=list)
    stop_at_first: bool = False
    core: str = ""  # the libFuzzer in atheris; empty: nothing is counted
    last: int = 0  # the execution behind which a bench is told its figures
    fuse_s: float = 60.0
    hang_s: int = 2
    survives: bool = False  # the sides are processes of their own: what one of them dies of takes nothing else with it
    tries: int = 4000


def read_settings() -> Settings:
    return Settings(**json.loads(Path("settings.json").read_text(encoding="utf-8")))


class Side:
    """One twin."""

    def __init__(self, voice: Voice, path: str, target: str) -> None:
        self.object = ctypes.CDLL(path)
        self._call = getattr(self.object, f"fuzzpair_describe_{voice}")
        self._call.restype = ctypes.c_size_t
        self._call.argtypes = [
            ctypes.c_char_p,
            ctypes.c_char_p,
            ctypes.c_size_t,
            ctypes.c_void_p,
            ctypes.c_size_t,
            ctypes.c_void_p,
        ]
        self._target = target.encode()
        self._room = ctypes.create_string_buffer(ROOM)
        self._accepted = ctypes.c_int()

    def octets(self, data: bytes) -> tuple[int, bytes]:
        """How it ended (ENDINGS), and its text as it came."""
        size = self._asked(data)
        if size > len(self._room):
            self._room = ctypes.create_string_buffer(size)
            size = self._asked(data)
        return self._accepted.value, ctypes.string_at(self._room, size)

    def _asked(self, data: bytes) -> int:
        room, accepted = ctypes.addressof(self._room), ctypes.addressof(self._accepted)
        return int(self._call(self._target, data, len(data), room, len(self._room), accepted))


class Voices:
    """All of them, asked in one order. `now` names the one that is being asked: what a process died in."""

    def __init__(self, settings: Settings, reference: Callable[..., Any] | None) -> None:
        self._sides = {Voice(name): Side(Voice(name), path, settings.target) for name, path in settings.sides.items()}
        self._reference = reference
        self._target = settings.target
        self.now: Callable[[Voice], None] = _nobody_listens

    @property
    def objects(self) -> dict[Voice, ctypes.CDLL]:
        return {voice: side.object for voice, side in self._sides.items()}

    def raw(self, data: bytes) -> dict[Voice, tuple[int, bytes]]:
        answers = {}
        for voice, side in self._sides.items():
            self.now(voice)
            answers[voice] = side.octets(data)
        return answers

    def reference(self, data: bytes) -> Opinion | Exception | None:
        """What the reference says; what it raised, since a reference has its own bugs and takes nothing with it."""
        if self._reference is None:
            return None
        self.now(Voice.REFERENCE)
        try:
            said = self._reference(self._target, data)
            return Opinion(said) if isinstance(said, str) else Opinion(str(said[0]), tuple(said[1]))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is no answer, and it is told
            return error

    def named(self, said: Mapping[Voice, tuple[int, bytes]], third: Opinion | Exception | None) -> dict[Voice, Answer]:
        """The answers, each with its ending."""
        answers = {
            voice: Answer(ending=ENDINGS[ending], text=text.decode("ascii", "backslashreplace"))
            for voice, (ending, text) in said.items()
        }
        if isinstance(third, Opinion):
            answers[Voice.REFERENCE] = Answer(ending=ENDINGS[not is_rejected(third.text)], text=third.text)
        elif third is not None:
            answers[Voice.REFERENCE] = Answer(ending=Ending.CRASH)
        return answers

    def answers(self, data: bytes) -> dict[Voice, Answer]:
        return self.named(self.raw(data), self.reference(data))


def _nobody_listens(_: Voice) -> None:
    pass


def is_rejected(text: str) -> bool:
    """By its last line, as in the twins' own texts."""
    return text.rstrip("\n").rpartition("\n")[2].startswith("reject:")


def named(what: str) -> Any:  # noqa: ANN401 - whatever the pair names
    """`module:name` → the object. Raises ImportError or AttributeError with the pair's own words."""
    module, _, name = what.partition(":")
    return getattr(importlib.import_module(module), name)
