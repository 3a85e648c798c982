"""The parsers under fire: every check of fire/properties.py on damaged real logs and on any text; time stays linear."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from examples import examples
from fuzzpair.triage import PARSERS, parse_log
from triage.fire.growth import ADVERSARIAL, GREATEST_GROWTH, adversarial, growth
from triage.fire.properties import CHECKS

ROOT = Path(__file__).parents[2]
LOGS = sorted((ROOT / "tests" / "logs").rglob("*.log"))
SEEDS = [path.read_bytes().decode("utf-8", "surrogateescape") for path in LOGS]

texts = st.text(max_size=300) | st.text(st.characters(codec=None), max_size=100)


@st.composite
def damaged_logs(draw: st.DrawFn) -> str:
    """Two real logs, cut anywhere and joined, with any text put between."""
    first, second = draw(st.sampled_from(SEEDS)), draw(st.sampled_from(SEEDS))
    start, end = draw(st.integers(0, len(first))), draw(st.integers(0, len(second)))
    return first[:start] + draw(texts) + second[end:]


def test_every_parser_is_a_target() -> None:
    assert len(CHECKS) == len(PARSERS) + 3


@pytest.mark.parametrize("check", CHECKS)
def test_the_real_logs_hold(check: str) -> None:
    for seed in SEEDS:
        CHECKS[check](seed)


@pytest.mark.parametrize("check", CHECKS)
@given(text=damaged_logs() | texts)
@settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_text_holds(check: str, text: str) -> None:
    CHECKS[check](text)


@given(text=damaged_logs())
@settings(max_examples=examples(100), deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_log_has_no_more_reports_than_lines(text: str) -> None:
    assert len(parse_log(text)) <= text.count("\n") + 1


@pytest.mark.slow
@pytest.mark.parametrize("name", ADVERSARIAL)
def test_time_grows_with_length_and_no_faster(name: str) -> None:
    assert growth(parse_log, partial(adversarial, name), 1 << 15) < GREATEST_GROWTH


needs_atheris = pytest.mark.skipif(
    importlib.util.find_spec("atheris") is None, reason="atheris has no wheel for this platform, or is not installed"
)


def fuzz(folder: Path, target: str, corpus: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return python(folder, "fuzz.py", target, str(corpus), *options)


def python(folder: Path, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "tests" / "triage" / "fire" / script), *arguments]
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'harness'}:{ROOT / 'tests'}"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.slow
@needs_atheris
@pytest.mark.parametrize("target", CHECKS)
def test_atheris_finds_nothing_in_a_short_run(target: str, tmp_path: Path) -> None:
    done = fuzz(tmp_path, target, tmp_path / "corpus", "-runs=500", "-seed=1", "-max_len=8192")
    assert done.returncode == 0, done.stderr[-4000:]
    assert "Done 500 runs" in done.stderr


@pytest.mark.slow
@needs_atheris
def test_one_input_can_be_run_again(tmp_path: Path) -> None:
    done = fuzz(tmp_path, "parse_log", LOGS[0])
    assert done.returncode == 0, done.stderr[-4000:]
    assert "Executed" in done.stderr


@pytest.mark.slow
@needs_atheris
def test_all_targets_in_turn_go_on_where_they_were(tmp_path: Path) -> None:
    # The seeds alone are some 400 executions.
    first = python(tmp_path, "all.py", "fire", "600")
    assert first.returncode == 0, first.stderr
    second = python(tmp_path, "all.py", "fire", "1200")
    assert second.returncode == 0, second.stderr
    made = json.loads((tmp_path / "fire" / "executions.json").read_text())
    assert sum(count > 0 for count in made.values()) == 2, "another target's turn"
    assert sum(made.values()) >= 1200
    assert python(tmp_path, "all.py", "fire", "1200").stdout == ""


@pytest.mark.slow
@needs_atheris
def test_an_unknown_target_names_all(tmp_path: Path) -> None:
    done = fuzz(tmp_path, "parse_lgo", tmp_path / "corpus")
    assert done.returncode == 1
    assert all(target in done.stderr for target in CHECKS)
    assert not list(tmp_path.iterdir())
