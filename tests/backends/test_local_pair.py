"""What a pair needs beside the toolchain, on this machine: made once, and never half."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from fuzzpair.backends.local import LocalBackend, run_tool
from fuzzpair.backends.local_pair import MARK, make_pair_folder
from fuzzpair.errors import ImageError
from fuzzpair.model.command import Command, Limits
from fuzzpair.model.pair import ImageAddition

FETCH = b'echo "$PWD" > "$SRC/where"; cp Cargo.toml "$SRC/given"; test -d "$WORK"\n'
FILES = (("scripts/Cargo.toml", b"[package]\n"), ("scripts/fetch.sh", FETCH))
ADDITION = ImageAddition(name="small", files=FILES, fetch="scripts/fetch.sh")


@dataclass(frozen=True)
class Ended:
    exit_code: int
    last_lines: tuple[str, ...]


def really(argv: Sequence[str], env: Mapping[str, str]) -> Ended:
    ended = run_tool(argv, env=env)
    return Ended(ended.exit_code, ended.last_lines)


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "XDG_CACHE_HOME": str(tmp_path / "cache")}


def test_what_fetch_leaves_is_there_and_is_made_once(environ: dict[str, str]) -> None:
    told: list[str] = []
    folder = make_pair_folder(ADDITION, environ, really, told.append)
    assert (folder / "src/given").read_bytes() == b"[package]\n"
    assert len((folder / MARK).read_text().strip()) == 64
    assert len(told) == 1
    (folder / "src/mine").write_text("")
    assert make_pair_folder(ADDITION, environ, really, told.append) == folder
    assert (folder / "src/mine").exists()
    assert len(told) == 1


def test_what_was_made_by_half_is_made_anew(environ: dict[str, str]) -> None:
    folder = make_pair_folder(ADDITION, environ, really, print)
    (folder / MARK).unlink()
    (folder / "src/half").write_text("")
    make_pair_folder(ADDITION, environ, really, print)
    assert not (folder / "src/half").exists()


def test_a_fetch_that_fails_says_its_last_words(environ: dict[str, str]) -> None:
    failing = ImageAddition(name="small", files=(("scripts/f", b"echo the-reason; exit 3\n"),), fetch="scripts/f")
    with pytest.raises(ImageError, match="exit code 3\nthe-reason") as caught:
        make_pair_folder(failing, environ, really, print)
    assert "docker backend" in caught.value.next_step


def test_missing_packages_are_named_and_not_installed(environ: dict[str, str]) -> None:
    ran: list[tuple[str, ...]] = []

    def dpkg(argv: Sequence[str], env: Mapping[str, str]) -> Ended:
        ran.append(tuple(argv))
        return Ended(0, ("installed",)) if argv[-1] == "zip" else Ended(1, ("no packages found",))

    told: list[str] = []
    packages = ImageAddition(name="small", packages=("libx-dev=1.0", "zip"))
    with pytest.raises(ImageError):  # the imitation runs no script, so nothing was made
        make_pair_folder(
            packages, environ, lambda argv, env: dpkg(argv, env) if argv[0] != "sh" else Ended(1, ()), told.append
        )
    assert told[0] == "not installed here, and the local backend installs nothing: libx-dev"
    assert {argv[0] for argv in ran} <= {"dpkg-query"}


def test_a_sandbox_knows_the_folder(environ: dict[str, str], tmp_path: Path) -> None:
    backend = LocalBackend(environ)
    backend._pair = str(tmp_path)
    with backend.session(Limits()) as sandbox:
        told = sandbox.run(Command(argv=("sh", "-c", 'echo "$FUZZPAIR_PAIR"'), timeout_s=10))
    assert told.stdout.decode().strip() == str(tmp_path)
