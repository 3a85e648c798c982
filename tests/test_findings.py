"""Logs to findings: what is read, what is left out and said, how bad each is; and the verb around it."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path

import pytest
from rich.console import Console

from fuzzpair import cli
from fuzzpair.backends.select import open_backend
from fuzzpair.errors import ConfigError, UsageError
from fuzzpair.findings import STDIN, Judging, read_given, read_reports, read_rulings, triage
from fuzzpair.model.finding import Triage
from fuzzpair.report.findings import render_findings, render_json
from fuzzpair.severity_rules import Reachability
from tiny_pair import TinyPair

LOGS = Path(__file__).parent / "logs" / "address"
DOUBLE_FREE, OVERFLOW = LOGS / "double_free.log", LOGS / "heap_over_write.log"
NOBODYS = "make: *** [all] Error 1\n"


def of(*paths: Path | str, judging: Judging | None = None, stdin: bytes = b"") -> Triage:
    return triage(read_reports(read_given([str(path) for path in paths], io.BytesIO(stdin))), judging or Judging())


def test_logs_of_one_crash_are_one_finding_and_of_two_two(tmp_path: Path) -> None:
    text = DOUBLE_FREE.read_text()
    (tmp_path / "first.log").write_text(text)
    (tmp_path / "moved.log").write_text(text.replace("address.cpp:", "address.cpp:1"))
    (tmp_path / "other.log").write_text(OVERFLOW.read_text())
    found = of(tmp_path)
    assert found.logs == 3
    by_class = {finding.report.bug_class: finding for finding in found.findings if finding.report}
    assert [Path(log).name for log in by_class["double-free"].logs] == ["first.log", "moved.log"]
    assert by_class["double-free"].cwe == 415
    assert len(found.findings) == 2


def test_the_worst_stands_first_and_reach_changes_the_score() -> None:
    found = of(DOUBLE_FREE, OVERFLOW, LOGS / "null_write.log")
    scores = [finding.score for finding in found.findings]
    assert scores == sorted(scores, reverse=True)
    untrusted = of(OVERFLOW, judging=Judging(reachability=Reachability.UNTRUSTED)).findings[0]
    harness = of(OVERFLOW, judging=Judging(reachability=Reachability.HARNESS)).findings[0]
    assert untrusted.score > harness.score > 0
    assert untrusted.vector.startswith("CVSS:3.1/AV:N")


def test_two_tools_logs_of_one_input_that_libfuzzer_names_are_one_finding(tmp_path: Path) -> None:
    freed = DOUBLE_FREE.read_text()
    written = f"artifact_prefix='./'; Test unit written to ./out/crash-{'0123456789' * 4}\n"
    other = (
        "/src/address.cpp:91:5: runtime error: index 9 out of bounds for type 'int[4]'\n"
        "    #0 0x55da5590f946 in double_free /src/address.cpp:91:5\n"
        "SUMMARY: UndefinedBehaviorSanitizer: undefined-behavior /src/address.cpp:91:5\n"
    )
    for name, text in (("first", freed), ("second", other)):
        (tmp_path / name).write_text(text + written)
    (found,) = of(tmp_path).findings
    assert len(found.logs) == 2
    (tmp_path / "second").write_text(other + written.replace("01", "ab"))
    assert len(of(tmp_path).findings) == 2


def test_text_of_nobody_is_an_unknown_finding_each_and_never_nothing() -> None:
    found = of(STDIN, DOUBLE_FREE, stdin=NOBODYS.encode())
    (unknown,) = (finding for finding in found.findings if finding.report is None)
    assert (unknown.logs, unknown.cwe) == (("standard input",), None)


def test_an_input_is_no_log_and_is_named(tmp_path: Path) -> None:
    (tmp_path / "crash-0a").write_bytes(b"\x12\0\x01\xff")
    (tmp_path / "log").write_bytes(b"printed\0" + DOUBLE_FREE.read_bytes())
    found = of(tmp_path)
    assert [Path(name).name for name in found.not_logs] == ["crash-0a"]
    assert found.logs == 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no fifos here")
def test_links_and_devices_are_not_followed_and_named(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "fifo")
    found = of(tmp_path)
    assert [(Path(name).name, why) for name, why in found.unreadable] == [
        ("fifo", "a link or a device, not a file"),
        ("link", "a link or a device, not a file"),
    ]


def test_a_path_that_is_not_there_is_told_before_anything_is_read() -> None:
    with pytest.raises(UsageError, match="no-such-log: there is no such file"):
        of(DOUBLE_FREE, "no-such-log")


def test_a_person_s_ruling_is_respected_and_one_without_effect_is_told(tmp_path: Path) -> None:
    apart = of(DOUBLE_FREE, OVERFLOW)
    keys = sorted(finding.key for finding in apart.findings)
    (tmp_path / "groups.yml").write_text(
        f"join:\n  - signatures: [{', '.join(keys)}, bug3-0000000000000000]\n    reason: one slip\n"
    )
    joined = of(DOUBLE_FREE, OVERFLOW, judging=Judging(rulings=read_rulings(tmp_path / "groups.yml")))
    (finding,) = joined.findings
    assert (len(finding.logs), finding.rulings) == (2, ("one slip",))
    assert len(joined.unused_rulings) == 1
    assert "bug3-0000000000000000" in joined.unused_rulings[0]
    assert finding.score == max(one.score for one in apart.findings)


def test_a_groups_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"groups.yml:1: cannot be read"):
        read_rulings(tmp_path / "groups.yml")


def test_no_escape_of_a_log_reaches_the_table_or_the_json(tmp_path: Path) -> None:
    hostile = tmp_path / "a\x1b[2J.log"
    hostile.write_text(DOUBLE_FREE.read_text().replace("double_free", "\x9b2Jdouble\u202efree"))
    found = of(hostile)
    stream = io.StringIO()
    render_findings(found, Console(file=stream, width=200, markup=False))
    for text in (stream.getvalue(), render_json(found)):
        assert not set("\x1b\x9b\u202e") & set(text)
    assert "double-free" in stream.getvalue()


def test_the_json_says_everything() -> None:
    read = json.loads(render_json(of(DOUBLE_FREE, STDIN, stdin=NOBODYS.encode())))
    assert read["schema"] == "fuzzpair/findings/1"
    known = next(finding for finding in read["findings"] if finding["report"])
    assert known["report"]["bug_class"] == "double-free"
    assert known["crashes"][0]["logs"] == known["logs"] == [str(DOUBLE_FREE)]
    assert {label for label, _ in known["report"]["other_stacks"]} == {"freed by", "allocated by"}


def run_verb(capture: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    code = cli.main(("triage", *argv), {}, open_backend)
    return code, *capture.readouterr()


def test_the_verb_prints_a_table_and_writes_json(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, _ = run_verb(capsys, str(DOUBLE_FREE), "--json", str(tmp_path / "findings.json"))
    assert code == 0
    assert "double-free" in out
    assert "1 logs, 1 findings" in out
    assert len(json.loads((tmp_path / "findings.json").read_text())["findings"]) == 1


def test_the_verb_reads_standard_input(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(DOUBLE_FREE.read_bytes())))
    code, out, _ = run_verb(capsys, "-", "--json", "-")
    assert code == 0
    assert json.loads(out)["findings"][0]["logs"] == ["standard input"]


def test_failing_at_the_job_never_looks_like_no_bugs(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "only-inputs").mkdir()
    code, _, err = run_verb(capsys, str(tmp_path / "only-inputs"))
    assert (code, "there is no log" in err) == (2, True)
    (tmp_path / "link").symlink_to(DOUBLE_FREE)
    code, out, _ = run_verb(capsys, str(tmp_path), str(DOUBLE_FREE))
    assert (code, "not read" in out, "double-free" in out) == (3, True, True)


def test_pipeline_yml_s_severity_holds(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    config = TinyPair(tmp_path).root / "pipeline.yml"
    config.write_text(config.read_text() + "severity: {double-free: low}\ncwe: {double-free: 1341}\n")
    code, out, _ = run_verb(capsys, str(DOUBLE_FREE), "--json", "-", "--config", str(config))
    finding = json.loads(out)["findings"][0]
    assert (code, finding["severity"], finding["cwe"]) == (0, "low", 1341)
