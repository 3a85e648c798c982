"""What the compiler refuses: for the reason that expected.yml states, and the counterpart compiles and agrees."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from fuzzpair.builds.job import build_job
from fuzzpair.builds.record import JUDGE, Build
from fuzzpair.builds.sources import put_sources
from fuzzpair.diagnostics import read_rejection
from fuzzpair.gate import read_baseline
from fuzzpair.jobs import Batch, run_batch, stored_outcome
from fuzzpair.mistakes import Mistake, Planted, Tree, load_mistake
from fuzzpair.model.diagnostic import Rejection
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language, Variant
from twins.compare import Target, Twins
from twins.container_twins import REPOSITORY, ContainerTwins

BASELINE = read_baseline(REPOSITORY / "expected.yml")
assert BASELINE is not None
REJECTED = {
    name.removesuffix("/rust"): shown.removeprefix("rejected").strip()
    for name, shown in BASELINE.rows.items()
    if name.endswith("/rust") and shown.startswith("rejected")
}


@dataclass(frozen=True)
class Refused:
    mistake: Mistake
    planted: Planted


def refused(name: str) -> Refused:
    mistake = load_mistake(name, REPOSITORY / "targets-cpp/dns", REPOSITORY / "targets-rust/dns")
    planted = mistake.variant(Variant.RUST)
    assert planted is not None
    assert planted.problem is None
    return Refused(mistake, planted)


def built(tree: Tree, name: str, twins: ContainerTwins) -> Build:
    worker = twins.worker
    target = refused(name).mistake.target
    job = build_job(Language.RUST, Flavour.DEFAULT, put_sources(tree, worker.store), (target,), subject=name)
    outcome = stored_outcome(job, worker.store, worker.fingerprint) or run_batch(Batch((job,), name), worker)[job]
    assert isinstance(outcome.result, Build), outcome.error
    return outcome.result


def test_every_rejection_states_its_codes() -> None:
    assert len(REJECTED) >= 25
    uncoded = [name for name, codes in REJECTED.items() if not codes.startswith("E0")]
    assert uncoded == ["format-string"], "rustc gives no code to what the macro format! refuses"


@pytest.mark.container
@pytest.mark.parametrize("name", REJECTED)
def test_a_patch_is_refused_for_its_stated_codes(name: str, twins: Twins) -> None:
    assert isinstance(twins, ContainerTwins)
    planted = refused(name).planted
    rejection = read_rejection(built(planted.tree, name, twins).diagnostics, planted.changed, Language.RUST)
    assert isinstance(rejection, Rejection), rejection
    assert ", ".join(rejection.codes) == REJECTED[name]


@pytest.mark.container
def test_their_counterparts_compile_and_answer_the_corpus_as_the_unpatched_cpp_twin_does(twins: Twins) -> None:
    """A counterpart without a patch of its own is the unpatched twin; each program is asked once."""
    assert isinstance(twins, ContainerTwins)
    programs: dict[tuple[str, Target], list[str]] = {}
    for name in REJECTED:
        one = refused(name)
        fixed = one.planted.fixed_tree
        program = twins.programs["rust"] if fixed is None else built(fixed, name, twins).program(JUDGE)
        target: Target = "message" if one.mistake.target == "message" else "stream"
        programs.setdefault((program, target), []).append(name)
    assert sum(map(len, programs.values())) == len(REJECTED)
    for (program, target), names in programs.items():
        corpus = [path.read_bytes() for path in sorted((REPOSITORY / "corpus/dns" / target).iterdir())]
        own = ContainerTwins(twins.worker, {**twins.programs, "rust": program})
        assert own.describe("rust", target, corpus) == twins.describe("cpp", target, corpus), names
