"""Commands in containers of a Docker engine (or one that speaks its API)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from fuzzpair.backends import Sandbox
from fuzzpair.backends.docker_engine import Engine, engine_errors, gone_is_fine
from fuzzpair.backends.docker_image import ImageMaker
from fuzzpair.backends.docker_pair_image import make_pair_image
from fuzzpair.backends.docker_places import Places, Room
from fuzzpair.backends.docker_session import (
    LABEL_OWNER,
    LABEL_ROLE,
    ROLE_SANDBOX,
    docker_session,
)
from fuzzpair.backends.owner import current_owner, is_dead
from fuzzpair.backends.toolchain import read_toolchain
from fuzzpair.errors import BackendError
from fuzzpair.model.command import Limits
from fuzzpair.model.pair import ImageAddition
from fuzzpair.model.run_facts import Toolchain


def _silent(_line: str) -> None:
    pass


class DockerBackend:
    """Knows where the engine is and which image was prepared; opens connections as they are needed.

    The process that prepared the image has a shelf and keeps places; in a worker process, which has its own copy of
    this object for each batch, every sandbox is fresh and everything is sent to it.
    """

    name = "docker"

    def __init__(self, environ: Mapping[str, str], on_progress: Callable[[str], None] = _silent) -> None:
        self._environ = dict(environ)
        self._engine = Engine.from_environ(environ)
        self._image: str | None = None
        self._on_progress = on_progress
        self._places: Places | None = Places()
        self._is_stopped = False

    def __getstate__(self) -> dict[str, object]:
        own = ("_on_progress", "_places", "_is_stopped")
        return {name: value for name, value in vars(self).items() if name not in own}

    def __setstate__(self, state: dict[str, object]) -> None:
        vars(self).update(state, _on_progress=_silent, _places=None, _is_stopped=False)

    def ping(self) -> None:
        """Raises BackendError unless the engine answers."""
        self._engine.ping()

    def prepare(self, recipe: Path, addition: ImageAddition | None = None, *, on: Path | None = None) -> Toolchain:
        self.ping()
        self.reap()
        maker = ImageMaker(self._engine, self._environ, self._on_progress)
        image_id = maker.make(recipe, on)
        if addition is not None:
            image_id = make_pair_image(maker, image_id, addition)
        self._image = image_id
        with self.session(Limits()) as sandbox:
            return read_toolchain(sandbox, image_id=image_id)

    @contextmanager
    def session(self, limits: Limits, place: str | None = None) -> Iterator[Sandbox]:
        room = self._places.take(place, limits) if self._places and place is not None else None
        if room is None:
            room = self._open(limits, is_kept=place is not None)
        with room.closing as closing:
            yield room.sandbox
            if self._places and place is not None and not (room.sandbox.is_broken or self._is_stopped):
                self._places.keep(place, replace(room, closing=closing.pop_all()))

    def _open(self, limits: Limits, *, is_kept: bool) -> Room:
        if self._image is None:
            raise BackendError("No image was prepared for this backend")
        self._refuse_when_stopped()
        shelf = self._places.shelf(self._engine, self._image) if self._places and is_kept else None
        with ExitStack() as closing:
            sandbox = closing.enter_context(docker_session(self._engine, self._image, limits, shelf=shelf))
            self._refuse_when_stopped()  # it may have been on its way while the others were ended
            return Room(sandbox, limits, closing.pop_all())

    def leave(self, place: str) -> None:
        if self._places:
            self._places.leave(place)

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
        if self._places:
            self._places.close()

    def _remove(self, is_wanted: Callable[[str], bool]) -> None:
        with self._engine.connection() as client, engine_errors("Old sandboxes cannot be removed"):
            for container in client.containers(all=True, filters={"label": f"{LABEL_ROLE}={ROLE_SANDBOX}"}):
                if is_wanted(container["Labels"].get(LABEL_OWNER, "")):
                    with gone_is_fine():
                        client.remove_container(container["Id"], v=True, force=True)
