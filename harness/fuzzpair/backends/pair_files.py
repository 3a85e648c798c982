"""What the image of a user's pair is made from, and by which digest it is found again; the same for both backends."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from fuzzpair.model.pair import ImageAddition

# Where distributions keep the certificates that they trust; a host behind an inspecting proxy has its own among them.
CERTIFICATES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


def preparing_script() -> str:
    return (files("fuzzpair.backends") / "prepare_pair.sh").read_text(encoding="utf-8")


def addition_digest(addition: ImageAddition, toolchain: str) -> str:
    """sha256 over the toolchain, the packages, the files and the way they are used; not over `stubs`."""
    digest = hashlib.sha256()
    parts = [toolchain, *addition.packages, addition.fetch, addition.manifest, preparing_script()]
    for part in (*(part.encode() for part in parts), *(one for file in addition.files for one in _octets(file))):
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


def _octets(file: tuple[str, bytes]) -> tuple[bytes, bytes]:
    return file[0].encode(), file[1]


def write_files(addition: ImageAddition, folder: Path) -> None:
    """The files below a folder, and an empty one for each stub: cargo wants a crate's sources to be there."""
    for name, content in (*((stub, b"") for stub in addition.stubs), *addition.files):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        target.chmod(0o755)
    folder.mkdir(parents=True, exist_ok=True)


def certificates(environ: Mapping[str, str]) -> Path | None:
    """The host's own bundle; None where none is found."""
    named = (environ.get("SSL_CERT_FILE", ""), *CERTIFICATES)
    return next((Path(path) for path in named if path and Path(path).is_file()), None)
