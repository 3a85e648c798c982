"""pipeline.yml → Config. Everything wrong in the file is said at once, with its line and a suggestion."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sized
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PrivateAttr,
    Tag,
    ValidationError,
    ValidationInfo,
)
from pydantic_core import PydanticCustomError

from fuzzpair import yaml_source
from fuzzpair.bug_classes import BUG_CLASSES
from fuzzpair.config_problems import perhaps, problems_of
from fuzzpair.errors import ConfigError, UsageError
from fuzzpair.flavours import RECIPES
from fuzzpair.model import Analyzer, Flavour, Language, Limits, Variant
from fuzzpair.severity import Overrides, Severity
from fuzzpair.severity_rules import Touch

VERSION = 1
_DOTTED = r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$"

Some = TypeVar("Some", bound=Sized)

# --- what the types below check ----------------------------------------------------------------


def _refuse(text: str) -> NoReturn:
    raise PydanticCustomError("refused", "{text}", {"text": text})


def _root(info: ValidationInfo) -> Path:
    assert isinstance(info.context, Path)  # load_config gives it
    return info.context


def _in_repository(path: Path, info: ValidationInfo) -> Path:
    root = _root(info)
    if path.is_absolute():
        _refuse(f"'{path}' must be relative to the folder of this file")
    try:
        resolved = (root / path).resolve()
    except (OSError, ValueError, RuntimeError) as error:  # a NUL, a name too long, a loop of links
        _refuse(f"'{str(path)[:80]!s}' cannot be a path: {error}")
    if not resolved.is_relative_to(root):
        _refuse(f"'{path}' leaves the folder of this file")
    return resolved


def _existing_folder(path: Path, info: ValidationInfo) -> Path:
    resolved = _in_repository(path, info)
    try:
        is_folder = resolved.is_dir()
    except OSError:
        is_folder = False
    if not is_folder:
        _refuse(f"there is no folder '{path}' in {_root(info)}")
    return resolved


def _known_version(version: int) -> int:
    return version if version == VERSION else _refuse(f"this fuzzpair reads version {VERSION}, not {version}")


def _not_empty(items: Some) -> Some:
    return items or _refuse("nothing is listed here")


def _distinct(items: tuple[Any, ...]) -> tuple[Any, ...]:
    for index, item in enumerate(items):
        if item in items[:index]:
            _refuse(f"'{item}' is in this list twice")
    return _not_empty(items)


def _in_rust(flavour: Flavour) -> Flavour:
    if flavour not in RECIPES[Language.RUST]:
        _refuse(f"rustc has no '{flavour}' flavour")
    return flavour


def _in_cpp(flavour: Flavour) -> Flavour:
    if flavour not in RECIPES[Language.CPP]:
        _refuse(f"there is no recipe for C++ in the '{flavour}' flavour yet")
    return flavour


def _as_needed(flavours: tuple[Flavour, ...]) -> tuple[Flavour, ...]:
    for flavour in (Flavour.DEFAULT, Flavour.HARDENED, Flavour.CANARY):
        if flavour not in flavours:
            _refuse(f"'{flavour}' must be in this list: no verdict is given without it")
    return flavours


def _or(word: str, otherwise: str) -> BeforeValidator:
    def validate(value: object) -> object:
        return value if value == word else _refuse(f"'{value}' should be '{word}' or {otherwise}")

    return BeforeValidator(validate)


def _module_and_name(value: str) -> str:
    if value and not re.fullmatch(rf"{_DOTTED.removesuffix('$')}:[A-Za-z_][A-Za-z0-9_]*", value.removesuffix("\n")):
        _refuse(f"'{value[:80]}' should be module:name")
    return value


def _known_class(slug: str) -> str:
    if slug not in BUG_CLASSES:
        _refuse(f"there is no such bug class{perhaps(slug, list(BUG_CLASSES))}")
    return slug


def _by_access(value: object) -> object:
    shown = json.dumps(value)[:60]
    return value if isinstance(value, dict) else _refuse(f"{shown} should be a level, or levels by access")


def _word_or_else(value: object) -> str:
    return "<word>" if isinstance(value, str) else "<else>"


Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}\z")]
Folder = Annotated[Path, AfterValidator(_existing_folder)]
File = Annotated[Path, AfterValidator(_in_repository)]
Names = Annotated[tuple[Name, ...], AfterValidator(_distinct)]
Seeds = Annotated[tuple[Annotated[int, Field(ge=1, lt=1 << 31)], ...], AfterValidator(_distinct)]
CppFlavours = Annotated[
    tuple[Annotated[Flavour, AfterValidator(_in_cpp)], ...],
    AfterValidator(_distinct),
    AfterValidator(_as_needed),
]
RustFlavours = Annotated[
    tuple[Annotated[Flavour, AfterValidator(_in_rust)], ...],
    AfterValidator(_distinct),
    AfterValidator(_as_needed),
]
Analyzers = Annotated[tuple[Analyzer, ...], AfterValidator(_distinct)]
Class = Annotated[str, AfterValidator(_known_class)]
Level = Annotated[
    Annotated[Severity, Tag("<word>")]
    | Annotated[dict[Touch, Severity], BeforeValidator(_by_access), AfterValidator(_not_empty), Tag("<else>")],
    Discriminator(_word_or_else),
]
Cwe = Annotated[int, Field(ge=1, le=9999)]
Count = Annotated[int, Field(ge=1, lt=1 << 40)]
Seconds = Annotated[float, Field(gt=0, le=86_400)]

# --- the file ----------------------------------------------------------------------------------


class _Section(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, serialize_by_alias=True, use_attribute_docstrings=True
    )


class Pair(_Section):
    """One parser twice, and the inputs both start from. Folders are relative to this file."""

    name: Name
    cpp: Folder
    rust: Folder
    corpus: Folder
    targets: Names

    def folder(self, language: Language) -> Path:
        return self.cpp if language is Language.CPP else self.rust


class SandboxLimits(_Section):
    """What one sandbox may use."""

    memory_mb: Annotated[int, Field(ge=256, le=1 << 20)] = 3072
    pids: Annotated[int, Field(ge=16, le=1 << 16)] = 512

    def to_model(self) -> Limits:
        return Limits(memory_mb=self.memory_mb, pids=self.pids)


class Flavours(_Section):
    """How each kind of variant is compiled and judged; rust-next is compiled as rust."""

    cpp: CppFlavours
    rust: RustFlavours
    rust_unsafe: RustFlavours = Field(alias="rust-unsafe")

    def of(self, variant: Variant) -> tuple[Flavour, ...]:
        match variant:
            case Variant.CPP:
                return self.cpp
            case Variant.RUST | Variant.RUST_NEXT:
                return self.rust
            case Variant.RUST_UNSAFE:
                return self.rust_unsafe


class Profile(_Section):
    """One way to run the experiment: which mistakes, which judges, which budgets."""

    mistakes: Annotated[
        Annotated[Literal["all"], _or("all", "a list of names"), Tag("<word>")] | Annotated[Names, Tag("<else>")],
        Discriminator(_word_or_else),
    ] = "all"
    flavours: Flavours
    analyzers: Analyzers = ()
    """Static analyzers that are asked as well; what they say is compared with what they say of the counterpart."""
    seeds: Seeds
    """One campaign as a user would fuzz is run for each seed."""
    trigger_runs: Count
    """Executions of the campaign that gathers triggering inputs."""
    trigger_inputs: Annotated[int, Field(ge=1, le=1000)]
    """Distinct triggering inputs that each flavour is judged on."""
    found_runs: Count
    """Executions of one campaign as a user would fuzz; the same for both twins."""
    found_runs_of: dict[Name, Count] = {}
    """The same for single targets, where one execution takes much longer."""
    replay_timeout_s: Seconds
    fuse_s: Seconds
    """A campaign that this ends is incomplete, not a result."""
    load_parses: Annotated[int, Field(ge=0, lt=1 << 40)] = 0
    """Parses of one input in one process of a leak, under a small memory limit; 0 runs nothing under load."""
    minimise_s: Annotated[float, Field(ge=0, le=86_400)] = 0
    """Seconds to make one crash input of each finding smaller; 0 leaves it as it was found."""
    baseline: File | None = None
    """Verdicts of this profile, where it asks more judges than that of the file's own baseline; may be absent."""

    def runs_of(self, target: str) -> int:
        return self.found_runs_of.get(target, self.found_runs)


