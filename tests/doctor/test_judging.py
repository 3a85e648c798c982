"""Facts and what is said of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fuzzpair.backends.health import EngineFacts
from fuzzpair.backends.machine import Machine
from fuzzpair.backends.trial import TrialFacts
from fuzzpair.doctor.judging import Check, Level, judge_engine, judge_machine, judge_memory, judge_trial
from fuzzpair.model.command import Limits

MACHINE = Machine(cpus=2, memory_mb=8000, core_pattern="core", mmap_rnd_bits=28, disk_free_mb=50_000)
ENGINE = EngineFacts(
    where="/run/docker.sock",
    version="20.10",
    system="Debian 6.1 x86_64",
    cpus=2,
    memory_mb=8000,
    limits_memory=True,
    limits_pids=True,
    warnings=(),
)
LIMITS = Limits(memory_mb=3072, pids=512)
TRIAL = TrialFacts(networks=(), memory_max=str(3072 << 20), pids_max="512", silent=())


def worst(checks: list[Check], name: str) -> Level:
    (found,) = (check.level for check in checks if check.name == name)
    return found


def test_all_is_well() -> None:
    checks = [
        *judge_machine(MACHINE),
        *judge_engine(ENGINE),
        *judge_trial(TRIAL, LIMITS),
        judge_memory(8000, LIMITS, 2),
    ]
    assert {check.level for check in checks} == {Level.OK}
    assert not any(check.to_do for check in checks)


@pytest.mark.parametrize(
    ("change", "name", "level"),
    [
        ({"core_pattern": "|/usr/share/apport/apport %p"}, "core files", Level.WARNING),
        ({"core_pattern": None}, "core files", Level.WARNING),
        ({"mmap_rnd_bits": 32}, "address space", Level.WARNING),
        ({"disk_free_mb": 5_999}, "disk", Level.WARNING),
        ({"disk_free_mb": 999}, "disk", Level.PROBLEM),
    ],
)
def test_a_machine_with_a_fault(change: dict[str, object], name: str, level: Level) -> None:
    checks = list(judge_machine(replace(MACHINE, **change)))  # type: ignore[arg-type] # one field each
    assert worst(checks, name) is level
    assert all(check.to_do for check in checks if check.level is not Level.OK)


@pytest.mark.parametrize(
    ("total", "workers", "level"), [(9216, 3, Level.OK), (9215, 3, Level.WARNING), (3071, 1, Level.PROBLEM)]
)
def test_memory_for_all_sandboxes_at_once(total: int, workers: int, level: Level) -> None:
    assert judge_memory(total, LIMITS, workers).level is level


def test_workers_that_would_fit_are_named() -> None:
    assert "`workers: 2`" in judge_memory(8000, LIMITS, 3).to_do


def test_an_engine_that_cannot_hold_limits_is_a_problem() -> None:
    facts = replace(ENGINE, limits_memory=False, limits_pids=False, warnings=("WARNING: No memory limit support",))
    checks = list(judge_engine(facts))
    assert [check.name for check in checks if check.level is Level.PROBLEM] == ["limit of memory", "limit of pids"]
    assert "No memory limit support" in checks[1].said


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"networks": ("eth0",)}, "isolation"),
        ({"memory_max": "max"}, "limit of memory"),
        ({"pids_max": "max"}, "limit of pids"),
        ({"silent": (("thread", "FATAL: unexpected memory mapping"),)}, "sanitizer thread"),
    ],
)
def test_what_a_sandbox_shows(change: dict[str, object], name: str) -> None:
    checks = list(judge_trial(replace(TRIAL, **change), LIMITS))  # type: ignore[arg-type] # one field each
    assert worst(checks, name) is Level.PROBLEM


def test_limits_that_a_kernel_does_not_state_are_not_judged() -> None:
    checks = list(judge_trial(replace(TRIAL, memory_max="", pids_max=""), LIMITS))
    assert {check.name for check in checks} == {"isolation", "sanitizers"}
