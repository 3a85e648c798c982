"""The repository itself: locks that hold, no address of a package registry, nothing that shadows a package."""

from __future__ import annotations

import re
import subprocess
import tomllib
from functools import cache
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
LOCKS = ("requirements.lock", "requirements-dev.lock")
# In pieces, so that this file does not hold what it looks for.
REGISTRIES = [
    ".".join(pieces)
    for pieces in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("crates", "io"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("hub", "docker", "com"),
        ("docker", "io"),
        ("ghcr", "io"),
        ("quay", "io"),
        ("gcr", "io"),
        ("proxy", "golang", "org"),
        ("rubygems", "org"),
        ("conda", "anaconda", "org"),
    )
]
# As a host, not as a word in a name: Cargo.lock names its index in the usual way, as a repository on GitHub.
REGISTRY = re.compile(
    rf"(?://|@|=\s*|^\s*)(?:[a-z0-9-]+\.)*(?:{'|'.join(map(re.escape, REGISTRIES))})(?![\w.-])",
    re.IGNORECASE | re.MULTILINE,
)


@cache
def tracked() -> tuple[Path, ...]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    paths = (ROOT / name for name in listed.decode().split("\0") if name)
    return tuple(path for path in paths if path.is_file())


def test_no_file_holds_the_address_of_a_package_registry() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match[0].strip()}"
        for path in tracked()
        for match in REGISTRY.finditer(path.read_text(encoding="utf-8", errors="replace"))
    ]
    assert not found


@pytest.mark.parametrize("lead", ["https://", "sparse+https://index.", "index-url = ", "https://user@", "\nfiles."])
@pytest.mark.parametrize("registry", REGISTRIES)
def test_the_search_finds_each_registry(lead: str, registry: str) -> None:
    assert REGISTRY.search(f"# x\n{lead}{registry}/simple")


def locked(name: str) -> dict[str, tuple[str, list[str]]]:
    """Package -> version and hashes."""
    entries = re.split(r"\n(?=\S)", (ROOT / name).read_text(encoding="utf-8"))
    pins = [re.match(r"([A-Za-z0-9._-]+)==(\S+)", entry) for entry in entries]
    return {
        canonicalize_name(pin[1]): (pin[2], re.findall(r"--hash=sha256:([0-9a-f]{64})\b", entry))
        for pin, entry in zip(pins, entries, strict=True)
        if pin
    }


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_pins_each_package_with_hashes_and_holds_no_address_or_option(name: str) -> None:
    assert len(locked(name)) > 10
    assert not [package for package, (_, hashes) in locked(name).items() if not hashes]
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in text
    lines = [line for line in text.splitlines() if line and not line.lstrip().startswith(("#", "--hash="))]
    assert not [line for line in lines if not re.match(r"[a-z0-9._-]+==\S+( ; [^\\]+)? \\$", line)]


def test_the_locks_hold_what_pyproject_asks_for() -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    asked = {"requirements.lock": pyproject["project"]["dependencies"]}
    asked["requirements-dev.lock"] = [*asked["requirements.lock"], *pyproject["dependency-groups"]["dev"]]
    for name, requirements in asked.items():
        for requirement in map(Requirement, requirements):
            version, _ = locked(name).get(canonicalize_name(requirement.name), ("none", []))
            assert version in requirement.specifier, f"{name} holds {version} of {requirement}: run nox -s lock"


def test_the_tests_run_with_what_users_run_with() -> None:
    development = locked("requirements-dev.lock")
    assert {package: development[package] for package in locked("requirements.lock")} == locked("requirements.lock")


def test_the_folder_named_docker_does_not_shadow_the_sdk() -> None:
    assert not [path for path in tracked() if path.suffix == ".py" and path.is_relative_to(ROOT / "docker")]
    assert not (ROOT / "tests" / "docker").exists()


@pytest.mark.parametrize("name", ["fuzzpair", "test", ".ci/run"])
def test_what_is_called_can_be_executed(name: str) -> None:
    assert (ROOT / name).stat().st_mode & 0o111
    mode = subprocess.run(["git", "ls-files", "-s", name], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert mode.startswith("100755 ")