class Agreement(_Section):
    """How the twins are compared: with each other, and with a reference in Python (docs/agreement.md).

    Whether its files are there is asked by who compares: a bundle of the experiment has none of them.
    """

    cpp: File
    """The C++ twin's `describe` for the C ABI."""
    rust: File
    """The Rust twin's."""
    engines: Annotated[tuple[Literal["libfuzzer", "atheris"], ...], AfterValidator(_distinct)] = ("libfuzzer",)
    """libfuzzer: both twins in one binary. atheris: both beside the reference, in Python."""
    image: File | None = None
    """The recipe of atheris and the reference, on top of the toolchain image."""
    modules: File | None = None
    """A Python package of the pair's own: the reference's function and the structured inputs."""
    reference: Annotated[str, AfterValidator(_module_and_name)] = ""
    """`module:function` of the third opinion: (target, octets) → text, or text and reasons."""
    inputs: Annotated[str, AfterValidator(_module_and_name)] = ""
    """`module:class` of structured inputs; without it octets are mutated."""
    instrument: Annotated[tuple[Annotated[str, Field(pattern=_DOTTED)], ...], AfterValidator(_distinct)] = ()
    """Python packages whose coverage guides atheris."""
    seconds: Seconds = 120
    """Of one campaign; what it ends is a sample of what was done until then."""
    runs: Count = 5_000_000
    """Executions of one campaign."""

    def describe(self, language: Language) -> Path:
        return self.cpp if language is Language.CPP else self.rust


