"""The state: plain files named by content, merged by union; what is torn or hostile is told of and never used."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import fsspec
import pytest

from fuzzpair.errors import StoreError, UsageError
from fuzzpair.model.language import Language
from fuzzpair.own_pair.state import FindingEvent, Happening, PairState, latest_record, unit_name
from fuzzpair.store import Files, digest
from own_pair.pair_records import finding, record

A, B, C = unit_name(b"a"), unit_name(b"b"), unit_name(b"c")
AT = "2026-11-26T04:00:00Z"


@pytest.fixture(scope="module")
def s3() -> Iterator[None]:
    """A real S3 server in this process, spoken to over a socket; how to reach it, in fsspec's own configuration."""
    from moto.server import ThreadedMotoServer  # noqa: PLC0415 - takes a CPU second, and the others need none

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    _, port = server.get_host_and_port()
    told = {"endpoint_url": f"http://127.0.0.1:{port}", "key": "of-a-test", "secret": "of-a-test"}
    fsspec.config.conf["s3"] = told
    try:
        yield
    finally:
        del fsspec.config.conf["s3"]
        server.stop()


@pytest.fixture(params=["folder", "memory", pytest.param("s3", marks=pytest.mark.slow)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "folder":
        return str(tmp_path / "pair")
    if request.param == "memory":
        return f"memory://{uuid.uuid4().hex}"
    request.getfixturevalue("s3")
    bucket = f"pairs-{uuid.uuid4().hex[:12]}"
    fsspec.filesystem("s3").mkdir(bucket)
    return f"s3://{bucket}/pair"


@pytest.fixture
def damaged() -> list[str]:
    return []


@pytest.fixture
def state(url: str, damaged: list[str]) -> PairState:
    return PairState(Files(url), damaged.append)


def test_units_are_plain_files_under_libfuzzers_names(state: PairState) -> None:
    assert state.unit_sizes("header") == {}
    assert set(state.add_units("header", [b"a", b"bb", b"a"])) == {A, unit_name(b"bb")}
    assert state.unit_sizes("header") == {A: 1, unit_name(b"bb"): 2}
    assert state.units("header", [A, B]) == {A: b"a"}
    assert state.files.read(f"corpora/header/{A}") == b"a"
    assert state.add_units("header", [b"a"], known=[A]) == ()


def test_two_nights_at_once_lose_nothing(state: PairState, url: str) -> None:
    """Each with a connection of its own, adding, pruning and reading at the same time."""

    def night(number: int) -> int:
        own = PairState(Files(url))
        for turn in range(4):
            own.add_units("header", [f"{number} {turn} {part}".encode() for part in range(3)])
            own.add_event(event(number, turn))
            sizes = own.unit_sizes("header")
            own.prune("header", sizes, (), AT)
        return number

    with ThreadPoolExecutor(4) as executor:
        assert sorted(executor.map(night, range(4))) == [0, 1, 2, 3]
    wanted = {f"{number} {turn} {part}".encode() for number in range(4) for turn in range(4) for part in range(3)}
    assert set(state.units("header", state.unit_sizes("header")).values()) == wanted
    assert len(state.events()) == 16


def event(number: int, turn: int) -> FindingEvent:
    at = f"2026-11-{10 + number:02}T0{turn}:00:00Z"
    return FindingEvent(
        happening=Happening.SEEN, run_id=f"run-{number}", at=at, finding=finding(key=f"bug2-{number:016}")
    )


def test_a_prune_moves_what_it_drops_aside_for_one_night(state: PairState) -> None:
    state.add_units("header", [b"a", b"b", b"c"])
    made = state.prune("header", [A], [B, A], AT)
    assert made is not None
    assert (made.number, made.kept, made.dropped) == (1, 1, (B,))
    assert set(state.unit_sizes("header")) == {A, C}, "what the prune did not know of stays"
    assert state.files.read(f"pruned/header/0001/{B}") == b"b"
    state.prune("header", [A], [C], AT)
    assert state.files.read(f"pruned/header/0001/{B}") == b"b"
    state.prune("header", [A], [], AT)
    assert state.files.read(f"pruned/header/0001/{B}") is None
    assert [one.number for one in state.generations("header")] == [1, 2, 3]


class Late(PairState):
    """A run that has decided what to prune when another one prunes first."""

    def generations(self, target: str) -> tuple[object, ...]:  # type: ignore[override]
        found = super().generations(target)
        if not found:
            PairState(self.files).prune(target, [A], [B], AT)
        return found


def test_of_two_prunes_at_once_one_gives_way(state: PairState) -> None:
    """Each of two units is all that covers an edge once the other is gone: both must never be dropped."""
    state.add_units("header", [b"a", b"b"])
    assert Late(state.files).prune("header", [B], [A], AT) is None
    assert set(state.unit_sizes("header")) == {A}
    assert len(state.generations("header")) == 1


def test_what_is_not_what_its_name_says_is_told_of_and_not_used(state: PairState, damaged: list[str]) -> None:
    state.add_units("header", [b"a"])
    state.files.write(f"corpora/header/{B}", b"torn")
    state.files.write("corpora/header/readme.txt", b"not a unit")
    state.files.write(f"corpora/header/{C}", b"x" * (2 << 20))
    assert state.units("header", state.unit_sizes("header")) == {A: b"a"}
    assert damaged == [f"corpora/header/{B}"]
    assert unit_name(b"a") in state.unit_sizes("header")


def test_a_torn_or_foreign_event_costs_no_other(state: PairState, damaged: list[str]) -> None:
    state.add_event(event(1, 1))
    state.files.write("findings/header/cpp/bug2-1/20261126T040000Z-0123456789abcdef.json", b'{"happening": "se')
    body = json.dumps({"happening": "seen", "finding": "none"}).encode()
    state.files.write(f"findings/header/cpp/bug2-1/20261126T040000Z-{digest(body)[:16]}.json", body)
    state.files.write("findings/header/cpp/bug2-1/notes.txt", b"a person's")
    assert [one.run_id for one in state.events()] == ["run-1"]
    assert len(damaged) == 2


@pytest.mark.parametrize("target", ["../../etc", "a/b", "", ".hidden", "a\nb", "x" * 200])
def test_no_name_leaves_its_folder(state: PairState, target: str) -> None:
    with pytest.raises(StoreError, match="cannot name a file of the state"):
        state.add_units(target, [b"a"])
    with pytest.raises(StoreError):
        state.add_event(replace(event(1, 1), finding=finding(target=target)))


def test_an_artifact_has_the_engines_name_of_its_content(state: PairState, damaged: list[str]) -> None:
    state.add_artifact("header", Language.CPP, f"crash-{A}", b"a")
    assert state.artifacts("header", Language.CPP, [f"crash-{A}", f"oom-{B}"]) == {f"crash-{A}": b"a"}
    assert state.artifact_names("header", Language.CPP) == (f"crash-{A}",)
    for name in (f"crash-{B}", f"slow-unit-{A}", "../x", f"crash-{A}/.."):
        with pytest.raises(StoreError):
            state.add_artifact("header", Language.CPP, name, b"a")
    state.files.write(f"artifacts/header/cpp/leak-{B}", b"torn")
    assert state.artifacts("header", Language.CPP, [f"leak-{B}"]) == {}
    assert damaged == [f"artifacts/header/cpp/leak-{B}"]


def test_logs_and_records_come_back(state: PairState, damaged: list[str]) -> None:
    name = state.add_log(b"said")
    assert state.log(name) == b"said"
    state.files.write(f"logs/{name}", b"altered")
    assert state.log(name) is None
    assert damaged == [f"logs/{name}"]
    with pytest.raises(UsageError, match="no run of this pair"):
        latest_record(state)
    for number in range(3):
        state.add_record(record(run_id=f"2026112{number}T000000Z-0000000{number}"))
    assert [one.run_id[:8] for one in state.records(2)] == ["20261121", "20261122"]
    assert latest_record(state).run_id.startswith("20261122")


def test_a_link_is_no_unit(tmp_path: Path) -> None:
    state = PairState(Files(str(tmp_path / "pair")))
    state.add_units("header", [b"a"])
    (tmp_path / "secret").write_bytes(b"b")
    (tmp_path / "pair" / "corpora" / "header" / B).symlink_to(tmp_path / "secret")
    assert set(state.unit_sizes("header")) == {A}


def test_a_place_that_cannot_be_read_is_an_error_with_a_next_step(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError) as caught:
        PairState(Files(str(tmp_path / "file" / "pair"))).add_units("header", [b"a"])
    assert caught.value.next_step
    with pytest.raises(StoreError, match="no-such-protocol"):
        PairState(Files("no-such-protocol://x")).unit_sizes("header")
