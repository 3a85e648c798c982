"""The files that OSS-Fuzz's contract puts beside a target: seeds, options, a dictionary. A stranger wrote each."""

from __future__ import annotations

import configparser
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

SEED_LIMIT = 1 << 20  # octets; libFuzzer reads no more of a file
SEEDS_LIMIT = 20_000
ALL_LIMIT = 256 << 20  # octets
SECTIONS = ("libfuzzer", "asan", "msan", "tsan", "ubsan")
OPTIONS_LIMIT = 1 << 16  # octets of the file
_PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # what LZMA allocates is for its writer to say
_ENTRY = re.compile(rb'(?:[A-Za-z0-9_@.-]+[ \t]*=[ \t]*)?"((?:[^"\\\x00-\x1f]|\\["\\]|\\x[0-9A-Fa-f]{2})+)"')


@dataclass(frozen=True, slots=True)
class Seeds:
    """Each different seed once, and what was left out with the reason."""

    contents: tuple[bytes, ...]
    left_out: tuple[str, ...] = ()


def read_seeds(content: bytes, name: str) -> Seeds:
    """The files of a `<target>_seed_corpus.zip`, whatever their paths are. Never raises; never writes a file."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _read(archive, name)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError, zlib.error) as error:
        return Seeds((), (f"{name}: cannot be read: {error}",))


def _read(archive: zipfile.ZipFile, name: str) -> Seeds:
    seeds: dict[bytes, None] = {}
    refused: dict[str, int] = {}
    left = ALL_LIMIT
    for entry in archive.infolist():
        if entry.filename.endswith("/"):  # is_dir() of Python before 3.12 falls over a name that is empty
            continue
        if len(seeds) >= SEEDS_LIMIT or left <= 0:
            refused["over the limit of all seeds"] = refused.get("over the limit of all seeds", 0) + 1
            continue
        seed, why = _seed(archive, entry, min(SEED_LIMIT, left))
        if why:
            refused[why] = refused.get(why, 0) + 1
        else:
            left -= len(seed)
            seeds[seed] = None
    return Seeds(tuple(seeds), tuple(f"{name}: {count} seeds left out: {why}" for why, count in refused.items()))


def _seed(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, limit: int) -> tuple[bytes, str]:
    """One file, or why not. Its size is read, not believed."""
    if entry.flag_bits & 1:
        return b"", "encrypted"
    if entry.compress_type not in _PLAIN:
        return b"", "neither stored nor deflated"
    try:
        with archive.open(entry) as file:
            seed = file.read(limit + 1)
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, zlib.error):
        return b"", "damaged"
    return (b"", f"larger than {limit} octets") if len(seed) > limit else (seed, "")


def read_options(content: bytes, name: str) -> tuple[tuple[tuple[str, str, str], ...], tuple[str, ...]]:
    """`<target>.options`: (section, name, value) in order, and what was left out."""
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(content[:OPTIONS_LIMIT].decode("utf-8"))
    except (configparser.Error, UnicodeDecodeError) as error:
        return (), (f"{name}: cannot be read: {str(error).splitlines()[0]}",)
    options = [(one.lower(), key, value) for one in parser.sections() for key, value in parser.items(one)]
    known = tuple(option for option in options if option[0] in SECTIONS)
    unknown = sorted({section for section, _, _ in options} - set(SECTIONS))
    return known, tuple(f"{name}: the section [{section}] is not known" for section in unknown)


def dictionary_problem(content: bytes) -> str:
    """Why libFuzzer would end at this dictionary instead of fuzzing; empty where it would not."""
    for number, line in _lines(content):
        if line and not line.startswith(b"#") and not _ENTRY.fullmatch(line):
            return f"line {number} is no entry of a dictionary"
    return ""


def _lines(content: bytes) -> Iterator[tuple[int, bytes]]:
    return ((number, line.strip()) for number, line in enumerate(content.split(b"\n"), 1))
