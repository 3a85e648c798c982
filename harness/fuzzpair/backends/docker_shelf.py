"""What many sandboxes of one process start from: their common files, and where it pays the toolchain itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Final

from fuzzpair.backends import ReadBlob

if TYPE_CHECKING:
    from fuzzpair.backends.docker_session import DockerSandbox

SHELF: Final = "/shelf"
# Storage drivers that answer every look-up from a process of their own, and that keep no page of an image's files for
# the next container: a compiler takes 20 ms of CPU time to start there, and 10 ms less from a volume.
SLOW_DRIVERS: Final = frozenset({"fuse-overlayfs"})
TOOL_FOLDERS: Final = ("/usr/lib", "/opt/fuzzpair")  # compilers' libraries, runtimes, sysroots: a gigabyte


def copied_folders(driver: str) -> tuple[str, ...]:
    """Folders of the toolchain's image that are worth a volume under this storage driver of the engine's."""
    return TOOL_FOLDERS if driver in SLOW_DRIVERS else ()


@dataclass
class Shelf:
    """What many sandboxes start from (precompiled headers, objects, compilers' state), sent to the engine once.

    A sandbox of its own, in which no command runs: its volumes are read-only in all others. Like them it is gone when
    this process is; whoever of them is removed last takes the volumes along.
    """

    sandbox: DockerSandbox
    _there: set[str] = field(default_factory=set, init=False)
    _lock: Lock = field(default_factory=Lock, init=False)

    @property
    def container(self) -> str:
        return self.sandbox.container

    def hold(self, names: Iterable[str], read: ReadBlob) -> None:
        """Have blobs on the shelf. For one caller at a time: the connection below is made for one."""
        with self._lock:
            missing = set(names) - self._there
            if missing:
                self.sandbox.put({name: read(name) for name in sorted(missing)})
                self._there |= missing
