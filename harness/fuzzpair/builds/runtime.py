"""The package's own C and Rust files that builds link: the canary, the load's driver, known-bad programs."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files

from fuzzpair.flavours import Recipe
from fuzzpair.store import digest


def runtime_digests(starts: tuple[str, ...]) -> Iterator[str]:
    runtime = runtime_files()
    return (f"{name}:{digest(runtime[name])}" for name in sorted(runtime) if name.startswith(starts))


def runtime_files() -> dict[str, bytes]:
    """The package's own C and Rust files that builds link (canary, known-bad programs)."""
    folder = files("fuzzpair") / "runtime"
    return {one.name: one.read_bytes() for one in folder.iterdir() if one.name.endswith((".c", ".h", ".cpp", ".rs"))}


def runtime_sources(recipe: Recipe) -> tuple[str, ...]:
    return tuple(f"{name}.c" for name in recipe.runtime)


def runtime_line(path: str) -> tuple[str, ...]:
    return ("clang", "-O1", "-c", path, "-o", object_of(path))


def object_of(path: str) -> str:
    return path.replace("/", "_").removesuffix(".cpp").removesuffix(".c") + ".o"
