"""Every crash of one side on the other one, on all flavours; of a change, on its base; and a smaller input of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from fuzzpair.fuzz.libfuzzer import SLOW_PREFIXES
from fuzzpair.jobs import Batch
from fuzzpair.minimise import Minimised, chances_for
from fuzzpair.model.command import Limits
from fuzzpair.model.finding import Smaller
from fuzzpair.model.language import Language
from fuzzpair.model.pair import PairFinding, TargetProgram, TwinReply
from fuzzpair.own_pair.again import TargetMinimiseJob
from fuzzpair.own_pair.grouping import replay_command
from fuzzpair.own_pair.leads import IN_FULL, Lead, Leads
from fuzzpair.own_pair.state import unit_name
from fuzzpair.own_pair.twins import not_run, outcome_of, worst_reply
from fuzzpair.scheduler import Scheduler
from fuzzpair.store import Store
from fuzzpair.triage.signature import signature

MINIMISE = "minimise"


def best_inputs(finding: PairFinding) -> Iterator[tuple[str, str, int]]:
    """Name, sha256 and size of the inputs that stand for a finding."""
    for one in finding.inputs[:IN_FULL]:
        yield one.name, one.input, one.octets


def crossed(findings: Iterable[PairFinding], programs: Sequence[TargetProgram]) -> Iterator[Lead]:
    """Each finding's inputs on every program of its target: those that have tried one do not try it again."""
    for finding in findings:
        for name, sha256, octets in best_inputs(finding):
            for program in programs:
                if program.target == finding.target:
                    yield Lead(program=program, name=name, input=sha256, octets=octets)


def with_twin(
    finding: PairFinding, programs: Sequence[TargetProgram], absent: Mapping[Language, str], leads: Leads, store: Store
) -> PairFinding:
    """A finding with the other side's answer: of each flavour the worst, over the finding's inputs.

    `absent` says of a side without programs why there are none.
    """
    other = next(one for one in Language if one is not finding.language)
    twins = [one for one in programs if (one.target, one.language) == (finding.target, other)]
    if not twins:
        why = absent.get(other) or f"the other side has no target '{finding.target}'"
        return replace(finding, twin=(not_run(other, finding.flavours[0], why),))
    return replace(finding, twin=tuple(_reply(finding, twin, leads, store) for twin in twins))


def _reply(finding: PairFinding, twin: TargetProgram, leads: Leads, store: Store) -> TwinReply:
    replies: list[TwinReply] = []
    for _, sha256, _ in best_inputs(finding):
        tried = leads.of(twin, sha256)
        if tried is None:
            replies.append(not_run(twin.language, twin.flavour, "it was not run"))
            continue
        report = tried.shown.report if tried.shown is not None else None
        output = store.get_blob(tried.replay.stdout) + b"\n" + store.get_blob(tried.replay.log)
        outcome = outcome_of(tried.replay, report, output, finding.bug_classes)
        replies.append(
            TwinReply(
                language=twin.language, flavour=twin.flavour, outcome=outcome, report=report, log=tried.replay.log
            )
        )
    return worst_reply(replies)


# --- the base of a change -----------------------------------------------------------------------


def on_base(findings: Iterable[PairFinding], base: Sequence[TargetProgram]) -> Iterator[Lead]:
    """Each finding's inputs on the same side's programs of the base."""
    for finding in findings:
        for name, sha256, octets in best_inputs(finding):
            for program in base:
                if (program.target, program.language) == (finding.target, finding.language):
                    yield Lead(program=program, name=name, input=sha256, octets=octets)


def is_in_base(finding: PairFinding, base: Sequence[TargetProgram], leads: Leads) -> bool:
    """Whether an input of the finding shows it on the base too: the same bug, or on the very same input one in the same
    place (what lies behind a buffer decides the class) or of the same family (a change moves functions about)."""
    own = signature(finding.report, "")
    for lead in on_base([finding], base):
        tried = leads.of(lead.program, lead.input)
        if tried is not None and tried.shown is not None:
            there = tried.shown.signature
            if there.bug == finding.key or there.family == own.family or (own.place and there.place == own.place):
                return True
    return False


# --- a smaller input ----------------------------------------------------------------------------


class Smallest:
    """The first input of each finding on its way to a smaller one."""

    def __init__(self, scheduler: Scheduler, store: Store, limits: Limits, leads: Leads) -> None:
        self._scheduler = scheduler
        self._store = store
        self._limits = limits
        self._leads = leads

    def of(self, findings: Sequence[PairFinding], fuse_s: float) -> list[PairFinding]:
        """The findings, each with a smaller input where one was found that shows the same bug in its own replays."""
        jobs = {at: job for at, finding in enumerate(findings) if (job := self._job(finding, fuse_s)) is not None}
        outcomes = self._scheduler.run_stage(MINIMISE, [Batch((job,), job.label) for job in jobs.values()])
        found = {
            at: made
            for at, job in jobs.items()
            if isinstance(made := outcomes.result(job), Minimised) and made.tries and made.input != job.input
        }
        again = {at: self._lead(jobs[at].program, made) for at, made in found.items()}
        self._leads.run(MINIMISE, again.values())
        return [
            self._with_smaller(finding, again[at], found[at]) if at in found else finding
            for at, finding in enumerate(findings)
        ]

    def _job(self, finding: PairFinding, fuse_s: float) -> TargetMinimiseJob | None:
        first = finding.inputs[0]
        if not first.bug or not first.k or first.name.startswith(SLOW_PREFIXES):
            return None
        shows = (
            one.lead.program
            for one in self._leads.tried.values()
            if one.lead.input == first.input and one.shown is not None and one.shown.signature.bug == first.bug
        )
        program = next(shows, None)
        if program is None:
            return None
        return TargetMinimiseJob(
            program=program,
            input=first.input,
            bug=first.bug,
            limits=self._limits,
            fuse_s=fuse_s,
            chances=chances_for(first),
        )

    def _lead(self, program: TargetProgram, made: Minimised) -> Lead:
        name = f"crash-{unit_name(self._store.get_blob(made.input))}"
        return Lead(program=program, name=name, input=made.input, octets=made.octets)

    def _with_smaller(self, finding: PairFinding, lead: Lead, made: Minimised) -> PairFinding:
        first, *others = finding.inputs
        tried = self._leads.of(lead.program, lead.input)
        if tried is None or tried.shown is None or tried.shown.signature.bug != first.bug:
            return finding
        smaller = Smaller(input=made.input, octets=made.octets, k=tried.shown.k, n=tried.n, is_minimal=made.is_minimal)
        command = replay_command(lead.program, lead.name)
        return replace(finding, inputs=(replace(first, smaller=smaller, command=command), *others))
