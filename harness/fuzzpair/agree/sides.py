"""One twin ready to be compared: an archive, which is linked into the program or the Python process that asks it."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.resources import files
from typing import ClassVar, Final

from fuzzpair.backends import Sandbox
from fuzzpair.builds.compilation import COMPILE_TIMEOUT_S
from fuzzpair.builds.cpp import ENTRIES
from fuzzpair.builds.sources import Sources
from fuzzpair.errors import BuildError
from fuzzpair.flavours import CPP_COMMON, CPP_LINK_COMMON, RUST_COMMON, RUST_COVERAGE
from fuzzpair.model.command import Command
from fuzzpair.model.language import Language
from fuzzpair.store import Store

# What production runs, at its level of optimisation and with its own checks, and coverage: answers are compared, and
# a sanitizer's work would be paid for in executions.
CPP_COMPARED: Final = ("-O2", "-fPIC", "-gline-tables-only", "-fsanitize=fuzzer-no-link")
RUST_COMPARED: Final = ("-Copt-level=3", "-Cdebuginfo=line-tables-only", "-Cforce-frame-pointers=yes", *RUST_COVERAGE)
ARCHIVE = "side.a"
LABEL: Final = {Language.CPP: "describe.cpp", Language.RUST: "describe.rs"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """Without an archive the compiler refused, and `problem` has its words."""

    archive: str | None  # sha256
    problem: str = ""
    files: tuple[tuple[str, str], ...] = ()  # what has to lie beside the process that asks: path -> sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Whom a job that compares asks: both sides and, in Python, the reference."""

    cpp: str  # sha256 of each archive
    rust: str
    beside: tuple[tuple[str, str], ...] = ()  # files of both sides: path -> sha256
    modules: tuple[tuple[str, str], ...] = ()  # of Python, this package's and the reference's: path -> sha256
    reference: str = ""  # module:function

    def files(self) -> dict[str, str]:
        """Path -> sha256, in the folder of whoever asks."""
        modules = {f"modules/{path}": sha256 for path, sha256 in self.modules}
        return {"cpp.a": self.cpp, "rust.a": self.rust, **dict(self.beside), **modules}


@dataclass(frozen=True, slots=True, kw_only=True)
class SideJob:
    """Compile one tree and its C ABI."""

    kind: ClassVar[str] = "side"
    revision: ClassVar[int] = 1
    result_type: ClassVar[type[Side]] = Side

    language: Language
    sources: Sources
    describe: str  # sha256 of agree/describe.cpp or .rs
    header: str  # sha256 of describe.h
    flags: tuple[str, ...]
    subject: str = field(default="", compare=False)

    @property
    def label(self) -> str:
        return f"{self.subject} to compare"

    def run(self, sandbox: Sandbox, store: Store) -> Side:
        folder = f"side-{self.language}"
        content = {path: store.get_blob(sha256) for path, sha256 in self.sources}
        content[LABEL[self.language]] = store.get_blob(self.describe)
        content["describe.h"] = store.get_blob(self.header)
        sandbox.put({f"{folder}/{path}": text for path, text in content.items()})
        lines = self._cpp_lines() if self.language is Language.CPP else self._rust_lines()
        clear = Command(argv=("rm", "-f", "--", ARCHIVE), cwd=folder, timeout_s=COMPILE_TIMEOUT_S)
        commands = [Command(argv=argv, cwd=folder, timeout_s=COMPILE_TIMEOUT_S) for argv in lines]
        done = sandbox.run_all([clear, *commands], keep_going=False)[-1]
        if not done.ok:
            said = done.stderr.decode(errors="replace").strip()
            return Side(archive=None, problem=f"{done.command.argv[0]}: {said[-600:]}")
        made = sandbox.get([f"{folder}/{ARCHIVE}"])
        if not made:
            raise BuildError(f"{self.label}: the build succeeded and wrote no {ARCHIVE}")
        return Side(archive=store.put_blob(made[f"{folder}/{ARCHIVE}"]))

    def _cpp_lines(self) -> list[tuple[str, ...]]:
        units = [path for path, _ in self.sources if path.endswith(".cpp") and not path.startswith(ENTRIES)]
        units.append(LABEL[self.language])
        objects = [f"{number}.o" for number, _ in enumerate(units)]
        compiling = [
            ("clang++", *CPP_COMMON, *CPP_COMPARED, "-I.", "-c", unit, "-o", made)
            for unit, made in zip(units, objects, strict=True)
        ]
        return [*compiling, ("llvm-ar", "rcs", ARCHIVE, *objects)]

    def _rust_lines(self) -> list[tuple[str, ...]]:
        common = ("rustc", *(flag for flag in RUST_COMMON if not flag.startswith("--error-format")), *RUST_COMPARED)
        glue = (LABEL[self.language], "--crate-name=side", "--extern=dns=libdns.rlib")
        return [
            (*common, "--crate-type=rlib", "--crate-name=dns", "src/lib.rs", "-o", "libdns.rlib"),
            (*common, "--crate-type=staticlib", *glue, "-o", ARCHIVE),
        ]


def side_job(language: Language, sources: Sources, describe: bytes, store: Store, subject: str) -> SideJob:
    """A side with the flags in force. `describe` is the text of the twin's own C ABI."""
    flags = (*CPP_COMMON, *CPP_COMPARED) if language is Language.CPP else (*RUST_COMMON, *RUST_COMPARED)
    return SideJob(
        language=language,
        sources=sources,
        describe=store.put_blob(describe),
        header=store.put_blob(native_file("describe.h")),
        flags=flags,
        subject=subject,
    )


def native_file(name: str) -> bytes:
    """One of the package's own C++ files that are linked beside the twins."""
    return (files("fuzzpair") / "agree" / "native" / name).read_bytes()


def shared_lines(*beside: str) -> list[tuple[str, ...]]:
    """Both sides as shared objects for ctypes, from `cpp.a` and `rust.a`, each with what answers its callbacks."""
    common = ("clang++", *CPP_LINK_COMMON, "-shared")
    return [
        (*common, f"-Wl,-u,fuzzpair_describe_{one}", f"{one}.a", *beside, "-ldl", "-o", f"{one}.so") for one in Language
    ]
