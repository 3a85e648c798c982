"""What each field of run.json means. A field without a line here fails the tests, as does a line too many."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

INTRODUCTION: Final = """# run.json

<!-- Made by `python -m fuzzpair.report.run_schema` from the types and run_fields.py; a test compares. -->

`run.json` is one run, complete: every other report is made from it and can be made again from it.
Its `schema` is `{schema}`. Within that number fields are only added, so a reader skips what it does not
know; a field that goes or changes its meaning raises the number. The same as JSON Schema: `run.schema.json`.

- All fields are always there. `null` means "not known" or "does not apply", never zero.
- The file is ASCII; logs and inputs are escaped as JSON does. They are an attacker's text: show them as text.
  A lone surrogate, which JSON cannot carry, is written out as `\\udc80` in six characters.
- Digests are SHA-256 in hex, and name blobs in the store (`.fuzzpair/`) unless the line says otherwise.
- `rung`, `hardened_rung`, `name`, `survival`, `comparisons` and `totals` are derived from the rest for convenience.
- Where an object maps names to values and one name comes twice, a list of [name, value] pairs stands instead.

Who catches what, as a table:

    jq -r '.rows[] | [.mistake, .variant, .rung, (.tools | join("+"))] | @tsv' run.json

The claims, and what this run says of them:

    jq -r '.claims[] | [.id, .answer, .why] | @tsv' run.json

How many of the seeds have not found it after how many executions, as a table to draw:

    jq -r '.rows[] | select(.survival) | .name as $row
               | .survival.by_executions[] | [$row, .at, .survival] | @tsv' run.json
