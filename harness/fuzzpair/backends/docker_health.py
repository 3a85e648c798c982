"""A Docker engine, looked at: what it says of itself, which images it has, whether a container reaches a network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import requests

from fuzzpair.backends import Sandbox
from fuzzpair.backends.docker_engine import Engine, engine_errors, gone_is_fine
from fuzzpair.backends.docker_image import PROXY_VARIABLES, ImageMaker
from fuzzpair.backends.docker_pair_image import present_pair_image
from fuzzpair.backends.docker_session import LABEL_OWNER, LABEL_ROLE, ROLE_SANDBOX, docker_session
from fuzzpair.backends.health import EngineFacts
from fuzzpair.backends.owner import current_owner
from fuzzpair.model.command import Limits
from fuzzpair.model.pair import ImageAddition

NETWORK_S = 60
# apt says 0 where it got nothing, unless it is told.
ASK_FOR_PACKAGES = ("apt-get", "-qq", "-o", "APT::Update::Error-Mode=any", "-o", "Acquire::Retries=0", "update")


class DockerHealth:
    """An EngineHealth."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = dict(environ)
        self._engine = Engine.from_environ(environ)

    def facts(self) -> EngineFacts:
        with self._engine.connection() as client, engine_errors("The engine does not say what it is"):
            info = client.info()
        system = (info.get("OperatingSystem"), info.get("KernelVersion"), info.get("Architecture"))
        return EngineFacts(
            where=self._engine.shown,
            version=str(info.get("ServerVersion") or "of no version"),
            system=" ".join(str(part) for part in system if part),
            cpus=int(info.get("NCPU") or 0),
            memory_mb=int(info.get("MemTotal") or 0) >> 20,
            limits_memory=bool(info.get("MemoryLimit")),
            limits_pids=bool(info.get("PidsLimit")),
            warnings=tuple(str(text) for text in info.get("Warnings") or ()),
        )

    def images(self, recipe: Path, addition: ImageAddition | None) -> tuple[str | None, str | None]:
        maker = ImageMaker(self._engine, self._environ, lambda _line: None)
        toolchain = maker.present(recipe)
        if toolchain is None or addition is None:
            return toolchain, toolchain
        return toolchain, present_pair_image(maker, toolchain, addition)

    @contextmanager
    def sandbox(self, image: str, limits: Limits) -> Iterator[Sandbox]:
        with docker_session(self._engine, image, limits) as sandbox:
            yield sandbox

    def try_network(self, image: str) -> str:
        with self._engine.connection(NETWORK_S * 2) as client, engine_errors("No container can be started"):
            created = client.create_container(
                image,
                command=["timeout", str(NETWORK_S), *ASK_FOR_PACKAGES],
                environment=self._proxies(),
                labels={LABEL_OWNER: current_owner(), LABEL_ROLE: ROLE_SANDBOX},
            )
            try:
                client.start(created)
                return self._said(client.wait(created, timeout=NETWORK_S + 10), client.logs(created))
            except requests.RequestException:
                return f"no answer within {NETWORK_S} s"
            finally:
                with gone_is_fine():
                    client.remove_container(created, v=True, force=True)

    def _said(self, waited: Mapping[str, int], log: bytes) -> str:
        code = waited.get("StatusCode", -1)
        if code == 0:
            return ""
        lines = [line for line in log.decode(errors="replace").splitlines() if line.strip()]
        ended = f"no answer within {NETWORK_S} s" if code == 124 else f"ended with {code}"
        return " / ".join((ended, *lines[-2:]))

    def _proxies(self) -> dict[str, str]:
        names = (one for name in PROXY_VARIABLES for one in (name, name.lower()))
        return {name: self._environ[name] for name in names if self._environ.get(name)}
