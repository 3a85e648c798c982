"""Makes a virtual environment from a lock file when it is missing or out of date, and runs a command in it.

usage: environment.py LOCK ENVIRONMENT PYTHON-ARGUMENT...
Only the standard library is used: this runs before anything is installed.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
LAYOUT = "1"  # raise it when an environment made by an older launcher must not be used any more
STAMP = "made-from.txt"
# Wheels only, each with the hash that the lock holds: nothing that was downloaded runs while it is installed.
PIP_OPTIONS = (
    *("--quiet", "--no-input", "--disable-pip-version-check"),
    *("--no-deps", "--require-hashes", "--only-binary=:all:"),
)
EXIT_NOT_DONE = 3
EXIT_INTERRUPTED = 130


class NotDoneError(Exception):
    """The environment cannot be made; the message ends with the next step."""


def main(arguments: Sequence[str]) -> int:
    lock_name, environment_name, *command = arguments
    environment = ROOT / environment_name
    try:
        ensure(ROOT / lock_name, environment)
    except NotDoneError as error:
        say(str(error))
        return EXIT_NOT_DONE
    except OSError as error:
        say(f"{environment_name} cannot be made: {error}")
        say(f"Next step: see that {ROOT} can be written to and has 200 MB free, and run this again.")
        return EXIT_NOT_DONE
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    return become(environment / "bin" / "python", command)


def become(python: Path, command: Sequence[str]) -> NoReturn:
    # -P: no file of the folder that the user stands in takes the place of a module.
    os.execv(python, [str(python), "-P", *command])


def ensure(lock: Path, environment: Path) -> None:
    """Make `environment` what `lock` says. Killed at any moment, or run twice at once: whole or absent."""
    wanted = stamp(lock)
    if is_current(environment, wanted):
        return
    with only_one_at_a_time() as turn:
        if is_current(environment, wanted):  # the one we waited for has made it
            return
        for leftover in ROOT.glob(f"{environment.name}.new-*"):  # of a run that was killed: we hold the lock
            shutil.rmtree(leftover, ignore_errors=True)
        with TemporaryDirectory(prefix=f"{environment.name}.new-", dir=ROOT) as scratch:
            new, old = Path(scratch, "new"), Path(scratch, "old")
            make(lock, new, environment, turn)
            (new / STAMP).write_text(wanted, encoding="utf-8")
            if os.path.lexists(environment):
                environment.rename(old)
            new.rename(environment)


def stamp(lock: Path) -> str:
    """What an environment depends on. Its scripts hold absolute paths, so the folder is a part of it."""
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    return f"layout {LAYOUT}\nlock {digest}\npython {sys.version}\nfrom {sys.base_prefix}\nin {ROOT}\n"


def is_current(environment: Path, wanted: str) -> bool:
    try:
        made_from = (environment / STAMP).read_text(encoding="utf-8")
    except OSError:
        return False
    return made_from == wanted and os.access(environment / "bin" / "python", os.X_OK)


@contextmanager
def only_one_at_a_time() -> Iterator[int]:
    """The kernel drops the lock with the process, however it ends, so there is no stale lock to clean up."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another run that is making an environment here")
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield folder
    finally:
        os.close(folder)


def make(lock: Path, new: Path, final: Path, turn: int) -> None:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    if importlib.util.find_spec("ensurepip") is None:
        raise NotDoneError(
            f"Python {version} is here without its venv module.\n"
            f"Next step: apt-get install python{version}-venv (Debian, Ubuntu), and run this again."
        )
    started = time.monotonic()
    say(f"making {final.name} from {lock.name} with Python {version}; once, about 20 s")
    venv.EnvBuilder(symlinks=True).create(new)
    python = new / "bin" / "python"
    if not runs(python, "ensurepip", "--default-pip", turn=turn):
        raise NotDoneError(
            f"Python {version} cannot put pip into a virtual environment; its message is above.\n"
            "Next step: install a complete Python 3.11 or newer, and run this again."
        )
    if not runs(python, "pip", "install", *PIP_OPTIONS, "--requirement", str(lock), turn=turn):
        raise NotDoneError(
            f"pip could not install {lock.name}; its message is above.\n"
            "Next step: see that pip reaches its package index (proxy and CA settings are passed on to it), "
            "and run this again."
        )
    (packages,) = new.glob("lib/python*/site-packages")
    (packages / "fuzzpair.pth").write_text(f"{ROOT / 'harness'}\n", encoding="utf-8")
    move_scripts(new / "bin", str(new), str(final))
    say(f"made {final.name} in {time.monotonic() - started:.0f} s")


def runs(python: Path, module: str, *arguments: str, turn: int) -> bool:
    """Whether the module ran well. It holds our turn too: where only we are killed, the next run waits for it."""
    # pip's own settings (index, proxies, CA bundle) pass; only a forced --user would break an environment.
    environ = {**os.environ, "PIP_USER": "0"}
    output = subprocess.DEVNULL if module == "ensurepip" else sys.stderr  # it tells what it installs
    command = [str(python), "-I", "-m", module, *arguments]
    return subprocess.run(command, env=environ, stdout=output, pass_fds=[turn], check=False).returncode == 0


def move_scripts(folder: Path, old: str, new: str) -> None:
    """Scripts hold the absolute path of their environment, which is about to be renamed."""
    for script in folder.iterdir():
        content = script.read_bytes() if script.is_file() and not script.is_symlink() else b""
        if old.encode() in content and b"\0" not in content:
            script.write_bytes(content.replace(old.encode(), new.encode()))


def say(message: str) -> None:
    print(f"fuzzpair: {message}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
