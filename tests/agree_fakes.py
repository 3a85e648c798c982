"""Compilers and engines as functions: what a fake sandbox answers when twins are compared."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from fuzzpair.model.command import Command, Completed

Files = dict[str, bytes]
SAID = "\nfuzzpair: parted 00000000000000aa octets 20 executions 77 seconds 0.250\n"
LOG = "#2\tINITED cov: 40 ft: 60 corp: 2/40b\n#900\tNEW    cov: 55 ft: 90 corp: 3/60b\n"


@dataclass
class Tools:
    """Sides whose content holds the word `parts` part; `answers` are what is told of an input then."""

    parts: bytes = b"slip"
    ending: int = 0
    executed: int = 5000
    answers: dict[str, dict[str, str]] = field(default_factory=dict)
    compiles: bool = True
    keeps: bool = True  # False: no campaign meets the inputs on which they part
    log: str = LOG
    answered: str = ""
    reads_all: bool = True
    was_cut: bool = False  # the fuse ended each minimisation
    commands: list[Command] = field(default_factory=list)

    def __call__(self, command: Command, files: Files) -> Completed:
        self.commands.append(command)
        tool = command.argv[0]
        if tool in ("clang", "clang++", "rustc", "llvm-ar"):
            return self._compile(command, files)
        if tool == "./agree" or "fuzzpair.agree.python.atheris_agree" in command.argv:
            return self._fuzz(command, files, self.executed)
        if "fuzzpair.agree.python.cross_replay" in command.argv:
            units = [path for path in files if path.startswith(f"{command.cwd}/corpus/")]
            return self._fuzz(command, files, len(units) if self.reads_all else 1)
        if "fuzzpair.agree.python.examine" in command.argv:
            return self._examine(command, files)
        return Completed(command=command, exit_code=0)

    def _compile(self, command: Command, files: Files) -> Completed:
        if not self.compiles:
            return Completed(command=command, exit_code=1, stderr=b"error: expected ';'\n")
        place = f"{command.cwd}/"
        own = b"".join(sorted(text for path, text in files.items() if path.startswith(place) and ".o" not in path))
        made = command.argv[command.argv.index("-o") + 1] if "-o" in command.argv else command.argv[2]
        files[place + made] = b"made of " + own
        return Completed(command=command, exit_code=0)

    def _parts(self, cwd: str, files: Files) -> bool:
        return any(self.parts in text for path, text in files.items() if path.startswith(f"{cwd}/"))

    def _fuzz(self, command: Command, files: Files, executed: int) -> Completed:
        parts = self.keeps and self._parts(command.cwd, files)
        if parts:
            files[f"{command.cwd}/parted/00000000000000aa"] = b"an input of 20 octet"
        stops = parts and dict(command.env).get("FUZZPAIR_STOP") == "1"
        total = f"\nfuzzpair: executions {executed} parted {int(parts)} seconds 2.000\n" + self.answered
        log = self.log + (SAID if parts else "") + total + f"stat::number_of_executed_units: {executed}\n"
        ending = 86 if stops else self.ending
        return Completed(command=command, exit_code=ending, stderr=log.encode(), duration_s=2.0)

    def _examine(self, command: Command, files: Files) -> Completed:
        inputs = [path for path in files if path.startswith(f"{command.cwd}/inputs/")]
        for path in inputs if self._parts(command.cwd, files) else ():
            told = {
                "input": b"small".hex(),
                "is_minimal": True,
                "was_cut": self.was_cut,
                "touched": [1, 3],
                "answers": self.answers,
            }
            name = path.rpartition("/")[2]
            files[f"{command.cwd}/examined/{name}.json"] = json.dumps(told).encode()
        return Completed(command=command, exit_code=0)
