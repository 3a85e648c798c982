"""What `fuzzpair init` says beside the file: what was found, what was not, and what to do about it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from fuzzpair.discovery.proposal import Proposal, slug
from fuzzpair.discovery.scripts import Script

SHOWN: Final = 8  # names in one line
DOCS: Final = "docs/your-own-pair.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What the user is told; with `to_do` it is something that is missing or uncertain."""

    said: str
    to_do: str = ""


def several(names: Sequence[str]) -> str:
    """Names in one line; those over the cap are counted."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def notes_on(proposal: Proposal) -> tuple[Note, ...]:
    """In the order of the file: C and C++, Rust, targets, seeds; then what was not looked at."""
    return (
        *_on_cpp(proposal),
        *_on_rust(proposal),
        *_on_targets(proposal),
        *_on_seeds(proposal),
        *(Note(said=said, to_do="look there yourself") for said in proposal.left_out),
    )


def _on_cpp(proposal: Proposal) -> Iterator[Note]:
    if proposal.script:
        yield from _on_script(proposal, proposal.script)
    elif proposal.sources:
        yield Note(
            said=f"C and C++ targets without a build script that makes them: {several(proposal.sources)}",
            to_do="write a build.sh that leaves each as a program in $OUT: for plain sources the line is "
            f"`$CXX $CXXFLAGS {proposal.sources[0]} -o $OUT/NAME $LIB_FUZZING_ENGINE` ({DOCS}), and run init again",
        )
    else:
        yield Note(
            said="no C or C++ side: no build script with $OUT and $LIB_FUZZING_ENGINE, no LLVMFuzzerTestOneInput",
            to_do=f"if there should be one, {DOCS} has a build.sh to start from",
        )
    if len(proposal.scripts) > 1:
        others = [script.path for script in proposal.scripts[1:]]
        yield Note(
            said=f"build scripts that were not taken: {several(others)}", to_do="put the right one into `build:`"
        )
    for path, what in proposal.others:
        yield Note(said=f"{path} builds for {what}: it was left out")


def _on_script(proposal: Proposal, script: Script) -> Iterator[Note]:
    names = several(proposal.cpp_targets) or "none that it names"
    yield Note(said=f"C and C++: {script.path}, targets {names}")
    if proposal.are_guessed:
        yield Note(
            said=f"{script.path} does not spell out what it leaves in $OUT; the names are those of the sources",
            to_do="the first build says what there really is",
        )
    if script.expects and script.expects != proposal.name:
        yield Note(
            said=f"{script.path} looks for the sources in $SRC/{script.expects}, and they will be in "
            f"$SRC/{proposal.name}",
            to_do=f"let it use its own folder (`$PWD` when it starts) in the place of $SRC/{script.expects}"
            if slug(script.expects) != script.expects
            else f"call the pair '{script.expects}', or change the script",
        )
    if script.missing and not script.fetch:
        yield Note(
            said=f"{script.path} names in $SRC what is not in this repository: {several(script.missing)}",
            to_do="write a script that gets each into $SRC and name it with `fetch:`; it is run once, with network",
        )
    if script.fetched and not script.fetch:
        yield Note(
            said=f"its Dockerfile clones what is not in this repository: {several(script.fetched)}",
            to_do="put these lines into a script and name it with `fetch:`; it is run once, with network, in $SRC",
        )


def _on_rust(proposal: Proposal) -> Iterator[Note]:
    for broken in proposal.unread:
        yield Note(
            said=f"{broken.folder}/Cargo.toml cannot be read: {broken.unread}", to_do="repair it, run init again"
        )
    crate = proposal.crate
    if crate is None:
        yield Note(
            said="no Rust side: no folder with a Cargo.toml of cargo-fuzz",
            to_do="if there should be one: `cargo fuzz init` makes it, and run init again",
        )
        return
    yield Note(said=f"Rust: {crate.folder}, targets {several(crate.programs) or 'none'}")
    if not crate.programs:
        yield Note(said=f"{crate.folder}/Cargo.toml has no [[bin]]", to_do="`cargo fuzz add NAME` makes a target")
    if not crate.has_lock:
        yield Note(
            said=f"{crate.folder}/Cargo.lock is not in the repository: the versions of its dependencies may move",
            to_do="commit it, so that a finding can be seen again",
        )
    if crate.outside:
        yield Note(
            said=f"{crate.folder} needs crates outside this folder: {several(crate.outside)}",
            to_do="run init in the folder that holds them too",
        )
    if len(proposal.crates) > 1:
        others = [one.folder for one in proposal.crates[1:]]
        yield Note(
            said=f"cargo-fuzz folders that were not taken: {several(others)}", to_do="put the right one into `fuzz:`"
        )


def _on_targets(proposal: Proposal) -> Iterator[Note]:
    like = proposal.likeness
    if like.same:
        yield Note(said=f"paired, being called alike: {several(like.same)}")
    if like.alike:
        pairs = [f"{one} with {other}" for _, one, other in like.alike]
        yield Note(said=f"paired by names that differ in nothing but words like fuzz: {several(pairs)}")
    if like.maybe:
        pairs = [f"{one} with {other}" for _, one, other in like.maybe]
        yield Note(
            said=f"perhaps pairs: {several(pairs)}",
            to_do="where they read the same format, take the # from their lines",
        )
    if proposal.script and proposal.crate and not (like.same or like.alike or like.maybe):
        yield Note(
            said="no target of one side is called like one of the other: each is fuzzed alone, nothing is compared",
            to_do="name those that read the same format under `targets:`",
        )


def _on_seeds(proposal: Proposal) -> Iterator[Note]:
    seeds = proposal.seeds
    if proposal.script is None and proposal.crate is None:
        return
    if seeds.corpus:
        yield Note(said=f"seeds: {seeds.corpus}, for {several(seeds.of)}")
    elif not seeds.archives and not _makes_seeds(proposal):
        yield Note(
            said="no seeds: every campaign starts from nothing",
            to_do="put a few valid inputs into CORPUS/TARGET/ and name CORPUS with `corpus:`",
        )
    if seeds.other and not seeds.corpus and not _makes_seeds(proposal):
        yield Note(
            said=f"folders that look like seeds, and are not arranged as CORPUS/TARGET/*: {several(seeds.other)}",
            to_do="arrange them so, or let build.sh zip them to $OUT/TARGET_seed_corpus.zip",
        )
    left = [path for path in seeds.dictionaries if not (proposal.script and _takes(proposal.script, path))]
    if left:
        yield Note(
            said=f"dictionaries: {several(left)}",
            to_do="one is used when build.sh copies it to $OUT/TARGET.dict" if proposal.script else "",
        )


def _makes_seeds(proposal: Proposal) -> bool:
    return proposal.script is not None and proposal.script.makes_seeds


def _takes(script: Script, dictionary: str) -> bool:
    return script.copies_all_dictionaries or dictionary.rpartition("/")[2] in script.dictionaries
