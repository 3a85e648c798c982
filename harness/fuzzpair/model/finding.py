"""Bugs as triage sees them, from the logs and inputs that show each."""

from __future__ import annotations

from dataclasses import dataclass

from fuzzpair.model.crash_report import CrashReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Crash:
    """Logs of one crash: one same-crash signature, what it was made from, and the logs that show it."""

    signature: str
    lines: tuple[str, ...]
    logs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Smaller:
    """The smallest input that was found to show the same bug, and how often it did in its own replays.

    The input itself where none smaller shows it.
    """

    input: str  # sha256
    octets: int
    k: int
    n: int
    is_minimal: bool  # without any single one of its octets it no longer shows it


@dataclass(frozen=True, slots=True, kw_only=True)
class Reproduction:
    """A crash input on its build again: in k of n replays it showed the finding's bug."""

    name: str  # the file, or the campaign, that it comes from
    input: str  # sha256
    octets: int
    bug: str  # its same-bug signature; empty where no other input could have it
    k: int
    n: int
    log: str  # sha256 of one log that shows the bug
    command: str  # shows it again, the smaller input where there is one
    smaller: Smaller | None = None  # None: not looked for, or not to be told from other bugs

    @property
    def is_flaky(self) -> bool:
        return self.k < self.n


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One bug, as triage sees it. `report` is that of the worst of its logs; None where no log could be read."""

    key: str  # same-bug signature, or what a person's ruling put in its place
    lines: tuple[str, ...]
    report: CrashReport | None
    cwe: int | None
    severity: str
    score: float  # CVSS 3.1, 0.0 to 10.0
    vector: str
    why: str  # the reason of the severity
    crashes: tuple[Crash, ...]
    rulings: tuple[str, ...] = ()
    row: str = ""  # a run's own: the row whose campaigns crashed; empty for logs of who knows what
    inputs: tuple[Reproduction, ...] = ()  # those that were run again, the smallest first; logs have none

    @property
    def logs(self) -> tuple[str, ...]:
        return tuple(log for crash in self.crashes for log in crash.logs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Triage:
    """What a folder of logs came to. Nothing that was given is left out: what is no log is named."""

    findings: tuple[Finding, ...]  # the worst first
    logs: int
    not_logs: tuple[str, ...]  # octets, not text: inputs
    not_reproduced: tuple[str, ...]  # inputs on which the named build ended cleanly each time
    unreadable: tuple[tuple[str, str], ...]  # (file, why)
    unused_rulings: tuple[str, ...]
