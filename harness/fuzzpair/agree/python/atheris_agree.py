"""Fuzz both twins and a reference in one process under atheris; keep inputs on which they part. Runs in a sandbox.

Coverage is the reference's, by its bytecode, and the twins', by their own instrumentation: both count in the libFuzzer
that atheris brings. What the log says is what the native engine's says (agree_fuzz.cpp).
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fuzzpair.agree.python.voices import Settings, Voices, named, read_settings
from fuzzpair.parting import parting

STOPPED_EXIT = 86
MOST_KINDS = 256
TELL_EVERY = 1 << 14


class Comparing:
    """The fuzz target. Equal texts cost a comparison of octets; only what differs is looked at closely."""

    voices: Voices

    def __init__(self, settings: Settings, reference: Callable[..., Any] | None) -> None:
        self.settings = settings
        self.third = reference
        self.stop_at_first = settings.stop_at_first
        self.kinds: dict[str, int] = {}
        self.executions = self.parted = 0
        self.documented: Counter[str] = Counter()
        self.started = time.monotonic()

    def load(self) -> None:
        """Behind Setup: the sides name the core that it loads, and their counters find the libFuzzer in there."""
        self.voices = Voices(self.settings, self.third)

    def one_input(self, data: bytes) -> None:
        self.executions += 1
        if self.executions % TELL_EVERY == 0:
            self.tell()
        (cpp, rust), third = self.voices.raw(data).values(), self.voices.reference(data)
        reasons = third[1] if third else []
        if reasons:
            self.documented.update(reasons)
        if cpp == rust and (third is None or third[0] == without_reasons(rust[1])):
            return
        parted = parting(self.voices.answers(data))
        if parted is None:
            return
        self.parted += 1
        key = f"{parted.key} · {parted.odd}"
        if self.kinds.get(key, len(data) + 1 if len(self.kinds) < MOST_KINDS else 0) > len(data):
            self.kinds[key] = len(data)
            self.keep(hashlib.sha256(key.encode()).hexdigest()[:16], data)

    def keep(self, kind: str, data: bytes) -> None:
        new = Path("parted/.new")
        new.write_bytes(data)
        new.replace(f"parted/{kind}")
        seconds = time.monotonic() - self.started
        say(f"parted {kind} octets {len(data)} executions {self.executions} seconds {seconds:.3f}")
        if self.stop_at_first:
            self.tell()
            os._exit(STOPPED_EXIT)

    def tell(self) -> None:
        say(f"executions {self.executions} parted {self.parted}")
        for reason, count in sorted(self.documented.items()):
            say(f"documented {reason} {count}")


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


def main() -> None:
    import atheris  # noqa: PLC0415

    settings = read_settings()
    with atheris.instrument_imports(include=settings.instrument):
        reference = named(settings.reference) if settings.reference else None
    options = {"custom_mutator": mutator(named(settings.inputs)(settings.target))} if settings.inputs else {}
    comparing = Comparing(settings, reference)
    atheris.Setup(sys.argv, comparing.one_input, **options)
    comparing.load()
    atheris.Fuzz()


if __name__ == "__main__":
    main()
