"""What a build left in $OUT → the targets of a side, each with its dictionary, options, seeds and other files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from fuzzpair.config_problems import perhaps
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language
from fuzzpair.model.pair import TargetProgram
from fuzzpair.own_pair.elf import is_program
from fuzzpair.own_pair.seed_corpus import dictionary_problem, read_options, read_seeds
from fuzzpair.store import Store

ENTRY = b"LLVMFuzzerTestOneInput"
ENGINE = b"SUMMARY: libFuzzer"  # in libFuzzer's own words, also where a program's symbols were stripped off
_NAME = re.compile(r"[A-Za-z0-9_-]{1,128}")  # as OSS-Fuzz has it: a name with a suffix is no target
SEED_CORPUS = "_seed_corpus.zip"

Names = tuple[tuple[str, str], ...]  # the pair's name of a target -> the side's, or ""


def target_name(names: Names, language: Language, program: str) -> str:
    """The pair's name for a side's program. One that is called as another target is stays apart from it."""
    for name, own in names:
        if own == program:
            return name
    return f"{program}-{language}" if program in dict(names) else program


def is_target(name: str, content: bytes) -> bool:
    """Whether a file of $OUT is a fuzz target: a program with libFuzzer and its entry point in it."""
    return bool(_NAME.fullmatch(name)) and (ENTRY in content or ENGINE in content) and is_program(content)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutFolder:
    """The files of $OUT by their paths in it."""

    files: Mapping[str, bytes]
    language: Language
    flavour: Flavour
    names: Names
    notes: list[str] = field(default_factory=list)

    def programs(self, store: Store) -> Iterator[TargetProgram]:
        """Keep the targets and all that belongs to them; what cannot be used is a note."""
        targets = sorted(name for name, content in self.files.items() if is_target(name, content))
        owned = set(targets) | {own for name in targets for own in self._own(name)}
        others = tuple((path, store.put_blob(self.files[path])) for path in sorted(self.files.keys() - owned))
        for name in targets:
            yield TargetProgram(
                language=self.language,
                target=target_name(self.names, self.language, name),
                flavour=self.flavour,
                program=store.put_blob(self.files[name]),
                program_name=name,
                dictionary=self._dictionary(name, store),
                options=self._options(name),
                seeds=self._seeds(name, store),
                files=others,
            )

    def missing(self, found: tuple[TargetProgram, ...]) -> tuple[str, ...]:
        """Targets that the configuration names and the build did not leave; each is a note, too."""
        there = [one.program_name for one in found]
        missing = tuple(own for _, own in self.names if own and own not in there)
        for own in missing:
            why = "is there, and is no libFuzzer target" if own in self.files else "was not left"
            self.notes.append(f"the target '{own}' {why}{perhaps(own, there)}")
        return missing

    def _own(self, name: str) -> Iterator[str]:
        return (path for path in (f"{name}.dict", f"{name}.options", f"{name}{SEED_CORPUS}") if path in self.files)

    def _options(self, name: str) -> tuple[tuple[str, str, str], ...]:
        path = f"{name}.options"
        if path not in self.files:
            return ()
        options, notes = read_options(self.files[path], path)
        self.notes.extend(notes)
        return options

    def _dictionary(self, name: str, store: Store) -> str | None:
        """`<target>.dict`, or the one that `<target>.options` names, in the folder itself."""
        named = [
            value for section, key, value in self._options_quietly(name) if (section, key) == ("libfuzzer", "dict")
        ]
        path = next((one for one in (*named, f"{name}.dict") if one in self.files), None)
        if path is None:
            return None
        problem = dictionary_problem(self.files[path])
        if problem:
            self.notes.append(f"{path}: {problem}; it is not used")
            return None
        return store.put_blob(self.files[path])

    def _options_quietly(self, name: str) -> tuple[tuple[str, str, str], ...]:
        path = f"{name}.options"
        return read_options(self.files[path], path)[0] if path in self.files else ()

    def _seeds(self, name: str, store: Store) -> tuple[str, ...]:
        path = f"{name}{SEED_CORPUS}"
        if path not in self.files:
            return ()
        seeds = read_seeds(self.files[path], path)
        self.notes.extend(seeds.left_out)
        return tuple(map(store.put_blob, seeds.contents))
