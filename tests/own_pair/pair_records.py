"""Findings, campaigns and records of a pair, for tests that need one and mind few of its fields."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fuzzpair.backends.fake import TOOLCHAIN
from fuzzpair.model.crash_report import Access, CrashReport, Frame
from fuzzpair.model.finding import Reproduction
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language
from fuzzpair.model.pair import (
    CorpusState,
    OnTwin,
    OpenCampaign,
    PairFinding,
    PairRecord,
    SideBuild,
    TwinReply,
)
from fuzzpair.model.run_facts import Control, StageCost
from fuzzpair.model.standing import Standing
from fuzzpair.model.tool import Tool
from fuzzpair.own_pair.run import SCHEMA

REPORT = CrashReport(
    tool=Tool.ADDRESS,
    kind="heap-buffer-overflow",
    bug_class="heap-buffer-overflow-read",
    access=Access.READ,
    size=4,
    stack=(Frame(function="copy_extra", file="/job/root/src/gzip/lib/inflate.c", line=7, column=3),),
    excerpt="ERROR: AddressSanitizer: heap-buffer-overflow",
)


def reproduction(**fields: Any) -> Reproduction:
    made = Reproduction(
        name="crash-" + "1" * 40,
        input="2" * 64,
        octets=3,
        bug="bug2-0000000000000001",
        k=5,
        n=5,
        log="3" * 64,
        command="./fuzzpair reproduce header/cpp --flavour address --input crash-" + "1" * 40,
    )
    return replace(made, **fields)


def finding(**fields: Any) -> PairFinding:
    made = PairFinding(
        key="bug2-0000000000000001",
        lines=("out of bounds", "in copy_extra (inflate.c)"),
        target="header",
        language=Language.CPP,
        flavours=(Flavour.ADDRESS,),
        bug_classes=("heap-buffer-overflow-read",),
        report=REPORT,
        cwe=125,
        severity="high",
        score=8.1,
        vector="CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:H",
        why="an attacker reads memory",
        inputs=(reproduction(),),
        twin=(
            TwinReply(
                language=Language.RUST, flavour=Flavour.ADDRESS, outcome=OnTwin.REFUSED, report=None, log="4" * 64
            ),
        ),
        standing=Standing.NEW,
        first_seen="2026-11-26T04:00:00Z",
        last_seen="2026-11-26T04:00:00Z",
    )
    return replace(made, **fields)


def campaign(**fields: Any) -> OpenCampaign:
    made = OpenCampaign(
        target="header",
        language=Language.CPP,
        flavour=Flavour.ADDRESS,
        seconds=60.0,
        executions=600_000,
        executions_per_s=10_000.0,
        edges=100,
        corpus_before=3,
        new_units=2,
        crashes=(),
        growth=((1.0, 10_000, 90), (60.0, 600_000, 100)),
        log="5" * 64,
        command="./header_fuzzer -fork=1",
    )
    return replace(made, **fields)


def record(**fields: Any) -> PairRecord:
    made = PairRecord(
        schema=SCHEMA,
        run_id="20261126T040000Z-00000001",
        version="0.0",
        verb="nightly",
        started="2026-11-26T04:00:00Z",
        duration_s=70.0,
        pair="gzip",
        backend="fake",
        complete=True,
        toolchain=TOOLCHAIN,
        budgets=(("seconds", "60"),),
        builds=(
            SideBuild(language=Language.CPP, flavour=Flavour.ADDRESS, programs=(), missing=(), log="6" * 64),
            SideBuild(language=Language.RUST, flavour=Flavour.ADDRESS, programs=(), missing=(), log="6" * 64),
        ),
        checkups=(),
        campaigns=(campaign(), campaign(language=Language.RUST)),
        corpora=(CorpusState(target="header", generation=1, before=3, after=5, octets=50, added=2, pruned=0),),
        findings=(finding(),),
        known_issues=(),
        alarms=(),
        notes=(),
        controls=(Control(name="header/cpp address can be fuzzed", passed=True, detail="300 edges"),),
        stages=(StageCost(stage="fuzz", jobs_run=2, jobs_reused=0, jobs_failed=0, wall_s=60.0, cpu_s=118.0),),
        exit_code=1,
        reasons=("new finding bug2-0000000000000001 in header/cpp: heap-buffer-overflow-read",),
    )
    return replace(made, **fields)
