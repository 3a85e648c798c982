"""Records of `fuzzpair agree` made by hand, for tests of what is told of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fuzzpair.model.agreement import (
    AgreementCampaign,
    AgreementRecord,
    AgreementRow,
    Disagreement,
    Ending,
    Said,
    Sighting,
    Voice,
    VoiceGrowth,
    What,
)
from fuzzpair.model.run_facts import Control, StageCost, Toolchain
from fuzzpair.model.standing import Standing
from fuzzpair.report.agreement_json import SCHEMA

TEXTS = {"c" * 64: "answer 1\na. 1 IN A\n", "d" * 64: "answer 1\na. 0 IN A\n"}
INPUT = bytes(range(40))
BLOBS = {**{name: text.encode() for name, text in TEXTS.items()}, "1" * 64: INPUT}


def disagreement(**changes: Any) -> Disagreement:
    voices = (Voice.CPP, Voice.RUST)
    made = Disagreement(
        key="accepted, and described differently · answer › IN A › word 2",
        what=What.TEXT,
        path="answer › IN A › word 2",
        odd=None,
        target="message",
        input="1" * 64,
        octets=len(INPUT),
        found="2" * 64,
        is_minimal=True,
        inputs=3,
        engine="libfuzzer",
        seconds=0.25,
        executions=77,
        said=tuple(
            Said(voice=voice, ending=Ending.ACCEPTED, text=text) for voice, text in zip(voices, TEXTS, strict=True)
        ),
        parted_at=1,
        touched=(1, 30),
        first_seen="2026-11-20T00:00:00Z",
    )
    return replace(made, **changes)


def another(word: str, **changes: Any) -> Disagreement:
    """One of another signature."""
    return disagreement(key=f"accepted, and described differently · {word}", path=word, **changes)


def campaign(engine: str = "libfuzzer", **changes: Any) -> AgreementCampaign:
    made = AgreementCampaign(
        engine=engine,
        target="message",
        subject="the unpatched twins",
        seed=1,
        budget_runs=1000,
        executions=1000,
        duration_s=4.0,
        edges=500,
        growth=((1, 90), (400, 500)),
        parted=1,
        sightings=(Sighting(input="2" * 64, seconds=0.25, executions=77),),
        log="3" * 64,
        command="./agree",
        complete=True,
        rate=500.0,
    )
    return replace(made, **changes)


def row(engine: str = "libfuzzer", **changes: Any) -> AgreementRow:
    made = AgreementRow(
        subject="the unpatched twins",
        mistake="",
        patched=None,
        target="message",
        engine=engine,
        campaigns=(campaign(engine),),
        disagreements=(),
    )
    return replace(made, **changes)


VOICES = (
    VoiceGrowth(voice=Voice.CPP, instrumented=900, points=((1, 20), (300, 400))),
    VoiceGrowth(voice=Voice.RUST, instrumented=1100, points=((1, 25), (350, 600))),
    VoiceGrowth(voice=Voice.REFERENCE, instrumented=9000, points=((1, 40), (390, 1500))),
)


def agreement(**changes: Any) -> AgreementRecord:
    made = AgreementRecord(
        schema=SCHEMA,
        run_id="20261126T010203Z-0a1b2c3d",
        version="0.1.0",
        started="2026-11-26T01:02:03Z",
        duration_s=12.0,
        pair="dns",
        backend="fake",
        toolchain=Toolchain(image_id="sha256:1", triple="x", versions=(("clang", "22"),), fingerprint="f00d"),
        reference="twins.agreement:describe",
        described_by=(("cpp", "targets-cpp/dns/agree/describe.cpp"), ("rust", "targets-rust/dns/agree/describe.rs")),
        budgets=(("executions of a campaign", "1,000"),),
        rows=(row(), row("atheris", campaigns=(campaign("atheris", voices=VOICES),))),
        controls=(Control(name="saw edges", passed=True, detail="500 edges"),),
        stages=(StageCost(stage="compare", jobs_run=1, jobs_reused=0, jobs_failed=0, wall_s=1.0, cpu_s=1.0),),
        exit_code=0,
        reasons=(),
        twins=(("cpp", "ab" * 32), ("rust", "cd" * 32)),
    )
    return replace(made, **changes)


def everything() -> AgreementRecord:
    """One of each standing, one that is gone, an entry that has expired, a control that failed, a planted mistake."""
    found = (
        disagreement(),
        another("known", standing=Standing.KNOWN),
        another("back", standing=Standing.REOPENED),
        another("fine", standing=Standing.ACCEPTED, owner="parsers", expires="2027-01-31"),
        another("late", standing=Standing.KNOWN, owner="parsers", expires="2026-01-31"),
    )
    planted = row(subject="a-slip/cpp", mistake="a-slip", disagreements=(another("planted"),), campaigns=(campaign(),))
    missed = row(subject="a-slip/rust", mistake="a-slip")
    return agreement(
        rows=(row(disagreements=found), planted, missed, row("atheris", campaigns=(), problem="it does not link")),
        controls=(Control(name="saw edges", passed=False, detail="0 edges"),),
        exit_code=3,
        reasons=("it does not link",),
        gone=(another("gone", standing=Standing.FIXED),),
        known_issues=(("line 3: parted1-00", "expired on 2026-01-31: parsers decides what becomes of it"),),
    )
