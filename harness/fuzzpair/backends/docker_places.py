"""Sandboxes that one process keeps between sessions, and the shelf that they share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from threading import Lock

from fuzzpair.backends.docker_engine import Engine, engine_errors
from fuzzpair.backends.docker_session import DockerSandbox, docker_session
from fuzzpair.backends.docker_shelf import SHELF, Shelf, copied_folders
from fuzzpair.model.command import Limits


@dataclass(frozen=True, slots=True)
class Room:
    """A running sandbox; leaving `closing` ends it."""

    sandbox: DockerSandbox
    limits: Limits
    closing: ExitStack


class Places:
    """Rooms by their place, each in the hands of one session at a time. To be closed with the process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._rooms: dict[str, Room] = {}
        self._shelf: Shelf | None = None
        self._shelf_closing = ExitStack()

    def take(self, place: str, limits: Limits) -> Room | None:
        """The room that the last session of this place left, out of everybody else's reach; None where there is none
        with these limits."""
        with self._lock:
            room = self._rooms.pop(place, None)
        if room is not None and room.limits != limits:
            room.closing.close()
            return None
        return room

    def keep(self, place: str, room: Room) -> None:
        """For the next session. Where two sessions of a place ran side by side, the later one's room stays."""
        with self._lock:
            other = self._rooms.get(place)
            self._rooms[place] = room
        if other is not None:
            other.closing.close()

    def leave(self, place: str) -> None:
        with self._lock:
            room = self._rooms.pop(place, None)
        if room is not None:
            room.closing.close()

    def shelf(self, engine: Engine, image: str) -> Shelf:
        """The one shelf, started when it is first asked for, and again where its connection broke."""
        with self._lock:
            if self._shelf is None or self._shelf.sandbox.is_broken:
                self._shelf = self._shelf_closing.enter_context(docker_shelf(engine, image))
            return self._shelf

    def close(self) -> None:
        """End everything that is kept."""
        with self._lock:
            rooms, self._rooms, self._shelf = list(self._rooms.values()), {}, None
        with ExitStack() as closing:
            closing.push(self._shelf_closing.pop_all())
            for room in rooms:
                closing.push(room.closing)


@contextmanager
def docker_shelf(engine: Engine, image: str) -> Iterator[Shelf]:
    """A shelf for the sandboxes of this process. Where it holds the toolchain, its making takes some ten seconds."""
    with engine.connection() as client, engine_errors("The engine does not say what it is"):
        driver = str(client.info().get("Driver"))
    with docker_session(engine, image, Limits(), volume=SHELF, copied=copied_folders(driver)) as sandbox:
        yield Shelf(sandbox)
