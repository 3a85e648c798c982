"""The launcher's own decisions; that it makes a working environment is seen by every test that runs."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent
SCRIPTS = ("fuzzpair", "test", "launcher/launch.sh")


def run(*argv: str | Path, path: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    environ = {"PATH": path, "HOME": "/nonexistent"}
    return subprocess.run(argv, cwd=cwd, env=environ, capture_output=True, text=True, check=False, timeout=30)


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A PATH with what every POSIX system has, and no Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("sh", "dirname", "readlink", "cat", "env"):
        found = shutil.which(name)
        assert found
        (folder / name).symlink_to(found)
    return folder


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The launchers alone, so that no environment of this clone is touched."""
    folder = tmp_path / "a clone"
    shutil.copytree(ROOT / "launcher", folder / "launcher", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("fuzzpair", "test", "requirements.lock"):
        shutil.copy2(ROOT / name, folder / name)
    return folder


def fake_python(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


# --- finding a Python --------------------------------------------------------------------------


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_shell_scripts_parse(script: str) -> None:
    for shell in ("sh", "bash"):
        assert run(shell, "-n", ROOT / script, path=os.defpath).returncode == 0


def test_ci_parses() -> None:
    assert run("bash", "-n", ROOT / ".ci/run", path=os.defpath).returncode == 0


def test_without_a_python_it_says_what_to_install(clone: Path, tools: Path) -> None:
    done = run(clone / "fuzzpair", "run", path=str(tools))
    assert done.returncode == 3
    assert done.stdout == ""
    assert done.stderr.startswith("fuzzpair needs Python 3.11 or newer; on PATH is no python3.\nNext step: ")
    assert "apt-get install python3 python3-venv" in done.stderr


def test_an_old_python_is_named(clone: Path, tools: Path) -> None:
    fake_python(tools, "python3", 'case "$*" in --version) echo Python 3.9.2;; *) exit 1;; esac')
    done = run(clone / "fuzzpair", path=str(tools))
    assert (done.returncode, done.stderr.splitlines()[0]) == (
        3,
        "fuzzpair needs Python 3.11 or newer; on PATH is Python 3.9.2.",
    )


def test_a_newer_python_beside_an_old_one_is_taken(clone: Path, tools: Path, tmp_path: Path) -> None:
    fake_python(tools, "python3", "exit 1")
    fake_python(tools, "python3.12", 'case "$*" in *version_info*) exit 0;; *) printf "<%s>" "$@";; esac')
    link = tmp_path / "fuzzpair-link"
    link.symlink_to(clone / "fuzzpair")
    done = run(link, "explain", "two words", path=str(tools), cwd=tmp_path)
    assert done.stdout == (
        f"<-I><{clone}/launcher/environment.py><requirements.lock><.venv><-m><fuzzpair><explain><two words>"
    )


# --- the environment ---------------------------------------------------------------------------


@pytest.fixture
def environment(clone: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("environment", clone / "launcher" / "environment.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Maker:
    """Stands for venv and pip, which take seconds and a package index."""

    def __init__(self, *, ends_with: BaseException | None = None, waits_for: threading.Event | None = None) -> None:
        self.made = 0
        self.started = threading.Event()
        self.ends_with = ends_with
        self.waits_for = waits_for

    def __call__(self, _lock: Path, new: Path, _final: Path, _turn: int) -> None:
        self.made += 1
        self.started.set()
        (new / "bin").mkdir(parents=True)
        (new / "bin" / "python").symlink_to(sys.executable)
        (new / "number").write_text(str(self.made))
        if self.waits_for:
            assert self.waits_for.wait(20)
        if self.ends_with:
            raise self.ends_with


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.name.startswith(".venv")}


def test_it_is_made_once_and_again_when_the_lock_changes(
    environment: ModuleType, clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, target, maker = clone / "requirements.lock", clone / ".venv", Maker()
    monkeypatch.setattr(environment, "make", maker)
    environment.ensure(lock, target)
    environment.ensure(lock, target)
    assert maker.made == 1
    lock.write_text(lock.read_text() + "# changed\n")
    environment.ensure(lock, target)
    assert (maker.made, (target / "number").read_text()) == (2, "2")
    assert names(clone) == {".venv"}


@pytest.mark.parametrize("change", [{"version": "3.99.0"}, {"base_prefix": "/opt/other"}])
def test_it_is_made_again_when_the_python_changes(
    environment: ModuleType, clone: Path, monkeypatch: pytest.MonkeyPatch, change: Mapping[str, str]
) -> None:
    before = environment.stamp(clone / "requirements.lock")
    for name, value in change.items():
        monkeypatch.setattr(sys, name, value)
    assert environment.stamp(clone / "requirements.lock") != before


def test_a_python_that_is_gone_makes_it_out_of_date(
    environment: ModuleType, clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, target, maker = clone / "requirements.lock", clone / ".venv", Maker()
    monkeypatch.setattr(environment, "make", maker)
    environment.ensure(lock, target)
    (target / "bin" / "python").unlink()
    (target / "bin" / "python").symlink_to("/opt/removed/python")
    environment.ensure(lock, target)
    assert maker.made == 2


@pytest.mark.parametrize("end", [KeyboardInterrupt(), OSError("no space left on device")])
def test_what_ends_in_the_middle_leaves_the_old_one(
    environment: ModuleType, clone: Path, monkeypatch: pytest.MonkeyPatch, end: BaseException
) -> None:
    lock, target = clone / "requirements.lock", clone / ".venv"
    monkeypatch.setattr(environment, "make", Maker())
    environment.ensure(lock, target)
    lock.write_text(lock.read_text() + "# changed\n")
    monkeypatch.setattr(environment, "make", Maker(ends_with=end))
    with pytest.raises(type(end)):
        environment.ensure(lock, target)
    assert names(clone) == {".venv"}
    assert (target / "number").read_text() == "1"


def test_what_a_killed_run_left_is_cleared(
    environment: ModuleType, clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (clone / ".venv.new-killed" / "new").mkdir(parents=True)
    (clone / ".venv").mkdir()  # half made, by an older launcher: no stamp in it
    monkeypatch.setattr(environment, "make", Maker())
    environment.ensure(clone / "requirements.lock", clone / ".venv")
    assert names(clone) == {".venv"}


def test_of_two_at_once_one_makes_it_and_one_waits(
    environment: ModuleType, clone: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    go_on = threading.Event()
    maker = Maker(waits_for=go_on)
    monkeypatch.setattr(environment, "make", maker)
    waiting = threading.Event()
    monkeypatch.setattr(environment, "say", lambda _message: waiting.set())
    both = [
        threading.Thread(target=environment.ensure, args=(clone / "requirements.lock", clone / ".venv"))
        for _ in range(2)
    ]
    both[0].start()
    assert maker.started.wait(20)
    both[1].start()
    assert waiting.wait(20)
    go_on.set()
    for thread in both:
        thread.join(20)
    assert maker.made == 1
    assert names(clone) == {".venv"}


def test_a_python_without_venv_names_the_package(
    environment: ModuleType, clone: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(environment.importlib.util, "find_spec", lambda _name: None)
    assert environment.main(["requirements.lock", ".venv", "-m", "fuzzpair"]) == 3
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert f"Next step: apt-get install python{version}-venv" in capsys.readouterr().err
    assert names(clone) == set()


def test_scripts_get_the_path_that_they_will_have(environment: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "tool").write_text("#!/a/new/bin/python\n")
    (tmp_path / "binary").write_bytes(b"\x7fELF\0/a/new/bin")
    environment.move_scripts(tmp_path, "/a/new", "/a/.venv")
    assert (tmp_path / "tool").read_text() == "#!/a/.venv/bin/python\n"
    assert (tmp_path / "binary").read_bytes() == b"\x7fELF\0/a/new/bin"
