"""pipeline.yml → Config. Everything wrong in the file is said at once, with its line and a suggestion."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    PrivateAttr,
    Tag,
    ValidationError,
)

from fuzzpair import yaml_source
from fuzzpair.bug_classes import BUG_CLASSES
from fuzzpair.config_agreement import Agreement
from fuzzpair.config_fuzz import Fuzz
from fuzzpair.config_problems import perhaps, problems_of
from fuzzpair.config_types import (
    Count,
    File,
    Folder,
    Name,
    Names,
    Seconds,
    Section,
    distinct,
    not_empty,
    refuse,
    word_or,
    word_or_else,
)
from fuzzpair.errors import ConfigError, UsageError
from fuzzpair.flavours import RECIPES
from fuzzpair.model.command import Limits
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language, Variant
from fuzzpair.model.tool import Analyzer
from fuzzpair.severity import Overrides, Severity
from fuzzpair.severity_rules import Touch

VERSION = 1

# --- what the types below check ----------------------------------------------------------------


def _known_version(version: int) -> int:
    return version if version == VERSION else refuse(f"this fuzzpair reads version {VERSION}, not {version}")


def _in_rust(flavour: Flavour) -> Flavour:
    if flavour not in RECIPES[Language.RUST]:
        refuse(f"rustc has no '{flavour}' flavour")
    return flavour


def _in_cpp(flavour: Flavour) -> Flavour:
    if flavour not in RECIPES[Language.CPP]:
        refuse(f"there is no recipe for C++ in the '{flavour}' flavour yet")
    return flavour


def _as_needed(flavours: tuple[Flavour, ...]) -> tuple[Flavour, ...]:
    for flavour in (Flavour.DEFAULT, Flavour.HARDENED, Flavour.CANARY):
        if flavour not in flavours:
            refuse(f"'{flavour}' must be in this list: no verdict is given without it")
    return flavours


def _known_class(slug: str) -> str:
    if slug not in BUG_CLASSES:
        refuse(f"there is no such bug class{perhaps(slug, list(BUG_CLASSES))}")
    return slug


def _by_access(value: object) -> object:
    shown = json.dumps(value)[:60]
    return value if isinstance(value, dict) else refuse(f"{shown} should be a level, or levels by access")


Seeds = Annotated[tuple[Annotated[int, Field(ge=1, lt=1 << 31)], ...], AfterValidator(distinct)]
CppFlavours = Annotated[
    tuple[Annotated[Flavour, AfterValidator(_in_cpp)], ...],
    AfterValidator(distinct),
    AfterValidator(_as_needed),
]
RustFlavours = Annotated[
    tuple[Annotated[Flavour, AfterValidator(_in_rust)], ...],
    AfterValidator(distinct),
    AfterValidator(_as_needed),
]
Analyzers = Annotated[tuple[Analyzer, ...], AfterValidator(distinct)]
Class = Annotated[str, AfterValidator(_known_class)]
Level = Annotated[
    Annotated[Severity, Tag("<word>")]
    | Annotated[dict[Touch, Severity], BeforeValidator(_by_access), AfterValidator(not_empty), Tag("<else>")],
    Discriminator(word_or_else),
]
Cwe = Annotated[int, Field(ge=1, le=9999)]

# --- the file ----------------------------------------------------------------------------------


class Pair(Section):
    """One parser twice, and the inputs both start from. Folders are relative to this file."""

    name: Name
    cpp: Folder
    rust: Folder
    corpus: Folder
    targets: Names

    def folder(self, language: Language) -> Path:
        return self.cpp if language is Language.CPP else self.rust


class SandboxLimits(Section):
    """What one sandbox may use."""

    memory_mb: Annotated[int, Field(ge=256, le=1 << 20)] = 3072
    pids: Annotated[int, Field(ge=16, le=1 << 16)] = 512

    def to_model(self) -> Limits:
        return Limits(memory_mb=self.memory_mb, pids=self.pids)


class Flavours(Section):
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


class Profile(Section):
    """One way to run the experiment: which mistakes, which judges, which budgets."""

    mistakes: Annotated[
        Annotated[Literal["all"], word_or("all", "a list of names"), Tag("<word>")] | Annotated[Names, Tag("<else>")],
        Discriminator(word_or_else),
    ] = "all"
    flavours: Flavours
    analyzers: Analyzers = ()
    """Static analyzers that are asked as well; what they say is compared with what they say of the counterpart."""
    seeds: Seeds
    """One campaign as a user would fuzz is run for each seed."""
    trigger_runs: Count
    """Executions of the campaign that gathers triggering inputs."""
    trigger_runs_of: dict[Name, Count] = Field(default_factory=dict)
    """The same for single targets, where one execution takes much longer."""
    trigger_inputs: Annotated[int, Field(ge=1, le=1000)]
    """Distinct triggering inputs that each flavour is judged on."""
    found_runs: Count
    """Executions of one campaign as a user would fuzz; the same for both twins."""
    found_runs_of: dict[Name, Count] = Field(default_factory=dict)
    """The same for single targets, where one execution takes much longer."""
    replay_timeout_s: Seconds
    fuse_s: Seconds
    """A campaign that this ends is incomplete, not a result."""
    load_parses: Annotated[int, Field(ge=0, lt=1 << 40)] = 0
    """Parses of one input in one process of a leak, under a small memory limit; 0 runs nothing under load."""
    minimise_tries: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    """Candidates tried to make one crash input of each finding smaller; 0 leaves it as it was found."""
    baseline: File | None = None
    """Verdicts of this profile, where it asks more judges than that of the file's own baseline; may be absent."""

    def found_runs_for(self, target: str) -> int:
        return self.found_runs_of.get(target, self.found_runs)

    def trigger_runs_for(self, target: str) -> int:
        return self.trigger_runs_of.get(target, self.trigger_runs)


