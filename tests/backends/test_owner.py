from __future__ import annotations

import os
import subprocess

import pytest

from fuzzpair.backends.owner import current_owner, is_dead


def test_this_process_lives() -> None:
    assert not is_dead(current_owner())


def test_an_ended_process_is_dead() -> None:
    host, _, _ = current_owner().rsplit(":", 2)
    with subprocess.Popen(["true"]) as ended:
        ended.wait()
        assert is_dead(f"{host}:{ended.pid}:1")


def test_a_reused_pid_is_not_the_owner() -> None:
    host, _, _ = current_owner().rsplit(":", 2)
    assert is_dead(f"{host}:{os.getpid()}:1")


@pytest.mark.parametrize("owner", ["", "no-colons", "elsewhere/1:999999999:1", "a:b:c", ":::"])
def test_of_what_is_not_known_nothing_is_claimed(owner: str) -> None:
    assert not is_dead(owner)
