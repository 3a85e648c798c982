"""`fuzzpair triage --on ROW`: crash inputs run again on a build of the last run, grouped, minimised, seen again."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fuzzpair.model.command import Command, Completed
from fuzzpair.state import locked_state
from tiny_cli import Here
from tiny_pair import Tools, asan

ROW = ("--on", "stale/cpp", "--flavour", "address")


@dataclass(frozen=True)
class Moody(Tools):
    """Judges that die only on some runs of one input."""

    runs: tuple[list[None], ...] = ()

    def __call__(self, command: Command, files: dict[str, bytes]) -> Completed:
        if "./judge" in command.argv and self.runs:
            self.runs[0].append(None)
            if len(self.runs[0]) % 2:
                return Completed(command=command, exit_code=0)
        return super().__call__(command, files)


@pytest.fixture
def crashes(tmp_path: Path, here_after_run: Here) -> Path:
    """A run, and a fuzzer's folder beside it: two inputs of one bug, one that is none, and a log of another bug."""
    folder = tmp_path / "crashes"
    folder.mkdir()
    (folder / "crash-long").write_bytes(b"a long message \x00\x01 that crashes! with a tail")
    (folder / "crash-short").write_bytes(b"crash!")
    (folder / "calm").write_bytes(b"nothing here")
    (folder / "log").write_bytes(asan("read_name"))
    return folder


@pytest.fixture
def triage(here: Here) -> Callable[..., int]:
    def run(*arguments: str) -> int:
        return here("triage", *arguments, "--config", str(here.pair.root / "pipeline.yml"))

    return run


def findings_of(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def test_inputs_are_grouped_with_logs_and_counted(crashes: Path, triage: Callable[..., int], here: Here) -> None:
    report = crashes.parent / "findings.json"
    assert triage(str(crashes), *ROW, "--json", str(report)) == 0
    found = findings_of(report)
    by_place = {finding["lines"][1]: finding for finding in found["findings"]}
    assert set(by_place) == {"in parse (name.cpp)", "in read_name (name.cpp)"}
    assert by_place["in read_name (name.cpp)"]["inputs"] == []
    inputs = by_place["in parse (name.cpp)"]["inputs"]
    assert [(Path(one["name"]).name, one["octets"], one["k"], one["n"]) for one in inputs] == [
        ("crash-short", 6, 5, 5),
        ("crash-long", 43, 5, 5),
    ]
    assert (inputs[0]["smaller"]["octets"], inputs[0]["smaller"]["is_minimal"]) == (1, True)
    assert inputs[1]["smaller"] is None, "one input of a finding is made smaller"
    assert [Path(name).name for name in found["not_reproduced"]] == ["calm"]
    assert found["logs"] == 1
    assert "1 inputs end cleanly on this build each time" in here.out
    assert "minimised: 1 octets (none of them can go), 5/5 replays" in here.out


def test_an_input_of_which_nothing_can_go_is_said_to_be_so(
    crashes: Path, triage: Callable[..., int], here: Here
) -> None:
    (crashes / "one").write_bytes(b"!")
    assert triage(str(crashes / "one"), *ROW) == 0
    assert "one: 1 octets, 5/5 replays" in here.out
    assert "minimised: 1 octets (none of them can go), 5/5 replays" in here.out


def test_the_printed_line_shows_it_again(crashes: Path, triage: Callable[..., int], here: Here) -> None:
    assert triage(str(crashes), *ROW) == 0
    (line,) = re.findall(r"reproduce: (\./fuzzpair .*)", here.out)
    program, verb, *arguments = shlex.split(line)
    assert (program, verb) == ("./fuzzpair", "replay")
    assert here.bare(verb, *arguments) == 0
    assert "ERROR: AddressSanitizer: heap-use-after-free" in here.err
    assert here.err.endswith("ended with exit code 90\n")


def test_without_minimising_the_line_names_the_input_itself(
    crashes: Path, triage: Callable[..., int], here: Here
) -> None:
    assert triage(str(crashes), *ROW, "--minimise-s", "0", "--times", "2") == 0
    assert "crash-short: 6 octets, 2/2 replays" in here.out
    assert "minimised" not in here.out
    (line,) = re.findall(r"reproduce: \./fuzzpair (.*)", here.out)
    assert here.bare(*shlex.split(line)) == 0
    assert "heap-use-after-free" in here.err


def test_a_flaky_input_is_kept_and_marked(crashes: Path, triage: Callable[..., int], here: Here) -> None:
    here.tools = Moody(runs=([],))
    assert triage(str(crashes / "crash-short"), *ROW, "--minimise-s", "0") == 0
    assert "crash-short: 6 octets, 2/5 replays, flaky" in here.out


def test_a_second_time_nothing_is_run(crashes: Path, triage: Callable[..., int], here: Here) -> None:
    assert triage(str(crashes), *ROW) == 0
    first = here.out
    here.tools = Tools(gone="./judge")
    assert triage(str(crashes), *ROW) == 0
    assert here.out == first


def test_an_input_that_could_not_be_run_is_told_and_the_rest_is_shown(
    crashes: Path, triage: Callable[..., int], here: Here
) -> None:
    here.tools = Tools(unheard=("address", "slip"))
    assert triage(str(crashes), *ROW) == 3
    assert "not read: " in here.out
    assert "a link came out" in here.out
    assert "in read_name" in here.out


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (("--on", "gone/cpp"), "the last run has no row 'gone/cpp'"),
        (("--on", "stale/rust"), "stale/rust was not replayed in the address flavour"),
        (("--on", "stale/cpp", "--flavour", "canary"), "the canary flavour says that a mistake is triggered"),
    ],
)
def test_a_build_that_is_not_there(
    crashes: Path, triage: Callable[..., int], here: Here, wish: tuple[str, ...], said: str
) -> None:
    assert triage(str(crashes), *wish) == 2
    assert said in here.err
    assert "next: " in here.err


def test_a_run_in_the_same_folder_is_not_disturbed(crashes: Path, triage: Callable[..., int], here: Here) -> None:
    with locked_state(here.pair.root / ".fuzzpair"):
        assert triage(str(crashes), *ROW) == 3
    assert "is in use by process" in here.err


def test_a_whole_digest_that_the_store_does_not_hold_is_no_input(crashes: Path, here: Here) -> None:
    assert crashes.is_dir()
    assert here("replay", *ROW[1:], "--input", "0" * 64) == 2
    assert "0 inputs of stale/cpp begin with" in here.err
