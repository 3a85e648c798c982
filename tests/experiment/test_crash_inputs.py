"""Crash inputs of a real mistake: run again in containers, one made smaller, and the printed line typed as it is."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from experiment.running import REPOSITORY, Checkout, Finished

pytestmark = pytest.mark.container

ROW, FLAVOUR = "heap-overflow-read/cpp", "address"
INPUTS = 3


def fuzzpair(arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    command = [str(REPOSITORY / "fuzzpair"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY, check=False, timeout=900)


def crash_inputs(record: dict[str, Any], store: Path, folder: Path) -> None:
    """Some of the inputs that the run judged the row on, as a fuzzer's folder of crashes."""
    (row,) = (one for one in record["rows"] if one["name"] == ROW)
    judged = next(one for one in row["evidence"]["replays"] if one["flavour"] == FLAVOUR)
    folder.mkdir(parents=True)
    for name in judged["inputs"][:INPUTS]:
        (folder / f"crash-{name[:8]}").write_bytes((store / "blobs" / name[:2] / name).read_bytes())


def seen_again(state: Path, record: dict[str, Any], folder: Path) -> None:
    crash_inputs(record, state / "store", folder / "crashes")
    report = folder / "findings.json"
    wish = ("--on", ROW, "--flavour", FLAVOUR, "--state", str(state), "--json", str(report))
    done = fuzzpair(["triage", str(folder / "crashes"), *wish])
    assert done.returncode == 0, done.stderr
    (finding,) = json.loads(report.read_text())["findings"]
    assert (finding["report"]["bug_class"], len(finding["inputs"])) == ("heap-buffer-overflow-read", INPUTS)
    assert {(one["k"], one["n"]) for one in finding["inputs"]} == {(5, 5)}
    smaller = finding["inputs"][0]["smaller"]
    assert smaller["octets"] <= finding["inputs"][0]["octets"]
    assert (smaller["k"], smaller["is_minimal"]) == (5, True)
    (line,) = re.findall(r"reproduce: \./fuzzpair (.*)", done.stdout)
    again = fuzzpair(shlex.split(line))
    assert "ERROR: AddressSanitizer: heap-buffer-overflow" in again.stderr
    assert again.stderr.rstrip().endswith("ended with exit code 90")


def test_inputs_of_one_mistake_are_one_finding_and_its_line_shows_it(
    checkout: Checkout, first_run: Finished, tmp_path: Path
) -> None:
    seen_again(checkout.state, first_run.record, tmp_path / "triage")
