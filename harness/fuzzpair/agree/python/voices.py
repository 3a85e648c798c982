"""The voices in one process: both sides' shared objects by ctypes, and a reference in Python. Runs in a sandbox."""

from __future__ import annotations

import ctypes
import importlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fuzzpair.agreement_model import Answer, Ending, Voice

ROOM = 1 << 16  # octets of text at first; a longer one is asked for again


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

    def octets(self, data: bytes) -> tuple[bool, bytes]:
        """Whether it accepts, and its text as it came."""
        size = self._asked(data)
        if size > len(self._room):
            self._room = ctypes.create_string_buffer(size)
            size = self._asked(data)
        return bool(self._accepted.value), ctypes.string_at(self._room, size)

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

    def raw(self, data: bytes) -> dict[Voice, tuple[bool, bytes]]:
        answers = {}
        for voice, side in self._sides.items():
            self.now(voice)
            answers[voice] = side.octets(data)
        return answers

    def reference(self, data: bytes) -> tuple[str, list[str]] | None:
        """What the reference says, and for which documented reasons it was overruled."""
        if self._reference is None:
            return None
        self.now(Voice.REFERENCE)
        said = self._reference(self._target, data)
        return (said, []) if isinstance(said, str) else (said[0], list(said[1]))

    def answers(self, data: bytes) -> dict[Voice, Answer]:
        said = {
            voice: Answer(ending=_ending(accepted), text=text.decode("ascii", "backslashreplace"))
            for voice, (accepted, text) in self.raw(data).items()
        }
        third = self.reference(data)
        if third is not None:
            said[Voice.REFERENCE] = Answer(ending=_ending(not is_rejected(third[0])), text=third[0])
        return said


def _nobody_listens(_: Voice) -> None:
    pass


def is_rejected(text: str) -> bool:
    """By its last line, as in the twins' own texts."""
    return text.rstrip("\n").rpartition("\n")[2].startswith("reject:")


def _ending(accepted: bool) -> Ending:
    return Ending.ACCEPTED if accepted else Ending.REJECTED


def named(what: str) -> Any:  # noqa: ANN401 - whatever the pair names
    """`module:name` → the object. Raises ImportError or AttributeError with the pair's own words."""
    module, _, name = what.partition(":")
    return getattr(importlib.import_module(module), name)
