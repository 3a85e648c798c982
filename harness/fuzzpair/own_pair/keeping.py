"""A run's findings and record into the pair's state: what a file names is there before the file is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from fuzzpair.model.pair import PairFinding, PairRecord
from fuzzpair.model.standing import Standing
from fuzzpair.own_pair.leads import Leads
from fuzzpair.own_pair.state import FindingEvent, Happening, PairState, unit_name
from fuzzpair.store import Store


def utc_now() -> str:
    """RFC 3339."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _this_moment() -> str:
    """RFC 3339, to the microsecond: of two runs within one second the later one is to be told from the earlier."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeper:
    """Writes one run's part of the state. Raises what PairState and Store raise."""

    state: PairState
    store: Store
    leads: Leads

    def keep(self, record: PairRecord, seen: Iterable[PairFinding], unseen: Iterable[PairFinding]) -> None:
        """Inputs and logs, then what was seen and what is fixed, then the record, which names all of it."""
        for finding in seen:
            self._keep_inputs(finding)
            self._add_event(record, Happening.SEEN, finding, self._artifacts_of(finding))
        for finding in unseen:
            if finding.standing is Standing.FIXED:
                self._add_event(record, Happening.FIXED, finding, ())
        self.state.add_record(record)

    def _add_event(
        self, record: PairRecord, happening: Happening, finding: PairFinding, artifacts: tuple[str, ...]
    ) -> None:
        event = FindingEvent(
            happening=happening, run_id=record.run_id, at=_this_moment(), finding=finding, artifacts=artifacts
        )
        self.state.add_event(event)

    def _keep_inputs(self, finding: PairFinding) -> None:
        """What this run has of a finding; what earlier runs knew of it is there, or was lost before."""
        tried = {sha256 for _, sha256 in self.leads.tried}
        own = [one for one in finding.inputs if one.input in tried]
        contents = {one.name: self.store.get_blob(one.input) for one in own}
        smaller = [self.store.get_blob(one.smaller.input) for one in own if one.smaller is not None]
        contents |= {f"crash-{unit_name(content)}": content for content in smaller}
        for name, content in contents.items():
            self.state.add_artifact(finding.target, finding.language, name, content)
        logs = {one.log for one in own} | {one.log for one in finding.twin if one.log is not None}
        for sha256 in sorted(logs - {""}):
            self.state.add_log(self.store.get_blob(sha256))

    def _artifacts_of(self, finding: PairFinding) -> tuple[str, ...]:
        """Every input that was tried on this side of the target, so that no later run tries it as something new."""
        tried = {
            one.lead.name
            for one in self.leads.tried.values()
            if (one.lead.program.target, one.lead.program.language) == (finding.target, finding.language)
        }
        return tuple(sorted(tried))
