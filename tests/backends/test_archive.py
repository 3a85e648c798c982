from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator

import pytest

from fuzzpair.backends import archive
from fuzzpair.backends.archive import check_path, pack, unpack
from fuzzpair.errors import SandboxError


def tar(*entries: tuple[str, bytes, bytes]) -> list[bytes]:
    """An archive of (name, type, content or link target), cut into uneven chunks as a socket would."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as out:
        for name, kind, content in entries:
            entry = tarfile.TarInfo(name)
            entry.type = kind
            if kind == tarfile.REGTYPE:
                entry.size = len(content)
            else:
                entry.linkname = content.decode()
            out.addfile(entry, io.BytesIO(content))
    octets = buffer.getvalue()
    return [octets[:700], octets[700:701], octets[701:]]


def test_what_is_packed_comes_out_again() -> None:
    files = {"a/b/c": b"deep", "top": bytes(range(256)) * 9}
    packed = pack(files, owner=1000)
    with tarfile.open(fileobj=io.BytesIO(packed)) as made:
        assert made.getnames() == ["a", "a/b", "a/b/c", "top"]
        assert {(one.uid, one.gid, one.mode) for one in made} == {(1000, 1000, 0o755)}


def test_entries_are_named_from_the_root() -> None:
    chunks = tar(("out", tarfile.DIRTYPE, b""), ("out/a", tarfile.REGTYPE, b"1"), ("out/./b/c", tarfile.REGTYPE, b"22"))
    assert unpack(chunks, asked="out", size_limit=10) == {"out/a": b"1", "out/b/c": b"22"}


@pytest.mark.parametrize(
    ("name", "kind", "target"),
    [
        ("out/link", tarfile.SYMTYPE, b"/etc/passwd"),
        ("out/link", tarfile.SYMTYPE, b"inside"),
        ("out/link", tarfile.LNKTYPE, b"out/inside"),
        ("out/fifo", tarfile.FIFOTYPE, b""),
        ("out/device", tarfile.CHRTYPE, b""),
        ("../escape", tarfile.REGTYPE, b""),
        ("out/../../escape", tarfile.REGTYPE, b""),
        ("/etc/cron.d/job", tarfile.REGTYPE, b""),
    ],
)
def test_hostile_entries_are_refused(name: str, kind: bytes, target: bytes) -> None:
    with pytest.raises(SandboxError):
        unpack(tar((name, kind, target)), asked="out", size_limit=1 << 20)


def test_reading_stops_at_the_limit_and_not_behind_it() -> None:
    taken: list[int] = []

    def chunks() -> Iterator[bytes]:
        header = tarfile.TarInfo("out/huge")
        header.size = 1 << 50
        yield header.tobuf(tarfile.GNU_FORMAT)
        while True:
            taken.append(1)
            yield bytes(1 << 16)

    with pytest.raises(SandboxError, match="more than 1000 octets"):
        unpack(chunks(), asked="out", size_limit=1000)
    assert len(taken) < 10


def test_too_many_files_are_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "ENTRY_LIMIT", 3)
    with pytest.raises(SandboxError, match="more than 3 files"):
        unpack(tar(*((f"out/{n}", tarfile.REGTYPE, b"") for n in range(4))), asked="out", size_limit=10)


def test_a_damaged_archive_is_an_error_and_not_fewer_files() -> None:
    chunks = tar(("out/a", tarfile.REGTYPE, bytes(5000)))
    with pytest.raises(SandboxError, match="damaged"):
        unpack([b"".join(chunks)[:2000]], asked="out", size_limit=1 << 20)


def test_paths_that_are_inside() -> None:
    assert str(check_path("a/./b")) == "a/b"
    assert str(check_path(".")) == "."
    assert str(check_path("a..b/...")) == "a..b/..."
