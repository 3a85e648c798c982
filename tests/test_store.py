"""The store never takes a torn or altered file for a result, wherever its URL points."""

from __future__ import annotations

import pickle
import uuid
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzzpair.errors import StoreError
from fuzzpair.store import INCOMING, Files, Store, canonical_json, digest

KEY = "ab" * 32


@pytest.fixture(params=["folder", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    # memory:// is one place for the whole process, so each test takes a root of its own.
    return Store(str(tmp_path / "store") if request.param == "folder" else f"memory://{uuid.uuid4().hex}")


def files_of(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_blob_comes_back_by_its_digest(store: Store) -> None:
    name = store.put_blob(b"\x00octets\xff")
    assert name == digest(b"\x00octets\xff")
    assert store.put_blob(b"\x00octets\xff") == name
    assert store.get_blob(name) == b"\x00octets\xff"


def test_a_result_comes_back_by_its_key(store: Store) -> None:
    assert store.get_result(KEY) is None
    store.put_result(KEY, {"complete": True, "programs": [["judge", "é"]]})
    store.put_result(KEY, {"complete": True, "programs": [["judge", "è"]]})
    assert store.get_result(KEY) == {"complete": True, "programs": [["judge", "è"]]}


def test_a_document_comes_back_by_its_path(store: Store) -> None:
    assert store.get_document("runs/latest") is None
    store.put_document("runs/latest", "one")
    store.put_document("runs/2026/one.json", "{}")
    assert (store.get_document("runs/latest"), store.get_document("runs/2026/one.json")) == ("one", "{}")


def test_it_survives_a_pickle_also_when_it_is_connected(store: Store) -> None:
    name = store.put_blob(b"octets")
    assert pickle.loads(pickle.dumps(store)).get_blob(name) == b"octets"


def test_a_missing_blob_is_an_error_with_a_next_step_that_works(store: Store) -> None:
    with pytest.raises(StoreError, match=KEY) as caught:
        store.get_blob(KEY)
    # "Run again" alone would reuse the result that names the blob.
    assert "/results" in caught.value.next_step


def test_an_altered_blob_is_an_error(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    name = store.put_blob(b"octets")
    (path,) = files_of(tmp_path)
    path.write_bytes(b"octet")
    with pytest.raises(StoreError, match="altered") as caught:
        store.get_blob(name)
    assert str(path) in caught.value.next_step


@given(cut=st.integers(min_value=0, max_value=200))
def test_a_torn_result_counts_as_absent(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    folder = tmp_path_factory.mktemp("store")
    store = Store(str(folder))
    store.put_result(KEY, {"complete": True, "numbers": list(range(40))})
    (path,) = files_of(folder)
    whole = path.read_bytes()
    path.write_bytes(whole[:cut])
    assert cut < len(whole)
    assert store.get_result(KEY) is None


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe\n{}", b"{}", b"0" * 64 + b"\n{}"])
def test_what_is_no_result_counts_as_absent(tmp_path: Path, content: bytes) -> None:
    store = Store(str(tmp_path))
    store.put_result(KEY, {})
    files_of(tmp_path)[0].write_bytes(content)
    assert store.get_result(KEY) is None


def test_a_write_leaves_no_temporary_file(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    store.put_result(KEY, {})
    store.put_blob(b"octets")
    store.put_document("runs/latest", "one")
    assert {path.suffix for path in files_of(tmp_path)} == {""}
    assert len(files_of(tmp_path)) == 3


def test_a_write_that_fails_leaves_nothing_and_says_where(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    # A folder in the target's place lets the temporary file be written, and the rename fail.
    (tmp_path / "results" / KEY[:2] / KEY).mkdir(parents=True)
    with pytest.raises(StoreError, match=KEY):
        store.put_result(KEY, {})
    assert files_of(tmp_path) == []


def test_what_a_killed_process_left_is_swept_away_when_it_is_old(tmp_path: Path) -> None:
    files = Files(str(tmp_path))
    files.sweep()
    files.write("a/b", b"whole")
    (tmp_path / INCOMING / "torn").write_bytes(b"to")
    files.sweep()
    assert (tmp_path / INCOMING / "torn").exists(), "another process may be writing it"
    files.sweep(older_s=-1)
    assert files_of(tmp_path) == [tmp_path / "a" / "b"]


def test_a_folder_that_cannot_be_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("a file")
    store = Store(str(tmp_path / "store"))
    with pytest.raises(StoreError, match="cannot write"):
        store.put_blob(b"octets")


def test_stores_merge_by_copying_their_files(tmp_path: Path) -> None:
    one, other = Store(str(tmp_path / "one")), Store(str(tmp_path / "other"))
    names = [one.put_blob(b"both"), other.put_blob(b"both"), other.put_blob(b"other")]
    for path in files_of(tmp_path / "other"):
        target = tmp_path / "one" / path.relative_to(tmp_path / "other")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    assert [one.get_blob(name) for name in names] == [b"both", b"both", b"other"]


def test_json_is_canonical() -> None:
    assert canonical_json({"b": 1, "a": [1, "é"]}) == canonical_json({"a": [1, "é"], "b": 1})
    assert canonical_json({"b": 1, "a": "é"}) == b'{"a":"\\u00e9","b":1}'
    with pytest.raises(TypeError):
        canonical_json({"a": {1}})
