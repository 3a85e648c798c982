"""A made-up pair in a folder of its own, and compilers and programs that imitate what real ones do with it.

A tree misbehaves by the words in it: `slip("…")` is a mistake that an input with `!` triggers, `refused();` is what a
compiler rejects, `misspelt();` what it does not know, `doubtful();` what it warns of.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import struct
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fuzzpair.backends.fake import TOOLCHAIN, FakeBackend
from fuzzpair.config import load_config
from fuzzpair.errors import BackendError, SandboxError
from fuzzpair.jobs import Worker
from fuzzpair.model.command import Command, Completed, Limits
from fuzzpair.model.run_record import Row, RunRecord
from fuzzpair.pipeline import Experiment
from fuzzpair.progress import Observer, Silent
from fuzzpair.store import Store

PIPELINE = """\
version: 1
pair: {name: tiny, cpp: targets-cpp/tiny, rust: targets-rust/tiny, corpus: corpus/tiny, targets: [message]}
image: docker
workers: 2
profiles:
  default:
    flavours:
      cpp: [default, hardened, canary, address]
      rust: [default, hardened, canary, address]
      rust-unsafe: [default, hardened, canary, address]
    seeds: [1]
    trigger_runs: 1000
    trigger_inputs: 3
    found_runs: 500
    replay_timeout_s: 5
    fuse_s: 60
baseline: expected.yml
"""
CLAIMS = """\
version: 1
claims:
  - id: next-stops
    claim: what is typed next stops
    source: a test
    about: { classes: [use-after-free] }
    core: [{ says: it stops, variant: rust-shipped, for: [stopped] }]
    limits: [{ says: it stops with unsafe, variant: rust-unsafe, for: [stopped] }]
    mistakes: { to_hold: 1, to_refute: 1 }
    share: { to_hold: 1.0, with_limits: 1.0 }
"""
CPP = {
    "src/name.cpp": "int parse() {\n    check();\n    return 0;\n}\n",
    "src/main.cpp": "int main() { return parse(); }\n",
    "src/fuzz_message.cpp": "int fuzz() { return parse(); }\n",
}
RUST = {
    "src/lib.rs": "pub fn parse() {\n    check();\n}\n",
    "src/main.rs": "fn main() { parse() }\n",
    "fuzz/fuzz_targets/message.rs": "fn fuzz() { parse() }\n",
}
FACTS = "Bug-Class: {bug_class}\nCWE: 416\nBorn-In: C++\n"


def cpp_patch(*lines: str, bug_class: str = "use-after-free", canary: bool = True) -> str:
    """The C++ variant: `check();` replaced by these lines."""
    overlay = f"Canary-At: src/name.cpp: {lines[-1]}\nCanary: triggered\n" if canary else ""
    header = f"A slip\n\n{FACTS.format(bug_class=bug_class)}Function: parse\n{overlay}\n"
    return header + _diff("src/name.cpp", 3, " int parse() {", *lines, behind="     return 0;")


def rust_patch(*lines: str, canary: bool = False) -> str:
    overlay = f"Canary-At: src/lib.rs: {lines[-1]}\nCanary: triggered\n" if canary else ""
    header = f"The same slip\n\nFunction: parse\n{overlay}\n"
    return header + _diff("src/lib.rs", 3, " pub fn parse() {", *lines, behind=" }")


def _diff(file: str, count: int, first: str, *lines: str, behind: str) -> str:
    planted = "".join(f"+    {line}\n" for line in lines)
    hunk = f"@@ -1,{count} +1,{count - 1 + len(lines)} @@\n{first}\n-    check();\n{planted}{behind}\n"
    return f"--- a/{file}\n+++ b/{file}\n{hunk}"


class TinyPair:
    """The pair's folder, and runs of the whole experiment on it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for folder, tree in (("targets-cpp/tiny", CPP), ("targets-rust/tiny", RUST)):
            for path, text in tree.items():
                self.write(f"{folder}/{path}", text)
        self.write("docker/Dockerfile", "FROM nothing\n")
        self.write("pipeline.yml", PIPELINE)
        self.write("corpus/tiny/message/first", "seed?")
        self.plant_all()

    def plant_all(self) -> None:
        """Caught in three ways: detected and rejected, wrong output and a panic."""
        self.plant("cpp", "stale", cpp_patch('slip("freed");'))
        self.plant("rust", "stale", rust_patch("refused();"))
        self.plant("rust", "stale.next", rust_patch('slip("panic");', canary=True))
        self.plant("rust", "stale.unsafe", rust_patch('slip("freed");', canary=True))
        self.plant("cpp", "wrong", cpp_patch('slip("wrong");', bug_class="off-by-one"))
        self.plant("rust", "wrong", rust_patch('slip("panic");'))

    def plant(self, language: str, name: str, text: str) -> None:
        self.write(f"targets-{language}/tiny/mistakes/{name}.patch", text)

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def ask(self, claims: str) -> None:
        self.write("claims.yml", claims)
        self.write("pipeline.yml", f"{PIPELINE}claims: claims.yml\n")

    def run(
        self, tools: Tools | None = None, observer: Observer | None = None, selected: tuple[str, ...] = ()
    ) -> RunRecord:
        store = Store(str(self.root / ".fuzzpair" / "store"))
        backend = FakeBackend(tools or Tools())
        config = load_config(self.root / "pipeline.yml")
        executor: Executor
        with ThreadPoolExecutor(2) as executor:
            return Experiment(
                config=config,
                profile_name="default",
                toolchain=TOOLCHAIN,
                worker=Worker(backend=backend, store=store, fingerprint=TOOLCHAIN.fingerprint, limits=Limits()),
                executor=executor,
                observer=observer or Silent(),
                selected=selected,
            ).run()


