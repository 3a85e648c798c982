"""A pair's record of every kind of finding, and hostile ones, for what renders them."""

from __future__ import annotations

from dataclasses import replace

from fuzzpair.model.crash_report import CrashReport, Frame
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language
from fuzzpair.model.pair import Checkup, Health, OnTwin, PairRecord, SideBuild, TargetProgram, TwinReply
from fuzzpair.model.run_facts import Control
from fuzzpair.model.standing import Standing
from fuzzpair.model.tool import Tool
from own_pair.pair_records import REPORT, campaign, finding, record, reproduction

SEED = bytes(range(40))
INPUT = SEED[:20] + b"\xee" + SEED[21:]
BLOBS = {"2" * 64: INPUT, "5eed": SEED, "3" * 64: b"crashed here\n", "4" * 64: b"fuzzpair: refused\n"}


def everything() -> PairRecord:
    """A finding of each standing, of both sides, and all that can stand beside them."""
    panic = replace(REPORT, tool=Tool.RUST_PANIC, kind="panic", bug_class="explicit-panic")
    return record(
        builds=(
            replace(side_build(Language.CPP), flags=(("CFLAGS", "-O1 -fsanitize=address"),)),
            replace(side_build(Language.RUST), notes=("not built: other",)),
        ),
        checkups=(
            ("header/cpp address", Checkup(health=Health.GOOD, edges=300, reasons=())),
            ("header/rust address", Checkup(health=Health.WEAK, edges=900, reasons=("it has no symbols",))),
        ),
        findings=(
            finding(),
            finding(key="bug2-2", standing=Standing.KNOWN),
            finding(key="bug2-3", standing=Standing.ACCEPTED, owner="parsers", expires="2026-12-31"),
            finding(key="bug2-4", standing=Standing.FIXED),
            finding(key="bug2-5", standing=Standing.IN_BASE),
            finding(key="bug2-6", inputs=(reproduction(k=1),)),
            finding(
                key="bug2-7",
                lines=("panicked", "in read_header (lib.rs)"),
                language=Language.RUST,
                report=panic,
                bug_classes=("explicit-panic", "slice-index-panic"),
                standing=Standing.REOPENED,
                twin=(reply(Language.CPP, OnTwin.CLEAN), reply(Language.CPP, OnTwin.SAME_CRASH)),
            ),
            finding(key="unreproduced-1", report=None, cwe=None, bug_classes=(), inputs=(reproduction(k=0),)),
        ),
        alarms=("header/cpp address: coverage dropped",),
        known_issues=(("line 3: bug2-3", "expires soon"),),
        notes=("header: not pruned",),
        controls=(Control(name="header/rust address can be fuzzed", passed=False, detail="not instrumented"),),
        exit_code=3,
    )


def side_build(language: Language) -> SideBuild:
    program = TargetProgram(
        language=language,
        target="header",
        flavour=Flavour.ADDRESS,
        program="7" * 64,
        program_name="header",
        seeds=("5eed", "gone"),
    )
    return SideBuild(language=language, flavour=Flavour.ADDRESS, programs=(program,), missing=(), log="6" * 64)


def reply(language: Language, outcome: OnTwin) -> TwinReply:
    return TwinReply(language=language, flavour=Flavour.ADDRESS, outcome=outcome, report=None, log="4" * 64)


def hostile(text: str) -> PairRecord:
    """Text of an attacker wherever a log, an input or a build can put it."""
    report = CrashReport(
        tool=Tool.ADDRESS,
        kind=text,
        bug_class=None,
        message=text,
        stack=(
            Frame(function=text, file="../../etc/passwd", line=3),
            Frame(function="f", file=text, line=1 << 40),
        ),
        other_stacks=((text, (Frame(function=text, module=text),)),),
        excerpt=text,
    )
    answer = replace(reply(Language.RUST, OnTwin.NOT_RUN), report=report, log=None, why=text)
    found = finding(
        lines=(text, text),
        bug_classes=(text,),
        report=report,
        twin=(answer,),
        why=text,
        owner=text,
        inputs=(reproduction(name=text, command=text),),
    )
    build = replace(side_build(Language.CPP), problem=text, notes=(text,), flags=((text, text),))
    return record(
        findings=(found,),
        notes=(text,),
        reasons=(text,),
        alarms=(text,),
        known_issues=((text, text),),
        builds=(build,),
        checkups=((text, Checkup(health=Health.BAD, edges=1, reasons=(text,))),),
        campaigns=(campaign(target=text, problem=text, command=text),),
    )
