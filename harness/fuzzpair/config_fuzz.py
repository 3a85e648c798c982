"""The section `fuzz:` of pipeline.yml: a user's own pair (docs/decisions/0012). Paths are relative to the file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, ValidationInfo, model_validator

from fuzzpair.config_types import (
    File,
    Folder,
    Name,
    Seconds,
    Section,
    distinct,
    existing,
    not_empty,
    refuse,
    root_of,
)
from fuzzpair.flavours import SOAKED
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language

# clang's names for what `-fsanitize=undefined` consists of.
UndefinedCheck = Literal[
    "alignment",
    "array-bounds",
    "bool",
    "builtin",
    "enum",
    "float-cast-overflow",
    "function",
    "integer-divide-by-zero",
    "nonnull-attribute",
    "null",
    "object-size",
    "pointer-overflow",
    "return",
    "returns-nonnull-attribute",
    "shift",
    "shift-base",
    "shift-exponent",
    "signed-integer-overflow",
    "unreachable",
    "vla-bound",
    "vptr",
]
_PROGRAM = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_PACKAGE = re.compile(r"[a-z0-9][a-z0-9+.-]{1,99}(=[A-Za-z0-9.+~:-]{1,99})?")

# --- what the types below check ----------------------------------------------------------------


def _cargo_fuzz_folder(folder: Path, info: ValidationInfo) -> Path:
    if not (folder / "Cargo.toml").is_file():
        refuse(f"'{folder.relative_to(root_of(info))}' has no Cargo.toml: it is no cargo-fuzz folder")
    return folder


def _program(name: str) -> str:
    return name if _PROGRAM.fullmatch(name) else refuse(f"'{name[:60]}' cannot be a program's name")


def _package(name: str) -> str:
    return name if _PACKAGE.fullmatch(name) else refuse(f"'{name[:60]}' cannot be the name of a Debian package")


def _sanitizer(language: Language) -> AfterValidator:
    known = SOAKED[language]

    def check(flavour: Flavour) -> Flavour:
        named = ", ".join(known)
        return (
            flavour if flavour in known else refuse(f"'{flavour}' is not fuzzed in {_SHOWN[language]} (known: {named})")
        )

    return AfterValidator(check)


_SHOWN = {Language.CPP: "C and C++", Language.RUST: "Rust"}


def _state_url(state: str, info: ValidationInfo) -> str:
    """A path becomes absolute, one outside the repository too (a CI system's cache); a URL stays as it is."""
    if "\0" in state or not state.strip():
        refuse("this is neither a path nor a URL")
    return state if "://" in state else str(root_of(info) / state)


ExistingFile = Annotated[Path, existing("file", Path.is_file)]
CargoFuzzFolder = Annotated[Folder, AfterValidator(_cargo_fuzz_folder)]
Program = Annotated[str, AfterValidator(_program)]
Packages = Annotated[tuple[Annotated[str, AfterValidator(_package)], ...], AfterValidator(distinct)]
CppSanitizers = Annotated[
    tuple[Annotated[Flavour, _sanitizer(Language.CPP)], ...],
    AfterValidator(distinct),
]
RustSanitizers = Annotated[
    tuple[Annotated[Flavour, _sanitizer(Language.RUST)], ...],
    AfterValidator(distinct),
]

# --- the section -------------------------------------------------------------------------------


class CppSide(Section):
    """The C or C++ side, built by an OSS-Fuzz style script that is not changed."""

    source: Folder
    """Becomes $SRC/<name of the pair>, where the script is run."""
    build: ExistingFile
    """The build.sh. The files of its folder are put into $SRC."""
    sanitizers: CppSanitizers = (Flavour.ADDRESS,)
    """One build of all targets for each."""
    without: Annotated[tuple[UndefinedCheck, ...], AfterValidator(distinct)] = ()
    """Checks of UBSan that are switched off: they stop at what this code does on purpose."""
    fetch: ExistingFile | None = None
    """Run once, with network, while the pair's image is made; what it leaves in $SRC is there in each build."""

    @model_validator(mode="after")
    def _switches_off_what_is_on(self) -> Self:
        if self.without and Flavour.UNDEFINED not in self.sanitizers:
            refuse("'without' is about UBSan's checks, and 'undefined' is not among the sanitizers")
        return self


class RustSide(Section):
    """The Rust side, a cargo-fuzz project that is not changed."""

    source: Folder
    """The crate with all that its build reads."""
    fuzz: CargoFuzzFolder
    """The cargo-fuzz folder, inside the source."""
    sanitizers: RustSanitizers = (Flavour.ADDRESS,)
    """One build of all targets for each."""

    @model_validator(mode="after")
    def _has_its_folder_inside(self) -> Self:
        if not self.fuzz.is_relative_to(self.source):
            refuse("'fuzz' is not inside 'source', which is all that a build sees")
        return self


class TargetNames(Section):
    """What one target is called on each side."""

    cpp: Program | None = None
    rust: Program | None = None

    def of(self, language: Language) -> str | None:
        return self.cpp if language is Language.CPP else self.rust


class ChangeBudget(Section):
    """What `fuzzpair change` may spend."""

    seconds: Seconds = 60
    """Of fuzzing, over all targets that the change touches."""
    replay_seconds: Seconds = 60
    """Of replaying what is known, before that."""


class NightlyBudget(Section):
    """What `fuzzpair nightly` may spend, and how much it keeps."""

    seconds: Seconds = 3600
    """Of fuzzing, over all targets, sides and sanitizers."""
    keep_units: Annotated[int, Field(ge=1, lt=1 << 32)] = 50_000
    """Units of a target's corpus; more are pruned, by merging."""
    keep_mb: Annotated[int, Field(ge=1, lt=1 << 32)] = 512
    """Megabytes of a target's corpus."""


class Fuzz(Section):
    """A pair of one's own. Either side may be left out."""

    name: Name
    cpp: CppSide | None = None
    rust: RustSide | None = None
    targets: Annotated[dict[Program, TargetNames], AfterValidator(not_empty)] = Field(default_factory=dict)
    """The pair's name of a target -> each side's. Those that both sides name alike are paired without it."""
    corpus: Folder | None = None
    """Seeds: <corpus>/<target>/*."""
    packages: Packages = ()
    """Further Debian packages of the pair's image, for both sides."""
    state: Annotated[str, AfterValidator(_state_url), Field(validate_default=True)] = ".fuzzpair/pair"
    """Where corpora, findings and records are kept: a path, or any fsspec URL."""
    known_issues: File | None = None
    """Findings that are accepted for a time, with a reason and an owner; the file may be absent."""
    change: ChangeBudget = ChangeBudget()
    nightly: NightlyBudget = NightlyBudget()

    @model_validator(mode="after")
    def _is_about_something(self) -> Self:
        if self.cpp is None and self.rust is None:
            refuse("it has neither a 'cpp' nor a 'rust' side")
        for name, names in self.targets.items():
            self._check_target(name, names)
        return self

    def _check_target(self, name: str, names: TargetNames) -> None:
        if names.cpp is None and names.rust is None:
            refuse(f"the target '{name}' has a name on neither side")
        for language in Language:
            program = names.of(language)
            if program is not None and self.side(language) is None:
                refuse(f"the target '{name}' is called '{program}' on the side '{language}', which is not described")
            others = {other: it.of(language) for other, it in self.targets.items() if other != name}
            if program is not None and program in others.values():
                refuse(f"'{program}' is the name of two targets on the side '{language}'")

    def side(self, language: Language) -> CppSide | RustSide | None:
        return self.cpp if language is Language.CPP else self.rust

    def sanitizers(self, language: Language) -> tuple[Flavour, ...]:
        """The flavours in which a side is built; none where there is no such side."""
        side = self.side(language)
        return () if side is None else side.sanitizers
