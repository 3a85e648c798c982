"""A bundle: one archive with everything that a run's verdicts rest on, for somebody else to check.

It holds the run's record, the sources and patches that it judged, the triggering inputs and example logs, the recipe of
the toolchain image, and a manifest with the sha256 of each. Programs are left out: whoever checks makes them again.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from fuzzpair.backends.archive import check_path
from fuzzpair.config import Config, load_config
from fuzzpair.errors import FuzzpairError, PatchError, SandboxError, UsageError
from fuzzpair.jobs import job_key
from fuzzpair.mistakes import Mistake, load_mistake, read_tree
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language
from fuzzpair.model.run_record import Row, RunRecord
from fuzzpair.store import Store, canonical_json, digest
from fuzzpair.subjects import planted_subject, starting_subjects, unpatched_subject

SCHEMA = "fuzzpair/bundle/1"
MANIFEST, RECORD, PAIR, BLOBS = "bundle.json", "run.json", "pair", "blobs"
PIPELINE = "pipeline.yml"
NOT_PACKED = ("fuzz", "agreement")  # sections of it whose files are not there, and of which no verdict speaks
FLAVOURS = (Flavour.DEFAULT,)  # whose build names every source of a row
SIZE_LIMIT = 1 << 30  # octets unpacked: a bundle is sources and inputs, not programs
EPOCH = (1980, 1, 1, 0, 0, 0)  # zip's first day: the same run makes the same octets


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle's content, each file checked against the manifest."""

    record: str
    files: Mapping[str, bytes]

    def below(self, folder: str) -> Iterator[tuple[str, bytes]]:
        """The files of a folder by their path in it."""
        for path, content in self.files.items():
            if path.startswith(f"{folder}/"):
                yield path.removeprefix(f"{folder}/"), content


@dataclass(frozen=True, slots=True)
class Written:
    """How many files a bundle holds; `own_pair`: pipeline.yml has a pair of one's own, which is not among them."""

    files: int
    own_pair: bool


def write_bundle(record: RunRecord, text: str, config_file: Path, store: Store, target: Path) -> Written:
    """Write a run's bundle. `text` is the record as it was stored.

    Raises UsageError when the sources here are not those that the run judged.
    """
    config = load_config(config_file)
    _check_sources(record, config, store)
    files = {RECORD: text.encode()}
    files[f"{PAIR}/{PIPELINE}"] = config_file.read_bytes()
    files |= {f"{PAIR}/{path}": content for path, content in _pair_files(config)}
    files |= {f"{BLOBS}/{name}": store.get_blob(name) for name in sorted(_blobs(record.rows))}
    manifest = {"schema": SCHEMA, "run": record.run_id, "files": {path: digest(files[path]) for path in sorted(files)}}
    temporary = target.with_name(f"{target.name}.tmp")
    try:
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
            for path, content in {MANIFEST: canonical_json(manifest), **dict(sorted(files.items()))}.items():
                archive.writestr(zipfile.ZipInfo(path, EPOCH), content, zipfile.ZIP_DEFLATED)
        temporary.replace(target)
    except OSError as error:
        raise FuzzpairError(f"{target}: cannot be written: {error.strerror}", next_step="name another file") from error
    finally:
        temporary.unlink(missing_ok=True)
    return Written(files=len(files), own_pair=config.fuzz is not None)


def _check_sources(record: RunRecord, config: Config, store: Store) -> None:
    """Raises UsageError where what is here is not what the run judged: a patch, or a twin."""
    targets = tuple(config.pair.targets)
    trees = {language: read_tree(config.pair.folder(language)) for language in Language}
    fingerprint = record.toolchain.fingerprint
    unpatched = {one: unpatched_subject(one, trees[one], targets, FLAVOURS, store) for one in Language}
    starts = starting_subjects(unpatched, trees[Language.RUST], FLAVOURS, store, fingerprint)
    mistakes: dict[str, Mistake] = {}
    for row in record.rows:
        if not row.evidence.job_keys:  # it was not built
            continue
        if row.mistake not in mistakes:  # it reads both twins
            try:
                mistakes[row.mistake] = load_mistake(row.mistake, config.pair.cpp, config.pair.rust)
            except PatchError as error:
                raise _other_sources(row) from error
        mistake = mistakes[row.mistake]
        planted = mistake.variant(row.variant)
        if planted is None or planted.problem or planted.digest != row.patch_digest:
            raise _other_sources(row)
        subject = planted_subject(mistake, planted, starts[row.variant], FLAVOURS, store, fingerprint)
        if not {job_key(job, fingerprint) for _, job in subject.builds} <= set(row.evidence.job_keys):
            raise _other_sources(row)


