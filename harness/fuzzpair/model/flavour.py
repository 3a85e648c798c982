"""The ways to compile a tree."""

from __future__ import annotations

from enum import StrEnum


class Flavour(StrEnum):
    """How a tree is compiled. What ships is production, the others are what judges use."""

    DEFAULT = "default"
    HARDENED = "hardened"
    LIBCXX_FAST = "libcxx-fast"
    LIBCXX_EXTENSIVE = "libcxx-extensive"
    CANARY = "canary"
    ADDRESS = "address"
    UNDEFINED = "undefined"
    INTEGER = "integer"
    CONVERSION = "conversion"
    NULLABILITY = "nullability"
    FLOAT = "float"
    MEMORY = "memory"
    THREAD = "thread"
    TYPE = "type"

    @property
    def is_production(self) -> bool:
        return self in (Flavour.DEFAULT, Flavour.HARDENED, Flavour.LIBCXX_FAST, Flavour.LIBCXX_EXTENSIVE)

    @property
    def flags_legal(self) -> bool:
        """Whether what it reports may be legal C++: then it sets no rung (docs/decisions/0010)."""
        return self in (Flavour.INTEGER, Flavour.CONVERSION, Flavour.NULLABILITY, Flavour.FLOAT)
