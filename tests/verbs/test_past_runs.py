"""Looking at a run that is in the store: explain, replay, report."""

from __future__ import annotations

import pytest

from tiny_cli import Here


def test_explain_shows_the_evidence_of_one_mistake(here_after_run: Here) -> None:
    here = here_after_run
    assert here("explain", "stale") == 0
    for words in ('slip("freed");', "E0382", "AddressSanitizer: heap-use-after-free", "./fuzzpair replay stale/cpp"):
        assert words in here.out
    assert here("explain", "stael") == 2
    assert "perhaps you meant stale" in here.err


def test_replay_does_what_the_evidence_says(here_after_run: Here) -> None:
    here = here_after_run
    here("explain", "stale")
    line = next(line for line in here.out.splitlines() if "./fuzzpair replay stale/cpp --flavour address" in line)
    arguments = line[line.index("replay") :].split()
    assert here(*arguments) == 0
    assert "ERROR: AddressSanitizer: heap-use-after-free" in here.err
    assert here.err.endswith("ended with exit code 90\n")


@pytest.mark.parametrize(
    ("row", "flavour", "name", "said"),
    [
        ("gone/cpp", "address", "", "the last run has no row 'gone/cpp'"),
        ("stale/rust", "address", "", "stale/rust was not replayed in the address flavour"),
        ("stale/cpp", "memory", "", "stale/cpp was not replayed in the memory flavour"),
        ("stale/cpp", "address", "zz", "0 inputs of stale/cpp begin with 'zz'"),
        ("stale/cpp", "address", "", "3 inputs of stale/cpp begin with ''"),
    ],
)
def test_replay_of_what_is_not_there(here_after_run: Here, row: str, flavour: str, name: str, said: str) -> None:
    here = here_after_run
    assert here("replay", row, "--flavour", flavour, "--input", name) == 2
    assert said in here.err
    assert "next: " in here.err


def test_report_says_what_the_run_said(here: Here) -> None:
    here("run")
    printed, written = here.out, (here.pair.root / "out/run.json").read_text()
    (here.pair.root / "out/run.json").unlink()
    assert here("report") == 0
    assert (here.out, (here.pair.root / "out/run.json").read_text()) == (printed, written)


@pytest.mark.parametrize("content", [b"{}", b"\xff", b"no JSON"])
def test_report_of_what_is_no_record(here: Here, content: bytes) -> None:
    path = here.pair.root / "run.json"
    path.write_bytes(content)
    assert here("report", "--record", str(path)) == 2
    assert "Traceback" not in here.err
