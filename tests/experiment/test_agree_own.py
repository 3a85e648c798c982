"""`fuzzpair agree` on pairs that were not written for it, in containers: their builds, their corpora, both engines."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from experiment.running import REPOSITORY, SHARED_STATE

pytestmark = pytest.mark.container


def agree(name: str, out: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    places = ["--config", str(REPOSITORY / "examples" / name / "pipeline.yml")]
    places += ["--state", str(SHARED_STATE), "--out", str(out)]
    command = [sys.executable, "-m", "fuzzpair", "agree", *arguments, *places]
    env = {**os.environ, "PYTHONPATH": str(REPOSITORY / "harness")}
    done = subprocess.run(command, env=env, capture_output=True, text=True, cwd=REPOSITORY, check=False, timeout=1800)
    assert (out / "agreement.json").exists(), done.stdout + done.stderr
    record: dict[str, Any] = json.loads((out / "agreement.json").read_text())
    return done.returncode, record


@pytest.mark.parametrize("name", ["gzip", "json"])
def test_an_example_is_compared_three_ways(name: str, tmp_path: Path) -> None:
    code, record = agree(name, tmp_path, "--seconds", "20")
    assert code in (0, 1), record["reasons"]
    campaigns = {row["engine"]: row["campaigns"][0] for row in record["rows"]}
    assert set(campaigns) == {"corpus", "libfuzzer", "atheris"}
    assert campaigns["corpus"]["executions"] == campaigns["corpus"]["budget_runs"] >= 3
    for engine in ("libfuzzer", "atheris"):
        assert campaigns[engine]["executions"] > 500
        assert campaigns[engine]["growth"][-1][1] > campaigns[engine]["growth"][0][1]
    assert all(count > 0 for one in campaigns.values() for _, count in one["answered"])
    if name == "json":  # serde_json's last bit of a double, which it rounds right when it is asked to
        assert ("bits", "rust") in {(one["path"], one["odd"]) for row in record["rows"] for one in row["disagreements"]}
    said = {len(one["said"]) for row in record["rows"] for one in row["disagreements"] if row["engine"] == "atheris"}
    assert said <= {3}
