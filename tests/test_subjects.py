"""Whose builds a variant's builds start from."""

from __future__ import annotations

from pathlib import Path

from fuzzpair.backends.fake import TOOLCHAIN
from fuzzpair.jobs import job_key
from fuzzpair.mistakes import Tree
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language, Variant
from fuzzpair.store import Store
from fuzzpair.subjects import Subject, starting_subjects, unpatched_subject
from tiny_pair import CPP, RUST

FLAVOURS = (Flavour.DEFAULT, Flavour.ADDRESS)
BANNING = {**RUST, "src/lib.rs": "//! A parser.\n#![forbid(unsafe_code)]\n" + RUST["src/lib.rs"]}


def starts(rust: Tree, store: Store) -> tuple[dict[Language, Subject], dict[Variant, Subject]]:
    trees = {Language.CPP: CPP, Language.RUST: rust}
    unpatched = {one: unpatched_subject(one, trees[one], ("message",), FLAVOURS, store) for one in Language}
    return unpatched, starting_subjects(unpatched, rust, FLAVOURS[:1], store, TOOLCHAIN.fingerprint)


def test_unsafe_code_starts_where_the_ban_on_it_is_lifted(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    unpatched, found = starts(BANNING, store)
    rust, lifted = unpatched[Language.RUST], found.pop(Variant.RUST_UNSAFE)
    assert all(subject is unpatched[variant.language] for variant, subject in found.items())
    assert lifted.flavours == FLAVOURS[:1], "only what rust-unsafe is built in"
    job, base = lifted.job(Flavour.DEFAULT), rust.job(Flavour.DEFAULT)
    assert job is not None
    assert base is not None
    assert job.base_key == job_key(base, TOOLCHAIN.fingerprint)
    assert job.is_base, "or there is nothing for others to start from"
    assert job.targets == base.targets
    texts = {path: store.get_blob(sha256).decode() for path, sha256 in job.sources}
    assert texts == {**BANNING, "src/lib.rs": BANNING["src/lib.rs"].replace("forbid", "deny")}


def test_without_a_ban_all_start_from_the_unpatched_twin(tmp_path: Path) -> None:
    unpatched, found = starts(RUST, Store(str(tmp_path)))
    assert "forbid" not in RUST["src/lib.rs"]
    assert all(subject is unpatched[variant.language] for variant, subject in found.items())
