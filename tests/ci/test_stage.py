"""ci/stage.sh with a fuzzpair that does as it is told."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

STAGE = Path(__file__).parents[2] / "ci" / "stage.sh"
REPORTS = ("junit.xml", "results.sarif", "summary.md")


def run(folder: Path, script: str, *arguments: str, **environ: str) -> tuple[int, str, str]:
    fake = folder / "a fuzzpair"
    fake.write_text(f"#!/bin/sh\n{script}\n")
    fake.chmod(0o755)
    env = {"PATH": os.environ["PATH"], "FUZZPAIR": str(fake), **environ}
    done = subprocess.run(
        ["sh", str(STAGE), *arguments], cwd=folder, env=env, check=False, capture_output=True, text=True
    )
    return done.returncode, done.stdout, done.stderr


ALL = "for name in junit.xml results.sarif summary.md; do echo $name > out/$name; done; exit "


@pytest.mark.parametrize("code", [0, 1, 2, 3, 130])
def test_the_verbs_exit_code_is_the_stages(tmp_path: Path, code: int) -> None:
    assert run(tmp_path, f"{ALL}{code}", "nightly")[:2] == (code, "summary.md\n")


@pytest.mark.parametrize("missing", REPORTS)
def test_clean_without_a_report_is_not_done(tmp_path: Path, missing: str) -> None:
    code, _, err = run(tmp_path, f"{ALL.replace(missing, '')}0", "change")
    assert code == 3
    assert f"left no out/{missing}" in err


def test_an_earlier_runs_reports_do_not_stand_for_this_one(tmp_path: Path) -> None:
    run(tmp_path, f"{ALL}0", "change")
    code, out, _ = run(tmp_path, "exit 0", "change")
    assert (code, out) == (3, "")
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize("code", [4, 77, 127, 137])
def test_a_code_that_is_none_of_fuzzpairs_is_not_done(tmp_path: Path, code: int) -> None:
    assert run(tmp_path, f"{ALL}{code}", "change")[0] == 3


def test_a_command_that_is_not_there_is_not_done(tmp_path: Path) -> None:
    assert run(tmp_path, "", "change", FUZZPAIR=str(tmp_path / "no"))[0] == 3


def test_a_found_bug_stays_one_where_a_report_is_missing(tmp_path: Path) -> None:
    assert run(tmp_path, "exit 1", "change")[0] == 1


@pytest.mark.parametrize("arguments", [(), ("fuzz",), ("--help",)])
def test_another_verb_is_a_usage_error(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    code, _, err = run(tmp_path, f"{ALL}0", *arguments)
    assert code == 2
    assert "usage" in err


def test_options_reach_the_verb_as_they_are(tmp_path: Path) -> None:
    run(tmp_path, 'printf "%s|" "$@" > given', "change", "--config", "a b.yml", "*", FUZZPAIR_OUT="o ut")
    assert (tmp_path / "given").read_text() == "change|--out|o ut|--config|a b.yml|*|"


def test_a_summary_is_cut_to_what_github_takes(tmp_path: Path) -> None:
    big = "for name in junit.xml results.sarif; do echo x > out/$name; done; yes | head -c 3000000 > out/summary.md"
    summary = tmp_path / "summary"
    summary.write_text("before\n")
    code, out, _ = run(tmp_path, big, "change", GITHUB_STEP_SUMMARY=str(summary))
    assert (code, out) == (0, "")
    assert summary.stat().st_size == 1_000_000 + len("before\n")


def test_without_a_command_of_its_own_it_is_this_checkouts(tmp_path: Path) -> None:
    copy = tmp_path / "ci"
    copy.mkdir()
    (copy / "stage.sh").write_text(STAGE.read_text())
    (tmp_path / "fuzzpair").write_text(f"#!/bin/sh\nmkdir -p out; {ALL}0\n")
    (tmp_path / "fuzzpair").chmod(0o755)
    done = subprocess.run(
        ["sh", str(copy / "stage.sh"), "change"], cwd=tmp_path, env={"PATH": os.environ["PATH"]}, check=False
    )
    assert done.returncode == 0
