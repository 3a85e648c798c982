"""One run of a pair from its builds to its record. Read this file first; `state.py` says what is kept of it.

builds → what is known, again → campaigns in rounds → what crashed, again → on the twin, on the base, smaller → record
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from fuzzpair import __version__
from fuzzpair.errors import EXIT_NOT_DONE, BackendError, FuzzpairError, StoreError
from fuzzpair.jobs import Worker
from fuzzpair.model.language import Language
from fuzzpair.model.pair import CampaignCrash, Health, PairFinding, PairRecord, TargetProgram
from fuzzpair.model.run_facts import Toolchain
from fuzzpair.model.standing import Standing
from fuzzpair.own_pair.alarms import alarms
from fuzzpair.own_pair.corpora import Corpus, target_seeds
from fuzzpair.own_pair.crossing import Smallest, crossed, is_in_base, on_base, with_twin
from fuzzpair.own_pair.grouping import EMPTY, by_site, findings_from
from fuzzpair.own_pair.keeping import Keeper, utc_now
from fuzzpair.own_pair.known import Known
from fuzzpair.own_pair.known_issues import accept, stale
from fuzzpair.own_pair.leads import Lead, Leads
from fuzzpair.own_pair.packs import clear_packs
from fuzzpair.own_pair.rounds import Rounds
from fuzzpair.own_pair.standing import Identity, Past, all_findings, identity, not_seen, pasts_of
from fuzzpair.own_pair.state import FindingEvent, PairState
from fuzzpair.own_pair.wish import NIGHTLY, Built, Chosen, Wish
from fuzzpair.pair_judging import exit_code_of, not_done
from fuzzpair.progress import Observer
from fuzzpair.scheduler import Scheduler
from fuzzpair.state import new_run_id

SCHEMA = "fuzzpair/pair/1"
REPRODUCE, CROSS, ON_BASE = "reproduce", "try on the twin", "try on the base"
EARLIER = 30  # records that alarms are asked of: other verbs' stand between nights


@dataclass
class PairRun:
    """One verb's run. Whatever ends it early, what it found until then is in the state and in its record."""

    wish: Wish
    toolchain: Toolchain
    worker: Worker
    scheduler: Scheduler
    observer: Observer
    state: PairState
    build: Callable[[], Built]
    built: Built = field(default_factory=lambda: Built(builds=(), checkups=()))
    corpora: dict[str, Corpus] = field(default_factory=dict)
    pasts: Mapping[Identity, Past] = field(default_factory=dict)
    events: tuple[FindingEvent, ...] = ()
    chosen: Chosen = field(default_factory=lambda: Chosen(targets=frozenset(), why=""))
    rounds: Rounds | None = None
    known: Known | None = None
    crashed: dict[tuple[str, str], Lead] = field(default_factory=dict)  # by program and input
    smaller: list[PairFinding] = field(default_factory=list)
    _grouped: tuple[int, list[PairFinding]] | None = None  # how many leads were tried, and what they came to
    base_leads: Leads | None = None
    base: Built | None = None
    alarms: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    interrupted: bool = False

    def __post_init__(self) -> None:
        self.leads = Leads(scheduler=self.scheduler, store=self.worker.store, limits=self.worker.limits)
        self.started = datetime.now(UTC)
        self.run_id = new_run_id(self.started)
        self._clock = time.monotonic()

    # --- the run -------------------------------------------------------------------------------

    def run(self) -> PairRecord:
        """All steps, then the record. Raises StoreError where the state cannot be read: nothing was begun then."""
        self.events = self.state.events()
        self.pasts = pasts_of(self.events)
        try:
            steps = (self._build, self._replay_known, self._fuzz, self._triage, self._compare, self._minimise)
            for step in (*steps, self._look_back):
                step()
        except KeyboardInterrupt:
            self.interrupted = True
            self.observer.message("interrupted: what was found so far follows; the next run goes on from here")
        except (BackendError, StoreError) as error:
            self.failures.append(f"{error.message} ({error.next_step})" if error.next_step else error.message)
            self.observer.message(f"stopped: {error.message}; what was found so far follows")
        return self._record()

    def _build(self) -> None:
        self.built = self.build()
        self.chosen = self.wish.choose(self.built.programs)
        if self.chosen.why:
            self.observer.message(self.chosen.why)
            self.notes.append(self.chosen.why)
        clear_packs(self.worker.store)
        self.worker.store.sweep()
        if self.wish.is_kept:
            self.state.files.sweep()
        for target in sorted({one.target for one in self.built.programs}):
            corpus = Corpus(target=target, state=self.state, store=self.worker.store, is_kept=self.wish.is_kept)
            corpus.load(target_seeds(target, self.wish.seeds, self.built.programs, self.worker.store))
            self.corpora[target] = corpus

    def _replay_known(self) -> None:
        self.known = Known(state=self.state, store=self.worker.store, programs=self.built.programs, pasts=self.pasts)
        self.known.replay(self.leads, self.wish.replay_s)
        if self.known.not_replayed:
            self.notes.append(f"{self.known.not_replayed} known findings were not replayed: the time was spent")
        if self.wish.is_kept:
            for lead in self.known.untried(self.events):
                self.crashed.setdefault((lead.program.name, lead.input), lead)

    def _fuzz(self) -> None:
        chosen = tuple(one for one in self.built.programs if one.target in self.chosen.targets)
        self.rounds = Rounds(
            programs=chosen,
            corpora=self.corpora,
            scheduler=self.scheduler,
            store=self.worker.store,
            limits=self.worker.limits,
            seed=uuid.uuid4().int % (1 << 30),
            take_crashes=self._take_crashes,
            longest_slice_s=self.wish.longest_slice_s,
        )
        self.rounds.fuzz(self.wish.seconds)
        if self.wish.prunes:
            self._prune(self.rounds)
        else:
            self.rounds.try_last()

    def _take_crashes(self, program: TargetProgram, crashes: Iterable[CampaignCrash]) -> None:
        """Into the state before anything else is done with them."""
        for crash in crashes:
            key = (program.name, crash.input)
            if key in self.crashed:
                continue
            if self.wish.is_kept and not crash.artifact.endswith(EMPTY):
                content = self.worker.store.get_blob(crash.input)
                self.state.add_artifact(program.target, program.language, crash.artifact, content)
            self.crashed[key] = Lead(
                program=program, name=crash.artifact, input=crash.input, octets=crash.octets, log=crash.log
            )

    def _prune(self, rounds: Rounds) -> None:
        """Only where every program that there should be has said what it needs."""
        built = self.built
        whole = len(built.programs) == sum(len(one.programs) for one in built.builds)
        whole = whole and not any(one.problem or one.missing for one in built.builds)
        needed = rounds.merge_all() if whole else {}
        for target, corpus in self.corpora.items():
            names = needed.get(target)
            if names is None:
                said = f"{target}: not pruned: not every program could say what it needs"
            else:
                octets = self.wish.keep_octets
                said = corpus.prune(names, keep_units=self.wish.keep_units, keep_octets=octets, at=utc_now())
            self.notes += [said] if said else []

    def _triage(self) -> None:
        """What campaigns crashed on, again; then every finding's inputs on all other programs of its target."""
        self.leads.run(REPRODUCE, self.crashed.values())
        self.leads.run(CROSS, crossed(self._seen(), self.built.programs))

    def _compare(self) -> None:
        """Of a change: build its base where there is something to compare, and try the findings there."""
        seen = self._seen()
        if self.wish.base is None or not seen:
            return
        try:
            self.base = self.wish.base()
        except FuzzpairError as error:
            if isinstance(error, BackendError):
                raise
            self.notes.append(f"the base cannot be compared with, so every finding counts as new: {error.message}")
            return
        for build in self.base.builds:
            if build.problem:
                self.notes.append(f"the base's {build.language} {build.flavour} was not built: {build.problem}")
        self.base_leads = Leads(scheduler=self.scheduler, store=self.worker.store, limits=self.worker.limits)
        self.base_leads.run(ON_BASE, on_base(seen, self.base.programs))

    def _minimise(self) -> None:
        """Of what is new: that is what somebody is going to look at."""
        worth = [one for one in self._with_standing() if one.standing in (Standing.NEW, Standing.REOPENED)]
        if self.wish.minimise_s and worth:
            limits, store = self.worker.limits, self.worker.store
            self.smaller = Smallest(self.scheduler, store, limits, self.leads).of(worth, self.wish.minimise_s)

    # --- findings ------------------------------------------------------------------------------

    def _seen(self) -> list[PairFinding]:
        """What the leads came to. To group them takes seconds, and several steps ask for the same ones."""
        known = len(self.leads.tried)  # Leads.run leaves alone what it has tried: whatever it changes, it adds to
        if self._grouped is None or self._grouped[0] != known:
            self._grouped = known, by_site(findings_from(self.leads.tried.values(), self.wish.judging), self.pasts)
        return self._grouped[1]

    def _with_standing(self) -> list[PairFinding]:
        """What this run saw, against what is known, against the base, and against what is accepted."""
        made = all_findings(self._seen(), self.pasts, utc_now())
        if self.base is not None and self.base_leads is not None:
            made = [self._against_base(one) for one in made]
        by_key = {identity(one): one.inputs for one in self.smaller}
        made = [replace(one, inputs=by_key.get(identity(one), one.inputs)) for one in made]
        return accept(made, self.wish.issues, self.wish.today)

    def _against_base(self, finding: PairFinding) -> PairFinding:
        """The base decides alone: what a night of another revision knows says nothing of this change."""
        assert self.base is not None
        assert self.base_leads is not None
        if is_in_base(finding, self.base.programs, self.base_leads):
            return replace(finding, standing=Standing.IN_BASE)
        past = self.pasts.get(identity(finding))
        return replace(finding, standing=Standing.REOPENED if past is not None and past.is_fixed else Standing.NEW)

    def _unseen(self, seen: Iterable[PairFinding]) -> Iterator[PairFinding]:
        """What is known and was not seen: fixed in this night, or still open. What was fixed before is not told."""
        there = {identity(one) for one in seen}
        for which, past in self.pasts.items():
            if which in there or past.is_fixed:
                continue
            gone = self.known is not None and self.wish.marks_fixed and self.known.is_gone(which, self.leads)
            yield not_seen(past, rechecked=gone)

    # --- the record ----------------------------------------------------------------------------

    def _record(self) -> PairRecord:
        seen = [self._with_twin(one) for one in self._with_standing()]
        unseen = accept(self._unseen(seen), self.wish.issues, self.wish.today)
        findings = (*seen, *unseen)
        campaigns = self.rounds.campaigns() if self.rounds is not None else ()
        controls = self.built.all_controls()
        failures = [
            *self.failures,
            *not_done(self.built.builds, controls, campaigns),
            *dict.fromkeys(self.leads.failed),
        ]
        if not self.built.programs and not failures:
            failures = ["there is no program to fuzz"]
        code, reasons = exit_code_of(failures, self.alarms, findings, interrupted=self.interrupted)
        every = [*findings, *(not_seen(past, rechecked=False) for past in self.pasts.values() if past.is_fixed)]
        record = PairRecord(
            schema=SCHEMA,
            run_id=self.run_id,
            version=__version__,
            verb=self.wish.verb,
            started=self.started.strftime("%Y-%m-%dT%H:%M:%SZ"),
            duration_s=time.monotonic() - self._clock,
            pair=self.wish.pair,
            backend=self.worker.backend.name,
            complete=not self.interrupted and not self.failures,
            toolchain=self.toolchain,
            budgets=self.wish.budgets,
            builds=self.built.builds,
            checkups=self.built.checkups,
            campaigns=campaigns,
            corpora=tuple(one.result() for one in self.corpora.values()),
            findings=findings,
            known_issues=tuple(stale(every, self.wish.issues, self.wish.today)),
            alarms=self.alarms,
            notes=tuple(self._all_notes()),
            controls=controls,
            stages=tuple(self.scheduler.costs),
            exit_code=code,
            reasons=reasons,
        )
        clear_packs(self.worker.store)
        try:
            if self.wish.is_kept:
                Keeper(state=self.state, store=self.worker.store, leads=self.leads).keep(record, seen, unseen)
        except StoreError as error:
            said = f"{error.message} ({error.next_step})"
            return replace(record, complete=False, exit_code=EXIT_NOT_DONE, reasons=(said, *reasons))
        return record

    def _with_twin(self, finding: PairFinding) -> PairFinding:
        absent = {
            language: next((one.problem for one in self.built.builds if one.language is language and one.problem), "")
            for language in Language
        }
        return with_twin(finding, self.built.programs, absent, self.leads, self.worker.store)

    def _look_back(self) -> None:
        if self.wish.verb == NIGHTLY and self.rounds is not None:
            at_start = {target: corpus.at_start for target, corpus in self.corpora.items()}
            self.alarms = alarms(self.rounds.campaigns(), at_start, self.state.records(EARLIER))

    def _all_notes(self) -> Iterator[str]:
        yield from dict.fromkeys(self.notes)
        if self.leads.waiting:
            yield f"{self.leads.waiting} inputs that crashed are kept and wait for the next run to be tried"
        for build in self.built.builds:
            yield from (f"{build.language} {build.flavour}: {one}" for one in build.notes)
        for name, checkup in self.built.checkups:
            if checkup.health is Health.WEAK:
                yield f"{name} is weak: {'; '.join(checkup.reasons)}"
