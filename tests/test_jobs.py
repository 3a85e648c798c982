"""Keys and batches: what is stored, what is reused, and what one broken job does to its batch."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, replace

import pytest

from echo_jobs import Echo, EchoJob, LimitedJob, Watched
from fuzzpair.builds.job import build_job
from fuzzpair.errors import BackendError, StoreError
from fuzzpair.flavours import CPP_COMMON
from fuzzpair.jobs import Batch, Job, Worker, job_key, run_batch, stored_outcome
from fuzzpair.model.command import Limits
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language
from fuzzpair.store import Store

FINGERPRINT = "f00d"


@pytest.fixture
def worker(store: Store) -> Worker:
    return Worker(backend=Watched(), store=store, fingerprint=FINGERPRINT, limits=Limits())


def stored(job: Job, store: Store) -> object:
    outcome = stored_outcome(job, store, FINGERPRINT)
    return None if outcome is None else outcome.result


# --- keys ------------------------------------------------------------------------------------------


def test_a_key_is_the_same_in_every_process_and_version() -> None:
    # Written out: a change of this line means that every stored result is lost.
    key = job_key(EchoJob(text="a", inputs=("b",)), FINGERPRINT)
    assert key == "faaae39ffa34fa2af117e7e7de0dc50c511aa09acaf7a73131111880adcfa17a"


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedJob(EchoJob):
    """The same work, described by a class of another name in another module."""


def test_a_class_may_move_and_have_another_name() -> None:
    job = EchoJob(text="a", inputs=("b",))
    assert job_key(MovedJob(text="a", inputs=("b",)), FINGERPRINT) == job_key(job, FINGERPRINT)


def test_a_label_is_no_part_of_the_work() -> None:
    job = EchoJob(text="a", subject="one")
    assert job_key(job, FINGERPRINT) == job_key(replace(job, subject="other"), FINGERPRINT)
    assert job == replace(job, subject="other")


def test_whatever_changes_the_result_changes_the_key() -> None:
    job = EchoJob(text="a")
    others = [replace(job, text="b"), replace(job, inputs=("a",)), replace(job, inputs=("", "a"))]
    keys = {job_key(one, FINGERPRINT) for one in (job, *others)} | {job_key(job, "cafe")}
    assert len(keys) == 5


def test_a_build_s_key_knows_its_sources_targets_and_every_flag(store: Store) -> None:
    job = build_job(Language.CPP, Flavour.DEFAULT, (("src/a.cpp", "1"),), ("message",), subject="one")
    changed = [
        build_job(Language.CPP, Flavour.DEFAULT, (("src/a.cpp", "2"),), ("message",)),
        build_job(Language.CPP, Flavour.DEFAULT, (("src/b.cpp", "1"),), ("message",)),
        build_job(Language.CPP, Flavour.DEFAULT, (("src/a.cpp", "1"),), ("stream",)),
        build_job(Language.CPP, Flavour.HARDENED, (("src/a.cpp", "1"),), ("message",)),
        build_job(Language.RUST, Flavour.DEFAULT, (("src/a.cpp", "1"),), ("message",)),
        build_job(Language.CPP, Flavour.DEFAULT, (("src/a.cpp", "1"),), ("message",), base=("key", ())),
        replace(job, flags=(*job.flags, "-O3")),
    ]
    assert len({job_key(one, FINGERPRINT) for one in (job, *changed)}) == 8
    assert set(CPP_COMMON) <= set(job.flags), "a flag of every build has to be in every build's key"


def test_a_canary_build_s_key_knows_the_runtime_that_it_links() -> None:
    job = build_job(Language.RUST, Flavour.CANARY, (), ("message",))
    assert {flag.partition(":")[0] for flag in job.flags} >= {"canary.c", "canary.h", "canary.rs", "canary_fuzz.c"}
    assert not any(flag.startswith("canary") for flag in build_job(Language.RUST, Flavour.DEFAULT, (), ()).flags)


# --- one batch -------------------------------------------------------------------------------------


def test_each_job_of_a_batch_is_stored_and_metered(worker: Worker) -> None:
    jobs = (EchoJob(text="a"), EchoJob(text="b"))
    outcomes = run_batch(Batch(jobs, "both"), worker)
    assert [(outcomes[job].result, outcomes[job].cpu_s) for job in jobs] == [(Echo("a"), 0.25), (Echo("b"), 0.25)]
    assert [stored(job, worker.store) for job in jobs] == [Echo("a"), Echo("b")]
    assert isinstance(worker.backend, Watched)
    assert worker.backend.sessions == 1


def test_a_batch_runs_in_its_place(worker: Worker) -> None:
    run_batch(Batch((EchoJob(text="a"),), "", "double-free"), worker)
    assert isinstance(worker.backend, Watched)
    assert worker.backend.places == ["double-free"]


def test_what_the_fuse_ended_is_handed_on_and_never_stored(worker: Worker) -> None:
    job = EchoJob(text="fused")
    outcome = run_batch(Batch((job,), ""), worker)[job]
    assert outcome.result == Echo("fused", complete=False)
    assert stored(job, worker.store) is None


def test_a_failing_job_does_not_stop_its_batch(worker: Worker) -> None:
    jobs = [EchoJob(text=text) for text in ("fail", "hostile", "a")]
    outcomes = run_batch(Batch(tuple(jobs), ""), worker)
    assert [str(outcomes[job].error) for job in jobs] == ["it does not compile", "a link", "None"]
    assert [stored(job, worker.store) for job in jobs] == [None, None, Echo("a")]


def test_a_session_that_does_not_start_is_every_job_s_error(store: Store) -> None:
    worker = Worker(backend=Watched(broken=True), store=store, fingerprint=FINGERPRINT, limits=Limits())
    jobs = (EchoJob(text="a"), EchoJob(text="b"))
    outcomes = run_batch(Batch(jobs, ""), worker)
    assert [type(outcomes[job].error) for job in jobs] == [BackendError, BackendError]


@pytest.mark.parametrize("record", [{"result": {"words": 1}, "cpu_s": 0}, {"result": None}, {}, [], "text"])
def test_a_result_of_another_version_is_made_anew(worker: Worker, record: object) -> None:
    job = EchoJob(text="a")
    worker.store.put_result(job_key(job, FINGERPRINT), record)
    assert stored_outcome(job, worker.store, FINGERPRINT) is None


def test_errors_come_through_a_pickle_whole() -> None:
    error = pickle.loads(pickle.dumps(StoreError("torn", next_step="delete it")))
    assert (type(error), error.message, error.next_step) == (StoreError, "torn", "delete it")


# --- limits ----------------------------------------------------------------------------------------

SMALL, LARGE = Limits(memory_mb=128), Limits(memory_mb=4096)


def test_limits_are_in_the_key_of_a_job_that_states_them() -> None:
    keys = {job_key(LimitedJob(text="a", limits=limits), FINGERPRINT) for limits in (SMALL, LARGE, Limits(pids=9))}
    assert len(keys) == 3


def test_a_batch_runs_under_the_limits_that_its_jobs_state_and_else_under_the_worker_s(store: Store) -> None:
    backend = Watched()
    worker = Worker(backend=backend, store=store, fingerprint=FINGERPRINT, limits=LARGE)
    run_batch(Batch((LimitedJob(text="a", limits=SMALL), LimitedJob(text="b", limits=SMALL)), "small"), worker)
    run_batch(Batch((EchoJob(text="c"),), "standard"), worker)
    assert backend.limits == [SMALL, LARGE]


def test_one_sandbox_has_one_set_of_limits(store: Store) -> None:
    jobs = (LimitedJob(text="a", limits=SMALL), LimitedJob(text="b", limits=LARGE))
    worker = Worker(backend=Watched(), store=store, fingerprint=FINGERPRINT, limits=LARGE)
    for outcome in run_batch(Batch(jobs, "mixed"), worker).values():
        assert outcome.error is not None
        assert "different limits" in outcome.error.message