"""

FIELDS: Final[Mapping[str, Mapping[str, str]]] = {
    "RunRecord": {
        "schema": "the identifier of this format",
        "run_id": "names this run in the store",
        "version": "of fuzzpair",
        "started": "RFC 3339, UTC",
        "duration_s": "wall clock seconds",
        "pair": "the pair of twins",
        "profile": "the profile of pipeline.yml that was run",
        "backend": "where commands ran",
        "complete": "false: something was interrupted or ended by the fuse, so this is not a result",
        "toolchain": "what compiled and judged",
        "budgets": "the budgets that `not seen` and `found` are relative to",
        "rows": "one per mistake and variant",
        "controls": "the checks on the experiment itself",
        "stages": "what each stage cost, in order",
        "gate": "the comparison with the baseline, and the exit code",
        "findings": "what campaigns crashed on, grouped in each row, the worst of a row first",
        "claims": "answers to `claims.yml`, of this run's rows alone; empty where none are asked",
        "folders": "language → the twin's folder, relative to `pipeline.yml`; empty in older records",
        "corpus": "target → digests of its seeds; empty in older records",
        "growth": "how campaigns on the unpatched twins grew; empty where none was fuzzed, and in older records",
        "comparisons": "how soon C++ and Rust are found, where both have ten seeds or more; empty otherwise",
        "totals": "the numbers that every report prints, derived from the rest",
    },
    "Row": {
        "name": "`mistake/variant`, the stable name of the row",
        "rung": "of `verdict`; null where it could not be done",
        "hardened_rung": "of `hardened`; null where it could not be done",
        "mistake": "name of the mistake, as in `fuzzpair explain`",
        "title": "the slip in one line",
        "bug_class": "our word for the class",
        "cwe": "CWE number",
        "born_in": "the language in which the mistake was first written",
        "imitates": "a public CVE, where there is one",
        "variant": "which of the four ways to write it down",
        "patch_digest": "of the patch, taken before any tool saw it",
        "verdict": "in the default production flavour; null exactly when `problem` says why",
        "hardened": "in the hardened production flavour",
        "tools": "who caught it",
        "evidence": "everything that the verdict rests on",
        "further": "in the other production flavours that the profile asks for; the gate does not compare them",
        "problem": "why the row could not be judged; then nothing in it is a verdict",
        "target": "the pair's target that it is triggered through; empty in an older version's record",
        "survival": "how soon its campaigns found it, from `evidence.found` alone; null where it was not fuzzed",
    },
    "Verdict": {
        "rung": "how early it is caught",
        "detail": "an error code, a signal, the tool's own word",
        "k": "triggering inputs that ended so; for detected and observed, those that the tool sees",
        "n": "triggering inputs tried; for detected and observed, those on which production goes on",
    },
    "FlavourVerdict": {
        "flavour": "the production flavour",
        "verdict": "in that flavour",
    },
    "Evidence": {
        "rejection": "the compile error, where there is one",
        "warnings": "diagnostics that the fixed counterpart does not have, on lines that differ",
        "canary": "whether the slip was reached and triggered, known without any tool",
        "judgements": "what each flavour says on the stored triggering inputs (detectable)",
        "found": "one sample per seed of fuzzing as a user would; never sets a rung",
        "loads": "a leak parsed again and again under a memory limit; empty for every other class",
        "fidelity": "whether the C++ and the unsafe variant slip on the same input",
        "fidelity_why": "why that value",
        "patch": "the mistake's diff",
        "fixed_patch": "the counterpart's diff; empty: the counterpart is the unpatched twin",
        "compiler_command": "compiles it again",
        "replays": "what `fuzzpair replay` runs again",
        "job_keys": "the jobs in the store that made the evidence",
    },
    "Rejection": {
        "label": "what the compile error is about",
        "codes": "the compiler's error codes",
        "diagnostics": "its messages",
    },
    "Diagnostic": {
        "tool": "the compiler or linter",
        "level": "the tool's own level",
        "code": "such as `E0505` or `-Wreturn-stack-address`",
        "message": "its first line",
        "spans": "the places it points at",
        "rendered": "the message as the compiler prints it",
    },
    "Span": {
        "file": "path in the patched tree",
        "first_line": "from 1",
        "last_line": "from 1",
        "column": "from 1; 0 where unknown",
        "label": "what the compiler says of this place",
        "primary": "whether it is the place of the error itself",
    },
    "CanaryCount": {
        "reached": "how often the predicate was evaluated",
        "triggered": "how often it was true",
        "inputs": "digests of the distinct triggering inputs",
    },
    "Judgement": {
        "flavour": "the build that was asked",
        "tool": "who caught it; `none` when nobody did; `not run` with the reason in `kinds`",
        "endings": "how the processes ended: ending → inputs",
        "kinds": "the tool's own words → inputs",
        "k": "inputs on which this flavour catches the mistake",
        "n": "inputs replayed",
        "touches_patch": "whether a stack of the report passes through the patched function",
        "counterpart_clean": "whether the fixed counterpart is clean on the same inputs",
        "wrong_output": "inputs whose output differs from the counterpart's",
        "example_input": "digest of one input",
        "example_log": "digest of its log",
        "excerpt": "the report in that log, shortened",
        "reproduce": "the command that shows it again",
    },
    "ReplayedProgram": {
        "flavour": "the build",
        "program": "digest of the executable",
        "target": "the fuzz target it was built for",
        "inputs": "digests of the inputs that it was judged on",
    },
    "Found": {
        "seed": "of the campaign",
        "found": "whether the mistake was found within the budget",
        "executions": "until found, or of the whole campaign",
        "seconds": "until found, or of the whole campaign",
        "budget_runs": "executions allowed; not found means more than these",
        "kind": "the report that counted as the find",
    },
    "Growth": {
        "language": "of the twin",
        "flavour": "the build that was fuzzed",
        "target": "the fuzz target",
        "seed": "of the campaign",
        "instrumented": "edges that could be covered, by the engine's own word; 0 where it does not say",
        "points": "[executions, edges covered] wherever these grew, and at the end; at most some 400",
    },
    "Finding": {
        "key": "same-bug signature, or what a person's ruling put in its place (docs/triage.md)",
        "lines": "what the signature was made from",
        "report": "what the tool said in the worst of its logs; null where nothing could be read",
        "cwe": "CWE number; null where the class is unknown",
        "severity": "the level (docs/severity.md)",
        "score": "CVSS 3.1, 0.0 to 10.0",
        "vector": "the CVSS vector",
        "why": "the reason of the severity",
        "crashes": "its same-crash groups",
        "rulings": "reasons of a person's rulings",
        "row": "name of the row whose campaigns crashed",
        "inputs": "its crash inputs, run again: the smallest that is not flaky first",
    },
    "Crash": {
        "signature": "same-crash signature",
        "lines": "what it was made from",
        "logs": "the campaigns that show it",
    },
    "Reproduction": {
        "name": "the campaign that found it",
        "input": "digest of the input",
        "octets": "its length",
        "bug": "its same-bug signature; empty where no other input could have it",
        "k": "replays that showed the bug; fewer than `n`: flaky",
        "n": "replays, one process each",
        "log": "digest of one log that shows it",
        "command": "shows it again; the smaller input where there is one",
        "smaller": "null where nothing smaller was looked for, or could be told from other bugs",
    },
    "Smaller": {
        "input": "digest of the smallest input with the same signature; the input itself where none smaller has it",
        "octets": "its length",
        "k": "replays that showed the bug",
        "n": "replays, one process each",
        "is_minimal": "whether without any single one of its octets the bug is gone",
    },
    "CrashReport": {
        "tool": "who reported",
        "kind": "the tool's own word",
        "bug_class": "our word; null where it shows none",
        "message": "the fault in the tool's words",
        "access": "read or write",
        "size": "octets of the access",
        "address": "of the fault",
        "stack": "of the fault, innermost first",
        "other_stacks": "pairs of what a stack is (`freed by`, `allocated by` …) and its frames",
        "excerpt": "the report in the log, shortened",
    },
    "Frame": {
        "function": "as the tool printed it",
        "file": "as the tool printed it",
        "line": "from 1",
        "column": "from 1",
        "module": "the binary, where no file is known",
        "offset": "in the module",
    },
    "Load": {
        "variant": "as in the row",
        "flavour": "the production flavour that was run",
        "memory_mb": "the container's memory limit, in MiB",
        "input": "digest of the one input",
        "budget": "parses allowed",
        "parses": "parses done until the kill, or all that were allowed",
        "killed": "whether the engine reports a kill for memory",
        "max_rss_kb": "largest resident size of the process, in KiB",
        "counterpart_parses": "the same for the fixed counterpart, which is given as many parses",
        "counterpart_killed": "true: the limit is too small for anything, and the kill above says nothing",
        "counterpart_max_rss_kb": "of the counterpart, in KiB",
    },
    "Survival": {
        "seeds": "campaigns, one a seed",
        "found": "those that found it within their budget",
        "share_low": "Wilson's 95 % interval of the share of seeds that find it",
        "share_high": "its upper end",
        "by_executions": "Kaplan and Meier's curve over executions",
        "by_seconds": "the same over wall clock seconds, which a busy machine stretches",
        "median_executions": "where the curve comes down to a half; null unless over half of the seeds found it",
        "median_seconds": "the same in seconds",
    },
    "SurvivalPoint": {
        "at": "executions or seconds at which campaigns ended",
        "at_risk": "campaigns that had not ended before",
        "found": "of these, those that found it here",
        "censored": "those that ended here without: they would have found it later, or never",
        "survival": "estimated share of campaigns that have not found it after this",
    },
    "Comparison": {
        "mistake": "name of the mistake",
        "variant": "the variant of Rust that C++ is compared with",
        "unit": "`executions` or `seconds`",
        "seeds_cpp": "campaigns of the C++ variant",
        "seeds_rust": "campaigns of the other",
        "cpp_sooner": "effect size: share of pairs of seeds in which C++ is found sooner; 0.5 is no difference",
        "p": "of the log-rank test, two-sided",
        "p_corrected": "after Holm, over all comparisons of the run; this is the one to read",
    },
    "Control": {
        "name": "stable name",
        "passed": "one that is false makes the run an error",
        "detail": "what was seen",
    },
    "StageCost": {
        "stage": "name of the stage",
        "jobs_run": "jobs that did work",
        "jobs_reused": "jobs whose results were stored",
        "jobs_failed": "jobs that could not be done",
        "wall_s": "wall clock seconds from its first job to its last; stages of different mistakes overlap",
        "cpu_s": "CPU seconds of all processes",
    },
    "Gate": {
        "status": "the outcome; `drift` is a difference on another toolchain than the baseline's",
        "exit_code": "of the process",
        "differences": "verdicts that are not what the baseline holds",
        "reasons": "why the status is `error` or `breached`, beyond the differences",
    },
    "Difference": {
        "row": "name of the row",
        "expected": "what the baseline holds",
        "measured": "what this run saw",
    },
    "ClaimAnswer": {
        "id": "the claim's name in `claims.yml`",
        "claim": "what is said",
        "source": "who says it",
        "answer": "what this run's rows say of it",
        "why": "the counts that decide, in one line; each is of this list of mistakes",
        "rust": "mistakes for, against, and not judged; those not judged never count as support",
        "hardened_cpp": "the same query, asked of C++ in the hardened flavour",
        "support": "rows of the mistakes that support it",
        "against": "rows of the mistakes that speak against it",
        "not_judged": "rows that could not be done, saw nothing, or are missing",
        "limits": "where the claim ends, although it may hold otherwise",
        "classes_without_mistake": "bug classes that are asked and have no mistake in this list",
        "weighed": "for a claim about a cited list with weights; else null",
    },
    "CaseCount": {
        "support": "mistakes whose rows show all that is asked",
        "against": "mistakes of which one row does not",
        "not_judged": "all others",
    },
    "DecidingRow": {
        "row": "name of the row, as in `rows`; `fuzzpair explain` shows its evidence",
        "flavour": "the production flavour that showed it; the first, where both showed the same",
        "outcome": "rung and detail, or why the row was not judged",
    },
    "Limit": {
        "says": "what the rows would have to show",
        "asked": "mistakes that have such a row",
        "rows": "those that do not show it",
        "not_judged": "those that could not be judged",
    },
    "WeighedAnswer": {
        "title": "the cited list",
        "source": "who published it; its weights are cited, never measured",
        "whole": "weight of the whole list",
        "part": "weight of the entries that are classes of the matrix; shares are of this",
        "worst": "share avoided in the worst variant of Rust",
        "best": "share avoided in the best variant of Rust",
        "best_if_all_measured_well": "the best case if what was not measured were avoided",
        "shares": "how the weight falls, variant by variant, and in hardened C++",
    },
    "WeighedShare": {
        "variant": "`rust`, `rust-shipped` (what compiles), `rust-unsafe`, or `cpp hardened`",
        "rejected": "entries all of whose rows the compiler rejects",
        "stopped": "entries whose other rows are stopped before the effect",
        "otherwise_avoided": "entries of which some row has no effect, and the others are one of the former",
        "not_prevented": "entries with a row that shows none of these",
        "not_measured": "entries with no row, or with one that was not judged and no worse one",
    },
    "Toolchain": {
        "image_id": "recorded only: two builds of one recipe differ in it",
        "triple": "the target, as the compiler says it",
        "versions": "tool or package → version, read inside the image",
        "fingerprint": "digest of the versions, part of every job key",
    },
    "Totals": {
        "mistakes": "mistakes in this list",
        "rows": "rows in all",
        "could_not_be_done": "rows with a problem",
        "rungs": "variant → rung → rows, default flavour; rows with a problem are in none",
        "hardened": "the same for the hardened flavour",
        "rejection_labels": "label → rejected rows",
        "controls_passed": "controls that passed",
        "controls_failed": "controls that failed",
        "differences": "differences from the baseline",
        "jobs_run": "over all stages",
        "jobs_reused": "over all stages",
        "jobs_failed": "over all stages",
        "wall_s": "wall clock seconds of the whole run",
        "cpu_s": "over all stages",
    },
}
