"""What must not be lost of a user's pair: corpora, findings and records, as immutable files at any fsspec URL.

    corpora/<target>/<sha1>                          a unit, under the name that libFuzzer gives it
    pruned/<target>/<generation>/<sha1>              units that the last merge found to add nothing; kept for one night
    generations/<target>/<generation>-<digest>.json  what a prune kept and dropped
    artifacts/<target>/<language>/crash-<sha1>       an input that crashed, under the engine's name
    findings/<target>/<language>/<key>/<time>-<digest>.json   what one run saw of a finding
    logs/<sha256>                                    what a process said of an input
    records/<run id>-<digest>.json                   a whole run

A file is written whole, under a name that says what is in it, and is never written again: so two runs at once merge by
union, and a copy of two such folders into one is the union too. A file that is not what its name says (torn, or put
there by someone) is left alone, told of, and never used.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from fuzzpair.errors import StoreError, UsageError
from fuzzpair.model.language import Language
from fuzzpair.model.pair import PairFinding, PairRecord
from fuzzpair.store import Files, canonical_json, digest

UNIT_LIMIT: Final = 1 << 20  # octets; libFuzzer's own default stops at a twentieth of it
DOCUMENT_LIMIT: Final = 64 << 20
TARGET: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,127}")
ARTIFACT: Final = re.compile(r"(?:crash|leak|timeout|oom)-[0-9a-f]{40}")
_UNIT: Final = re.compile(r"[0-9a-f]{40}")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_KEY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")
_DOCUMENT: Final = re.compile(r"[A-Za-z0-9_-]{1,80}-([0-9a-f]{16})\.json")


def unit_name(content: bytes) -> str:
    """libFuzzer's name of an input: its SHA-1. Any libFuzzer finds under it what it has already.

    Two inputs with one SHA-1 can be made on purpose: then one of them is not kept, and no more is lost.
    """
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()


class Happening(StrEnum):
    """What a run saw of a finding."""

    SEEN = "seen"
    FIXED = "fixed"  # each of its inputs was run again, and none shows it any more


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingEvent:
    """A finding as one run saw it."""

    happening: Happening
    run_id: str
    at: str  # RFC 3339, UTC, to the microsecond: what happened in one second has an order too
    finding: PairFinding
    artifacts: tuple[str, ...] = ()  # the names of all its inputs that this run tried: they need no other run


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """One prune of a corpus: which units it knew of and left out, by their names."""

    target: str
    number: int
    at: str
    kept: int
    dropped: tuple[str, ...]


@dataclass(frozen=True)
class PairState:
    """The state of a pair at a URL. `damaged` is told of each file that is not what its name says.

    Every method raises StoreError where the place cannot be read or written.
    """

    files: Files
    damaged: Callable[[str], None] = lambda _path: None

    # --- corpora -------------------------------------------------------------------------------

    def unit_sizes(self, target: str) -> dict[str, int]:
        """The units of a target's corpus, by name, with their size in octets."""
        found = self.files.found(f"corpora/{_checked(TARGET, target)}")
        return {name: size for name, size in found.items() if _UNIT.fullmatch(name) and size <= UNIT_LIMIT}

    def units(self, target: str, names: Iterable[str]) -> dict[str, bytes]:
        """Units by their names; without those that are gone or damaged."""
        contents = self.files.read_all(f"corpora/{_checked(TARGET, target)}/{_checked(_UNIT, one)}" for one in names)
        by_name = {path.rpartition("/")[2]: (path, content) for path, content in contents.items()}
        for path, content in by_name.values():
            if unit_name(content) != path.rpartition("/")[2]:
                self.damaged(path)
        return {name: content for name, (_, content) in by_name.items() if unit_name(content) == name}

    def add_units(self, target: str, contents: Iterable[bytes], known: Iterable[str] = ()) -> tuple[str, ...]:
        """Put units into a corpus; the names of those that `known` does not hold already. They are on the disk then."""
        _checked(TARGET, target)
        there = set(known)
        new = {unit_name(one): one for one in contents if len(one) <= UNIT_LIMIT}
        new = {name: content for name, content in new.items() if name not in there}
        self.files.write_all({f"corpora/{target}/{name}": content for name, content in new.items()})
        return tuple(new)

    # --- generations ---------------------------------------------------------------------------

    def generations(self, target: str) -> tuple[Generation, ...]:
        """The prunes of a target's corpus, oldest first."""
        made = [one for _, one in self._generations(target)]
        return tuple(sorted(made, key=lambda one: (one.number, one.at)))

    def _generations(self, target: str) -> Iterator[tuple[str, Generation]]:
        folder = f"generations/{_checked(TARGET, target)}"
        for path, body in self._documents(folder, self.files.found(folder)):
            generation = self._as(Generation, path, body)
            if generation is not None:
                yield path, generation

    def prune(self, target: str, keep: Iterable[str], drop: Iterable[str], at: str) -> Generation | None:
        """Begin a new generation of a corpus without the units `drop`. None where another run prunes at the same time.

        Of two prunes at once each could keep what the other drops, so the first one to be there wins: the record is
        written before anything is removed, and whoever then finds another record of the same number takes its own
        back. Units that neither names, such as those that another run adds meanwhile, stay.
        """
        kept = set(keep)
        dropped = tuple(sorted({_checked(_UNIT, one) for one in drop} - kept))
        number = max((one.number for one in self.generations(target)), default=0) + 1
        made = Generation(target=target, number=number, at=at, kept=len(kept), dropped=dropped)
        path = self._put_document(f"generations/{target}", f"{number:04}", made)
        if sum(one.number == number for one in self.generations(target)) > 1:
            self.files.delete([path])
            return None
        self._drop(target, made)
        return made

    def _drop(self, target: str, generation: Generation) -> None:
        """Move what was dropped aside: a merge that was wrong can be undone for one night."""
        pruned = self.units(target, generation.dropped)
        folder = f"pruned/{target}"
        self.files.write_all({f"{folder}/{generation.number:04}/{name}": content for name, content in pruned.items()})
        self.files.delete(f"corpora/{target}/{name}" for name in pruned)
        older = [path for path in self.files.found(folder) if path.partition("/")[0] < f"{generation.number - 1:04}"]
        self.files.delete(f"{folder}/{path}" for path in older)

    # --- findings ------------------------------------------------------------------------------

    def add_artifact(self, target: str, language: Language, name: str, content: bytes) -> None:
        """Keep an input that crashed, under the engine's name for it."""
        if ARTIFACT.fullmatch(name) is None or not name.endswith(unit_name(content)):
            raise StoreError(f"{name!r} is no engine's name of this input")
        self.files.write(f"artifacts/{_checked(TARGET, target)}/{language}/{name}", content)

    def artifacts(self, target: str, language: Language, names: Iterable[str]) -> dict[str, bytes]:
        """Inputs that crashed, by their names; without those that are gone or damaged."""
        folder = f"artifacts/{_checked(TARGET, target)}/{language}"
        contents = self.files.read_all(f"{folder}/{_checked(ARTIFACT, name)}" for name in names)
        found = {path.rpartition("/")[2]: content for path, content in contents.items()}
        for name, content in found.items():
            if not name.endswith(unit_name(content)):
                self.damaged(f"{folder}/{name}")
        return {name: content for name, content in found.items() if name.endswith(unit_name(content))}

    def artifact_names(self, target: str, language: Language) -> tuple[str, ...]:
        """Every input that is kept of one side's target."""
        found = self.files.found(f"artifacts/{_checked(TARGET, target)}/{language}")
        return tuple(name for name, size in found.items() if ARTIFACT.fullmatch(name) and size <= UNIT_LIMIT)

    def add_log(self, content: bytes) -> str:
        """Keep a log; its sha256."""
        name = digest(content)
        self.files.write(f"logs/{name}", content)
        return name

    def log(self, name: str) -> bytes | None:
        """A kept log; None where it is gone or damaged."""
        content = self.files.read(f"logs/{_checked(_DIGEST, name)}")
        if content is not None and digest(content) != name:
            self.damaged(f"logs/{name}")
            return None
        return content

    def add_event(self, event: FindingEvent) -> None:
        """Keep what a run saw of a finding. Its inputs are kept before it, or it would name what is not there."""
        finding = event.finding
        target, key = _checked(TARGET, finding.target), _checked(_KEY, finding.key)
        self._put_document(f"findings/{target}/{finding.language}/{key}", _stamp(event.at), event)

    def events(self) -> tuple[FindingEvent, ...]:
        """Everything that runs saw of findings, in the order in which it happened."""
        made = [
            event
            for path, body in self._documents("findings", self.files.found("findings"))
            if (event := self._as(FindingEvent, path, body)) is not None
        ]
        return tuple(sorted(made, key=lambda one: (one.at, one.run_id)))

    # --- records -------------------------------------------------------------------------------

    def add_record(self, record: PairRecord) -> str:
        """Keep a run's record; its path."""
        return self._put_document("records", record.run_id, record)

    def records(self, last: int) -> tuple[PairRecord, ...]:
        """The last records that can be read, oldest first: run ids begin with the time."""
        made: list[PairRecord] = []
        found = self.files.found("records")
        for path in sorted(found, reverse=True):
            for name, body in self._documents("records", {path: found[path]}):
                record = self._as(PairRecord, name, body)
                made += [record] if record is not None else []
            if len(made) >= last:
                break
        return tuple(reversed(made))

    # --- documents -----------------------------------------------------------------------------

    def _put_document(self, folder: str, name: str, value: FindingEvent | Generation | PairRecord) -> str:
        body = canonical_json(_adapter(type(value)).dump_python(value, mode="json"))
        path = f"{folder}/{name}-{digest(body)[:16]}.json"
        self.files.write(path, body)
        return path

    def _documents(self, folder: str, found: Mapping[str, int]) -> Iterator[tuple[str, bytes]]:
        """Those below a folder whose content is what their name says."""
        wanted = [
            f"{folder}/{path}"
            for path, size in found.items()
            if _DOCUMENT.fullmatch(path.rpartition("/")[2]) and size <= DOCUMENT_LIMIT
        ]
        for path, body in sorted(self.files.read_all(wanted).items()):
            if path.endswith(f"-{digest(body)[:16]}.json"):
                yield path, body
            else:
                self.damaged(path)

    def _as(self, kind: type[Any], path: str, body: bytes) -> Any:  # noqa: ANN401 - a `kind`
        try:
            return _adapter(kind).validate_python(json.loads(body), strict=False)
        except (ValidationError, ValueError, RecursionError):
            self.damaged(path)
            return None


def latest_record(state: PairState) -> PairRecord:
    """The last run's record. Raises UsageError when there was none."""
    found = state.records(1)
    if not found:
        raise UsageError(f"there is no run of this pair yet in {state.files.url}", next_step="fuzzpair fuzz")
    return found[-1]


def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    return _adapter_of(kind)  # type: ignore[arg-type] # a class is hashable


@cache
def _adapter_of(kind: Hashable) -> TypeAdapter[Any]:
    return TypeAdapter(kind)  # type: ignore[arg-type] # a class is hashable


def _stamp(at: str) -> str:
    return f"{datetime.fromisoformat(at):%Y%m%dT%H%M%SZ}"


def _checked(pattern: re.Pattern[str], name: str) -> str:
    """A name that leaves no folder. Raises StoreError: it comes from a build, or from a file of the state."""
    if pattern.fullmatch(name) is None:
        raise StoreError(f"{name[:80]!r} cannot name a file of the state", next_step="rename it (A-Z a-z 0-9 _ . + -)")
    return name