class Config(_Section):
    """pipeline.yml. All paths are absolute here, and inside `root`."""

    version: Annotated[int, AfterValidator(_known_version), Field(json_schema_extra={"const": VERSION})]
    pair: Pair
    backend: Literal["auto", "docker", "local"] = "auto"
    """Where builds, fuzzing and replays run; auto is docker where an engine answers, else local."""
    image: Folder
    """The recipe of the toolchain image."""
    workers: Annotated[
        Annotated[Literal["auto"], _or("auto", "a whole number"), Tag("<word>")]
        | Annotated[int, Field(ge=1, le=1024), Tag("<else>")],
        Discriminator(_word_or_else),
    ] = "auto"
    """Jobs at once; auto is one for each core, and one more."""
    limits: SandboxLimits = SandboxLimits()
    profiles: Annotated[dict[Name, Profile], AfterValidator(_not_empty)]
    baseline: File | None = None
    """The verdicts of the last release, which the gate compares with; the file may be absent."""
    claims: File | None = None
    """Claims that the matrix answers; without this key none are asked. docs/claims.md describes the file."""

    agreement: Agreement | None = None
    """What `fuzzpair agree` compares; without this key it has nothing to ask."""

    severity: dict[Class, Level] = {}
    """Levels that hold instead of docs/severity.md's, for a class or for one access to it."""
    cwe: dict[Class, Cwe] = {}
    """CWE numbers that hold instead of those of bug_classes.py."""

    _root: Path = PrivateAttr()

    def model_post_init(self, context: Any, /) -> None:  # noqa: ANN401 - pydantic's signature
        self._root = context

    @property
    def root(self) -> Path:
        """The folder of pipeline.yml."""
        return self._root

    @property
    def overrides(self) -> Overrides:
        """What this file says instead of the tables of severities and weaknesses."""
        levels: dict[tuple[str, Touch | None], Severity] = {}
        for slug, level in self.severity.items():
            by_touch = {None: level} if isinstance(level, Severity) else level
            levels.update({(slug, touch): of for touch, of in by_touch.items()})
        return Overrides(levels=levels, cwes=self.cwe)

    def baseline_of(self, profile: Profile) -> Path | None:
        """The file of verdicts that the gate compares a profile's with."""
        return profile.baseline or self.baseline

    def profile(self, name: str) -> Profile:
        if name in self.profiles:
            return self.profiles[name]
        raise UsageError(
            f"there is no profile '{name}' in pipeline.yml{perhaps(name, list(self.profiles))}",
            next_step=f"choose one of: {', '.join(self.profiles)}",
        )


def json_schema() -> dict[str, Any]:
    """What pipeline.yml may hold, for editors that check while one types."""
    schema = Config.model_json_schema(by_alias=True)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "fuzzpair pipeline.yml",
    }


def _unknown_targets(config: Config, document: yaml_source.Document) -> Iterator[yaml_source.Problem]:
    targets = config.pair.targets
    for name, profile in config.profiles.items():
        for target in profile.found_runs_of:
            if target not in targets:
                line = document.key_line(("profiles", name, "found_runs_of", target))
                yield yaml_source.Problem(line, f"the pair has no target '{target}'{perhaps(target, list(targets))}")


def load_config(path: Path) -> Config:
    """Read and check pipeline.yml; a ConfigError names every mistake in it, in the order of lines."""
    try:
        root = path.resolve().parent
        with path.open("rb") as file:
            content = file.read(yaml_source.SIZE_LIMIT + 1)
    except OSError as error:
        raise ConfigError(
            f"{path.name}:1: cannot be read: {error.strerror} ({path})",
            next_step="run fuzzpair in the folder that holds pipeline.yml",
        ) from None
    document = yaml_source.read(content)
    problems = list(document.problems)
    try:
        # As JSON, pydantic's strict mode takes a list for a tuple and a word for an enum, and nothing else.
        config = Config.model_validate_json(json.dumps(document.value), context=root)
    except ValidationError as error:
        problems.extend(problems_of(error, document, json_schema()))
    else:
        problems.extend(_unknown_targets(config, document))
        if not problems:
            return config
    shown = [
        f"{path.name}:{problem.line}: {problem.text}" for problem in sorted(problems, key=lambda problem: problem.line)
    ]
    # Keys and values are shown as they are written there; no escape of theirs reaches a terminal.
    shown = ["".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text) for text in shown]
    correct = "correct this line" if len(shown) == 1 else f"correct these {len(shown)} places"
    raise ConfigError("\n".join(shown), next_step=f"{correct} in {path}; nothing was built")
