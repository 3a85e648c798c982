from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import pytest

from fuzzpair.backends import Backend
from fuzzpair.backends.fake import FakeBackend, FakeSandbox, succeed
from fuzzpair.errors import SandboxError
from fuzzpair.model.command import Command, Completed, Limits

COMPILE = Command(argv=("clang++", "a.cpp", "-o", "a"), timeout_s=1)


def compile_it(command: Command, files: dict[str, bytes]) -> Completed:
    if "a.cpp" not in files:
        return Completed(command=command, exit_code=1, stderr=b"no such file: a.cpp")
    files["a"] = b"program"
    return Completed(command=command, exit_code=0)


def test_the_answer_sees_and_changes_the_files() -> None:
    backend: Backend = FakeBackend(compile_it)
    with backend.session(Limits()) as sandbox:
        assert not sandbox.run(COMPILE).ok
        sandbox.put({"./a.cpp": b"int main() {}"})
        assert sandbox.run(COMPILE).ok
        assert sandbox.get(["a", "b"]) == {"a": b"program"}


def test_sessions_share_nothing() -> None:
    backend = FakeBackend()
    with backend.session(Limits()) as first:
        first.put({"a": b""})
    with backend.session(Limits()) as second:
        assert second.get(["."]) == {}


def test_it_survives_a_pickle_with_its_answer_and_toolchain() -> None:
    toolchain = replace(FakeBackend().prepare(Path("any")), fingerprint="other")
    backend = pickle.loads(pickle.dumps(FakeBackend(compile_it, toolchain=toolchain)))
    assert backend.prepare(Path("any")) == toolchain
    with backend.session(Limits()) as sandbox:
        assert not sandbox.run(COMPILE).ok


def test_run_all_stops_like_the_real_ones() -> None:
    sandbox = FakeSandbox(compile_it)
    assert len(sandbox.run_all([COMPILE, COMPILE])) == 2
    assert len(sandbox.run_all([COMPILE, COMPILE], keep_going=False)) == 1
    assert sandbox.commands == [COMPILE] * 3


def test_its_files_obey_the_same_rules() -> None:
    sandbox = FakeSandbox(succeed)
    sandbox.put({"folder/a": b"1234", "folder-b": b""})
    assert sandbox.get(["folder"]) == {"folder/a": b"1234"}
    with pytest.raises(SandboxError):
        sandbox.put({"../a": b""})
    with pytest.raises(SandboxError):
        sandbox.get(["folder"], size_limit=3)
