"""Repositories in a temporary folder, of the shapes that are met."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from fuzzpair.discovery.advice import Note, notes_on
from fuzzpair.discovery.listing import read_listing
from fuzzpair.discovery.proposal import Proposal, propose

TARGET = "int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {\n    return 0;\n}\n"
BUILD = "#!/bin/bash -eu\n$CXX $CXXFLAGS fuzz/a.cc -o $OUT/a_fuzzer $LIB_FUZZING_ENGINE\n"
FUZZ_TOML = """
[package]
name = "x-fuzz"
[package.metadata]
cargo-fuzz = true
[dependencies]
libfuzzer-sys = "0.4"
x = { path = ".." }
[[bin]]
name = "a"
path = "fuzz_targets/a.rs"
"""


def make(root: Path, files: Mapping[str, str | bytes]) -> Path:
    for path, content in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def look(root: Path, files: Mapping[str, str | bytes]) -> Proposal:
    root.mkdir(exist_ok=True)
    return propose(read_listing(make(root, files)))


def told(proposal: Proposal) -> str:
    return "\n".join(f"{note.said}\n{note.to_do}" for note in notes_on(proposal))


def notes(proposal: Proposal) -> tuple[Note, ...]:
    return notes_on(proposal)
