"""What every verb has of the world: a backend that is opened for it, and workers."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, Protocol

from fuzzpair.backends import Backend
from fuzzpair.backends.select import Kind
from fuzzpair.backends.toolchain import recipe_digest
from fuzzpair.config import Config
from fuzzpair.errors import BackendError, Interrupted
from fuzzpair.jobs import Worker
from fuzzpair.model.pair import ImageAddition
from fuzzpair.model.run_facts import Toolchain
from fuzzpair.progress import Observer
from fuzzpair.report.console import make_console
from fuzzpair.report.live import make_observer
from fuzzpair.store import Store


class OpenBackend(Protocol):
    def __call__(self, kind: Kind, environ: Mapping[str, str], on_progress: Callable[[str], None]) -> Backend: ...


@dataclass(frozen=True)
class World:
    """What the verbs have of the world outside."""

    environ: Mapping[str, str]
    open_backend: OpenBackend

    def backend(self, kind: Kind, on_progress: Callable[[str], None]) -> Backend:
        return self.open_backend(kind, self.environ, on_progress)


@dataclass(frozen=True)
class Backing:
    """What jobs are run with."""

    toolchain: Toolchain
    worker: Worker
    executor: Executor
    slots: int  # how many batches it does at once
    observer: Observer


@contextmanager
def backing(
    config: Config,
    store: Store,
    world: World,
    kind: Kind,
    addition: ImageAddition | None = None,
    *,
    over: Path | None = None,
) -> Iterator[Backing]:
    """A prepared backend and its workers; everything is ended with the block. Ctrl-C is Interrupted.

    To the toolchain's image a user's pair has its `addition`, and an engine may have a recipe that goes `over` it: what
    that one holds is a part of its jobs' keys.
    """
    # One more than there are cores: while a sandbox starts or its files travel, a core would be idle.
    workers = (os.cpu_count() or 1) + 1 if config.workers == "auto" else config.workers
    with make_observer(make_console(sys.stderr, sys.stderr.isatty()), sys.stderr.isatty()) as observer:
        backend = world.backend(kind, observer.message)
        executor = ThreadPoolExecutor(workers)
        try:
            if over is None:
                toolchain = backend.prepare(config.image, addition)
                fingerprint = toolchain.fingerprint
            else:
                toolchain = backend.prepare(over, addition, on=config.image)
                # What is installed on top has no version that could be asked for.
                fingerprint = f"{toolchain.fingerprint} {recipe_digest(over)}"
            limits = config.limits.to_model()
            worker = Worker(backend=backend, store=store, fingerprint=fingerprint, limits=limits)
            yield Backing(toolchain, worker, executor, workers, observer)
        except KeyboardInterrupt:
            raise Interrupted from None
        finally:
            # Not `with`: leaving that waits for every queued job, also after Ctrl-C.
            executor.shutdown(wait=False, cancel_futures=True)
            with suppress(BackendError):  # an engine that is gone must not take what was found with it
                backend.stop_all()


def end_like_ctrl_c(number: signal.Signals) -> None:
    """A signal that ends a run as Ctrl-C does: what was found is shown."""

    def interrupt(_number: int, _frame: object) -> NoReturn:
        raise KeyboardInterrupt

    signal.signal(number, interrupt)
