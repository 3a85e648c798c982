"""`fuzzpair agree` in real containers: the unpatched twins agree, a slip in either of them is found and named."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from experiment.running import REPOSITORY, SHARED_STATE

pytestmark = pytest.mark.container


def agree(out: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    places = ["--state", str(SHARED_STATE), "--out", str(out)]
    command = [str(REPOSITORY / "fuzzpair"), "agree", *arguments, *places]
    done = subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY, check=False, timeout=1800)
    assert (out / "agreement.json").exists(), done.stdout + done.stderr
    record: dict[str, Any] = json.loads((out / "agreement.json").read_text())
    return done.returncode, record


def test_the_unpatched_twins_and_dnspython_agree(tmp_path: Path) -> None:
    code, record = agree(tmp_path, "--runs", "3000", "--seconds", "120")
    assert (code, record["reasons"]) == (0, [])
    engines = {(row["engine"], row["target"]) for row in record["rows"] if row["campaigns"][0]["executions"] >= 3000}
    assert engines == {(engine, target) for engine in ("libfuzzer", "atheris") for target in ("message", "stream")}
    for row in record["rows"]:
        (campaign,) = row["campaigns"]
        last = {voice["voice"]: voice["points"][-1][1] for voice in campaign["voices"]}
        assert set(last) == ({"cpp", "rust", "reference"} if row["engine"] == "atheris" else set())
        for voice in campaign["voices"]:
            assert voice["points"][0][1] < last[voice["voice"]] <= voice["instrumented"]
        # The engine's own figure is of all counters, on the inputs that it kept.
        assert not last or 0 <= sum(last.values()) - campaign["edges"] <= campaign["edges"] // 100


def test_a_slip_in_either_twin_is_a_disagreement_with_its_field(tmp_path: Path) -> None:
    code, record = agree(tmp_path, "lost-bit", "--seconds", "120")
    assert (code, record["reasons"]) == (0, [])
    found = {(row["patched"], one["path"]) for row in record["rows"] for one in row["disagreements"]}
    assert found == {("cpp", "additional › OPT › z"), ("rust", "additional › OPT › z")}
    odd = {one["odd"] for row in record["rows"] if row["engine"] == "atheris" for one in row["disagreements"]}
    assert odd <= {"cpp", "rust"}