class Config(Section):
    """pipeline.yml. All paths are absolute here, and inside `root`."""

    version: Annotated[int, AfterValidator(_known_version), Field(json_schema_extra={"const": VERSION})]
    experiment: Annotated[Pair | None, Field(alias="pair")] = None
    """The experiment's pair of twins."""
    fuzz: Fuzz | None = None
    """A pair of one's own, fuzzed in CI and every night."""
    backend: Literal["auto", "docker", "local"] = "auto"
    """Where builds, fuzzing and replays run; auto is docker where an engine answers, else local."""
    recipe: Annotated[Folder | None, Field(alias="image")] = None
    """The recipe of the toolchain image; left out, it is the one that comes with fuzzpair."""
    workers: Annotated[
        Annotated[Literal["auto"], word_or("auto", "a whole number"), Tag("<word>")]
        | Annotated[int, Field(ge=1, le=1024), Tag("<else>")],
        Discriminator(word_or_else),
    ] = "auto"
    """Jobs at once; auto is one for each core, and one more."""
    limits: SandboxLimits = SandboxLimits()
    profiles: Annotated[dict[Name, Profile], AfterValidator(not_empty)] = Field(default_factory=dict)
    """The ways to run the experiment."""
    baseline: File | None = None
    """The verdicts of the last release, which the gate compares with; the file may be absent."""
    claims: File | None = None
    """Claims that the matrix answers; without this key none are asked. docs/claims.md describes the file."""

    agreement: Agreement | None = None
    """What `fuzzpair agree` compares; without this key it has nothing to ask."""

    severity: dict[Class, Level] = Field(default_factory=dict)
    """Levels that hold instead of docs/severity.md's, for a class or for one access to it."""
    cwe: dict[Class, Cwe] = Field(default_factory=dict)
    """CWE numbers that hold instead of those of bug_classes.py."""

    _root: Path = PrivateAttr()

    def model_post_init(self, context: Any, /) -> None:  # noqa: ANN401 - pydantic's signature
        self._root = context

    @property
    def root(self) -> Path:
        """The folder of pipeline.yml."""
        return self._root

    @property
    def pair(self) -> Pair:
        """The experiment's pair. Raises UsageError where the file describes none."""
        return self.experiment or _absent("pair", "the experiment, which this verb is about")

    @property
    def own_pair(self) -> Fuzz:
        """The user's own pair. Raises UsageError where the file describes none."""
        return self.fuzz or _absent("fuzz", "a pair of your own, which this verb is about")

    @property
    def image(self) -> Path:
        """The recipe of the toolchain image. Raises UsageError where the file names none and none came along."""
        return self.recipe or shipped_recipe("toolchain")

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
        if not self.profiles:
            _absent("profiles", "the ways to run the experiment, which this verb is about")
        raise UsageError(
            f"there is no profile '{name}' in pipeline.yml{perhaps(name, list(self.profiles))}",
            next_step=f"choose one of: {', '.join(self.profiles)}",
        )


