"""What orchestration costs: executions a second of a campaign through fuzzpair, against the same program by hand.

    .venv-dev/bin/python bench/orchestration.py [--config examples/gzip/pipeline.yml] [--seconds 60] [--times 5]

By hand: `docker run` of the program of the same build in the same image, with the same flags and the same corpus, in a
folder of this machine. The two take turns. By hand the process alone is timed; a campaign's time is all of it: its
container's start, its files' way in, its harvest. Printed are each turn and the ratio of the medians; the bench fails
under 0.97. For a quiet machine.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

from fuzzpair.backends.select import open_backend
from fuzzpair.config import load_config
from fuzzpair.jobs import Batch, Worker, run_batch
from fuzzpair.model.command import Command, Limits
from fuzzpair.model.flavour import Flavour
from fuzzpair.model.language import Language
from fuzzpair.model.pair import TargetProgram
from fuzzpair.own_pair.building import Tree, build_pair, read_seeds
from fuzzpair.own_pair.campaign import Slice, SliceJob
from fuzzpair.own_pair.packs import put_pack
from fuzzpair.own_pair.programs import place_of
from fuzzpair.own_pair.sources import image_addition
from fuzzpair.own_pair.state import unit_name
from fuzzpair.progress import Silent
from fuzzpair.scheduler import Scheduler
from fuzzpair.store import Store
from fuzzpair.triage import fork_progress

LEAST = 0.97
MOST = 1.15  # orchestration makes nothing faster


def main() -> int:
    options = _options()
    config = load_config(options.config)
    fuzz = config.own_pair
    backend = open_backend("docker", os.environ, lambda text: print(text, file=sys.stderr))
    store = Store(str(options.state.resolve() / "store"))
    toolchain = backend.prepare(config.image, image_addition(fuzz))
    worker = Worker(backend=backend, store=store, fingerprint=toolchain.fingerprint, limits=Limits())
    with ThreadPoolExecutor(2) as executor:
        scheduler = Scheduler(executor, worker, Silent(), slots=2)
        built = build_pair(Tree(fuzz=fuzz, root=config.root), worker.limits, scheduler, store)
    program = next(one for one in built.programs if (one.language, one.flavour) == (Language.RUST, Flavour.ADDRESS))
    units = {unit_name(one): one for one in read_seeds(fuzz).get(program.target, (b"seed",))}
    packs = (put_pack(store, units),)
    through, by_hand = [], []
    for turn in range(options.times):
        job = SliceJob(
            program=program, packs=packs, seconds=options.seconds, seed=turn + 1, limits=worker.limits, number=turn
        )
        through.append(_through(job, worker))
        command = place_of(program, worker.limits.memory_mb, "hand").fuzz(seconds=options.seconds, seed=turn + 1)
        by_hand.append(_by_hand(command, program, units, store, toolchain.image_id))
        print(f"turn {turn + 1}: fuzzpair {through[-1]:,.0f}, by hand {by_hand[-1]:,.0f} executions/s", flush=True)
    ratio = median(through) / median(by_hand)
    print(f"{program.name}, {options.seconds} s: ratio of medians {ratio:.3f} (at least {LEAST})")
    if ratio > MOST:
        print("no measurement: what was run by hand was kept from running (a busy machine?)")
    return 0 if LEAST <= ratio <= MOST else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--config", type=Path, default=Path("examples/gzip/pipeline.yml"))
    parser.add_argument("--state", type=Path, default=Path(".fuzzpair-bench"))
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--times", type=int, default=5)
    return parser.parse_args()


def _through(job: SliceJob, worker: Worker) -> float:
    started = time.monotonic()
    outcome = run_batch(Batch((job,), job.label), worker)[job]
    spent = time.monotonic() - started
    if not isinstance(outcome.result, Slice):
        raise SystemExit(f"{job.label}: {outcome.error}")
    own = outcome.result.seconds
    rate = outcome.result.executions / own
    print(f"  of {spent:.1f} s the campaign itself took {own:.1f} s, with {rate:,.0f} executions/s")
    return outcome.result.executions / spent


def _by_hand(command: Command, program: TargetProgram, units: dict[str, bytes], store: Store, image: str) -> float:
    """Executions a second of the process alone: its container's start is not counted here."""
    with tempfile.TemporaryDirectory(prefix="fuzzpair-bench-") as name:
        folder = Path(name)
        for part in ("artifacts", "found", "corpus"):
            (folder / part).mkdir()
        for unit, content in units.items():
            (folder / "corpus" / unit).write_bytes(content)
        (folder / program.program_name).write_bytes(store.get_blob(program.program))
        (folder / program.program_name).chmod(0o755)
        if program.dictionary is not None:
            (folder / f"{program.program_name}.dict").write_bytes(store.get_blob(program.dictionary))
        env = [f"--env={name}={value}" for name, value in command.env]
        within = ("docker", "run", "--rm", "--network=none", f"--volume={folder}:/hand", "--workdir=/hand", *env, image)
        timed = ("sh", "-c", 'date +%s.%N; "$@"; date +%s.%N', "timed", *command.argv)
        done = subprocess.run((*within, *timed), capture_output=True, text=True, errors="replace", check=False)
    progress = fork_progress(done.stderr)
    if not progress:
        raise SystemExit(f"by hand nothing was executed: {done.stderr[-500:]}")
    started, ended = (float(line) for line in done.stdout.split())
    return progress[-1].executed_units / (ended - started)


if __name__ == "__main__":
    sys.exit(main())
