"""The examination: what is looked at, in which order, and what a failure on the way means for what comes after it."""

from __future__ import annotations

import os
import uuid
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fuzzpair.backends.health import EngineHealth
from fuzzpair.backends.local import NO_ISOLATION, find_tools, needed_tools
from fuzzpair.backends.machine import Machine
from fuzzpair.backends.toolchain import read_toolchain
from fuzzpair.backends.trial import try_sandbox
from fuzzpair.config import Config, load_config
from fuzzpair.doctor.judging import (
    Check,
    judge_engine,
    judge_machine,
    judge_memory,
    judge_trial,
    problem,
    warning,
    well,
)
from fuzzpair.errors import BackendError, FuzzpairError
from fuzzpair.model.command import Limits
from fuzzpair.model.pair import ImageAddition
from fuzzpair.own_pair.sources import image_addition
from fuzzpair.store import Files

RUN_AGAIN: Final = "see to it, and run doctor again"
START_ENGINE: Final = (
    "start one (`systemctl start docker`), let this user reach its socket, or set DOCKER_HOST; "
    "`backend: local` in pipeline.yml needs none, and isolates nothing"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """Everything that is looked at. It changes nothing but that a file is written to the state, and deleted."""

    config_file: Path
    state_folder: Path
    environ: Mapping[str, str]
    machine: Machine
    health: EngineHealth

    def checks(self) -> Iterator[Check]:
        """One after another, as they are known."""
        config = yield from self._config()
        yield from judge_machine(self.machine)
        if config is not None:
            yield from self._state(config)
        if config is not None and config.backend == "local":
            yield from self._local(config)
        else:
            yield from self._docker(config)

    def _config(self) -> Generator[Check, None, Config | None]:
        """pipeline.yml: the check of it, and to whoever delegates to this the Config."""
        try:
            config = load_config(self.config_file)
        except FuzzpairError as error:
            yield problem("pipeline.yml", error.message, f"{error.next_step}; `fuzzpair init` writes one")
            return None
        described = "the experiment" if config.fuzz is None else f"the pair '{config.fuzz.name}'"
        yield well("pipeline.yml", f"{self.config_file} describes {described}")
        return config

    def _state(self, config: Config) -> Iterator[Check]:
        places = {"store": str(self.state_folder.resolve())}
        if config.fuzz is not None:
            places["state"] = config.fuzz.state
        for name, url in places.items():
            yield _writable(name, url)

    def _local(self, config: Config | None) -> Iterator[Check]:
        yield warning("isolation", NO_ISOLATION, "use a container engine for what you do not trust")
        try:
            tools = find_tools(self.environ, needed_tools(None if config is None else _addition(config)))
        except BackendError as error:
            yield problem("toolchain", error.message, error.next_step)
            return
        yield well("toolchain", " and ".join(tools[name] for name in ("clang", "rustc") if name in tools))

    def _docker(self, config: Config | None) -> Iterator[Check]:
        try:
            facts = self.health.facts()
        except BackendError as error:
            yield problem("engine", error.message, START_ENGINE)
            return
        yield from judge_engine(facts)
        limits = Limits() if config is None else config.limits.to_model()
        total = facts.memory_mb or self.machine.memory_mb
        if total:
            yield judge_memory(total, limits, self._workers(config))
        try:
            yield from self._images(config, limits)
        except BackendError as error:
            yield problem("engine", error.message, error.next_step or RUN_AGAIN)

    def _workers(self, config: Config | None) -> int:
        stated = "auto" if config is None else config.workers
        return (os.cpu_count() or 1) + 1 if stated == "auto" else stated

    def _images(self, config: Config | None, limits: Limits) -> Iterator[Check]:
        if config is None:
            return
        addition = _addition(config)
        toolchain, pair = self.health.images(config.image, addition)
        if toolchain is None:
            yield warning(
                "toolchain image",
                "it is not made yet; neither its tools nor a sandbox could be tried",
                "the first run makes it, in some minutes and with network; run doctor again after that",
            )
            return
        with self.health.sandbox(toolchain, limits) as sandbox:
            tools = read_toolchain(sandbox, image_id=toolchain)
            yield well("toolchain image", f"{tools.triple}, {_first_words(dict(tools.versions))}")
            yield from judge_trial(try_sandbox(sandbox), limits)
        if pair is not None:
            yield well("network", "nothing has to be got: every image is made")
        else:
            yield self._network(toolchain)

    def _network(self, image: str) -> Check:
        """Only the making of a pair's image wants one, and nothing else gets one."""
        said = self.health.try_network(image)
        if not said:
            return well("network", "packages can be got, which the making of the pair's image wants")
        return problem(
            "network",
            f"the pair's image is not made yet, and a container gets no package list: {said}",
            "let the engine's containers reach Debian's mirror (proxies' variables are passed on) while it is made",
        )


def _addition(config: Config) -> ImageAddition | None:
    return None if config.fuzz is None else image_addition(config.fuzz)


def _first_words(versions: Mapping[str, str]) -> str:
    return ", ".join(versions[name].partition("\n")[0] for name in ("clang", "rustc") if name in versions)


def _writable(name: str, url: str) -> Check:
    """Write a file, read it again, delete it: what a run does there thousands of times."""
    files, probe = Files(url), f"doctor-{uuid.uuid4().hex}"
    try:
        files.write(probe, b"probe")
        is_there = files.read(probe) == b"probe"
        files.delete([probe])
    except FuzzpairError as error:
        return problem(name, error.message, error.next_step or RUN_AGAIN)
    if not is_there:
        return problem(name, f"{url} does not give back what was written to it", "name another place")
    return well(name, f"{url} can be written")
