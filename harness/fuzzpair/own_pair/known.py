"""What earlier runs know, run again before anything is fuzzed: findings' inputs, and those that nobody has tried."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from fuzzpair.fuzz.libfuzzer import SLOW_PREFIXES
from fuzzpair.model.language import Language
from fuzzpair.model.pair import TargetProgram
from fuzzpair.own_pair.leads import FLAKY_TIMES, SLOW_TIMES, Lead, Leads
from fuzzpair.own_pair.standing import Identity, Past
from fuzzpair.own_pair.state import FindingEvent, PairState
from fuzzpair.reproduce import TIMES
from fuzzpair.store import Store

REPLAY: Final = "replay what is known"
AT_ONCE: Final = 32  # leads, between two looks at the clock


@dataclass
class Known:
    """The regressions of a pair."""

    state: PairState
    store: Store
    programs: tuple[TargetProgram, ...]
    pasts: Mapping[Identity, Past]
    leads_of: dict[Identity, list[Lead]] = field(default_factory=dict)
    incomplete: set[Identity] = field(default_factory=set)  # an input is gone, or was not run
    not_replayed: int = 0

    def replay(self, leads: Leads, seconds: float | None) -> None:
        """Run the inputs of every finding again, the worst first, until the time is spent."""
        end = None if seconds is None else time.monotonic() + seconds
        ordered = sorted(self.pasts.items(), key=lambda item: (-item[1].finding.score, item[0]))
        waiting: list[tuple[Identity, list[Lead]]] = []
        for which, past in ordered:
            self.leads_of[which] = list(self._leads(which, past))
            waiting.append((which, self.leads_of[which]))
        while waiting:
            if end is not None and time.monotonic() >= end:
                self.not_replayed = len(waiting)
                self.incomplete |= {which for which, _ in waiting}
                return
            count = 1
            while count < len(waiting) and sum(len(each) for _, each in waiting[: count + 1]) <= AT_ONCE:
                count += 1
            leads.run(REPLAY, [lead for _, each in waiting[:count] for lead in each])
            waiting = waiting[count:]

    def _leads(self, which: Identity, past: Past) -> Iterator[Lead]:
        target, language, _ = which
        finding = past.finding
        contents = self.state.artifacts(target, language, (one.name for one in finding.inputs))
        if len(contents) < len(finding.inputs):
            self.incomplete.add(which)
        side = [one for one in self.programs if (one.target, one.language) == (target, language)]
        programs = [one for one in side if one.flavour in finding.flavours]
        if {one.flavour for one in programs} != set(finding.flavours):
            self.incomplete.add(which)  # what showed it was not built: its silence says nothing
        for name, content in contents.items():
            slow = name.startswith(SLOW_PREFIXES)
            times = SLOW_TIMES if slow else FLAKY_TIMES if finding.is_flaky else TIMES
            sha256 = self.store.put_blob(content)
            for program in programs or side:
                yield Lead(program=program, name=name, input=sha256, octets=len(content), times=times)

    def is_gone(self, which: Identity, leads: Leads) -> bool:
        """Whether every input of a finding was run again, as often as it takes, and ended cleanly each time."""
        if which in self.incomplete or not self.leads_of.get(which):
            return False
        tried = [leads.of(one.program, one.input) for one in self.leads_of[which]]
        return all(one is not None and one.shown is None for one in tried)

    def untried(self, events: Iterable[FindingEvent]) -> Iterator[Lead]:
        """Inputs that a run which was killed has kept and not come to try, on every flavour of their side."""
        tried = {
            (event.finding.target, event.finding.language, name)
            for event in events
            for name in (*event.artifacts, *(one.name for one in event.finding.inputs))
        }
        sides: dict[tuple[str, Language], list[TargetProgram]] = {}
        for program in self.programs:
            sides.setdefault((program.target, program.language), []).append(program)
        for (target, language), programs in sides.items():
            names = [one for one in self.state.artifact_names(target, language) if (target, language, one) not in tried]
            yield from self._untried(target, language, programs, names)

    def _untried(
        self, target: str, language: Language, programs: Sequence[TargetProgram], names: Sequence[str]
    ) -> Iterator[Lead]:
        for name, content in self.state.artifacts(target, language, names).items():
            sha256, log = self.store.put_blob(content), self.store.put_blob(b"")
            for program in programs:
                yield Lead(program=program, name=name, input=sha256, octets=len(content), log=log)
