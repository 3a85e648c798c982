"""bench/agreement.py against a fake sandbox: a round runs every program, and the overhead is of its own rates."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import pytest

from agree_fakes import Files, Tools
from fuzzpair.backends.fake import TOOLCHAIN, FakeBackend
from fuzzpair.config import load_config
from fuzzpair.jobs import Worker
from fuzzpair.model.command import Command, Completed, Limits
from fuzzpair.store import Store

BENCH = Path(__file__).parents[2] / "bench" / "agreement.py"


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("bench_agreement", BENCH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)  # its dataclasses look themselves up there
    spec.loader.exec_module(module)
    return module


@dataclass
class Rated(Tools):
    """A voice alone is four times as fast as all together."""

    seen: list[str] = field(default_factory=list)

    def _fuzz(self, command: Command, files: Files, executed: int) -> Completed:
        settings = files.get(f"{command.cwd}/settings.json", b"").decode()
        compiled = files.get(f"{command.cwd}/agree.o", b"")
        is_alone = ('"core": ""' in settings) if settings else b"FUZZPAIR_ALONE" in compiled
        self.seen.extend(command.argv)
        seconds = 0.5 if is_alone else 2.0
        log = f"\nfuzzpair: executions {executed} parted 0 seconds {seconds:.3f}\n"
        return Completed(command=command, exit_code=0, stderr=log.encode(), duration_s=30.0)


def test_a_round_runs_all_together_and_each_alone(root: Path, bench: ModuleType) -> None:
    tools = Rated()
    worker = Worker(
        backend=FakeBackend(tools),
        store=Store(str(root / "store")),
        fingerprint=TOOLCHAIN.fingerprint,
        limits=Limits(),
    )
    made = bench.Bench(load_config(root / "pipeline.yml"), worker, worker, seconds=1.0, rounds=2)
    native, atheris = made.costs()
    assert (native.campaign, atheris.campaign) == (2500.0, 2500.0)
    # The one seed, as often as a campaign of a second runs anything.
    assert tools.seen.count("-runs=2500") == 2 * (3 + 4)
    assert native.rates == {"compared": [2500.0] * 2, "cpp": [10000.0] * 2, "rust": [10000.0] * 2}
    assert atheris.rates == {"compared": [2500.0] * 2, **dict.fromkeys(("cpp", "rust", "reference"), [10000.0] * 2)}
    assert list(native.rounds()) == pytest.approx([1.0, 1.0])
    assert list(atheris.rounds()) == pytest.approx([1 / 3, 1 / 3])
    assert "+100% (+100% to +100%)" in native.line()
    assert len(native.line().split("+")[0]) == len(atheris.line().split("+")[0]) == len(bench.HEADING) + 3


def test_what_executes_nothing_ends_the_bench(root: Path, bench: ModuleType) -> None:
    worker = Worker(
        backend=FakeBackend(Tools(executed=0)),
        store=Store(str(root / "store")),
        fingerprint=TOOLCHAIN.fingerprint,
        limits=Limits(),
    )
    made = bench.Bench(load_config(root / "pipeline.yml"), worker, worker, seconds=1.0, rounds=1)
    with pytest.raises(SystemExit, match="executed 0"):
        list(made.costs())


def test_what_ends_before_its_time_is_no_rate(root: Path, bench: ModuleType) -> None:
    worker = Worker(
        backend=FakeBackend(Rated()),
        store=Store(str(root / "store")),
        fingerprint=TOOLCHAIN.fingerprint,
        limits=Limits(),
    )
    made = bench.Bench(load_config(root / "pipeline.yml"), worker, worker, seconds=10.0, rounds=1)
    with pytest.raises(SystemExit, match="ended after 5,000 executions, before its time"):
        list(made.costs())
