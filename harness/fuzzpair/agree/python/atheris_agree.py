"""Fuzz both twins and a reference in one process under atheris; keep inputs on which they part. Runs in a sandbox.

Coverage is the reference's, by its bytecode, and the twins', by their own instrumentation: both count in the libFuzzer
that atheris brings. What the log says is what the native engine's says (agree_fuzz.cpp).
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from fuzzpair.agree.python.coverage import Coverage
from fuzzpair.agree.python.voices import ENDINGS, Opinion, Settings, Voices, named, read_settings
from fuzzpair.model.agreement import Ending, Voice
from fuzzpair.parting import parting

STOPPED_EXIT = 86
MOST_KINDS = 256
TELL_EVERY_S = 1.0


class Comparing:
    """The fuzz target. Equal texts cost a comparison of octets; only what differs is looked at closely."""

    voices: Voices
    coverage: Coverage | None = None

    def __init__(self, settings: Settings, reference: Callable[..., Any] | None) -> None:
        self.settings = settings
        self.third = reference
        self.stop_at_first = settings.stop_at_first
        self.kinds: dict[str, int] = {}
        self.executions = self.parted = 0
        self.answered: Counter[Voice] = Counter()
        self.raises: set[type] = set()
        self.documented: Counter[str] = Counter()
        self.started = self.told = 0.0  # of the first execution; when the log was last told

    def load(self) -> None:
        """Behind Setup: the sides name the core that it loads, and their counters find the libFuzzer in there."""
        self.voices = Voices(self.settings, self.third)
        if self.voices.objects and self.settings.core:
            self.coverage = Coverage(self.voices.objects, self.settings.core)

    def one_input(self, data: bytes) -> None:
        self.tell_in_time()
        self.executions += 1
        self.compare(data)
        if self.executions == self.settings.last:
            self.tell()

    def compare(self, data: bytes) -> None:
        said = self.voices.raw(data)
        for voice, one in said.items():
            self.answered[voice] += is_answer(one)
        third = self.voices.reference(data)
        if self.coverage is not None and self.coverage.fold():
            say(f"covered {' '.join(self.coverage.told())} executions {self.executions}")
        if isinstance(third, Exception):
            self.raised(third)
        elif third is not None:
            self.documented.update(third.reasons)
        if is_one(list(said.values()), third):
            return
        parted = parting(self.voices.named(said, third))
        if parted is None:
            return
        self.parted += 1
        key = f"{parted.key} · {parted.odd}"
        if self.kinds.get(key, len(data) + 1 if len(self.kinds) < MOST_KINDS else 0) > len(data):
            self.kinds[key] = len(data)
            self.keep(hashlib.sha256(key.encode()).hexdigest()[:16], data)

    def raised(self, error: Exception) -> None:
        """The first of each kind, for whoever wrote the reference."""
        if type(error) not in self.raises:
            self.raises.add(type(error))
            say(f"the reference raised {''.join(traceback.format_exception(error, limit=-4))}")

    def keep(self, kind: str, data: bytes) -> None:
        new = Path("parted/.new")
        new.write_bytes(data)
        new.replace(f"parted/{kind}")
        seconds = time.monotonic() - self.started
        say(f"parted {kind} octets {len(data)} executions {self.executions} seconds {seconds:.3f}")
        if self.stop_at_first:
            self.tell()
            os._exit(STOPPED_EXIT)

    def tell_in_time(self) -> None:
        """The engine ends without a word to Python, so what is told is what was done until a second ago."""
        now = time.monotonic()
        if not self.executions:
            self.started = self.told = now
        elif now - self.told >= TELL_EVERY_S:
            self.tell()

    def tell(self) -> None:
        self.told = time.monotonic()
        say(f"executions {self.executions} parted {self.parted} seconds {self.told - self.started:.3f}")
        if self.answered:
            say(f"answered {' '.join(f'{voice} {count}' for voice, count in self.answered.items())}")
        for reason, count in sorted(self.documented.items()):
            say(f"documented {reason} {count}")


def is_answer(said: tuple[int, bytes]) -> bool:
    return ENDINGS[said[0]] is not Ending.SILENT or bool(said[1])


def is_one(said: Sequence[tuple[int, bytes]], third: Opinion | Exception | None) -> bool:
    """Whether all voices say the same, by their octets alone; fewer than three where a bench asks for fewer."""
    if any(one != said[0] for one in said[1:]):
        return False
    if not said or third is None:
        return True
    ending, text = said[0]
    has_said = ENDINGS[ending] in (Ending.ACCEPTED, Ending.REJECTED)
    return has_said and isinstance(third, Opinion) and third.text == without_reasons(text)


def without_reasons(text: bytes) -> str:
    """A twin's text as a reference writes it, which knows no reasons."""
    shown = text.decode("ascii", "backslashreplace")
    if "reject: " not in shown:
        return shown
    return "".join("reject:\n" if line.startswith("reject: ") else line for line in shown.splitlines(keepends=True))


def say(text: str) -> None:
    sys.stderr.write(f"\nfuzzpair: {text}\n")
    sys.stderr.flush()


def mutator(inputs: Any) -> Callable[[bytes, int, int], bytes]:  # noqa: ANN401 - the pair's own class
    """The pair's structured inputs, and libFuzzer's own mutations where it leaves the octets to them."""
    import atheris  # noqa: PLC0415

    def mutate(data: bytes, max_size: int, seed: int) -> bytes:
        made: bytes | None = inputs.mutate(data, max_size, seed)
        return bytes(atheris.Mutate(data, max_size)) if made is None else made[:max_size]

    return mutate


def forget(packages: list[str]) -> None:
    """What was imported before is not instrumented: the reference gets another copy of it."""
    for name in [one for one in sys.modules if any(f"{one}.".startswith(f"{package}.") for package in packages)]:
        del sys.modules[name]


def main() -> None:
    import atheris  # noqa: PLC0415

    settings = read_settings()
    forget(settings.instrument)
    with atheris.instrument_imports(include=settings.instrument):
        reference = named(settings.reference) if settings.reference else None
    options = {"custom_mutator": mutator(named(settings.inputs)(settings.target))} if settings.inputs else {}
    comparing = Comparing(settings, reference)
    atheris.Setup(sys.argv, comparing.one_input, **options)
    comparing.load()
    atheris.Fuzz()


if __name__ == "__main__":
    main()
