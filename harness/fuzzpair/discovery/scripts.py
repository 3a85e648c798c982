"""OSS-Fuzz's side of a repository: build scripts, what they leave in $OUT, and what their Dockerfiles ask for. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from fuzzpair.discovery.listing import C_SUFFIXES, ENTRY, Listing

_OUT_FILE: Final = re.compile(r"""\$\{?OUT\}?"?/([A-Za-z0-9_][A-Za-z0-9_.-]*)(?![A-Za-z0-9_.$({/*-])""")
_SRC_PATH: Final = re.compile(r"""\$\{?SRC\}?"?/([A-Za-z0-9_][A-Za-z0-9_.-]*)((?:/[\w.+-]+)*)""")
_ENGINE: Final = re.compile(r"\bLIB_FUZZING_ENGINE\b|-lFuzzingEngine\b")
_OUT: Final = re.compile(r"\$\{?OUT\b")
_COMMENT: Final = re.compile(r"(?m)(^|\s)#.*$")
_CONTINUED: Final = re.compile(r"\\\r?\n")
_NOT_PROGRAMS: Final = (".dict", ".options", ".zip", ".so", ".a", ".o", ".txt", ".cfg", ".labels", ".proto")
# What builds another language with OSS-Fuzz's own helpers: there is nothing for clang in it.
_OTHERS: Final = (
    ("cargo fuzz", "cargo fuzz, which needs no build script here"),
    ("compile_go_fuzzer", "Go"),
    ("compile_native_go_fuzzer", "Go"),
    ("compile_python_fuzzer", "Python"),
    ("compile_javascript_fuzzer", "JavaScript"),
    ("jazzer", "Java"),
)
# Command -> Debian's package, of those that are not in every pair's image.
_PACKAGES: Final = {
    "bison": "bison",
    "bzr": "bzr",
    "flex": "flex",
    "gperf": "gperf",
    "meson": "meson",
    "nasm": "nasm",
    "protoc": "protobuf-compiler",
    "re2c": "re2c",
    "rsync": "rsync",
    "scons": "scons",
    "svn": "subversion",
    "xxd": "xxd",
    "yasm": "yasm",
}
# What is in it: docker/toolchain/Dockerfile and own_pair/sources.py, which a test compares with this.
GIVEN: Final = frozenset(
    {"autoconf", "automake", "cmake", "curl", "git", "libtool", "make", "ninja-build", "patch", "perl", "pkg-config"}
    | {"python3", "unzip", "wget", "xz-utils", "zip", "bzip2", "build-essential", "clang", "gcc", "g++"}
)
_SEPARATOR: Final = re.compile(r"[;&|()`\n!{}]+")
_BEFORE_A_COMMAND: Final = frozenset(
    {"do", "elif", "else", "exec", "if", "sudo", "then", "time", "until", "while", "xargs"}
)
_INSTALL: Final = re.compile(r"\bapt(?:-get)?\s+(?:-\S+\s+)*install\s+([^;&|\n]*)")
_PACKAGE: Final = re.compile(r"[a-z0-9][a-z0-9+.-]{1,99}")
_CLONED: Final = re.compile(r"\bgit\s+clone\b[^;&|\n]*?(\S+?)(?:\s+(\$?[\w./{}-]+))?\s*(?=[;&|\n]|$)")
_SOURCE: Final = re.compile(r"""(?<![^\s"'])([A-Za-z0-9_][\w./+-]*\.(?:c|cc|cpp|cxx|c\+\+))(?![^\s"';)])""")
_WORKDIR: Final = re.compile(r"(?im)^\s*WORKDIR\s+(\S+)")
_BLOCK: Final = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
_DEFINITION: Final = re.compile(rf"\b{ENTRY}\s*\([^;{{]*\)\s*{{")


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A build script of the OSS-Fuzz contract."""

    path: str
    programs: tuple[str, ...]  # that it names after $OUT
    source: str  # the folder in which the script finds the files that it names; "." where it names none
    fetch: str  # a fetch.sh beside it, "" where there is none
    expects: str  # the folder of $SRC that it names or its Dockerfile works in; "" where neither does
    packages: tuple[str, ...]
    fetched: tuple[str, ...]  # what its Dockerfile clones besides
    missing: tuple[str, ...]  # other folders of $SRC that it names, and nobody says where they come from
    sanitizers: tuple[str, ...]  # of its project.yaml
    dictionaries: tuple[str, ...]  # names of files that it mentions
    copies_all_dictionaries: bool
    makes_seeds: bool
    rank: tuple[int, int, int, str]  # the smallest is the likeliest

    @property
    def folder(self) -> str:
        return str(PurePosixPath(self.path).parent)


def find_scripts(listing: Listing) -> tuple[Script, ...]:
    """Build scripts for C and C++, the likeliest first."""
    found = (
        _script(path, text, listing)
        for path, text in listing.texts.items()
        if path.endswith(".sh") and is_build_script(text)
    )
    return tuple(sorted(found, key=lambda script: script.rank))


def is_build_script(text: str) -> bool:
    code = _code(text)
    return bool(_ENGINE.search(code) and _OUT.search(code))


def find_others(listing: Listing) -> Iterator[tuple[str, str]]:
    """Scripts that leave something in $OUT which clang does not make: path, and what it is for."""
    for path, text in sorted(listing.texts.items()):
        code = _code(text) if path.endswith(".sh") else ""
        if _OUT.search(code) and not is_build_script(text):
            yield from ((path, what) for mark, what in _OTHERS if mark in code)


def find_sources(listing: Listing) -> tuple[str, ...]:
    """C and C++ files that define the function which libFuzzer calls."""
    return tuple(
        sorted(
            path
            for path, text in listing.texts.items()
            if PurePosixPath(path).suffix.lower() in C_SUFFIXES and _DEFINITION.search(_BLOCK.sub(" ", text))
        )
    )


def _code(text: str) -> str:
    return _COMMENT.sub(r"\1", _CONTINUED.sub(" ", text))


def _script(path: str, text: str, listing: Listing) -> Script:
    code = _code(text)
    dockerfile = _beside(path, "Dockerfile", listing)
    image = _code(dockerfile)
    expects = _works_in(image) or _own_folder(code, listing)
    cloned = {into: url for url, into in _clones(image) if into != expects}
    return Script(
        path=path,
        programs=tuple(dict.fromkeys(name for name in _OUT_FILE.findall(code) if not name.endswith(_NOT_PROGRAMS))),
        source=_source(code, listing),
        fetch=fetch if (fetch := str(PurePosixPath(path).with_name("fetch.sh"))) in listing.files else "",
        expects=expects,
        packages=_packages(code, image),
        fetched=tuple(cloned.values()),
        missing=tuple(sorted(_named_folders(code, path, listing) - {expects} - {*cloned})),
        sanitizers=_listed(_beside(path, "project.yaml", listing), "sanitizers"),
        dictionaries=tuple(re.findall(r"[\w.-]+\.dict\b", code)),
        copies_all_dictionaries="*.dict" in code,
        makes_seeds="_seed_corpus" in code,
        rank=_rank(path, has_dockerfile=bool(dockerfile)),
    )


def _rank(path: str, *, has_dockerfile: bool) -> tuple[int, int, int, str]:
    pure = PurePosixPath(path)
    at_home = {".clusterfuzzlite": 0, "oss-fuzz": 1, "ossfuzz": 1}.get(pure.parent.name, 2)
    return at_home, not has_dockerfile, len(pure.parts) + (pure.name != "build.sh"), path


def _beside(path: str, name: str, listing: Listing) -> str:
    return listing.texts.get(str(PurePosixPath(path).with_name(name)), "")


def _works_in(dockerfile: str) -> str:
    """The folder of $SRC in which OSS-Fuzz would run the script."""
    found = _WORKDIR.findall(dockerfile)
    parts = PurePosixPath(found[-1].strip("\"'")).parts if found else ()
    below = parts[2:] if parts[:2] == ("/", "src") else parts[1:] if parts[:1] in (("$SRC",), ("${SRC}",)) else parts
    return below[0] if below and re.fullmatch(r"[\w.-]+", below[0]) else ""


def _own_folder(code: str, listing: Listing) -> str:
    """The folder of $SRC that is this repository: the one below which the script names files that are here."""
    known = {*listing.files, *listing.in_folder}
    below: list[str] = [name for name, rest in _SRC_PATH.findall(code) if rest.strip("/") in known]
    if below:
        return max(sorted(set(below)), key=below.count)
    named: list[str] = [name for name, _ in _SRC_PATH.findall(code)]
    return next((name for name in named if name.lower() == listing.name.lower()), "")


def _source(code: str, listing: Listing) -> str:
    """The folder below which the sources are that a script names without saying where; the root, unless another fits
    better."""
    named = set(_SOURCE.findall(code))
    counts = {"": sum(name in known for name in named)} if (known := {*listing.files}) else {"": 0}
    for folder in sorted(folder for folder in listing.in_folder if folder != "."):
        counts[folder] = sum(f"{folder}/{name}" in known for name in named)
    best = max(counts, key=lambda folder: (counts[folder], -folder.count("/"), folder == ""))
    return best if best and counts[best] > counts[""] else "."


def _named_folders(code: str, path: str, listing: Listing) -> set[str]:
    """What a script names in $SRC, but for the files beside it, which are put there."""
    beside = {PurePosixPath(file).name for file in listing.in_folder.get(str(PurePosixPath(path).parent), ())}
    return {name for name, _ in _SRC_PATH.findall(code)} - beside


def _clones(dockerfile: str) -> Iterator[tuple[str, str]]:
    """What is cloned, and the name of the folder that it becomes."""
    for url, into in _CLONED.findall(dockerfile):
        yield url, PurePosixPath(into or url).name.removesuffix(".git")


def _packages(code: str, dockerfile: str) -> tuple[str, ...]:
    """Debian packages: those that the Dockerfile installs, and those of the commands that the script runs."""
    listed = (word for line in _INSTALL.findall(dockerfile) for word in line.split())
    wanted = {word for word in listed if _PACKAGE.fullmatch(word)}
    wanted |= {_PACKAGES[command] for command in _commands(code) if command in _PACKAGES}
    return tuple(sorted(wanted - GIVEN))


def _commands(code: str) -> Iterator[str]:
    """The names of what a script runs, as far as can be seen without running it."""
    for part in _SEPARATOR.split(code):
        for word in part.split():
            if word not in _BEFORE_A_COMMAND and not word.startswith("-") and "=" not in word:
                yield word.strip("\"'").rpartition("/")[2]
                break


def _listed(text: str, key: str) -> tuple[str, ...]:
    """A list of words in a YAML file that may be broken elsewhere."""
    block = re.search(rf"(?m)^{key}\s*:[ \t]*(\[[^\]]*\]|(?:\n[ \t]*-[^\n]*)+)", text)
    return tuple(re.findall(r"[\w-]*\w", block.group(1).replace("experimental: True", ""))) if block else ()
