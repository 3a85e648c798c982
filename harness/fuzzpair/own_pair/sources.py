"""What a build of a user's pair sees: each side's tree as one archive, and what the pair's image is made from."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fuzzpair.config_fuzz import CppSide, Fuzz, RustSide
from fuzzpair.errors import ConfigError, UsageError
from fuzzpair.model.language import Language
from fuzzpair.model.pair import ImageAddition
from fuzzpair.own_pair.trees import Leave, Taken, archive, take
from fuzzpair.store import Store

# What OSS-Fuzz's builder image has and a build.sh takes for granted. Make, patch and the usual compressors come with
# the toolchain image.
BUILD_PACKAGES = (
    "autoconf",
    "automake",
    "cmake",
    "curl",
    "git",
    "libtool",
    "ninja-build",
    "pkg-config",
    "unzip",
    "wget",
    "zip",
)
PIPELINE = "pipeline.yml"
MANIFESTS = ("Cargo.toml", "Cargo.lock")
CARGO_SETTINGS = ("config.toml", "config")  # below .cargo
GROWN = ("corpus", "artifacts", "coverage", "target")  # what cargo-fuzz writes into its folder
SEED_LIMIT = 1 << 20  # octets; libFuzzer reads no more of a file
SEEDS_LIMIT = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CppSources:
    """A C or C++ side's files: `tree` becomes $SRC/<name>, `beside` is put into $SRC. Both are archives (sha256)."""

    name: str
    folder: str  # where the tree lies in the repository: "." or "cpp"
    tree: str
    beside: str
    beside_folder: str
    beside_names: tuple[str, ...]  # of its files; their paths in reports are to be the repository's
    script: str  # the build.sh, in $SRC


@dataclass(frozen=True, slots=True, kw_only=True)
class RustSources:
    """A Rust side's files, and which of its crate's binaries are targets."""

    name: str
    folder: str
    tree: str
    fuzz: str  # the cargo-fuzz folder, in the tree
    targets: tuple[str, ...]  # `[[bin]]`s


@dataclass(frozen=True, slots=True, kw_only=True)
class SideSources:
    """What was read of one side. Only `code` decides what a build makes."""

    language: Language
    code: CppSources | RustSources
    seeds: tuple[tuple[str, tuple[str, ...]], ...] = ()  # cargo-fuzz's own corpora: target -> sha256 of each file
    left_out: tuple[str, ...] = ()  # what a build will not see, and why


def no_sources(fuzz: Fuzz, *folders: Path) -> tuple[Path, ...]:
    """What may lie in the sources and is none of them: the pair's state, and the folders that a run writes to."""
    own = () if "://" in fuzz.state else (Path(fuzz.state),)
    return tuple(one.resolve() for one in (*own, *folders))


def read_side(fuzz: Fuzz, language: Language, root: Path, store: Store, leave: tuple[Path, ...] = ()) -> SideSources:
    """Read a side's files into the store; `root` is the folder of pipeline.yml.

    `leave` are files and folders that are no sources, besides pipeline.yml: what a run writes. Raises UsageError where
    the file describes no such side, ConfigError where it cannot be read or is too large.
    """
    side = fuzz.side(language)
    if side is None:
        raise UsageError(f"the pair '{fuzz.name}' has no side '{language}'", next_step="add it below 'fuzz:'")
    left = _left(fuzz, (root / PIPELINE, *leave))
    taken = take(side.source, left)
    tree = store.put_blob(archive(taken.files))
    folder = side.source.relative_to(root).as_posix()
    if isinstance(side, RustSide):
        targets = _bins(side.fuzz / "Cargo.toml", root)
        inside = side.fuzz.relative_to(side.source).as_posix()
        code: CppSources | RustSources = RustSources(
            name=fuzz.name, folder=folder, tree=tree, fuzz=inside, targets=targets
        )
        seeds = tuple(_own_seeds(side.fuzz / "corpus", targets, store))
        return SideSources(language=language, code=code, seeds=seeds, left_out=taken.left_out)
    beside = _beside(side, left)
    code = CppSources(
        name=fuzz.name,
        folder=folder,
        tree=tree,
        beside=store.put_blob(archive(beside.files)),
        beside_folder=side.build.parent.relative_to(root).as_posix(),
        beside_names=tuple(beside.files),
        script=side.build.name,
    )
    return SideSources(language=language, code=code, left_out=(*taken.left_out, *beside.left_out))


