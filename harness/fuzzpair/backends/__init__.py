"""The seam to where commands run: a backend gives images and sandboxes; nothing else starts a process."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from fuzzpair.model.command import Command, Completed, Limits
from fuzzpair.model.pair import ImageAddition
from fuzzpair.model.run_facts import Toolchain

ReadBlob = Callable[[str], bytes]  # the octets of a sha256, as Store.get_blob gives them


class Sandbox(Protocol):
    """One isolated place with a root folder of its own: no network, no privileges, limited.

    Paths are POSIX, relative to that root, and may not leave it (`SandboxError`).
    """

    @property
    def has_fixed_root(self) -> bool:
        """Whether the root is at the same absolute path in every sandbox of this kind."""

    def put(self, files: Mapping[str, bytes]) -> None:
        """Write files (path -> content), executable by their owner, making folders as needed."""

    def put_blobs(self, files: Mapping[str, str], read: ReadBlob, *, shared: bool = False) -> None:
        """Write files named by their sha256 (path -> sha256), as `put` does. What the sandbox holds already is
        not sent again (a program is some megabytes, and is replayed where it was built); nor, where other sandboxes
        want it too (`shared`), what the backend holds for all of them: such a file may be read, not written to."""

    def keep(self, files: Mapping[str, str]) -> None:
        """Files (path -> sha256) that a later `put_blobs` will ask for. Their digest is checked then, not trusted."""

    def run(self, command: Command) -> Completed:
        """Run one command to its end. What the command does is in the answer, never an exception."""

    def run_all(self, commands: Sequence[Command], *, keep_going: bool = True) -> tuple[Completed, ...]:
        """Run commands one after another at the cost of one round trip; stop after the first failure
        unless `keep_going`, in which case the answer is shorter than the question."""

    def get(self, paths: Sequence[str], *, size_limit: int = 256 << 20) -> dict[str, bytes]:
        """Read files; a folder gives all files below it. A path that is not there is left out.

        Raises SandboxError on a link, a device, a path outside, or more than `size_limit` octets in all.
        """


class Backend(Protocol):
    """A place where commands run. Picklable: a worker process opens its own connection on first use."""

    name: str

    def prepare(self, recipe: Path, addition: ImageAddition | None = None, *, on: Path | None = None) -> Toolchain:
        """Make the image of a recipe (a folder under docker/) ready, and read its toolchain. With `on` the recipe adds
        to the image of that one: its Dockerfile names it as ${BASE}.

        With an `addition`, what a user's pair needs is made as well, once, with network. In its sandboxes the variable
        FUZZPAIR_PAIR is the folder that holds `src` (what `fetch` left), `vendor`, `cargo-config.toml`, `Cargo.lock`.
        Raises ImageError or BackendError with the next step.
        """

    def session(self, limits: Limits, place: str | None = None) -> AbstractContextManager[Sandbox]:
        """A fresh sandbox on the prepared image; gone when the block ends, also by an exception.

        One with a `place` may be kept behind the block, for the next session of that place: to start one takes longer
        than most jobs. Whoever shares a place can spoil nothing but each other. `leave` ends it.
        """

    def leave(self, place: str) -> None:
        """No session of this place comes any more."""

    def stop_all(self) -> None:
        """End every sandbox of this process now, and start none any more; running commands end as killed."""
