"""What a run's campaigns crash on, in its record: run again, grouped row by row, with severity and CWE."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from fuzzpair.model.command import Command, Completed
from fuzzpair.model.finding import Finding
from fuzzpair.model.run_record import RunRecord
from fuzzpair.report.json_report import read_record, render
from tiny_cli import Here
from tiny_pair import PIPELINE, TinyPair, Tools, Undisturbed


@dataclass(frozen=True)
class OnlyFuzzers(Tools):
    """A crash that only the fuzzer's process shows: its judge ends cleanly on the same input."""

    def __call__(self, command: Command, files: dict[str, bytes]) -> Completed:
        if "./judge" in command.argv:
            return Completed(command=command, exit_code=0)
        return super().__call__(command, files)


def by_row(record: RunRecord) -> dict[str, Finding]:
    """The findings, one a row as there is one campaign."""
    found = {finding.row: finding for finding in record.findings}
    assert len(found) == len(record.findings)
    return found


def test_each_row_that_a_campaign_crashed_on_has_its_finding(undisturbed: Undisturbed) -> None:
    record = undisturbed.record
    found = by_row(record)
    assert set(found) == {"stale/cpp", "stale/rust-unsafe"}
    finding = found["stale/cpp"]
    assert finding.report is not None
    assert (finding.report.bug_class, finding.cwe, finding.severity) == ("use-after-free", 416, "high")
    assert finding.key.startswith("bug3-")
    (crash,) = finding.crashes
    assert crash.logs == ("stale/cpp message seed 1",)
    (again,) = finding.inputs
    assert (again.name, again.octets, again.k, again.n) == ("stale/cpp message seed 1", 6, 5, 5)
    assert again.smaller is None, "the default profile makes nothing smaller"
    assert "minimise" not in {cost.stage for cost in record.stages}
    assert read_record(render(record)) == record


def test_the_line_of_a_finding_shows_it_again(here_after_run: Here) -> None:
    here = here_after_run
    record = read_record((here.pair.root / "out/run.json").read_text())
    _, verb, *arguments = shlex.split(by_row(record)["stale/rust-unsafe"].inputs[0].command)
    assert here(verb, *arguments) == 0
    assert "ERROR: AddressSanitizer: heap-use-after-free" in here.err


def test_a_crash_that_does_not_come_again_is_kept_with_0_of_n(tmp_path: Path) -> None:
    record = TinyPair(tmp_path).run(OnlyFuzzers())
    finding = by_row(record)["stale/cpp"]
    (again,) = finding.inputs
    assert (again.k, again.n, again.is_flaky) == (0, 5, True)
    assert finding.report is not None
    assert finding.report.bug_class == "use-after-free"


def test_a_profile_can_have_them_minimised(pair_after_run: TinyPair) -> None:
    pair = pair_after_run
    pair.write("pipeline.yml", PIPELINE.replace("    fuse_s: 60\n", "    fuse_s: 60\n    minimise_tries: 400\n"))
    record = pair.run()
    (again,) = by_row(record)["stale/cpp"].inputs
    assert again.smaller is not None
    assert (again.smaller.octets, again.smaller.k, again.smaller.n) == (1, 5, 5)
    assert again.smaller.input in again.command


def test_a_persons_rulings_hold_as_for_triage(here_after_run: Here) -> None:
    here = here_after_run

    def findings() -> dict[str, Finding]:
        here("run")
        return by_row(read_record((here.pair.root / "out/run.json").read_text()))

    before = findings()["stale/cpp"]
    first = "bug3-" + "0" * 16
    here.pair.write("groups.yml", f"join: [{{signatures: [{before.key}, {first}], reason: seen before}}]\n")
    joined = findings()["stale/cpp"]
    assert (joined.key, joined.rulings) == (first, ("seen before",))
    assert f"groups.yml:1: no finding has {first} (seen before)" in here.err
    assert f"no finding has {before.key}" not in here.err

    crash = before.crashes[0].signature
    here.pair.write("groups.yml", f"split: [{{signature: {crash}, reason: its own}}]\n")
    split = findings()["stale/cpp"]
    assert (split.key, split.rulings) == (crash, ("its own",))
    assert "no finding has" not in here.err


def test_a_wrong_groups_file_ends_a_run_before_it_starts(here: Here) -> None:
    here.pair.write("groups.yml", "join: [{signatures: [one], reason: x}]\n")
    assert here("run") == 2
    assert "groups.yml:1: " in here.err
    assert not (here.pair.root / "out/run.json").exists()


def test_a_severity_of_pipeline_yml_holds(pair_after_run: TinyPair) -> None:
    pair = pair_after_run
    pair.write("pipeline.yml", f"{PIPELINE}severity: {{use-after-free: low}}\ncwe: {{use-after-free: 825}}\n")
    finding = by_row(pair.run())["stale/cpp"]
    assert (finding.severity, finding.cwe) == ("low", 825)
