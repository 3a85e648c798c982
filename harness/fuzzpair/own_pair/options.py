"""`<target>.options`: what of it a campaign and a replay take, and what is refused, with the reason. Pure.

The file is a stranger's. What is taken stands in a list: anything else may write outside of the campaign's folder,
switch a report off, or make silence of a crash, and silence is what a campaign is judged by.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from fuzzpair.flavours import SANITIZER_EXIT
from fuzzpair.model.flavour import Flavour

TIMEOUT_S: Final = 25  # OSS-Fuzz's, as the next one
RSS_LIMIT_MB: Final = 2560
MOST_TIMEOUT_S: Final = 300

# libFuzzer's flags that choose inputs, or what is too slow or too large.
_LIBFUZZER: Final = frozenset(
    {
        "cross_over",
        "cross_over_uniform_dist",
        "detect_leaks",
        "dict",
        "entropic",
        "entropic_feature_frequency_threshold",
        "entropic_number_of_rarest_features",
        "entropic_scale_per_exec_time",
        "focus_function",
        "keep_seed",
        "len_control",
        "malloc_limit_mb",
        "max_len",
        "mutate_depth",
        "only_ascii",
        "prefer_small",
        "reduce_depth",
        "reduce_inputs",
        "rss_limit_mb",
        "shrink",
        "timeout",
        "use_cmp",
        "use_counters",
        "use_memmem",
        "use_value_profile",
    }
)
# Options of the sanitizers that cost or save time, or make a check stricter; and those that real targets need.
_SANITIZERS: Final = frozenset(
    {
        "allocator_may_return_null",
        "allow_user_segv_handler",
        "check_initialization_order",
        "check_malloc_usable_size",
        "detect_container_overflow",
        "detect_invalid_pointer_pairs",
        "detect_leaks",
        "detect_odr_violation",
        "detect_stack_use_after_return",
        "fast_unwind_on_fatal",
        "fast_unwind_on_malloc",
        "handle_abort",
        "malloc_context_size",
        "max_allocation_size_mb",
        "max_uar_stack_size_log",
        "print_stacktrace",
        "quarantine_size_mb",
        "redzone",
        "strict_init_order",
        "strict_memcmp",
        "strict_string_checks",
        "use_sigaltstack",
    }
)
_SECTIONS: Final = {
    Flavour.ADDRESS: ("asan", "ASAN_OPTIONS"),
    Flavour.UNDEFINED: ("ubsan", "UBSAN_OPTIONS"),
    Flavour.MEMORY: ("msan", "MSAN_OPTIONS"),
    Flavour.THREAD: ("tsan", "TSAN_OPTIONS"),
}
# Taken, and told: the target asks for silence about a class of its own.
_TOLD: Final = frozenset({"detect_leaks", "detect_odr_violation", "detect_container_overflow", "handle_abort"})
_PLAIN: Final = re.compile(r"-?[A-Za-z0-9_.]{1,100}")
_NUMBER: Final = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """A target's own options, as far as they hold."""

    flags: tuple[tuple[str, str], ...] = ()  # libFuzzer's, without timeout and memory
    sanitizer: tuple[tuple[str, str], ...] = ()  # of the flavour
    dictionary: str | None = None  # the file's name in $OUT
    timeout_s: int = TIMEOUT_S
    rss_limit_mb: int = RSS_LIMIT_MB
    notes: tuple[str, ...] = ()  # what was refused, and what is told

    def env(self, of_flavour: tuple[tuple[str, str], ...], flavour: Flavour) -> tuple[tuple[str, str], ...]:
        """A flavour's environment with the target's own options behind ours, and our exit code behind all of them."""
        section, variable = _SECTIONS.get(flavour, ("", ""))
        if not section or not self.sanitizer:
            return of_flavour
        given = dict(of_flavour)
        code = SANITIZER_EXIT[flavour]
        own = [f"{name}={value}" for name, value in self.sanitizer]
        given[variable] = ":".join([*filter(None, [given.get(variable, "")]), *own, f"exitcode={code}"])
        return tuple(given.items())


def read_options(given: Iterable[tuple[str, str, str]], flavour: Flavour, memory_mb: int) -> Options:
    """What of (section, name, value) holds in a flavour, in a sandbox of so much memory."""
    taken: dict[str, str] = {}
    sanitizer: dict[str, str] = {}
    notes: list[str] = []
    for section, name, value in given:
        why = _refusal(section, name, value)
        if why:
            notes.append(f".options: [{section}] {name} = {value} is refused: {why}")
            continue
        if section == "libfuzzer":
            taken[name] = value
        elif section == _SECTIONS.get(flavour, ("",))[0]:
            sanitizer[name] = value
        if name in _TOLD and value in ("0", "false"):
            notes.append(f".options: [{section}] {name} = {value}: what this looks for is not seen")
    timeout = min(int(taken.pop("timeout", TIMEOUT_S)), MOST_TIMEOUT_S) or TIMEOUT_S
    # Above the sandbox's own memory the kernel would end the process before libFuzzer can say why.
    most = min(int(taken.pop("rss_limit_mb", RSS_LIMIT_MB)) or RSS_LIMIT_MB, memory_mb * 7 // 8)
    dictionary = taken.pop("dict", None)
    return Options(
        flags=tuple(sorted(taken.items())),
        sanitizer=tuple(sorted(sanitizer.items())),
        dictionary=dictionary,
        timeout_s=timeout,
        rss_limit_mb=most,
        notes=tuple(notes),
    )


def _refusal(section: str, name: str, value: str) -> str:
    """Why an option is not taken; empty where it is."""
    if section == "libfuzzer":
        return next(_wrong_flag(name, value), "")
    if section in (one for one, _ in _SECTIONS.values()):
        return "it could switch a report off, or name a file" if name not in _SANITIZERS else _wrong_value(value)
    return "no such section is known here"


def _wrong_flag(name: str, value: str) -> Iterator[str]:
    if name not in _LIBFUZZER:
        yield "it is fuzzpair's to choose, could switch a report off, or leaves the campaign's folder"
    elif name in ("timeout", "rss_limit_mb") and not _NUMBER.fullmatch(value):
        yield "this is not a whole number"
    elif _wrong_value(value):
        yield _wrong_value(value)


def _wrong_value(value: str) -> str:
    return "" if _PLAIN.fullmatch(value) and ".." not in value else "its value is more than one plain word"
