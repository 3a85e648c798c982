"""What a run reads before it builds anything: the names asked for, the corpus, the claims. Each has its error."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fuzzpair.claims_file import Claim, parse_claims
from fuzzpair.config import Config, Profile
from fuzzpair.config_problems import perhaps
from fuzzpair.errors import ConfigError, FuzzpairError, UsageError
from fuzzpair.findings import read_rulings
from fuzzpair.gate import read_baseline
from fuzzpair.mistakes import mistake_names
from fuzzpair.triage.grouping import NO_RULINGS
from fuzzpair.triage.rulings import GROUPS, Rulings


def check_wish(config: Config, profile: Profile, selected: Sequence[str]) -> None:
    """Raise FuzzpairError where a run would end for what can be read at once, before an image is built for it."""
    mistakes_to_run(config, profile, selected)
    for target in config.pair.targets:
        read_corpus(config, target)
    read_claims(config)
    read_groups(config)


def read_groups(config: Config) -> Rulings:
    """A person's rulings on what is one bug, from groups.yml beside pipeline.yml; none where there is no such file.

    Raises ConfigError with every mistake in it.
    """
    path = config.root / GROUPS
    return read_rulings(path) if path.exists() else NO_RULINGS


def read_claims(config: Config) -> tuple[Claim, ...]:
    """The claims that pipeline.yml names. Raises ConfigError; a file that is named and absent would answer nothing."""
    if config.claims is None:
        return ()
    try:
        content = config.claims.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"{config.claims.name}:1: cannot be read: {error.strerror} ({config.claims})",
            next_step="restore it, or take the key 'claims' out of pipeline.yml",
        ) from None
    return parse_claims(content, config.claims.name)


def mistakes_to_run(config: Config, profile: Profile, selected: Sequence[str]) -> list[str]:
    """The names asked for. Raises UsageError on one that neither the pair nor the baseline has."""
    there = mistake_names(config.pair.cpp, config.pair.rust)
    path = config.baseline_of(profile)
    baseline = read_baseline(path) if path else None
    known = {row.split("/")[0] for row in baseline.rows} if baseline else set()
    for name in selected:
        if name not in known and name not in there:
            raise UsageError(
                f"there is no mistake {name!r}{perhaps(name, there)}",
                next_step=f"one of {', '.join(there)}" if there else "the pair has no patches yet",
            )
    if selected:
        return sorted(set(selected))
    # A mistake whose patches were all taken away is told of, not forgotten.
    return sorted(set(there) | known if profile.mistakes == "all" else set(profile.mistakes))


def read_corpus(config: Config, target: str) -> list[bytes]:
    """A target's seeds. Raises FuzzpairError when there is none."""
    folder: Path = config.pair.corpus / target
    contents = [path.read_bytes() for path in sorted(folder.glob("*")) if path.is_file()] if folder.is_dir() else []
    if not contents:
        raise FuzzpairError(
            f"the corpus of target {target!r} is empty: {folder}",
            next_step="put at least one input file there; fuzzing from nothing proves nothing",
        )
    return contents
