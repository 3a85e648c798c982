"""What compilers say: clang's text and rustc's JSON, as Diagnostic values; and what a compile error is about."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from fuzzpair.model.diagnostic import Diagnostic, Rejection, RejectionLabel, Span
from fuzzpair.model.language import Language
from fuzzpair.model.tool import Tool

_CLANG = re.compile(
    r"^(?P<file>[^:\s][^:]*):(?P<line>\d+):(?P<column>\d+): (?P<level>fatal error|error|warning|note): (?P<text>.*)$"
)
_CLANG_OPTION = re.compile(r" \[(-W[^\]\s]+|[a-z][\w.,-]*)\]$")  # an option, or an analyzer's check
_LEVELS = {"error", "warning", "note"}

# rustc's error index; a code that is not listed is about types, which is what most of them are about.
OWNERSHIP_CODES = frozenset(
    [
        "E0106",
        "E0308-lifetime",
        "E0310",
        "E0311",
        "E0371",
        "E0373",
        "E0381",
        "E0382",
        "E0384",
        "E0478",
        "E0491",
        "E0493",
        "E0495",
        "E0499",
        "E0500",
        "E0501",
        "E0502",
        "E0503",
        "E0505",
        "E0506",
        "E0507",
        "E0508",
        "E0509",
        "E0510",
        "E0515",
        "E0516",
        "E0521",
        "E0524",
        "E0594",
        "E0596",
        "E0597",
        "E0621",
        "E0623",
        "E0626",
        "E0700",
        "E0712",
        "E0713",
        "E0716",
        "E0726",
        "E0759",
        "E0792",
    ]
)
NEEDS_UNSAFE_CODES = frozenset({"E0133", "E0200", "E0199", "unsafe_code"})  # the last is `#![forbid(unsafe_code)]`
# A patch that fails with one of these was not written by somebody whom the language stopped: a name is missing.
BROKEN_PATCH_CODES = frozenset(
    {"E0405", "E0408", "E0412", "E0422", "E0423", "E0424", "E0425", "E0426", "E0432", "E0433", "E0583"}
)
_CLANG_BROKEN = (
    "use of undeclared identifier",
    "expected ",
    "unknown type name",
    "no member named",
    "file not found",
)


def parse_clang(text: str, tool: Tool = Tool.CLANG, root: str = "") -> tuple[Diagnostic, ...]:
    """Diagnostics of clang's default text output, which its analyzers share; notes belong to the message above them.

    clang-tidy gives absolute paths: what stands before and in `root`, a part of such a path, is left out.
    """
    found: list[Diagnostic] = []
    for line in text.splitlines():
        match = _CLANG.match(line)
        if match is None:
            continue
        span = Span(
            file=_below(match["file"], root),
            first_line=int(match["line"]),
            last_line=int(match["line"]),
            column=int(match["column"]),
            label=match["text"],
            primary=match["level"] != "note",
        )
        if match["level"] == "note":
            if found:
                found[-1] = _with_note(found[-1], span, line)
            continue
        option = _CLANG_OPTION.search(match["text"])
        found.append(
            Diagnostic(
                tool=tool,
                level="error" if "error" in match["level"] else "warning",
                code=option[1].split(",")[-1] if option else None,
                message=_CLANG_OPTION.sub("", match["text"]),
                spans=(span,),
                rendered=line,
            )
        )
    return tuple(found)


def _below(path: str, root: str) -> str:
    behind = path.rpartition(root)[2] if root else path
    return behind.removeprefix("./")  # what -I. puts in front


def _with_note(diagnostic: Diagnostic, span: Span, line: str) -> Diagnostic:
    return Diagnostic(
        tool=diagnostic.tool,
        level=diagnostic.level,
        code=diagnostic.code,
        message=diagnostic.message,
        spans=(*diagnostic.spans, span),
        rendered=f"{diagnostic.rendered}\n{line}",
    )


def parse_rustc(text: str) -> tuple[Diagnostic, ...]:
    """Diagnostics of `rustc --error-format=json`, one JSON value a line; summaries without a span are left out."""
    found: list[Diagnostic] = []
    for line in text.splitlines():
        if not line.startswith("{"):
            continue
        try:
            record = json.loads(line)
            if record.get("level") in _LEVELS and record.get("spans"):
                found.append(_from_rustc(record))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            continue  # not rustc's
    return tuple(found)


def _from_rustc(record: Mapping[str, Any]) -> Diagnostic:
    code = record.get("code") or {}
    return Diagnostic(
        tool=Tool.RUSTC,
        level=record["level"],
        code=code.get("code"),
        message=str(record.get("message", "")),
        spans=tuple(_rustc_span(span) for span in record["spans"]),
        rendered=str(record.get("rendered") or ""),
    )


def _rustc_span(span: Mapping[str, Any]) -> Span:
    return Span(
        file=str(span["file_name"]),
        first_line=int(span["line_start"]),
        last_line=int(span["line_end"]),
        column=int(span.get("column_start", 0)),
        label=str(span.get("label") or ""),
        primary=bool(span.get("is_primary")),
    )


def on_changed_lines(diagnostic: Diagnostic, changed: Mapping[str, frozenset[int]]) -> bool:
    """Whether any span of the message lies on a line that the patch made different."""
    return any(
        line in changed.get(span.file, frozenset())
        for span in diagnostic.spans
        for line in range(span.first_line, span.last_line + 1)
    )


def read_rejection(
    diagnostics: Iterable[Diagnostic], changed: Mapping[str, frozenset[int]], language: Language
) -> Rejection | str:
    """The compiler's refusal of a mistake, or why its errors are no evidence of one (a broken patch)."""
    errors = [one for one in diagnostics if one.level == "error"]
    broken = next((one for one in errors if _is_broken_patch(one, language)), None)
    if broken is not None:
        return f"the patch is broken, not rejected: {broken.message} ({_place(broken)})"
    relevant = [one for one in errors if on_changed_lines(one, changed)]
    if not relevant:
        shown = f"{errors[0].message} ({_place(errors[0])})" if errors else "no error was read"
        return f"does not compile, but no error lies on a line that the patch changes: {shown}"
    codes = tuple(dict.fromkeys(one.code or "no code" for one in relevant))
    return Rejection(label=_label(relevant), codes=codes, diagnostics=tuple(relevant))


def _is_broken_patch(diagnostic: Diagnostic, language: Language) -> bool:
    if language is Language.RUST:
        syntax = diagnostic.code is None and diagnostic.message.startswith(
            ("expected ", "unexpected ", "unknown start")
        )
        return diagnostic.code in BROKEN_PATCH_CODES or syntax or "unclosed delimiter" in diagnostic.message
    return diagnostic.message.startswith(_CLANG_BROKEN)


def _label(diagnostics: Iterable[Diagnostic]) -> RejectionLabel:
    """The label of the first error, as a programmer would read them. Lifetime errors may carry no code."""
    first = next(iter(diagnostics))
    if first.code in NEEDS_UNSAFE_CODES:
        return RejectionLabel.NEEDS_UNSAFE
    if first.code in OWNERSHIP_CODES or (first.code is None and "lifetime" in first.message):
        return RejectionLabel.OWNERSHIP
    return RejectionLabel.TYPE


def _place(diagnostic: Diagnostic) -> str:
    span = diagnostic.spans[0]
    return f"{span.file}:{span.first_line}"