def _other_sources(row: Row) -> UsageError:
    return UsageError(
        f"{row.name}: its patch, the twin or fuzzpair itself is not what it was in the last run",
        next_step="`fuzzpair run`, then bundle that run",
    )


def _pair_files(config: Config) -> Iterator[tuple[str, bytes]]:
    """The twins with their patches, the corpus, the image's recipe and the claims, by path from the root."""
    if config.claims is not None:  # pipeline.yml names it, so that nobody could run the bundle without it
        yield config.claims.relative_to(config.root).as_posix(), config.claims.read_bytes()
    named = (config.pair.cpp, config.pair.rust, config.pair.corpus, config.recipe)
    for folder in (one for one in named if one is not None):  # a recipe that came with fuzzpair is there, too
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                yield path.relative_to(config.root).as_posix(), path.read_bytes()


def _blobs(rows: Iterable[Row]) -> set[str]:
    """The sha256 of every input and log that the rows name."""
    found: set[str] = set()
    for row in rows:
        evidence = row.evidence
        found.update(evidence.canary.inputs if evidence.canary else ())
        for replayed in evidence.replays:
            found.update(replayed.inputs)
        for one in evidence.judgements:
            found.update(name for name in (one.example_input, one.example_log) if name)
    return found


def read_bundle(path: Path) -> Bundle:
    """Read a bundle that anybody may have written. Raises UsageError where it is none, or was altered."""
    try:
        with zipfile.ZipFile(path) as archive:
            files = dict(_read_files(archive))
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        raise UsageError(f"{path}: is not a bundle: {error}", next_step="`fuzzpair bundle` writes one") from error
    except SandboxError as error:
        raise UsageError(f"{path}: holds a path that leaves it: {error.message}") from error
    _check_manifest(path, files)
    try:
        return Bundle(record=files[RECORD].decode(), files=files)
    except (KeyError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: holds no readable {RECORD}") from error


def _read_files(archive: zipfile.ZipFile) -> Iterator[tuple[str, bytes]]:
    left = SIZE_LIMIT
    for entry in archive.infolist():
        if entry.is_dir():
            continue
        left -= entry.file_size
        if left < 0:
            raise ValueError(f"it holds more than {SIZE_LIMIT >> 20} MiB")
        with archive.open(entry) as file:
            content = file.read(entry.file_size + 1)  # the size stated is its writer's word
        if len(content) != entry.file_size:
            raise ValueError(f"{entry.filename!r} is not as large as it says")
        yield str(check_path(entry.filename)), content


def _check_manifest(path: Path, files: Mapping[str, bytes]) -> None:
    try:
        manifest = json.loads(files[MANIFEST])
        schema, stated = manifest["schema"], dict(manifest["files"])
    except (KeyError, ValueError, TypeError, RecursionError) as error:
        raise UsageError(f"{path}: is not a bundle: it has no readable {MANIFEST}") from error
    if schema != SCHEMA:
        raise UsageError(f"{path}: is of schema {schema!r}", next_step=f"this version reads {SCHEMA}")
    there = {name: digest(content) for name, content in files.items() if name != MANIFEST}
    altered = sorted(name for name in stated.keys() | there.keys() if stated.get(name) != there.get(name))
    if altered:
        raise UsageError(f"{path}: was altered: {altered[0]!r} is not what its manifest says")


def unpack_pair(bundle: Bundle, folder: Path) -> Path:
    """Write the bundle's pair into a folder; gives its pipeline.yml."""
    for name, content in bundle.below(PAIR):
        target = folder / PurePosixPath(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return folder / PIPELINE
