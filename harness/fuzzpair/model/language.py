"""The two languages, and the variants in which a mistake is written down."""

from __future__ import annotations

from enum import StrEnum


class Language(StrEnum):
    CPP = "cpp"
    RUST = "rust"


class Variant(StrEnum):
    """One of the four ways in which a mistake is written down (design: The experiment)."""

    CPP = "cpp"
    RUST = "rust"
    RUST_NEXT = "rust-next"
    RUST_UNSAFE = "rust-unsafe"

    @property
    def language(self) -> Language:
        return Language.CPP if self is Variant.CPP else Language.RUST

    @property
    def is_safe(self) -> bool:
        """Whether the language itself rules undefined behaviour out."""
        return self in (Variant.RUST, Variant.RUST_NEXT)
