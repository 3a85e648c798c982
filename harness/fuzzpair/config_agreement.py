"""`agreement:` of pipeline.yml: what `fuzzpair agree` compares."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from fuzzpair.config_types import Count, File, Seconds, Section, distinct, refuse
from fuzzpair.model.language import Language

_NAME: Final = r"[A-Za-z_][A-Za-z0-9_]*"
DOTTED: Final = rf"^{_NAME}(\.{_NAME})*$"


def module_and_name(value: str) -> str:
    if value and not re.fullmatch(rf"{_NAME}(\.{_NAME})*:{_NAME}", value):
        refuse(f"'{value[:80]}' should be module:name")
    return value


class Agreement(Section):
    """How the twins are compared: with each other, and with a reference in Python (docs/agreement.md).

    With `cpp` and `rust` the experiment's twins are compared; without, the pair of `fuzz:`, whose own targets answer.

    Whether its files are there is asked by who compares: a bundle of the experiment has none of them.
    """

    cpp: File | None = None
    """The C++ twin's `describe` for the C ABI."""
    rust: File | None = None
    """The Rust twin's."""
    engines: Annotated[tuple[Literal["libfuzzer", "atheris"], ...], AfterValidator(distinct)] = ("libfuzzer",)
    """libfuzzer: both sides under one engine. atheris: both beside the reference, in Python."""
    image: File | None = None
    """The recipe of atheris and the reference, on top of the toolchain image; left out, it is fuzzpair's own."""
    modules: File | None = None
    """Python of the pair's own, a file or a package: the reference's function and the structured inputs."""
    reference: Annotated[str, AfterValidator(module_and_name)] = ""
    """`module:function` of the third opinion: (target, octets) → text, or text and reasons."""
    inputs: Annotated[str, AfterValidator(module_and_name)] = ""
    """`module:class` of structured inputs; without it octets are mutated."""
    known_issues: File | None = None
    """Disagreements accepted for a time, in the file that `fuzz:` names as well; need not be there."""
    instrument: Annotated[tuple[Annotated[str, Field(pattern=DOTTED)], ...], AfterValidator(distinct)] = ()
    """Python packages whose coverage guides atheris; left out, all that the reference is the first to import."""
    seconds: Seconds = 120
    """Of one campaign; what it ends is a sample of what was done until then."""
    runs: Count = 5_000_000
    """Executions of one campaign."""

    @model_validator(mode="after")
    def _has_both_or_none(self) -> Self:
        if (self.cpp is None) is not (self.rust is None):
            refuse("of 'cpp' and 'rust' one is missing: name both (the experiment) or neither (a pair of your own)")
        return self

    @property
    def is_of_own_pair(self) -> bool:
        return self.cpp is None

    def describe(self, language: Language) -> Path:
        """A twin's C ABI; of the experiment alone."""
        path = self.cpp if language is Language.CPP else self.rust
        assert path is not None
        return path
