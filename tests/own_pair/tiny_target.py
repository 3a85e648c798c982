"""A fuzz target made of a few lines of JSON, and a libFuzzer that runs it: what a sandbox of tests answers with.

A program's octets say what it does: {"edges": {"a": 1, …}, "crashes": {"!": "heap"}, "accepts": true}. A unit covers
the edges of the keys in it; one with a key of `crashes` in it ends the process as named. `new` is what fuzzing
finds, and `speed` how many executions it does in a second.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from fuzzpair.model.command import Command, Completed
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language
from fuzzpair.model.pair import SideBuild, TargetProgram
from fuzzpair.store import Store

Files = dict[str, bytes]

ASAN = (
    "==7=={word}: AddressSanitizer: {kind} on address 0x602000000010\n"
    "{access} of size 4 at 0x602000000010 thread T0\n"
    "    #0 0x55 in {function} /job/root/src/gzip/lib/{file}:7:3\n"
    "    #1 0x56 in LLVMFuzzerTestOneInput /job/root/src/gzip/fuzz.c:4:1\n\n"
)
PANIC = "thread 'main' (1) panicked at src/lib.rs:7:5:\nindex out of bounds: the len is 1 but the index is 9\n"
TIMEOUT = "==7== ERROR: libFuzzer: timeout after 25 seconds\n    #1 0x5 in spin /src/a.c:1:1\n"
STATUS = "#{units}: cov: {edges} ft: 9 corp: 3 exec/s: {speed} oom/timeout/crash: 0/0/0 time: {s}s job: 1 dft_time: 0"


def asan(kind: str, function: str, file: str = "inflate.c") -> str:
    return ASAN.format(word="ERROR", kind=kind, access="READ", function=function, file=file)


# word -> (how the process ends, what it prints, the engine's word for the artifact)
ENDINGS: Mapping[str, tuple[int, str, str]] = {
    "heap": (90, asan("heap-buffer-overflow", "copy_extra"), "crash"),
    "free": (90, asan("heap-use-after-free", "copy_extra"), "crash"),
    "other": (90, asan("heap-use-after-free", "drop_state", "state.c"), "crash"),
    "deep": (91, asan("stack-overflow", "copy_extra").replace("Address", "UndefinedBehavior"), "crash"),
    "panic": (101, PANIC, "crash"),
    "hang": (70, TIMEOUT, "timeout"),
}


def sha1(content: bytes) -> str:
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()


def program_text(**told: Any) -> bytes:
    return json.dumps({"edges": {"a": 1}, "crashes": {}, "new": [], "speed": 1000, **told}).encode()


def program(
    store: Store, language: Language, flavour: Flavour = Flavour.ADDRESS, target: str = "header", **told: Any
) -> TargetProgram:
    name = f"{target}_{language}_{flavour}"
    return TargetProgram(
        language=language,
        target=target,
        flavour=flavour,
        program=store.put_blob(program_text(name=name, **told)),
        program_name=f"{target}_fuzzer",
    )


def side(store: Store, language: Language, *programs: TargetProgram, problem: str = "") -> SideBuild:
    return SideBuild(
        language=language,
        flavour=programs[0].flavour if programs else Flavour.ADDRESS,
        programs=programs,
        missing=(),
        log=store.put_blob(b""),
        problem=problem,
    )


class TinyTargets:
    """An Answer of the fake backend. `dead`: programs (by name) whose engine does not start; `flaky`: how many replays
    end cleanly before one shows what it has."""

    def __init__(self) -> None:
        self.dead: set[str] = set()
        self.silent_replays = 0
        self.replays: list[tuple[str, bytes]] = []
        self.fuzzed: list[Command] = []

    def __call__(self, command: Command, files: Files) -> Completed:
        told = json.loads(files[f"{command.cwd}/{command.argv[0].removeprefix('./')}"])
        if told["name"] in self.dead:
            return Completed(command=command, exit_code=1, stderr=b"cannot open shared object\n")
        if "-fork=1" in command.argv:
            return self._fuzz(command, files, told)
        if "-merge=1" in command.argv:
            return self._merge(command, files, told)
        if "-print_coverage=1" in command.argv:
            said = "".join(f"UNCOVERED_FUNC: hits: 0 edges: 0/3 f {one}:9\n" for one in told.get("files", []))
            return Completed(command=command, exit_code=0, stderr=said.encode())
        return self._replay(command, files, told)

    def _fuzz(self, command: Command, files: Files, told: dict[str, Any]) -> Completed:
        self.fuzzed.append(command)
        units = [*self._units(command, files), *(text.encode("latin-1") for text in told["new"])]
        for unit in units:
            word = crash_word(unit, told)
            if word:
                files[f"{command.cwd}/artifacts/{ENDINGS[word][2]}-{sha1(unit)}"] = unit
            elif unit.decode("latin-1") in told["new"]:
                files[f"{command.cwd}/found/{sha1(unit)}"] = unit
        files[f"{command.cwd}/artifacts/crash-{sha1(b'')}"] = b""  # as fork mode leaves it
        edges = len({key for unit in units for key in told["edges"] if key in unit.decode("latin-1")})
        seconds = next(int(one.partition("=")[2]) for one in command.argv if one.startswith("-max_total_time="))
        speed = told["speed"]
        lines = [STATUS.format(units=speed * s, edges=edges, speed=speed, s=s) for s in (1, seconds)]
        said = "\n".join(lines) if told["speed"] else ""
        return Completed(command=command, exit_code=1, stderr=said.encode(), duration_s=float(seconds))

    def _merge(self, command: Command, files: Files, told: dict[str, Any]) -> Completed:
        seen: set[str] = set()
        for unit in sorted(self._units(command, files), key=len):
            word = crash_word(unit, told)
            covers = {key for key in told["edges"] if key in unit.decode("latin-1")}
            if word:
                files[f"{command.cwd}/artifacts/{ENDINGS[word][2]}-{sha1(unit)}"] = unit
            elif covers - seen:
                seen |= covers
                files[f"{command.cwd}/found/{sha1(unit)}"] = unit
        return Completed(command=command, exit_code=0, stderr=b"MERGE-OUTER: 3 new files\n")

    def _units(self, command: Command, files: Files) -> list[bytes]:
        return [content for path, content in files.items() if path.startswith(f"{command.cwd}/corpus/")]

    def _replay(self, command: Command, files: Files, told: dict[str, Any]) -> Completed:
        content = files[f"{command.cwd}/{command.argv[-1]}"]
        self.replays.append((told["name"], content))
        word = crash_word(content, told)
        if word and self.silent_replays:
            self.silent_replays -= 1
            word = ""
        if not word:
            said = b"fuzzpair: accepted\n" if told.get("accepts") else b""
            return Completed(command=command, exit_code=0, stdout=said)
        code, log, _ = ENDINGS[word]
        return Completed(command=command, exit_code=code, stderr=log.encode())


def crash_word(unit: bytes, told: dict[str, Any]) -> str:
    return next((word for key, word in told["crashes"].items() if key in unit.decode("latin-1")), "")
