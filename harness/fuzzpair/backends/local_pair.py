"""What a user's pair needs beside the toolchain, on this machine: crates vendored and sources fetched into a cache.

Packages are this machine's affair: the ones that are missing are named, and nothing is installed.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from fuzzpair.backends.pair_files import addition_digest, preparing_script, write_files
from fuzzpair.errors import ImageError
from fuzzpair.model.pair import ImageAddition

MARK = "contents.sha256"  # written last
SHOWN_LINES = 8
# Also a Rust side is linked by clang and lld, and without a symbolizer no stack names a function.
C_TOOLS = ("clang", "clang++", "ld.lld", "llvm-ar", "llvm-symbolizer")
RUST_TOOLS = ("rustc", "cargo")


class Ended(Protocol):
    """What local.py tells of a tool that it ran."""

    @property
    def exit_code(self) -> int: ...

    @property
    def last_lines(self) -> tuple[str, ...]: ...


RunTool = Callable[[Sequence[str], Mapping[str, str]], Ended]


def make_pair_folder(
    addition: ImageAddition, environ: Mapping[str, str], run: RunTool, on_progress: Callable[[str], None]
) -> Path:
    """The folder that the pair's builds see: present, or made with this machine's network. Raises ImageError."""
    missing = _missing(addition.packages, environ, run)
    if missing:
        on_progress(f"not installed here, and the local backend installs nothing: {', '.join(missing)}")
    folder = _cache(environ) / f"pair-{addition.name}-{addition_digest(addition, 'local')[:12]}"
    if (folder / MARK).is_file():
        return folder
    on_progress(f"making {folder}: sources and crates of the pair (once, with network)")
    shutil.rmtree(folder, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="fuzzpair-given-") as name:
        given = Path(name).resolve()
        write_files(addition, given)
        script = ("sh", "-c", preparing_script(), "prepare_pair.sh")
        argv = (*script, str(given), str(folder), addition.fetch or "-", addition.manifest or "-")
        ended = run(argv, _own_cargo(environ))
    if ended.exit_code != 0:
        raise ImageError(
            f"what the pair needs cannot be made: exit code {ended.exit_code}\n"
            + "\n".join(ended.last_lines[-SHOWN_LINES:]),
            next_step="Look at 'fetch' in pipeline.yml and at Cargo.lock, or use the docker backend.",
        )
    return folder


def pair_tools(*, has_rust: bool) -> tuple[str, ...]:
    """The tools without which no build of a pair is possible."""
    return (*C_TOOLS, *RUST_TOOLS) if has_rust else C_TOOLS


def _own_cargo(environ: Mapping[str, str]) -> Mapping[str, str]:
    """With this user's cargo home: its settings hold, and crates that are in its cache need no network."""
    home = environ.get("HOME")
    return environ if not home else {"CARGO_HOME": str(Path(home) / ".cargo"), **environ}


def _cache(environ: Mapping[str, str]) -> Path:
    """$XDG_CACHE_HOME, ~/.cache, or a folder of this user's among the temporary ones."""
    home = environ.get("HOME")
    fallback = Path(tempfile.gettempdir()) / f"cache-{os.getuid()}"
    named = environ.get("XDG_CACHE_HOME") or (str(Path(home) / ".cache") if home else "")
    return Path(named or fallback) / "fuzzpair"


def _missing(packages: Sequence[str], environ: Mapping[str, str], run: RunTool) -> list[str]:
    """Those of Debian's packages that are not there; all of them where this is no Debian."""
    names = [package.partition("=")[0] for package in packages]
    if not names or shutil.which("dpkg-query", path=environ.get("PATH")) is None:
        return names
    asked = ("dpkg-query", "--show", "--showformat=${db:Status-Status}")
    return [name for name in names if run((*asked, name), environ).last_lines[-1:] != ("installed",)]
