"""What a report may read beside the record: blobs by digest, and how earlier runs went. Both may be missing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from fuzzpair.errors import FuzzpairError
from fuzzpair.model.agreement import AgreementRecord
from fuzzpair.model.pair import PairRecord
from fuzzpair.model.past_run import PastRun

ReadBlob = Callable[[str], bytes]  # sha256 -> its octets; raises FuzzpairError, OSError or KeyError
ReadNights = Callable[[], tuple[PairRecord, ...]]  # kept runs, oldest first; raises FuzzpairError
READ_LIMIT: Final = 2 << 20  # octets of one blob that a report looks at: a job keeps 1 MiB of a log


def _no_blobs(digest: str) -> bytes:
    raise KeyError(digest)


@dataclass(frozen=True, slots=True)
class Stored:
    """Handed to every reporter. A blob that is gone is said in the report, never a reason to write none."""

    read_blob: ReadBlob = _no_blobs
    runs: tuple[PastRun, ...] = ()  # those of the store, this one among them or not
    read_nights: ReadNights = tuple  # of a user's pair
    agreements: tuple[AgreementRecord, ...] | None = None  # the comparisons of twins in the store; None: not looked for

    def octets(self, digest: str | None, limit: int = READ_LIMIT) -> bytes | None:
        """The first `limit` octets of a blob; None where it cannot be read (pruned, or made elsewhere)."""
        if not digest:
            return None
        try:
            return self.read_blob(digest)[:limit]
        except (FuzzpairError, OSError, KeyError):
            return None

    def text(self, digest: str | None) -> str | None:
        """A log as text, undecodable octets replaced. Still an attacker's: clean.py comes before any eye."""
        octets = self.octets(digest)
        return None if octets is None else octets.decode("utf-8", "replace")


NOTHING_STORED: Final = Stored()
