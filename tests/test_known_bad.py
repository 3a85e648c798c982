"""The known-bad control: every flavour that has to speak has a fault, and one that kept silent is asked again."""

from __future__ import annotations

import pytest

from fuzzpair.backends.fake import FakeBackend
from fuzzpair.builds.runtime import runtime_files
from fuzzpair.flavours import RECIPES, SANITIZER_EXIT, SPEAKS
from fuzzpair.jobs import Batch, Worker, run_batch
from fuzzpair.known_bad import KnownBad, known_bad_job
from fuzzpair.model.command import Completed, Limits
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language
from fuzzpair.store import Store


@pytest.mark.parametrize("flavour", SPEAKS)
def test_every_flavour_that_has_to_speak_has_its_fault_and_an_exit_code_of_its_own(flavour: Flavour) -> None:
    sources = {Language.CPP: "known_bad.cpp", Language.RUST: "known_bad.rs"}
    built = [language for language in Language if flavour in RECIPES[language]]
    assert built
    for language in built:
        text = runtime_files()[sources[language]].decode()
        assert all(f'"{fault}"' in text for fault in SPEAKS[flavour]), "runtime/known_bad has no such fault"
    codes = [SANITIZER_EXIT[one] for one in SPEAKS if one in SANITIZER_EXIT]
    assert len(set(codes)) == len(codes)
    assert flavour.is_production or flavour in SANITIZER_EXIT


def test_a_sanitizer_that_kept_silent_is_asked_again_by_the_next_run(store: Store) -> None:
    job = known_bad_job(Language.CPP, Flavour.THREAD, store)
    backend = FakeBackend(lambda command, _: Completed(command=command, exit_code=0))
    worker = Worker(backend=backend, store=store, fingerprint="any", limits=Limits())
    outcome = run_batch(Batch((job,), job.label), worker)[job]
    assert outcome.result == KnownBad(spoke=False, silent=True, log=store.put_blob(b""))
    assert store.get_result(outcome.key) is None
