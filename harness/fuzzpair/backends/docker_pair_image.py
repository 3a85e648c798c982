"""The image of a user's pair: the toolchain's, with the pair's packages, what `fetch` left, and vendored crates.

Only its making has network. What it makes is found again by the digest of all that decides it.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from fuzzpair.backends.docker_image import ImageMaker
from fuzzpair.backends.docker_session import PAIR, ROOT
from fuzzpair.backends.pair_files import addition_digest, certificates, preparing_script, write_files
from fuzzpair.model.pair import ImageAddition

# $SRC, $OUT and $WORK are told to a build; one that has OSS-Fuzz's own paths written into it finds these.
BUILD = f"{ROOT}/oss-fuzz"
LINKS = " && ".join(f"ln -s {BUILD}/{name} /{name}" for name in ("src", "out", "work"))
GIVEN = "/opt/fuzzpair/given"


def make_pair_image(maker: ImageMaker, toolchain_id: str, addition: ImageAddition) -> str:
    """The image's id: present, or made. Raises ImageError with the last lines of what failed."""
    present = present_pair_image(maker, toolchain_id, addition)
    if present is not None:
        return present
    digest, tag = _name_of(addition, toolchain_id)
    maker.on_progress(f"building {tag}: packages, sources and crates of the pair (once, with network)")
    with tempfile.TemporaryDirectory(prefix="fuzzpair-pair-") as name:
        folder = Path(name)
        write_files(addition, folder / "given")
        (folder / "prepare.sh").write_text(preparing_script(), encoding="utf-8")
        trusted = certificates(maker.environ)
        if trusted is not None:
            shutil.copyfile(trusted, folder / "ca-certificates.crt")
        (folder / "Dockerfile").write_text(
            dockerfile(toolchain_id, addition, has_certificates=trusted is not None), encoding="utf-8"
        )
        return maker.build(
            folder, tag, digest, next_step="Look at 'packages' and 'fetch' in pipeline.yml, and at Cargo.lock."
        )


def present_pair_image(maker: ImageMaker, toolchain_id: str, addition: ImageAddition) -> str | None:
    """The image's id where it was made already."""
    digest, tag = _name_of(addition, toolchain_id)
    return maker.id_of(tag, digest)


def _name_of(addition: ImageAddition, toolchain_id: str) -> tuple[str, str]:
    digest = addition_digest(addition, toolchain_id)
    return digest, f"fuzzpair/pair-{addition.name}:{digest[:12]}"


def dockerfile(toolchain_id: str, addition: ImageAddition, *, has_certificates: bool) -> str:
    """Three stages. The second has the host's certificates; what it left is all of it that the image keeps."""
    packages = " ".join(addition.packages)
    install = (
        "RUN apt-get update"
        f" && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends {packages}"
        " && rm -rf /var/lib/apt/lists/*\n"
    )
    trust = "COPY ca-certificates.crt /etc/ssl/certs/ca-certificates.crt\n" if has_certificates else ""
    return (
        f"FROM {toolchain_id} AS packages\n"
        f"{install if packages else ''}"
        f"RUN {LINKS}\n\n"
        "FROM packages AS fetched\n"
        f"{trust}"
        f"COPY given {GIVEN}\n"
        "COPY prepare.sh /opt/fuzzpair/prepare.sh\n"
        f"RUN sh /opt/fuzzpair/prepare.sh {GIVEN} {PAIR} {addition.fetch or '-'} {addition.manifest or '-'}\n\n"
        "FROM packages\n"
        f"COPY --from=fetched {PAIR} {PAIR}\n"
    )