@dataclass(frozen=True)
class Undisturbed:
    """A clean run, which tests share, and the folder it left."""

    root: Path
    record: RunRecord


def copy_tree(made: Path, into: Path) -> None:
    """A pair's folder with its state, as it was behind a run."""
    shutil.copytree(made, into, copy_function=shutil.copyfile, dirs_exist_ok=True)


def rows_of(record: RunRecord) -> dict[str, str]:
    """Row -> its rung, or its problem."""
    return {row.name: shown(row) for row in record.rows}


def shown(row: Row) -> str:
    assert (row.verdict is None) == (row.problem is not None), "a row has either a verdict or a problem"
    return f"problem: {row.problem}" if row.verdict is None else str(row.verdict.rung)


# --- compilers and programs ------------------------------------------------------------------------

Files = dict[str, bytes]


@dataclass(frozen=True)
class Tools:
    """An Answer: what each command of a run does. The fields make one of them fail."""

    deaf: str = ""  # a flavour whose sanitizer says nothing
    idle: str = ""  # a word; fuzzers of trees that hold it execute nothing
    dirty: str = ""  # a word; judges of trees that hold it die on every input
    unlinked: str = ""  # a word; linking a tree that holds it fails
    unheard: tuple[str, str] = ("", "")  # a flavour and a word; such a judge's sandbox cannot be trusted
    faithless: str = ""  # a word; the canary of trees that hold it is never true
    short: bool = False  # campaigns of trees without a slip end at half of their budget
    prints: str = ""  # what judges print in the place of an answer
    blunt: str = ""  # an analyzer that fails
    gone: str = ""  # a program, or a word of a fuzzer's tree, behind which the engine stops answering
    interrupted: str = ""  # a program, or a word of a fuzzer's tree, at whose start a person presses Ctrl-C

    def __call__(self, command: Command, files: Files) -> Completed:
        completed = self._answer(command, files)
        return replace(completed, cpu_s=0.01)

    def _answer(self, command: Command, files: Files) -> Completed:
        program = command.argv[0]
        if program == self.gone:
            raise BackendError("the engine stopped answering", next_step="start it")
        if program == self.interrupted:
            raise KeyboardInterrupt
        if program in ("clang", "clang++", "rustc"):
            return self._compile(command, files)
        if program in ("clang-tidy", "clippy-driver"):
            return self._analyze(command, files)
        if program == "rm":
            for name in command.argv[3:]:
                files.pop(path_of(command, name), None)
            return Completed(command=command, exit_code=0)
        if program == "tar":  # the compiler's state: this one has none
            files.setdefault(path_of(command, command.argv[2]), b"state")
            return Completed(command=command, exit_code=0)
        if program == "./known_bad":
            return self._known_bad(command)
        return self._run(program, command, files, json.loads(files[path_of(command, program)]))

    def _run(self, program: str, command: Command, files: Files, content: dict[str, Any]) -> Completed:
        """What was compiled."""
        if self.gone and program != "./judge" and self.gone in content["text"]:
            raise BackendError("the engine stopped answering", next_step="start it")
        if self.interrupted and program != "./judge" and self.interrupted in content["text"]:
            raise KeyboardInterrupt
        if program == "./judge" and content["flavour"] == self.unheard[0] and self.unheard[1] in content["text"]:
            raise SandboxError("a link came out")
        if command.cwd == "load":
            return self._load(command, files, content)
        return self._judge(command, files, content) if program == "./judge" else self._fuzz(command, files, content)

    # --- compilers

    def _compile(self, command: Command, files: Files) -> Completed:
        inputs = [one for one in command.argv[1:] if one.endswith((".cpp", ".rs", ".o", ".c")) and one[0] != "-"]
        texts = {one: files[path_of(command, one)].decode() for one in inputs if one != command.argv[-1]}
        if command.argv[0] == "rustc":
            texts |= library_of(command, files)
        said = [diagnostic(path, text) for path, text in texts.items()]
        failed = any("error" in one for one in said)
        is_link = not command.argv[-1].endswith((".o", ".rlib"))
        if is_link and self.unlinked and any(self.unlinked in compiled(text) for text in texts.values()):
            return Completed(command=command, exit_code=1, stderr=b"ld.lld: undefined symbol")
        if not failed:
            made = {"flavour": command.cwd.partition("-")[2], "text": "\n".join(map(compiled, texts.values()))}
            files[path_of(command, command.argv[-1])] = json.dumps(made).encode()
        return Completed(command=command, exit_code=int(failed), stderr="".join(said).encode())

    def _analyze(self, command: Command, files: Files) -> Completed:
        """An analyzer warns of `suspect();`, and of `odd();` everywhere."""
        path = next(one for one in command.argv if one.endswith((".cpp", ".rs")))
        if self.blunt == command.argv[0]:
            return Completed(command=command, exit_code=1, stderr=b"cannot read its checks")
        said = []
        for number, line in enumerate(files[path_of(command, path)].decode().split("\n"), 1):
            if "suspect();" in line or "odd();" in line:
                shown = f"/sandbox/{command.cwd}/{path}:{number}:5: warning: a suspicious call [bugprone-{len(line)}]\n"
                said.append(rustc(path, number, "clippy::suspicious", "warning") if path.endswith(".rs") else shown)
        return Completed(command=command, exit_code=0, stdout="".join(said).encode())

    def _known_bad(self, command: Command) -> Completed:
        fault = command.argv[1]
        if fault in ("none", self.deaf):
            return Completed(command=command, exit_code=0)
        said = FAULTS.get(fault, asan("fault"))
        return Completed(command=command, exit_code=90, stderr=said)

    # --- programs

    def _judge(self, command: Command, files: Files, program: dict[str, Any]) -> Completed:
        content, text = files[path_of(command, command.argv[-1])], program["text"]
        is_triggered = b"!" in content
        counts = dict(command.env).get("FUZZPAIR_CANARY")
        if counts is not None:
            is_triggered = is_triggered and "slip(" in text and not (self.faithless and self.faithless in text)
            files[path_of(command, counts)] = struct.pack("=QQ", "canary" in text, is_triggered)
            return Completed(
                command=command, exit_code=86 if is_triggered else 0, stdout=b"" if is_triggered else ANSWER
            )
        if self.dirty and self.dirty in text:
            return Completed(command=command, exit_code=None, signal=11)
        slip = re.search(r'slip\("(\w+)"\)', text)
        what = slip[1] if slip and is_triggered else ""
        done = slipped(command, what, program["flavour"])
        return replace(done, stdout=self.prints.encode()) if self.prints else done

    def _load(self, command: Command, files: Files, program: dict[str, Any]) -> Completed:
        """A program that leaks is killed behind its 500th parse; where there is no memory at all, every one is."""
        leaks = 'slip("leaks")' in program["text"] or self.dirty == "load"
        done = min(int(command.argv[1]), 500) if leaks else int(command.argv[1])
        files[path_of(command, command.argv[2])] = struct.pack("=Q", done)
        ending: dict[str, Any] = {"exit_code": None, "signal": 9, "oom_killed": True} if leaks else {"exit_code": 0}
        return Completed(command=command, **ending)

    def _fuzz(self, command: Command, files: Files, program: dict[str, Any]) -> Completed:
        text = program["text"]
        if self.idle and self.idle in text:
            return Completed(command=command, exit_code=1, stderr=b"nothing to do")
        if program["flavour"] == "canary":
            return self._fuzz_canary(command, files, is_repaired="slip(" not in text)
        runs = next(one for one in command.argv if one.startswith("-runs=")).removeprefix("-runs=")
        if 'slip("freed")' in text:
            files[path_of(command, "artifacts/crash-" + hashlib.sha1(b"found!").hexdigest())] = b"found!"
            return Completed(command=command, exit_code=90, stderr=b"#77\tNEW    cov: 3 ft: 3\n" + asan("parse"))
        done = int(runs) // 2 if self.short and "slip(" not in text else int(runs)
        return Completed(command=command, exit_code=0, stderr=f"Done {done} runs in 1 second(s)\n".encode())

    def _fuzz_canary(self, command: Command, files: Files, *, is_repaired: bool) -> Completed:
        env, seed = dict(command.env), next(one for one in command.argv if one.startswith("-seed="))
        files[env["FUZZPAIR_CANARY"]] = struct.pack("=QQ", 5, not is_repaired)
        if is_repaired:
            return Completed(command=command, exit_code=0, stderr=b"Done 1000 runs in 1 second(s)\n")
        files[env["FUZZPAIR_TRIGGER"]] = f"trigger {seed}!".encode()
        return Completed(command=command, exit_code=86, stderr=b"#9\tNEW    cov: 3 ft: 3\n")


