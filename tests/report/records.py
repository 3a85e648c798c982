"""RunRecords to report on: one made by hand that has every rung and failure, and generated hostile ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from types import UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from fuzzpair.model.claim_answer import CaseCount, ClaimAnswer, DecidingRow, Limit, Reply, WeighedAnswer, WeighedShare
from fuzzpair.model.diagnostic import Diagnostic, Rejection, RejectionLabel, Span
from fuzzpair.model.evidence import CanaryCount, Evidence, Found, Judgement
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.gate import Difference, Gate, GateStatus
from fuzzpair.model.language import Language, Variant
from fuzzpair.model.run_facts import Control, StageCost, Toolchain
from fuzzpair.model.run_record import Row, RunRecord
from fuzzpair.model.tool import Tool
from fuzzpair.model.verdict import Fidelity, Rung, Verdict
from fuzzpair.report.json_report import SCHEMA

# A whole record takes some 50 ms to draw: fewer of them than of anything else, and fewer still in `nox`.
SOME_RECORDS: Final = settings(
    suppress_health_check=list(HealthCheck), deadline=None, max_examples=max(5, settings().max_examples // 4)
)

# What an attacker would put into a log: terminal, XML, HTML, Markdown, text direction, formulas.
HOSTILE = (
    "\x1b[31mred\x1b]0;title\x07",
    "\x9b31m",
    "\ufffe\uffff",
    "\udc80",
    "\u202eevil\u2066",
    "\r\x00\x08",
    "]]>&lt;<script>alert(1)</script>",
    "| a | ``` | <img src=x onerror=alert(1)>",
    "[link](https://evil.example) https://evil.example www.evil.example",
    "[bold red]markup[/bold red] [link=https://evil.example]x[/link] :smile:",
    "line one\nForged: controls passed",
    "\u2028\u2029\x85\u200b\ufeff\U000e0041",
    "x" * 5_000,
)

PATCH = "--- a/dns/name.cpp\n+++ b/dns/name.cpp\n@@ -1 +1 @@\n-  return copy;\n+  return view;\n"
REPORT = "==7==ERROR: AddressSanitizer: heap-use-after-free on address 0x602000000010\n    #0 0x4f in dns::take"
DIGEST = "ab" * 32


def judgement(**changes: Any) -> Judgement:
    return replace(
        Judgement(
            flavour=Flavour.ADDRESS,
            tool=Tool.ADDRESS,
            endings=(("detected", 12),),
            kinds=(("heap-use-after-free", 12),),
            k=12,
            n=12,
            touches_patch=True,
            counterpart_clean=True,
            wrong_output=0,
            example_input=DIGEST,
            example_log=DIGEST,
            excerpt=REPORT,
            reproduce="fuzzpair replay use-after-free --flavour address " + "0123456789abcdef" * 12,
        ),
        **changes,
    )


def found(**changes: Any) -> Found:
    sample = Found(seed=1, found=True, executions=5_210, seconds=1.3, budget_runs=60_000, kind="crash")
    return replace(sample, **changes)


def rejection(label: RejectionLabel = RejectionLabel.OWNERSHIP) -> Rejection:
    span = Span(file="src/name.rs", first_line=3, last_line=3, column=9, label="borrowed here")
    rendered = "error[E0505]: cannot move out of `table`\n --> src/name.rs:3:9\n"
    diagnostic = Diagnostic(
        tool=Tool.RUSTC, level="error", code="E0505", message="cannot move", spans=(span,), rendered=rendered
    )
    return Rejection(label=label, codes=("E0505",), diagnostics=(diagnostic,))


def row(mistake: str, variant: Variant, rung: Rung | None, detail: str = "", **changes: Any) -> Row:
    verdict = Verdict(rung=rung, detail=detail, k=12, n=12) if rung else None
    made = Row(
        mistake=mistake,
        title=f"the {mistake} mistake",
        bug_class=mistake,
        cwe=416,
        born_in=Language.CPP,
        imitates="CVE-2020-0001",
        variant=variant,
        patch_digest=DIGEST,
        verdict=verdict,
        hardened=verdict,
        tools=(Tool.ADDRESS,),
        evidence=Evidence(
            patch=PATCH,
            canary=CanaryCount(reached=400, triggered=12, inputs=("0" * 64, "1" * 64)),
            judgements=(judgement(),),
            found=(found(),),
            job_keys=("c0ffee",),
            compiler_command="clang++ -O2 -c name.cpp",
        ),
        target="message",
    )
    return replace(made, **changes)


def rejected(mistake: str, label: RejectionLabel = RejectionLabel.OWNERSHIP) -> Row:
    verdict = Verdict(rung=Rung.REJECTED, detail="E0505")
    evidence = Evidence(rejection=rejection(label), patch=PATCH, fixed_patch=PATCH, job_keys=("beef",))
    return row(mistake, Variant.RUST, None, verdict=verdict, hardened=verdict, tools=("rustc",), evidence=evidence)


def claim(answer: Reply = Reply.WITH_LIMITS, **changes: Any) -> ClaimAnswer:
    unsafe = DecidingRow(row="use-after-free/rust-unsafe", flavour=Flavour.DEFAULT, outcome="crashed SIGSEGV")
    made = ClaimAnswer(
        id="uaf-impossible",
        claim="a use after free does not compile",
        source="somebody",
        answer=answer,
        why="shown by 2 of 3 mistakes of this list",
        rust=CaseCount(support=2, against=0, not_judged=1),
        hardened_cpp=CaseCount(support=1, against=2),
        support=(DecidingRow(row="use-after-free/rust", flavour=Flavour.DEFAULT, outcome="rejected E0505"),),
        against=(),
        not_judged=(),
        limits=(Limit(says="unsafe does not compile either", asked=1, rows=(unsafe,), not_judged=()),),
        classes_without_mistake=("dangling-view",),
    )
    return replace(made, **changes)


def weighed_claim() -> ClaimAnswer:
    share = WeighedShare(
        variant="rust-shipped", rejected=0.1, stopped=0.5, otherwise_avoided=0.1, not_prevented=0.2, not_measured=0.1
    )
    cited = WeighedAnswer(
        title="a cited list",
        source="its publisher",
        whole=200.0,
        part=50.0,
        worst=0.0,
        best=0.7,
        best_if_all_measured_well=0.8,
        shares=(share, replace(share, variant="cpp hardened", stopped=0.3, not_prevented=0.4)),
    )
    return claim(id="seventy-percent", claim="a rewrite avoids 70 %", limits=(), weighed=cited)


def full_record() -> RunRecord:
    """Every rung, a problem, a failed control, a tool that did not run, differences: all at once."""
    stopped = Verdict(rung=Rung.STOPPED, detail="hardening assertion", k=12, n=12)
    fidelity = Evidence(fidelity=Fidelity.CONFIRMED, fidelity_why="the same input triggers both")
    not_run = judgement(
        flavour=Flavour.MEMORY, tool="not run", kinds=(("std is not instrumented", 0),), k=0, excerpt=""
    )
    unseen = Evidence(
        canary=CanaryCount(reached=0, triggered=0, inputs=()),
        found=(found(found=False),),
        judgements=(not_run,),
    )
    rows = (
        row("use-after-free", Variant.CPP, Rung.DETECTED, "AddressSanitizer", hardened=stopped),
        rejected("use-after-free"),
        row("use-after-free", Variant.RUST_NEXT, Rung.STOPPED, "12/12 panic"),
        row("use-after-free", Variant.RUST_UNSAFE, Rung.CRASHED, "SIGSEGV", evidence=fidelity),
        row("null-dereference", Variant.CPP, Rung.WARNED, "-Wnull-dereference"),
        rejected("null-dereference", RejectionLabel.TYPE),
        row("null-dereference", Variant.RUST_NEXT, Rung.NO_EFFECT),
        row("endless-loop", Variant.CPP, Rung.OBSERVED, "hang"),
        row("endless-loop", Variant.RUST, Rung.NOT_SEEN, "not reached", evidence=unseen),
        row("data-race", Variant.CPP, None, problem="the patch does not apply: targets-cpp/dns/table.cpp:80"),
    )
    return RunRecord(
        schema=SCHEMA,
        run_id="2026-11-22T16-50-00-dns",
        version="0.1.0",
        started="2026-11-22T16:50:00Z",
        duration_s=431.5,
        pair="dns",
        profile="default",
        backend="docker",
        complete=True,
        toolchain=Toolchain(
            image_id="sha256:1",
            triple="x86_64-pc-linux-gnu",
            versions=(("clang", "22.1.8"),),
            fingerprint="f00d",
        ),
        budgets=(("trigger_runs message", "200000"), ("found_runs", "60000")),
        rows=rows,
        controls=(
            Control(name="twins agree", passed=True, detail="2,000 messages"),
            Control(name="known-bad input trips MSan", passed=False, detail="MSan said nothing on known-bad/3"),
        ),
        stages=(
            StageCost(stage="build", jobs_run=61, jobs_reused=3, jobs_failed=1, wall_s=120.0, cpu_s=230.5),
            StageCost(stage="fuzz", jobs_run=28, jobs_reused=0, jobs_failed=0, wall_s=200.0, cpu_s=390.0),
        ),
        gate=Gate(
            status=GateStatus.ERROR,
            exit_code=3,
            differences=(
                Difference(row="endless-loop/cpp", expected="stopped", measured="observed"),
                Difference(row="gone/cpp", expected="detected", measured="no such row"),
            ),
            reasons=("1 control failed",),
        ),
    )


def passing_record() -> RunRecord:
    """A run of which nothing has to be explained away."""
    whole = full_record()
    return replace(
        whole,
        rows=whole.rows[:4],
        controls=whole.controls[:1],
        gate=Gate(status=GateStatus.PASSED, exit_code=0),
    )


def hostile_text() -> st.SearchStrategy[str]:
    anything = st.text(st.characters(exclude_categories=()), max_size=30)
    return st.one_of(st.sampled_from(HOSTILE), anything)


def records(text: st.SearchStrategy[str] | None = None) -> st.SearchStrategy[RunRecord]:
    """Any record that the types allow, with hostile text in every string field."""
    return _of_type(RunRecord, hostile_text() if text is None else text).map(_with_schema)


def _with_schema(record: RunRecord) -> RunRecord:
    return replace(record, schema=SCHEMA)


def _of_type(wanted: Any, text: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    """From the types, so that a field that a noun gains later is hostile without an edit here."""
    if isinstance(wanted, type) and is_dataclass(wanted):
        hints = get_type_hints(wanted)
        return st.builds(wanted, **{each.name: _of_type(hints[each.name], text) for each in fields(wanted)})
    if get_origin(wanted) is tuple:
        return _of_tuple(get_args(wanted), text)
    if get_origin(wanted) is Literal:
        return st.sampled_from(get_args(wanted))
    if get_origin(wanted) in (Union, UnionType):
        return st.one_of(*(_of_type(each, text) for each in get_args(wanted)))
    if issubclass(wanted, Enum):
        return st.sampled_from(wanted)
    return text if wanted is str else _PLAIN[wanted]


def _of_tuple(arguments: tuple[Any, ...], text: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    if arguments[-1] is not Ellipsis:
        return st.tuples(*(_of_type(each, text) for each in arguments))
    return st.lists(_of_type(arguments[0], text), max_size=3).map(tuple)


_PLAIN: Final[Mapping[Any, st.SearchStrategy[Any]]] = {
    int: st.integers(min_value=0, max_value=1 << 40),
    float: st.floats(min_value=0, max_value=1e9, allow_nan=False),
    bool: st.booleans(),
    type(None): st.none(),
}
