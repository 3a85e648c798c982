"""The short form of `fuzzpair soak --minutes 30`: every sanitizer of both twins really fuzzes, and finds nothing."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from experiment.running import REPOSITORY, SHARED_STATE
from fuzzpair.flavours import SOAKED

pytestmark = pytest.mark.container


def test_every_sanitizer_fuzzes_the_unpatched_twins_and_finds_nothing(tmp_path: Path) -> None:
    places = ["--state", str(SHARED_STATE), "--out", str(tmp_path)]
    command = [str(REPOSITORY / "fuzzpair"), "soak", "--minutes", "0.4", *places]
    done = subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY, check=False, timeout=1800)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = re.findall(r"(cpp|rust) +(\w+) +(message|stream) +([\d,]+) +([\d,]+) .* nothing", done.stdout)
    fuzzed = {(language, flavour) for language, flavour, _, _, seconds in lines if int(seconds.replace(",", ""))}
    assert fuzzed == {(str(language), str(flavour)) for language in SOAKED for flavour in SOAKED[language]}
    assert not (tmp_path / "soak").exists()