WRAP = b"src/name.cpp:2:5: runtime error: unsigned integer overflow: 0 - 1 cannot be represented in type 'unsigned'\n"
INDEX = b"/usr/include/c++/v1/span:537: libc++ Hardening assertion __idx < size() failed: index out of range\n"
FAULTS = {
    "leak": b"==1==ERROR: LeakSanitizer: detected memory leaks\n",
    "unsigned-wrap": WRAP,
    "index": INDEX,
}
# What a line says -> (rustc's code, level)
ANSWER = b"answer\n"
WORDS = (("refused", "E0382", "error"), ("misspelt", "E0425", "error"), ("doubtful", "unused", "warning"))


def path_of(command: Command, path: str) -> str:
    return path.removeprefix("./") if command.cwd == "." else f"{command.cwd}/{path.removeprefix('./')}"


def library_of(command: Command, files: Files) -> dict[str, str]:
    """The rlib that a program of Rust links, where there is one."""
    name = f"{command.cwd}/libdns.rlib"
    linked = "--extern=dns=libdns.rlib" in command.argv
    return {"libdns.o": files[name].decode()} if linked else {}


def compiled(text: str) -> str:
    """A program knows no comments, nor the text of what was linked beside its own."""
    if text.startswith("{"):
        return str(json.loads(text)["text"])
    return re.sub(r" *//.*", "", text)


