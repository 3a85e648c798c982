"""A tiny pair to compare, and comparing it with fake tools."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from agree_fakes import Tools
from fuzzpair.agree.campaigns import ATHERIS, NATIVE
from fuzzpair.agree.flow import Agree, Engines
from fuzzpair.agree.plan import Planner
from fuzzpair.agree.tasks import Budget, Tasks
from fuzzpair.agree.wish import agreement_of
from fuzzpair.backends.fake import TOOLCHAIN, FakeBackend
from fuzzpair.config import load_config
from fuzzpair.jobs import Worker
from fuzzpair.model.agreement import AgreementRecord
from fuzzpair.model.command import Limits
from fuzzpair.progress import Silent
from fuzzpair.scheduler import Scheduler
from fuzzpair.store import Store

PARTS = {
    "cpp": {"ending": "accepted", "text": "answer 1\na. 1 IN A 1.2.3.4\n"},
    "rust": {"ending": "accepted", "text": "answer 1\na. 0 IN A 1.2.3.4\n"},
}
PATCH = """\
A slip of logic

Bug-Class: wrong-bound
CWE: 1284
Born-In: C++
Target: message
Function: parse

diff --git a/src/{file} b/src/{file}
--- a/src/{file}
+++ b/src/{file}
@@ -1 +1 @@
-{before}
+{after}
"""
SOURCES = {
    "cpp": ("dns.cpp", "int parse() { return 1; }", "int parse() { return 2; } // slip"),
    "rust": ("lib.rs", "pub fn parse() -> i32 { 1 }", "pub fn parse() -> i32 { 2 } // slip"),
}
PIPELINE = """\
version: 1
pair: {name: tiny, cpp: cpp, rust: rust, corpus: corpus, targets: [message]}
image: image
profiles:
  default:
    flavours:
      cpp: [default, hardened, canary]
      rust: [default, hardened, canary]
      rust-unsafe: [default, hardened, canary]
    seeds: [1]
    trigger_runs: 1
    trigger_inputs: 1
    found_runs: 1
    replay_timeout_s: 1
    fuse_s: 1
agreement:
  cpp: cpp/agree/describe.cpp
  rust: rust/agree/describe.rs
  image: image
  modules: opinion
  reference: opinion.third:describe
  engines: [libfuzzer, atheris]
"""


def make_pair(folder: Path) -> Path:
    for language, (file, before, after) in SOURCES.items():
        for name, text in ((f"src/{file}", before + "\n"), (f"agree/describe{Path(file).suffix}", "glue")):
            path = folder / language / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        mistakes = folder / language / "mistakes"
        mistakes.mkdir()
        (mistakes / "a-slip.patch").write_text(PATCH.format(file=file, before=before, after=after))
    for name, text in (("corpus/message/seed", "seed"), ("image/Dockerfile", "FROM x"), ("opinion/third.py", "")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder / "pipeline.yml").write_text(PIPELINE)
    return folder


def agree(
    root: Path,
    tools: Tools,
    mistakes: tuple[str, ...] = (),
    engines: tuple[str, ...] = (NATIVE, ATHERIS),
    **more: Any,
) -> tuple[AgreementRecord, Store]:
    config = load_config(root / "pipeline.yml")
    agreement = agreement_of(config)
    store = Store(str(root / "store"))
    worker = Worker(backend=FakeBackend(tools), store=store, fingerprint=TOOLCHAIN.fingerprint, limits=Limits())
    with ThreadPoolExecutor(1) as executor:
        schedulers = {name: Scheduler(executor, worker, Silent()) for name in engines}
        record = Agree(
            pair=config.pair.name,
            described_by=(("cpp", "cpp/agree/describe.cpp"), ("rust", "rust/agree/describe.rs")),
            tasks=Tasks(
                agreement=agreement,
                engines=engines,
                store=store,
                budget=Budget(runs=5000, seconds=2.0),
                limits=Limits(),
                seeds={"message": (store.put_blob(b"seed"),)},
            ),
            planner=Planner(config, agreement, store),
            engines=Engines(sides=Scheduler(executor, worker, Silent()), schedulers=schedulers),
            toolchain=TOOLCHAIN,
            backend="fake",
            mistakes=mistakes,
            targets=() if mistakes else config.pair.targets,
            **more,
        ).run()
    return record, store
