"""UndefinedBehaviorSanitizer: only `runtime error:` is its finding; a signal that it reports is a plain crash."""

from __future__ import annotations

import re

from fuzzpair.bug_classes import classify
from fuzzpair.model.crash_report import Access, CrashReport, Frame
from fuzzpair.model.tool import Tool
from fuzzpair.triage.log import Block, excerpt
from fuzzpair.triage.sanitizer import MESSAGE_LENGTH
from fuzzpair.triage.stack import position, stacks

_FINDING = re.compile(r"^(.{0,2048}?): runtime error: (.{1,4096})$")
_SUMMARY = re.compile(r"^SUMMARY: UndefinedBehaviorSanitizer: ([a-z-]{1,64}) ")
_INVALID_VPTR = re.compile(r": note: object has (?:a possibly )?invalid vptr")
_ACCESS = re.compile(r"^(?:load of|store to) ")
_CONVERTED = re.compile(r"\((\d{1,4})-bit, ((?:un)?signed)\)")
_BINARY_MINUS = re.compile(r": -?\d+ - -?\d+ cannot be represented")

# Message → the name of the check, where the summary does not have it. The first that fits counts.
_KINDS = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        (
            "signed-integer-overflow",
            r"^signed integer overflow|^division of -?\d+ by -1 |^negation of -\d+ .*'; cast to",
        ),
        ("unsigned-integer-overflow", r"^unsigned integer overflow|^negation of "),
        ("divide-by-zero", r"^division by zero"),
        ("invalid-shift-exponent", r"^shift exponent "),
        ("invalid-shift-base", r"^left shift of "),
        ("out-of-bounds-index", r"^index \S+ out of bounds"),
        ("non-positive-vla-index", r"^variable length array bound"),
        ("float-cast-overflow", r"is outside the range of representable values"),
        (
            "invalid-bool-load",
            r"^load of value .* not a valid value for type '(?:const |volatile )*(?:_?[Bb]ool|BOOL)'",
        ),
        ("invalid-enum-load", r"^load of value .* not a valid value for type "),
        ("misaligned-pointer-use", r" misaligned address "),
        ("alignment-assumption", r"^assumption of .*alignment"),
        ("insufficient-object-size", r" with insufficient space for an object"),
        ("dynamic-type-mismatch", r" which does not point to an object of type "),
        ("missing-return", r"^execution reached the end of a value-returning function"),
        ("unreachable-call", r"^execution reached an unreachable program point"),
        ("function-type-mismatch", r"^call to function .* through pointer to incorrect function type"),
        ("invalid-null-argument", r"^null pointer passed as argument"),
        ("invalid-null-return", r"^null pointer returned from function"),
        ("nullptr-with-nonzero-offset", r"^applying non-zero offset \S+ to null pointer"),
        ("nullptr-with-offset", r"^applying zero offset to null pointer"),
        ("nullptr-after-nonzero-offset", r"^applying non-zero offset .* produced null pointer"),
        ("pointer-overflow", r"^pointer index expression|^(?:addition|subtraction) of unsigned offset"),
        ("null-pointer-use", r" null pointer"),
        ("invalid-builtin-use", r"^passing (?:zero|INT_MIN) to |^__builtin"),
        ("cfi-bad-type", r"^control flow integrity check"),
    )
)


def parse(block: Block) -> CrashReport | None:
    match = _FINDING.search(block[0])
    if match is None:
        return None
    place, message = match[1], match[2]
    kind = _summary_kind(block) or kind_of(message)
    found = stacks(block)
    access = _access(message)
    return CrashReport(
        tool=Tool.UNDEFINED,
        kind=kind,
        bug_class=_class(kind, message, access, block),
        message=message[:MESSAGE_LENGTH],
        access=access,
        # Without print_stacktrace=1 the line of the finding is all there is.
        stack=found[0][1] if found else _place(place),
        other_stacks=found[1:],
        excerpt=excerpt(block),
    )


def _summary_kind(block: Block) -> str | None:
    """The check's own name, which stands in the summary with report_error_type=1."""
    match = _SUMMARY.match(block[-1])
    return match[1] if match and match[1] != "undefined-behavior" else None


def kind_of(message: str) -> str:
    message = message[:1024]
    for kind, pattern in _KINDS:
        if pattern.search(message):
            return kind
    return _conversion(message) if message.startswith("implicit conversion ") else "undefined-behavior"


def _conversion(message: str) -> str:
    """`… of value 300 (32-bit, signed) to type … the value to 44 (8-bit, unsigned)`: narrower, or only its sign."""
    forms = _CONVERTED.findall(message)
    if len(forms) != 2:
        return "undefined-behavior"
    (width, sign), (new_width, new_sign) = forms
    if int(new_width) >= int(width):
        return "implicit-integer-sign-change"
    both_unsigned = sign == new_sign == "unsigned"
    return "implicit-unsigned-integer-truncation" if both_unsigned else "implicit-signed-integer-truncation"


def _class(kind: str, message: str, access: Access | None, block: Block) -> str | None:
    if kind == "unsigned-integer-overflow" and _BINARY_MINUS.search(message[:1024]):
        return "unsigned-underflow"
    # No object of any type is there: it was freed, or never made.
    if kind == "dynamic-type-mismatch" and any(_INVALID_VPTR.search(line) for line in block[1:3]):
        return "call-on-freed-object"
    return classify(Tool.UNDEFINED, kind, access)


def _access(message: str) -> Access | None:
    if not _ACCESS.match(message):
        return None
    return Access.READ if message.startswith("load") else Access.WRITE


def _place(place: str) -> tuple[Frame, ...]:
    file, line, column = position(place.strip().rpartition(" ")[2])
    return (Frame(function=None, file=file, line=line, column=column),) if file else ()
