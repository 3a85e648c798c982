"""The examination with an engine, a machine and a state that are as they are told to be."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from doctor.test_judging import ENGINE, MACHINE
from fuzzpair import cli
from fuzzpair.backends import Sandbox
from fuzzpair.backends.fake import FakeSandbox
from fuzzpair.backends.health import EngineFacts
from fuzzpair.doctor.examination import Examination
from fuzzpair.doctor.judging import Check, Level
from fuzzpair.errors import BackendError
from fuzzpair.model.command import Command, Completed, Limits
from fuzzpair.model.pair import ImageAddition

PIPELINE = "version: 1\nfuzz:\n  name: x\n  rust: {source: ., fuzz: fuzz}\n"


def healthy(command: Command, files: dict[str, bytes]) -> Completed:
    said = {
        "clang": b"clang version 22",
        "rustc": b"rustc 1.96\nhost: x86_64-unknown-linux-gnu",
        "ls": b"lo\n",
    }
    out = said.get(command.argv[0], b"")
    if command.argv[-1].endswith("memory.max"):
        out = str(3072 << 20).encode()
    if command.argv[-1].endswith("pids.max"):
        out = b"512\n"
    reports = {"./address": b"AddressSanitizer", "./memory": b"MemorySanitizer", "./thread": b"ThreadSanitizer"}
    err = reports.get(command.argv[0], b"")
    return Completed(command=command, exit_code=66 if err else 0, stdout=out, stderr=err)


def mute(command: Command, files: dict[str, bytes]) -> Completed:
    completed = healthy(command, files)
    return Completed(command=command, exit_code=0, stdout=completed.stdout, stderr=b"")


@dataclass
class Health:
    engine: EngineFacts | BackendError = ENGINE
    toolchain: str | None = "sha256:1"
    pair: str | None = "sha256:2"
    network: str = ""
    answer: Callable[[Command, dict[str, bytes]], Completed] = healthy
    asked: list[str] = field(default_factory=list)

    def facts(self) -> EngineFacts:
        if isinstance(self.engine, BackendError):
            raise self.engine
        return self.engine

    def images(self, recipe: Path, addition: ImageAddition | None) -> tuple[str | None, str | None]:
        assert (recipe / "Dockerfile").is_file()
        assert addition is not None, "a cargo-fuzz folder has a manifest"
        return self.toolchain, self.pair

    @contextmanager
    def sandbox(self, image: str, limits: Limits) -> Iterator[Sandbox]:
        assert (image, limits.memory_mb) == (self.toolchain, 3072)
        yield FakeSandbox(self.answer)

    def try_network(self, image: str) -> str:
        self.asked.append(image)
        return self.network


def examine(root: Path, health: Health, pipeline: str = PIPELINE) -> dict[str, Check]:
    (root / "fuzz").mkdir()
    (root / "fuzz" / "Cargo.toml").write_text("")
    (root / "pipeline.yml").write_text(pipeline)
    examination = Examination(
        config_file=root / "pipeline.yml",
        state_folder=root / ".fuzzpair",
        environ={"PATH": "/nowhere"},
        machine=MACHINE,
        health=health,
    )
    return {check.name: check for check in examination.checks()}


def test_all_is_well_and_no_probe_is_left(tmp_path: Path) -> None:
    health = Health()
    checks = examine(tmp_path, health)
    assert {name for name, check in checks.items() if check.level is not Level.OK} <= {"memory"}
    assert {"pipeline.yml", "store", "state", "engine", "toolchain image", "isolation", "sanitizers", "network"} <= {
        *checks
    }
    assert health.asked == []
    assert [path for path in (tmp_path / ".fuzzpair").rglob("*") if path.is_file()] == []


def test_without_an_engine_that_is_said_and_the_rest_is_looked_at(tmp_path: Path) -> None:
    checks = examine(tmp_path, Health(engine=BackendError("No container engine answers at /x")))
    assert checks["engine"].level is Level.PROBLEM
    assert "DOCKER_HOST" in checks["engine"].to_do
    assert checks["state"].level is Level.OK


def test_an_image_that_is_not_made_yet_is_a_warning(tmp_path: Path) -> None:
    checks = examine(tmp_path, Health(toolchain=None, pair=None))
    assert checks["toolchain image"].level is Level.WARNING
    assert "network" not in checks


@pytest.mark.parametrize(("said", "level"), [("", Level.OK), ("ended with 100 / Temporary failure", Level.PROBLEM)])
def test_the_network_is_tried_only_where_an_image_has_to_be_made(tmp_path: Path, said: str, level: Level) -> None:
    health = Health(pair=None, network=said)
    checks = examine(tmp_path, health)
    assert health.asked == ["sha256:1"]
    assert checks["network"].level is level
    assert said in checks["network"].said


def test_sanitizers_that_say_nothing_are_problems(tmp_path: Path) -> None:
    checks = examine(tmp_path, Health(answer=mute))
    assert {name for name, check in checks.items() if check.level is Level.PROBLEM} == {
        "sanitizer address",
        "sanitizer memory",
        "sanitizer thread",
    }


def test_a_broken_file_is_a_problem_with_its_line(tmp_path: Path) -> None:
    checks = examine(tmp_path, Health(), PIPELINE + "  pakages: [x]\n")
    assert checks["pipeline.yml"].level is Level.PROBLEM
    assert "pipeline.yml:5:" in checks["pipeline.yml"].said


def test_a_state_that_cannot_be_written_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "full").write_text("a file")
    checks = examine(tmp_path, Health(), PIPELINE + "  state: full/pair\n")
    assert checks["state"].level is Level.PROBLEM
    assert checks["store"].level is Level.OK


def test_a_url_of_a_kind_that_nobody_knows_is_a_problem(tmp_path: Path) -> None:
    assert examine(tmp_path, Health(), PIPELINE + "  state: nosuch://x/y\n")["state"].level is Level.PROBLEM


def test_the_local_backend_is_looked_at_without_an_engine(tmp_path: Path) -> None:
    checks = examine(tmp_path, Health(engine=BackendError("must not be asked")), "backend: local\n" + PIPELINE)
    assert checks["isolation"].level is Level.WARNING
    assert checks["toolchain"].level is Level.PROBLEM
    assert "engine" not in checks


def test_the_verb_ends_with_3_and_prints_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    environ = {"DOCKER_HOST": f"unix://{tmp_path}/none.sock"}
    options = ["--config", str(tmp_path / "pipeline.yml"), "--state", str(tmp_path / "s")]
    assert cli.main(["doctor", *options, "--json"], environ) == 3
    document = json.loads(capsys.readouterr().out)
    assert document["worst"] == "problem"
    assert {check["name"] for check in document["checks"] if check["level"] == "problem"} == {"pipeline.yml", "engine"}
    assert cli.main(["doctor", *options], environ) == 3
    said = capsys.readouterr().out
    assert "problem  engine: No container engine answers" in said
    assert "→ start one" in said
