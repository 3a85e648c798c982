"""The toolchain image: made once from its recipe, found again by the recipe's digest."""

from __future__ import annotations

import hashlib
import io
import os
import re
import tarfile
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import docker
from docker.errors import APIError, ImageNotFound

from fuzzpair.backends.docker_engine import Engine, engine_errors
from fuzzpair.backends.local import Ended, run_tool, tool_path
from fuzzpair.backends.pair_files import certificates
from fuzzpair.backends.toolchain import recipe_digest
from fuzzpair.errors import BackendError, ImageError

BASE = "debian:bookworm-slim"
SUITE = "bookworm"
LABEL_RECIPE = "fuzzpair.recipe"
CERTIFICATES = "ca-certificates.crt"  # the name in a derived recipe's context
PULL_SILENCE_S = 10.0
PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY")
LAST_LINES = 15
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def _name_of(recipe: Path, base: str | None = None) -> tuple[str, str]:
    """The digest of a recipe, and of the image that it adds to; and the tag of its image."""
    own = recipe_digest(recipe)
    digest = own if base is None else hashlib.sha256(f"{base} {own}".encode()).hexdigest()
    return digest, f"fuzzpair/{recipe.resolve().name}:{digest[:12]}"


@dataclass
class ImageMaker:
    """Present and of this recipe, or built; the base image present, pulled, or made of Debian's packages."""

    engine: Engine
    environ: Mapping[str, str]
    on_progress: Callable[[str], None]
    tried: list[str] = field(default_factory=list)

    def make(self, recipe: Path, on: Path | None = None) -> str:
        """The image's id. Raises ImageError with the last lines of what failed."""
        if not (recipe / "Dockerfile").is_file():
            raise ImageError(f"{recipe} has no Dockerfile", next_step="Check `image:` in pipeline.yml.")
        base = self.make(on) if on is not None else None
        digest, tag = _name_of(recipe, base)
        present = self.id_of(tag, digest)
        if present is not None:
            return present
        if self.id_of(BASE) is None:
            self._make_base()
        self.on_progress(f"building {tag} (once, some minutes)")
        return self.build(recipe, tag, digest, base=base)

    def present(self, recipe: Path) -> str | None:
        """The image's id where it was made already."""
        digest, tag = _name_of(recipe)
        return self.id_of(tag, digest)

    def id_of(self, tag: str, digest: str | None = None) -> str | None:
        with self.engine.connection() as client, engine_errors(f"{tag} cannot be looked up"):
            try:
                image = client.inspect_image(tag)
            except ImageNotFound:
                return None
        labels = image["Config"].get("Labels") or {}
        return None if digest and labels.get(LABEL_RECIPE) != digest else str(image["Id"])

    def build(self, recipe: Path, tag: str, digest: str, *, base: str | None = None, next_step: str = "") -> str:
        """Build a folder with a Dockerfile; gives the image's id. Raises ImageError with the last lines."""
        last: deque[str] = deque(maxlen=LAST_LINES)
        proxies = {
            name: self.environ[name]
            for upper in PROXY_VARIABLES
            for name in (upper, upper.lower())
            if self.environ.get(name)
        }

        def build(client: docker.APIClient) -> str | None:
            options: dict[str, Any] = {"tag": tag, "labels": {LABEL_RECIPE: digest}, "buildargs": proxies}
            if base is None:
                options |= {"path": str(recipe)}
            else:
                options["buildargs"] = {**proxies, "BASE": base}
                options |= {"fileobj": self._context(recipe), "custom_context": True}
            return self._follow(client.build(rm=True, forcerm=True, decode=True, **options), last)

        problem = self.engine.wait_for(build, f"{tag} cannot be built")
        if problem is not None:
            raise ImageError(
                f"{tag} cannot be built: {problem}\n" + "\n".join(last),
                next_step=next_step or f"Look at {recipe / 'Dockerfile'}.",
            )
        built = self.id_of(tag, digest)
        if built is None:
            raise ImageError(f"{tag} was built, but the engine does not have it", next_step="Run it again.")
        return built

    def _context(self, recipe: Path) -> io.BytesIO:
        """The recipe's files, and the certificates that this machine trusts: where a proxy looks into what is
        downloaded, the image would trust it otherwise not at all. A stage that is not kept copies them."""
        context = io.BytesIO()
        with tarfile.open(fileobj=context, mode="w") as archive:
            archive.add(recipe, ".")
            trusted = certificates(self.environ)
            content = trusted.read_bytes() if trusted is not None else b""
            entry = tarfile.TarInfo(CERTIFICATES)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        context.seek(0)
        return context

    def _follow(self, events: Iterator[dict[str, Any]], last: deque[str]) -> str | None:
        """Tell a build's output line by line; what the engine says went wrong, or None."""
        for event in events:
            if "error" in event:
                return str(event["error"])
            for line in _plain(str(event.get("stream", ""))).splitlines():
                if line.strip():
                    last.append(line.strip())
                    self.on_progress(line.strip())
        return None

    def _make_base(self) -> None:
        for way in (self._pull, self._bootstrap):
            try:
                way()
            except BackendError as problem:
                self.tried.append(problem.message)
            else:
                return
        raise ImageError(
            f"the base image {BASE} is not in the engine; {'; '.join(self.tried)}",
            next_step=f"`docker pull {BASE}` where a registry is reached, or `apt-get install mmdebstrap` as root.",
        )

    def _pull(self) -> None:
        """Pull as long as the registry says something every ten seconds."""
        self.on_progress(f"pulling {BASE}")
        repository, _, tag = BASE.partition(":")
        with engine_errors("it cannot be pulled"), self.engine.connection(PULL_SILENCE_S) as client:
            for event in client.pull(repository, tag=tag, stream=True, decode=True):
                if "error" in event:
                    raise BackendError(f"it cannot be pulled: {event['error']}")

    def _bootstrap(self) -> None:
        """Make the base image of Debian's packages, with no registry at all."""
        environ = dict(self.environ)
        if tool_path("mmdebstrap", environ) is None:
            self._install_mmdebstrap(environ)
        with tempfile.TemporaryDirectory(prefix="fuzzpair-base-") as folder:
            tarball = Path(folder) / "base.tar"
            mode = "root" if _may_make_devices(Path(folder)) else "unshare"
            self.on_progress(f"making {BASE} with mmdebstrap ({mode} mode, about a minute)")
            options = ("--variant=minbase", "--format=tar", f"--mode={mode}")
            self._must(run_tool(("mmdebstrap", *options, SUITE, str(tarball)), env=environ), "mmdebstrap")
            self.engine.wait_for(lambda client: _import(client, tarball), "it cannot be imported")

    def _install_mmdebstrap(self, environ: dict[str, str]) -> None:
        if os.geteuid() != 0 or tool_path("apt-get", environ) is None:
            raise BackendError("mmdebstrap, which could make it, is not installed")
        self.on_progress("installing mmdebstrap with apt-get, to make the base image without a registry")
        quiet = {**environ, "DEBIAN_FRONTEND": "noninteractive"}
        run_tool(("apt-get", "update", "-qq"), env=quiet)
        install = ("apt-get", "install", "-y", "-qq", "--no-install-recommends")
        self._must(run_tool((*install, "mmdebstrap", "debian-archive-keyring"), env=quiet), "apt-get install")

    def _must(self, ended: Ended, tool: str) -> None:
        if ended.exit_code != 0:
            raise BackendError(f"{tool} ended with {ended.exit_code}: {' / '.join(ended.last_lines[-3:])}")


def _plain(text: str) -> str:
    """Without the colours that the engine gives to stderr, and without any other escape: a pair's script wrote it."""
    return "".join(one for one in _COLOUR.sub("", text) if one.isprintable() or one in "\n\t")


def _may_make_devices(folder: Path) -> bool:
    """Nested engines and users have no mknod, which mmdebstrap's root mode needs."""
    probe = folder / f"probe-{time.monotonic_ns()}"
    try:
        os.mknod(probe, 0o20600, os.makedev(1, 3))
    except OSError:
        return False
    with suppress(OSError):
        probe.unlink()
    return os.geteuid() == 0


def _import(client: docker.APIClient, tarball: Path) -> None:
    repository, _, tag = BASE.partition(":")
    answer = client.import_image_from_file(str(tarball), repository=repository, tag=tag)
    if "error" in str(answer):
        raise APIError(str(answer))
