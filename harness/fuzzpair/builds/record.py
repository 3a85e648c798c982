"""What compiling a tree came to."""

from __future__ import annotations

from dataclasses import dataclass

from fuzzpair.errors import BuildError
from fuzzpair.model.diagnostic import Diagnostic

JUDGE = "judge"  # the pair's own program, one process an input


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """What compiling came to. Without `programs` the compiler refused, and `diagnostics` says why."""

    programs: tuple[tuple[str, str], ...]  # "judge", "fuzz_message" … -> sha256
    objects: tuple[tuple[str, str], ...]  # C++ source -> sha256 of its object, for builds that share it
    prepared: tuple[tuple[str, str], ...]  # file -> sha256: what the compiler need not do again for a changed tree
    links: tuple[tuple[str, tuple[str, ...]], ...]  # Rust: program -> how it is linked with another tree's library
    calls: tuple[str, ...]  # Rust: functions of the library that these programs call
    diagnostics: tuple[Diagnostic, ...]
    commands: tuple[str, ...]

    @property
    def compiled(self) -> bool:
        return bool(self.programs)

    def program(self, name: str) -> str:
        """sha256 of a program. Raises BuildError when this build has none of that name."""
        for program, sha256 in self.programs:
            if program == name:
                return sha256
        raise BuildError(f"this build has no program {name!r}")
