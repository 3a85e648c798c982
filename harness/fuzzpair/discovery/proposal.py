"""What was found -> what is proposed: the values of pipeline.yml. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

import yaml

from fuzzpair.discovery.crates import FuzzCrate, find_crates
from fuzzpair.discovery.listing import Listing
from fuzzpair.discovery.pairing import Likeness, pair_up
from fuzzpair.discovery.scripts import Script, find_others, find_scripts, find_sources
from fuzzpair.discovery.seeds import Seeds, find_seeds

_PROGRAM: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
NAME_LENGTH: Final = 64
_BY_DEFAULT: Final = ("address", "undefined")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A pipeline.yml in values, and what else was seen."""

    name: str
    scripts: tuple[Script, ...]  # the first is proposed
    crates: tuple[FuzzCrate, ...]  # likewise
    unread: tuple[FuzzCrate, ...]  # cargo-fuzz folders whose manifest is no TOML
    sources: tuple[str, ...]  # C and C++ files that define a target
    others: tuple[tuple[str, str], ...]  # build scripts for other languages
    cpp_targets: tuple[str, ...]
    rust_targets: tuple[str, ...]
    likeness: Likeness
    seeds: Seeds
    left_out: tuple[str, ...]

    @property
    def script(self) -> Script | None:
        return self.scripts[0] if self.scripts else None

    @property
    def crate(self) -> FuzzCrate | None:
        return self.crates[0] if self.crates else None

    @property
    def is_empty(self) -> bool:
        return not self.scripts and not self.crates

    @property
    def are_guessed(self) -> bool:
        """C++'s names are those of sources: the script does not spell out what it leaves in $OUT."""
        return self.script is not None and not self.script.programs

    @property
    def sanitizers(self) -> tuple[str, ...]:
        """For C and C++. MSan is left to the user: it wants every library instrumented."""
        stated = self.script.sanitizers if self.script else ()
        return tuple(one for one in _BY_DEFAULT if one in stated) or _BY_DEFAULT


def propose(listing: Listing, name: str = "") -> Proposal:
    """`name` is what the pair shall be called; "" leaves it to what was found."""
    scripts, crates, sources = find_scripts(listing), find_crates(listing), find_sources(listing)
    read = tuple(one for one in crates if not one.unread)
    cpp = _cpp_targets(scripts[0], sources) if scripts else ()
    rust = _nameable(read[0].programs) if read else ()
    return Proposal(
        name=slug(name or (scripts[0].expects if scripts else "") or listing.name),
        scripts=scripts,
        crates=read,
        unread=tuple(one for one in crates if one.unread),
        sources=sources,
        others=tuple(find_others(listing)),
        cpp_targets=cpp,
        rust_targets=rust,
        likeness=pair_up(cpp, rust),
        seeds=find_seeds(listing, (*cpp, *rust)),
        left_out=listing.left_out,
    )


def slug(name: str) -> str:
    """A pair's name made of any text: what pipeline.yml takes. `null`, `on`, `2024` would be no texts to YAML."""
    plain = re.sub(r"[^a-z0-9_-]+", "-", name.lower()).strip("-_")[:NAME_LENGTH].rstrip("-_") or "pair"
    return plain if isinstance(yaml.safe_load(plain), str) else f"pair-{plain}"[:NAME_LENGTH].rstrip("-_")


def _cpp_targets(script: Script, sources: Iterable[str]) -> tuple[str, ...]:
    return _nameable(script.programs or (PurePosixPath(path).stem for path in sources))


def _nameable(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if _PROGRAM.fullmatch(name)))
