"""A backend without containers and processes: commands are answered by a function. Ships for tests, ours and users'."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from fuzzpair.backends import ReadBlob, Sandbox
from fuzzpair.backends.archive import check_path
from fuzzpair.backends.toolchain import fingerprint_of
from fuzzpair.errors import SandboxError
from fuzzpair.model.command import Command, Completed, Limits
from fuzzpair.model.pair import ImageAddition
from fuzzpair.model.run_facts import Toolchain

# Sees a command and the sandbox's files by their path, and may change those, as a program would.
Answer = Callable[[Command, dict[str, bytes]], Completed]

VERSIONS = {"clang": "fake clang 22", "rustc": "fake rustc 1.96"}
TOOLCHAIN = Toolchain(
    image_id="fake",
    triple="x86_64-unknown-linux-gnu",
    versions=tuple(sorted(VERSIONS.items())),
    fingerprint=fingerprint_of(VERSIONS),
)


def succeed(command: Command, files: dict[str, bytes]) -> Completed:  # noqa: ARG001 - an Answer's shape
    """Every command works and says nothing."""
    return Completed(command=command, exit_code=0)


class FakeBackend:
    """Picklable when `answer` is a function of a module."""

    name = "fake"

    def __init__(self, answer: Answer = succeed, *, toolchain: Toolchain = TOOLCHAIN) -> None:
        self._answer = answer
        self._toolchain = toolchain

    def prepare(  # nothing is made
        self,
        recipe: Path,  # noqa: ARG002
        addition: ImageAddition | None = None,  # noqa: ARG002
        *,
        on: Path | None = None,  # noqa: ARG002
    ) -> Toolchain:
        return self._toolchain

    @contextmanager
    def session(self, limits: Limits, place: str | None = None) -> Iterator[Sandbox]:  # noqa: ARG002 - nothing can use too much
        yield FakeSandbox(self._answer)

    def leave(self, place: str) -> None:
        pass

    def stop_all(self) -> None:
        pass


class FakeSandbox:
    """Files are a dictionary. `commands` holds what was run, for a test to look at."""

    has_fixed_root = True

    def __init__(self, answer: Answer = succeed) -> None:
        self.files: dict[str, bytes] = {}
        self.commands: list[Command] = []
        self._answer = answer

    def put(self, files: Mapping[str, bytes]) -> None:
        self.files |= {str(check_path(path)): content for path, content in files.items()}

    def put_blobs(self, files: Mapping[str, str], read: ReadBlob, *, shared: bool = False) -> None:  # noqa: ARG002 - nothing is sent
        self.put({path: read(sha256) for path, sha256 in files.items()})

    def keep(self, files: Mapping[str, str]) -> None:
        pass

    def run(self, command: Command) -> Completed:
        check_path(command.cwd)
        self.commands.append(command)
        return self._answer(command, self.files)

    def run_all(self, commands: Sequence[Command], *, keep_going: bool = True) -> tuple[Completed, ...]:
        completed: list[Completed] = []
        for command in commands:
            completed.append(self.run(command))
            if not completed[-1].ok and not keep_going:
                break
        return tuple(completed)

    def get(self, paths: Sequence[str], *, size_limit: int = 256 << 20) -> dict[str, bytes]:
        wanted = [check_path(path).parts for path in paths]
        found = {path: content for path, content in self.files.items() if _is_below(check_path(path).parts, wanted)}
        if sum(map(len, found.values())) > size_limit:
            raise SandboxError(f"{', '.join(paths)}: more than {size_limit} octets")
        return found


def _is_below(path: tuple[str, ...], folders: Sequence[tuple[str, ...]]) -> bool:
    """Whether a path is one of these or in one of them. A run of tests asks it thousands of times, so of tuples."""
    return any(path[: len(one)] == one for one in folders)
