"""Which compilers a sandbox has: versions read inside it, and their digest, which goes into every job key."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from fuzzpair.backends import Sandbox
from fuzzpair.errors import BackendError
from fuzzpair.model.command import Command, Completed
from fuzzpair.model.run_facts import Toolchain

PACKAGES = ("clang-[0-9]*", "libclang-rt-*-dev", "rustc", "rustc-web", "libstdc++-*-dev", "libc++-*-dev", "libc6")
REBUILT = "/opt/fuzzpair/rebuilt.sha256"  # docker/toolchain: how the instrumented libraries were made
TIMEOUT_S = 60.0


def recipe_digest(recipe: Path) -> str:
    """sha256 over the names, contents and execute bits of a recipe's files."""
    digest = hashlib.sha256()
    for file in sorted(path for path in recipe.rglob("*") if path.is_file()):
        content = file.read_bytes()
        head = f"{file.relative_to(recipe).as_posix()} {os.access(file, os.X_OK)} {len(content)}\n"
        digest.update(head.encode() + content)
    return digest.hexdigest()


def _first_line(completed: Completed) -> str:
    return completed.stdout.decode(errors="replace").partition("\n")[0].strip()


def _whole(completed: Completed) -> str:
    return completed.stdout.decode(errors="replace").strip()


# name in the fingerprint -> (argv, what of its output counts)
_REQUIRED: dict[str, tuple[tuple[str, ...], Callable[[Completed], str]]] = {
    "clang": (("clang", "--version"), _first_line),
    "rustc": (("rustc", "-vV"), _whole),
}
_OPTIONAL: dict[str, tuple[tuple[str, ...], Callable[[Completed], str]]] = {
    "lld": (("ld.lld", "--version"), _first_line),
    "rebuilt": (("cat", REBUILT), _whole),
    # What a user's pair has beside it (prepare_pair.sh): fetched sources, crates, packages.
    "pair": (("sh", "-c", 'cat "$FUZZPAIR_PAIR/contents.sha256"'), _whole),
}


def read_toolchain(sandbox: Sandbox, *, image_id: str, has_rust: bool = True) -> Toolchain:
    """Ask every tool for its version. Raises BackendError naming a compiler that does not answer.

    Without `has_rust` nothing is built by rustc, and it may be absent.
    """
    versions = {}
    for name, (argv, counts) in (_REQUIRED | _OPTIONAL).items():
        completed = sandbox.run(Command(argv=argv, timeout_s=TIMEOUT_S))
        if completed.ok:
            versions[name] = counts(completed)
        elif name in _REQUIRED and (has_rust or name != "rustc"):
            raise BackendError(
                f"`{' '.join(argv)}` does not work here: {completed.stderr.decode(errors='replace').strip()[:200]}",
                next_step=f"Install {name} (Debian: clang-22, rustc-web), or use the docker backend.",
            )
    versions |= _package_versions(sandbox)
    return Toolchain(
        image_id=image_id,
        triple=_triple(sandbox, versions.get("rustc", "")),
        versions=tuple(sorted(versions.items())),
        fingerprint=fingerprint_of(versions),
    )


def _triple(sandbox: Sandbox, rustc: str) -> str:
    """As rustc names this kind of machine; without one, as clang does."""
    named = [line.split()[1] for line in rustc.splitlines() if line.startswith("host:")]
    asked = Command(argv=("clang", "-dumpmachine"), timeout_s=TIMEOUT_S)
    return named[0] if named else _first_line(sandbox.run(asked))


def fingerprint_of(versions: dict[str, str]) -> str:
    lines = "".join(f"{name}={version}\n" for name, version in sorted(versions.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def _package_versions(sandbox: Sandbox) -> dict[str, str]:
    """Debian's versions: its compilers are patched without their own version changing. Empty elsewhere."""
    show = ("dpkg-query", "--show", "--showformat=${db:Status-Abbrev} ${Package} ${Version}\n", *PACKAGES)
    lines = sandbox.run(Command(argv=show, timeout_s=TIMEOUT_S)).stdout.decode(errors="replace").splitlines()
    installed = [line.split() for line in lines if line.startswith("ii ")]
    return {f"package {name}": version for _, name, version in installed}