def _left(fuzz: Fuzz, leave: tuple[Path, ...]) -> Leave:
    """What changes from run to run and is no source: else every night would build everything again."""
    grown = () if fuzz.rust is None else tuple(fuzz.rust.fuzz / name for name in GROWN)
    own = (Path(fuzz.state),) if "://" not in fuzz.state else ()
    issues = () if fuzz.known_issues is None else (fuzz.known_issues,)
    return frozenset(path.resolve() for path in (*leave, *grown, *own, *issues))


def _beside(side: CppSide, leave: Leave) -> Taken:
    """The build script's folder, as OSS-Fuzz's Dockerfiles copy it. Only its own files where the source is below it."""
    folder = side.build.parent
    return take(folder, leave, is_flat=side.source.is_relative_to(folder))


def _bins(manifest: Path, root: Path) -> tuple[str, ...]:
    """The names of the `[[bin]]`s of a Cargo.toml. Raises ConfigError where there is none."""
    shown = manifest.relative_to(root)
    try:
        bins = tomllib.loads(manifest.read_text(encoding="utf-8")).get("bin", [])
        names = tuple(str(one["name"]) for one in bins)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{shown}:1: cannot be read: {error}") from error
    except (tomllib.TOMLDecodeError, TypeError, KeyError, AttributeError) as error:
        raise ConfigError(f"{shown}:1: is no manifest of a cargo-fuzz folder: {error}") from error
    if not names:
        raise ConfigError(f"{shown}:1: has no [[bin]], so there is no target", next_step="cargo fuzz add NAME")
    return names


def _own_seeds(corpus: Path, targets: tuple[str, ...], store: Store) -> Iterator[tuple[str, tuple[str, ...]]]:
    """cargo-fuzz's corpora, as they are now; the first of each by name, where there are very many."""
    for target in targets:
        folder = corpus / target
        found = sorted(folder.iterdir()) if folder.is_dir() else []
        files = (path for path in found if path.is_file() and path.stat().st_size <= SEED_LIMIT)
        seeds = tuple(store.put_blob(path.read_bytes()) for path, _ in zip(files, range(SEEDS_LIMIT), strict=False))
        if seeds:
            yield target, tuple(dict.fromkeys(seeds))


# --- what the pair's image is made from --------------------------------------------------------


def image_addition(fuzz: Fuzz, leave: tuple[Path, ...] = ()) -> ImageAddition | None:
    """What a pair needs beside the toolchain; None where it needs nothing."""
    packages = sorted({*(BUILD_PACKAGES if fuzz.cpp is not None else ()), *fuzz.packages})
    fetch = fuzz.cpp.fetch if fuzz.cpp is not None else None
    scripts = dict(_fetch_files(fetch)) if fetch is not None else {}
    manifests, stubs = _manifests(fuzz, leave)
    if not (packages or scripts or manifests):
        return None
    return ImageAddition(
        name=fuzz.name,
        packages=tuple(packages),
        files=tuple(sorted({**scripts, **manifests}.items())),
        stubs=stubs,
        fetch=f"scripts/{fetch.name}" if fetch is not None else "",
        manifest=_manifest_path(fuzz.rust) if fuzz.rust is not None else "",
    )


def _fetch_files(fetch: Path) -> Iterator[tuple[str, bytes]]:
    """The script, and the manifests beside it: a script that fetches by one is to be run again when that changes."""
    for path in (fetch, *(fetch.parent / name for name in MANIFESTS)):
        if path.is_file():
            yield f"scripts/{path.name}", path.read_bytes()


def _manifest_path(side: RustSide) -> str:
    return (Path("rust") / side.fuzz.relative_to(side.source) / "Cargo.toml").as_posix()


def _manifests(fuzz: Fuzz, leave: tuple[Path, ...]) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """Every manifest, lock file and setting of cargo in the Rust side's tree, and the names of its sources."""
    if fuzz.rust is None:
        return {}, ()
    files = take(fuzz.rust.source, _left(fuzz, leave)).files
    kept = {f"rust/{name}": one.content for name, one in files.items() if _is_manifest(name) and one.link is None}
    return kept, tuple(f"rust/{name}" for name in files if name.endswith(".rs"))


def _is_manifest(name: str) -> bool:
    path = Path(name)
    return path.name in MANIFESTS or (path.parent.name == ".cargo" and path.name in CARGO_SETTINGS)
