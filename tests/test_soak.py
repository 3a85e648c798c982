"""Soaking the unpatched twins: every sanitizer that can be fuzzed is, and whatever is found ends with 3."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fuzzpair.backends.fake import TOOLCHAIN, FakeBackend
from fuzzpair.builds.sources import put_sources
from fuzzpair.config import load_config
from fuzzpair.flavours import FUZZED, RECIPES, SOAKED
from fuzzpair.jobs import Worker
from fuzzpair.mistakes import read_tree
from fuzzpair.model.campaign import Soaked
from fuzzpair.model.command import Command, Completed, Limits
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language
from fuzzpair.progress import Silent
from fuzzpair.scheduler import Scheduler
from fuzzpair.soak import Soak, exit_code_of, findings_of
from fuzzpair.store import Store
from tiny_pair import Files, TinyPair, Tools, asan

MSAN = b"==1==WARNING: MemorySanitizer: use-of-uninitialized-value\n    #0 0x4f in parse /job/src/name.cpp:2:5\n"
TSAN = b"WARNING: ThreadSanitizer: data race (pid=1)\n  Write of size 4 at 0x1 by thread T1:\n    #0 f a.cpp:1\n"
SPOKEN = {
    "undefined": b"a.cpp:1:2: runtime error: signed integer overflow: 1 + 2 cannot be represented in type 'int'\n",
    "memory": MSAN,
    "thread": TSAN,
}


class Sanitizers(Tools):
    """Fuzzers that go on until their time ends, or find something in one flavour; and known faults of every tool."""

    finds = ""
    too_fast = 1
    executes = True

    def _known_bad(self, command: Command) -> Completed:
        fault = command.argv[1]
        if fault in SPOKEN and fault != self.deaf:
            return Completed(command=command, exit_code=1, stderr=SPOKEN[fault])
        return super()._known_bad(command)

    def _fuzz(self, command: Command, files: Files, program: dict[str, object]) -> Completed:
        done = b"Done 4242 runs in 1 second(s)\n" if self.executes else b""
        if program["flavour"] == self.finds:
            files[f"{command.cwd}/artifacts/crash-1"] = b"found!"
            return Completed(command=command, exit_code=90, stderr=b"#77\tNEW    cov: 3 ft: 3\n" + asan("parse"))
        limit = next(part for part in command.argv if part.startswith("-max_total_time="))
        spent = float(limit.partition("=")[2]) / self.too_fast
        return Completed(command=command, exit_code=0, stderr=done, duration_s=spent)


def soak(root: Path, tools: Tools, seconds: float = 84.0) -> tuple[list[Soaked], Store]:
    TinyPair(root)
    config = load_config(root / "pipeline.yml")
    store = Store(str(root / "store"))
    worker = Worker(backend=FakeBackend(tools), store=store, fingerprint=TOOLCHAIN.fingerprint, limits=Limits())
    with ThreadPoolExecutor(2) as executor:
        made = Soak(
            config=config,
            worker=worker,
            scheduler=Scheduler(executor, worker, Silent()),
            sources={one: put_sources(read_tree(config.pair.folder(one)), store) for one in Language},
            seeds={"message": (store.put_blob(b"seed"),)},
            seconds=seconds,
        ).run()
    return made, store


def test_every_sanitizer_is_fuzzed_for_its_share_of_the_time(tmp_path: Path) -> None:
    soaked, _ = soak(tmp_path, Sanitizers())
    assert [(one.language, one.flavour) for one in soaked] == [
        *((Language.CPP, one) for one in (Flavour.ADDRESS, Flavour.UNDEFINED, Flavour.MEMORY, Flavour.THREAD)),
        *((Language.RUST, one) for one in (Flavour.ADDRESS, Flavour.MEMORY, Flavour.THREAD)),
    ]
    commands = {one.language: one.campaign.command for one in soaked if one.campaign}
    assert "-max_total_time=21" in commands[Language.CPP]
    assert "-max_total_time=28" in commands[Language.RUST]
    assert exit_code_of(soaked) == 0


def test_what_is_found_is_3_and_is_kept(tmp_path: Path) -> None:
    tools = Sanitizers()
    object.__setattr__(tools, "finds", "thread")
    soaked, store = soak(tmp_path, tools)
    bad = [one for one in soaked if one.problem]
    assert [(one.language, one.problem) for one in bad] == [
        (language, "AddressSanitizer: heap-use-after-free") for language in Language
    ]
    assert store.get_blob(next(iter(findings_of(bad[0]).values()))) == b"found!"
    assert exit_code_of(soaked) == 3


def test_a_fuzzer_that_executes_nothing_is_3(tmp_path: Path) -> None:
    tools = Sanitizers()
    object.__setattr__(tools, "executes", False)
    soaked, _ = soak(tmp_path, tools)
    assert all("executed nothing" in one.problem for one in soaked)
    assert exit_code_of(soaked) == 3


def test_a_campaign_that_ends_long_before_its_time_is_3(tmp_path: Path) -> None:
    tools = Sanitizers()
    object.__setattr__(tools, "too_fast", 2)
    soaked, _ = soak(tmp_path, tools)
    assert {one.problem for one in soaked} == {"it ended after 10 of 21 s", "it ended after 14 of 28 s"}
    assert exit_code_of(soaked) == 3


def test_the_number_of_executions_is_one_that_libfuzzer_can_hold(tmp_path: Path) -> None:
    soaked, _ = soak(tmp_path, Sanitizers())
    runs = {re.search(r"-runs=(\d+)", one.campaign.command)[1] for one in soaked if one.campaign}  # type: ignore[index]
    assert all(0 < int(one) < 1 << 31 for one in runs)


def test_a_sanitizer_that_is_silent_about_its_known_fault_is_3(tmp_path: Path) -> None:
    soaked, _ = soak(tmp_path, Sanitizers(deaf="memory"))
    assert {one.flavour for one in soaked if one.problem} == {Flavour.MEMORY}
    assert exit_code_of(soaked) == 3


def test_nothing_at_all_is_3() -> None:
    assert exit_code_of([]) == 3


@pytest.mark.parametrize("language", Language)
def test_targets_are_made_of_what_a_user_would_fuzz_and_of_the_cpp_canary(language: Language) -> None:
    gathering = {Flavour.CANARY} if language is Language.CPP else set()
    assert {one for one, recipe in RECIPES[language].items() if recipe.is_fuzzed} == {FUZZED} | gathering


@pytest.mark.parametrize("language", Language)
def test_what_is_soaked_is_fuzzed_and_has_the_sanitizer_of_the_flavour(language: Language) -> None:
    for flavour, recipe in SOAKED[language].items():
        assert recipe.is_fuzzed
        word = next(part for part in RECIPES[language][flavour].link if "-fsanitize=" in part)
        assert word in recipe.link
        assert any("sanitizer-coverage" in part or "fuzzer-no-link" in part for part in recipe.compile)