def diagnostic(path: str, text: str) -> str:
    """The first thing that a compiler has to say of a source; an object has been read already."""
    for number, line in enumerate([] if path.endswith(".o") else text.split("\n"), 1):
        for word, code, level in WORDS:
            if f"{word}();" in line:
                return rustc(path, number, code, level) if path.endswith(".rs") else clang(path, number, level)
    return ""


def rustc(path: str, line: int, code: str, level: str) -> str:
    span = {"file_name": path, "line_start": line, "line_end": line, "column_start": 5, "is_primary": True}
    record = {"level": level, "code": {"code": code}, "message": f"{code} here", "spans": [span], "rendered": "…"}
    return json.dumps(record) + "\n"


def clang(path: str, line: int, level: str) -> str:
    option = " [-Wunused]" if level == "warning" else ""
    return f"{path}:{line}:5: {level}: something is not right{option}\n"


def asan(function: str) -> bytes:
    return (
        "==1==ERROR: AddressSanitizer: heap-use-after-free on address 0x602000000010 at pc 0x1 bp 0x2 sp 0x3\n"
        "READ of size 1 at 0x602000000010 thread T0\n"
        f"    #0 0x4f in {function} /job/src/name.cpp:2:5\n"
        "SUMMARY: AddressSanitizer: heap-use-after-free\n"
    ).encode()


def slipped(command: Command, what: str, flavour: str) -> Completed:
    """One process: an answer, or what its slip makes of it."""
    if what == "freed" and flavour == "address":
        return Completed(command=command, exit_code=90, stderr=asan("parse"))
    if what == "wrapped" and flavour == "integer":
        return Completed(command=command, exit_code=95, stderr=WRAP)
    if what == "index" and flavour.startswith("libcxx"):
        return Completed(command=command, exit_code=None, signal=6, stderr=INDEX)
    if what == "panic":
        log = b"\nthread 'main' panicked at src/lib.rs:2:5:\nalready borrowed\nstack backtrace:\n   0: dns::parse\n"
        return Completed(command=command, exit_code=101, stderr=log)
    return Completed(command=command, exit_code=0, stdout=b"another answer\n" if what == "wrong" else ANSWER)
