"""Commands in containers of a Docker engine (or one that speaks its API)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from fuzzpair.backends import Sandbox
from fuzzpair.backends.docker_engine import Engine, engine_errors, gone_is_fine
from fuzzpair.backends.docker_image import ImageMaker
from fuzzpair.backends.docker_session import LABEL_OWNER, LABEL_ROLE, ROLE_SANDBOX, docker_session
from fuzzpair.backends.owner import current_owner, is_dead
from fuzzpair.backends.toolchain import read_toolchain
from fuzzpair.errors import BackendError
from fuzzpair.model import Limits, Toolchain


def _silent(_line: str) -> None:
    pass


class DockerBackend:
    """Knows where the engine is and which image was prepared; opens connections as they are needed."""

    name = "docker"

    def __init__(self, environ: Mapping[str, str], on_progress: Callable[[str], None] = _silent) -> None:
        self._environ = dict(environ)
        self._engine = Engine.from_environ(environ)
        self._image: str | None = None
        self._on_progress = on_progress
        self._is_stopped = False

    def __getstate__(self) -> dict[str, object]:
        return {name: value for name, value in vars(self).items() if name not in ("_on_progress", "_is_stopped")}

    def __setstate__(self, state: dict[str, object]) -> None:
        vars(self).update(state, _on_progress=_silent, _is_stopped=False)

    def ping(self) -> None:
        """Raises BackendError unless the engine answers."""
        self._engine.ping()

    def prepare(self, recipe: Path) -> Toolchain:
        self.ping()
        self.reap()
        image_id = ImageMaker(self._engine, self._environ, self._on_progress).make(recipe)
        self._image = image_id
        with self.session(Limits()) as sandbox:
            return read_toolchain(sandbox, image_id=image_id)

    @contextmanager
    def session(self, limits: Limits) -> Iterator[Sandbox]:
        if self._image is None:
            raise BackendError("No image was prepared for this backend")
        self._refuse_when_stopped()
        with docker_session(self._engine, self._image, limits) as sandbox:
            self._refuse_when_stopped()  # it may have been on its way while the others were ended
            yield sandbox

    def _refuse_when_stopped(self) -> None:
        if self._is_stopped:
            raise BackendError("this run's sandboxes were ended")

    def reap(self) -> None:
        """Remove sandboxes whose owner is dead: one killed between creating and starting leaves its container."""
        self._remove(is_dead)

    def stop_all(self) -> None:
        self._is_stopped = True  # first: what starts from now on ends itself
        own = current_owner()
        self._remove(lambda owner: owner == own)

    def _remove(self, is_wanted: Callable[[str], bool]) -> None:
        with self._engine.connection() as client, engine_errors("Old sandboxes cannot be removed"):
            for container in client.containers(all=True, filters={"label": f"{LABEL_ROLE}={ROLE_SANDBOX}"}):
                if is_wanted(container["Labels"].get(LABEL_OWNER, "")):
                    with gone_is_fine():
                        client.remove_container(container["Id"], v=True, force=True)
