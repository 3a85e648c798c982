"""What the user asks of `fuzzpair agree`, checked before an image is made for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fuzzpair.agree.campaigns import ATHERIS, CORPUS, NATIVE
from fuzzpair.agree.tasks import Budget
from fuzzpair.config import Config, shipped_recipe
from fuzzpair.config_agreement import Agreement
from fuzzpair.config_problems import perhaps
from fuzzpair.errors import ConfigError, UsageError
from fuzzpair.mistakes import mistake_names

ENGINES = (NATIVE, ATHERIS)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreeWish:
    """The command line; what it leaves open is pipeline.yml's."""

    agreement: Agreement
    engines: tuple[str, ...]
    mistakes: tuple[str, ...]
    runs: int | None
    seconds: float | None
    slices: int
    targets: tuple[str, ...] = ()

    def twins(self, config: Config) -> tuple[str, ...]:
        """The targets on which the unpatched twins are compared; none where mistakes are planted."""
        return () if self.mistakes else self.targets or config.pair.targets

    def names(self) -> tuple[str, ...]:
        """The engines. Of a user's own pair the shared corpus is read first."""
        first = (CORPUS,) if self.agreement.is_of_own_pair else ()
        return self.engines or (*first, *self.agreement.engines)

    def image(self) -> Path:
        """The recipe of atheris and the reference."""
        return self.agreement.image or shipped_recipe(ATHERIS)

    def known_issues(self, config: Config) -> Path | None:
        """One file serves `fuzz:` and `agreement:`, unless this one names its own."""
        shared = config.fuzz.known_issues if config.fuzz else None
        return self.agreement.known_issues or shared

    def budget(self) -> Budget:
        return Budget(
            runs=self.runs or self.agreement.runs,
            seconds=self.seconds or self.agreement.seconds,
            slices=self.slices,
        )

    def check(self, config: Config) -> None:
        """Raises UsageError on an engine, a target or a mistake that there is not; ConfigError on a file that there is
        not. Which targets a user's own pair has is known when it is built."""
        is_own = self.agreement.is_of_own_pair
        _check(self.names(), (*((CORPUS,) if is_own else ()), *ENGINES), "engine")
        for path in (self.agreement.cpp, self.agreement.rust, self.agreement.modules, self.agreement.image):
            if path is not None and not path.exists():
                raise ConfigError(
                    f"pipeline.yml, agreement: there is no {path.relative_to(config.root)}",
                    next_step="docs/agreement.md says what each key names",
                )
        if not is_own:
            _check(self.targets, config.pair.targets, "target")
            _check(self.mistakes, mistake_names(config.pair.cpp, config.pair.rust), "mistake")
        elif self.mistakes:
            raise UsageError(
                "mistakes are planted in the experiment's twins, and `agreement:` names none",
                next_step="leave them out: the pair of `fuzz:` is compared as it stands",
            )


def check_targets(asked: Sequence[str], known: Sequence[str]) -> None:
    """Raises UsageError on one that there is not."""
    _check(asked, known, "target")


def _check(asked: Sequence[str], known: Sequence[str], what: str) -> None:
    for name in asked:
        if name not in known:
            raise UsageError(
                f"there is no {what} {name!r}{perhaps(name, list(known))}",
                next_step=f"one of {', '.join(known) or 'none at all'}",
            )


def agreement_of(config: Config) -> Agreement:
    """The section of pipeline.yml. Raises ConfigError where it is missing."""
    if config.agreement is None:
        raise ConfigError(
            "pipeline.yml has no `agreement:`: there is nothing to compare",
            next_step="docs/agreement.md says what the section names",
        )
    return config.agreement