def _absent(section: str, what: str) -> NoReturn:
    raise UsageError(
        f"pipeline.yml has no section '{section}': it describes {what}",
        next_step=f"add '{section}:' to pipeline.yml, or name another file with --config",
    )


def shipped_recipe(name: str) -> Path:
    """The folder of a recipe that comes with fuzzpair: in an installed package, else in the checkout around it.

    Raises UsageError where neither has it.
    """
    package = Path(__file__).resolve().parent
    for folder in (package / name, package.parents[1] / "docker" / name):
        if (folder / "Dockerfile").is_file():
            return folder
    raise UsageError(
        f"no recipe of the {name} image came with this fuzzpair",
        next_step="install fuzzpair again, or name a recipe's folder with 'image:' in pipeline.yml",
    )


def json_schema() -> dict[str, Any]:
    """What pipeline.yml may hold, for editors that check while one types."""
    schema = Config.model_json_schema(by_alias=True)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "fuzzpair pipeline.yml",
    }


def _problems_between(config: Config, document: yaml_source.Document) -> Iterator[yaml_source.Problem]:
    """What no section can see alone."""
    if config.experiment is None and config.fuzz is None:
        yield yaml_source.Problem(1, "neither 'pair' (the experiment) nor 'fuzz' (a pair of your own) is here")
    if config.experiment is not None and not config.profiles:
        yield yaml_source.Problem(document.key_line(("pair",)), "'profiles' is missing: 'pair' is run by one of them")
    if config.experiment is None and config.profiles:
        yield yaml_source.Problem(document.key_line(("profiles",)), "'pair' is missing: 'profiles' are ways to run it")
    if config.experiment is None and config.agreement is not None and not config.agreement.is_of_own_pair:
        yield yaml_source.Problem(
            document.key_line(("agreement", "cpp")),
            "'cpp' and 'rust' are compiled with the twins that 'pair' names, which is missing; a pair of 'fuzz' leaves "
            "both out, and its targets define fuzzpair_describe_cpp and fuzzpair_describe_rust (docs/agreement.md)",
        )
    if config.experiment is not None:
        yield from _unknown_targets(config, config.experiment.targets, document)


def _unknown_targets(
    config: Config, targets: tuple[str, ...], document: yaml_source.Document
) -> Iterator[yaml_source.Problem]:
    for name, profile in config.profiles.items():
        for key, of in (("found_runs_of", profile.found_runs_of), ("trigger_runs_of", profile.trigger_runs_of)):
            for target in of.keys() - set(targets):
                line = document.key_line(("profiles", name, key, target))
                yield yaml_source.Problem(line, f"the pair has no target '{target}'{perhaps(target, list(targets))}")


def load_config(path: Path, *, without: Collection[str] = ()) -> Config:
    """Read and check pipeline.yml; a ConfigError names every mistake in it, in the order of lines.

    Sections `without` which it is asked for are not looked at: a bundle has not what they name.
    """
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
    value = document.value
    if isinstance(value, dict):
        value = {key: section for key, section in value.items() if key not in without}
    try:
        # As JSON, pydantic's strict mode takes a list for a tuple and a word for an enum, and nothing else.
        config = Config.model_validate_json(json.dumps(value), context=root)
    except ValidationError as error:
        problems.extend(problems_of(error, document, Config))
    else:
        problems.extend(_problems_between(config, document))
        if not problems:
            return config
    shown = [
        f"{path.name}:{problem.line}: {problem.text}" for problem in sorted(problems, key=lambda problem: problem.line)
    ]
    # Keys and values are shown as they are written there; no escape of theirs reaches a terminal.
    shown = ["".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text) for text in shown]
    correct = "correct this line" if len(shown) == 1 else f"correct these {len(shown)} places"
    raise ConfigError("\n".join(shown), next_step=f"{correct} in {path}; nothing was built")
