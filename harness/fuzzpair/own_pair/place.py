"""A build's folder in the sandbox: sources unpacked, a script run with its output in one log, $OUT brought home."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from fuzzpair.backends import Sandbox
from fuzzpair.errors import BuildError
from fuzzpair.model.command import Command, Completed
from fuzzpair.model.flavour import Flavour
from fuzzpair.store import Store

BUILD = "oss-fuzz"  # backends/docker_pair_image.py has /src, /out and /work point into it
BUILD_TIMEOUT_S = 3600.0
FILES_TIMEOUT_S = 300.0
OUT_LIMIT = 1 << 30  # octets of all that a build leaves
LOG_LINES = 12
# Links are followed in the sandbox, where what they lead to is the build's own affair; none comes out.
COLLECT = 'rm -rf "$2" && cp -rL -- "$1" "$2" 2>&1 || true'
FETCHED = 'test ! -d "$1" || cp -a -- "$1/." src/'
ABSENT = 'for one; do test -d "$one" || printf "%s\\n" "$one"; done'
_ASKED = 'pwd -P; uname -m; test ! -d "$FUZZPAIR_PAIR" || pair=$FUZZPAIR_PAIR; printf "%s\\n" "$pair"'


@dataclass(frozen=True, slots=True)
class Place:
    """Where a build happens. `root` is the absolute path of its folder, `machine` what uname calls the processor.
    `pair` is the folder of what the pair's image holds beside the toolchain, empty where there is none."""

    sandbox: Sandbox
    root: str
    machine: str
    pair: str

    @classmethod
    def prepare(
        cls, sandbox: Sandbox, store: Store, archives: Mapping[str, str], *, with_fetched: bool = False
    ) -> Place:
        """A clean folder with what `fetch` left, and over it each archive (folder in it -> sha256) in order.

        Raises BuildError where they cannot be unpacked.
        """
        must(sandbox.run(_files("rm", "-rf", "--", BUILD)))
        named = {f"{BUILD}/{number}.tar.gz": sha256 for number, sha256 in enumerate(archives.values())}
        sandbox.put_blobs(named, store.get_blob)
        folders = [f"{BUILD}/{folder}" for folder in ("src", "out", "work", *archives)]
        must(sandbox.run(_files("mkdir", "-p", "--", *folders)))
        asked = sandbox.run(_files("sh", "-c", _ASKED, cwd=BUILD))
        must(asked)
        root, machine, pair = asked.stdout.decode(errors="replace").splitlines()
        if pair and with_fetched:
            must(sandbox.run(_files("sh", "-c", FETCHED, "fetched", f"{pair}/src", cwd=BUILD)))
        for archive, folder in zip(named, archives, strict=True):
            unpack = ("tar", "xzf", PurePosixPath(archive).name, "--no-same-owner", "-C", folder)
            must(sandbox.run(_files(*unpack, cwd=BUILD)))
        return cls(sandbox, root, machine, pair)

    def require(self, folders: tuple[str, ...], flavour: Flavour) -> None:
        """Raises BuildError where one is missing of the libraries that the image has for a sanitizer."""
        if not folders:
            return
        asked = self.sandbox.run(_files("sh", "-c", ABSENT, "absent", *folders))
        must(asked)
        absent = asked.stdout.decode(errors="replace").split()
        if absent:
            raise BuildError(
                f"{', '.join(absent)} is missing: libraries built for '{flavour}' come with the toolchain image alone; "
                f"use the docker backend, or leave '{flavour}' out of 'sanitizers'",
                next_step="change 'backend' or 'sanitizers' in pipeline.yml",
            )

    def run(self, argv: tuple[str, ...], *, cwd: str, env: Mapping[str, str]) -> Completed:
        """Run a build; stdout holds all that it said, in order."""
        return self.sandbox.run(
            Command(
                argv=("sh", "-c", 'exec "$@" 2>&1', "build", *argv),
                cwd=f"{BUILD}/{cwd}",
                env=tuple(env.items()),
                timeout_s=BUILD_TIMEOUT_S,
            )
        )

    def out(self) -> dict[str, bytes]:
        """The files of $OUT. Raises SandboxError where they are more than a build may leave."""
        must(self.sandbox.run(_files("sh", "-c", COLLECT, "collect", "out", "collected", cwd=BUILD)))
        folder = f"{BUILD}/collected"
        found = self.sandbox.get([folder], size_limit=OUT_LIMIT)
        return {path.removeprefix(f"{folder}/"): content for path, content in found.items()}


def _files(*argv: str, cwd: str = ".") -> Command:
    return Command(argv=argv, cwd=cwd, timeout_s=FILES_TIMEOUT_S)


def must(completed: Completed) -> None:
    """Raises BuildError unless a step of ours went well."""
    if not completed.ok:
        raise BuildError(
            f"`{completed.command.argv[0]}` ended with {ending(completed)}: "
            f"{completed.stderr.decode(errors='replace').strip()[-300:]}",
            next_step=completed.command.shown()[:300],
        )


def ending(completed: Completed) -> str:
    if completed.oom_killed:
        return "out of memory (raise limits.memory_mb in pipeline.yml)"
    if completed.timed_out:
        return f"its time limit of {completed.command.timeout_s:.0f} s"
    return f"signal {completed.signal}" if completed.signal else f"exit code {completed.exit_code}"


def what_failed(log: str) -> str:
    """The lines that a person looks for first: the errors, else the last ones."""
    lines = [line.rstrip() for line in log.splitlines() if line.strip()]
    errors = [line for line in lines if "error:" in line.lower() or line.startswith("error")]
    return "\n".join((errors or lines[-LOG_LINES:])[:LOG_LINES])
