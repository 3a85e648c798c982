"""What each voice has covered: counted from the very counters that guide atheris. Runs in a sandbox.

Each twin's are in its own shared object; the reference's are those that atheris keeps for its bytecode. The engine
empties them before each execution, so they are read behind every one.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from fuzzpair.model.agreement import Voice

# Where atheris 3.0.0 keeps the reference's: a pointer to all of them, and how many its instrumentation asked for.
_COUNTERS, _ASKED, _MOST = "_ZN7atheris8countersE", "_ZN7atheris13counter_indexE", "_ZN7atheris12max_countersE"


@dataclass
class Counted:
    """One voice's counters: where they are, and which were hit."""

    address: int
    size: int
    covered: int = 0
    seen: ctypes.Array[ctypes.c_char] = field(init=False)

    def __post_init__(self) -> None:
        self.seen = ctypes.create_string_buffer(max(1, self.size))


class Coverage:
    """Of all voices. `fold` gives those whose coverage grew."""

    def __init__(self, sides: Mapping[Voice, ctypes.CDLL], core: str) -> None:
        self._fold = next(iter(sides.values())).fuzzpair_fold
        self._fold.restype = ctypes.c_size_t
        self._fold.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p]
        self._core = ctypes.CDLL(core)
        self.parts = {voice: Counted(*_own_counters(side)) for voice, side in sides.items()}

    def fold(self) -> bool:
        """Read the counters of the execution that has just ended; whether any of them was hit for the first time."""
        self._follow_the_reference()
        grown = [self._fold_one(part) for part in self.parts.values()]
        return any(grown)

    def _fold_one(self, part: Counted) -> bool:
        fresh = int(self._fold(part.address, part.size, part.seen))
        part.covered += fresh
        return fresh > 0

    def _follow_the_reference(self) -> None:
        """Its counters are there from the first execution on, and modules that are imported later add to them."""
        asked = ctypes.c_int.in_dll(self._core, _ASKED).value
        size = min(asked, ctypes.c_int.in_dll(self._core, _MOST).value)
        known = self.parts.get(Voice.REFERENCE)
        address = ctypes.c_void_p.in_dll(self._core, _COUNTERS).value
        if not address or not size or (known is not None and known.size == size):
            return
        made = Counted(address, size)
        if known is not None:
            ctypes.memmove(made.seen, known.seen, known.size)
            made.covered = known.covered
        self.parts[Voice.REFERENCE] = made

    def told(self) -> Iterator[str]:
        """A word for each voice: its name, edges covered, edges there are."""
        return (f"{voice} {part.covered}/{part.size}" for voice, part in self.parts.items())


def _own_counters(side: ctypes.CDLL) -> tuple[int, int]:
    ask, size = side.fuzzpair_counters, ctypes.c_size_t()
    ask.restype = ctypes.c_void_p
    ask.argtypes = [ctypes.POINTER(ctypes.c_size_t)]
    return int(ask(ctypes.byref(size)) or 0), size.value
