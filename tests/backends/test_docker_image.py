from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import pytest

from fuzzpair.backends import docker_image
from fuzzpair.backends.docker import DockerBackend
from fuzzpair.backends.docker_engine import Engine
from fuzzpair.backends.docker_image import ImageMaker
from fuzzpair.backends.toolchain import recipe_digest
from fuzzpair.errors import BackendError, ImageError
from fuzzpair.model.run_facts import Toolchain


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / "Dockerfile").write_text("FROM debian:bookworm-slim\nRUN echo made-of-this\n")
    return folder


@pytest.fixture
def made(recipe: Path) -> Iterator[ImageMaker]:
    """A maker whose image is removed afterwards."""
    engine = Engine()
    yield ImageMaker(engine, os.environ, lambda _: None)
    with engine.connection() as client:
        for image in client.images(name="fuzzpair/tiny"):
            client.remove_image(image["Id"], force=True)


def test_the_digest_is_of_names_contents_and_execute_bits(recipe: Path) -> None:
    first = recipe_digest(recipe)
    assert recipe_digest(recipe) == first
    (recipe / "Dockerfile").touch()
    assert recipe_digest(recipe) == first
    (recipe / "build.sh").write_text("")
    second = recipe_digest(recipe)
    (recipe / "build.sh").chmod(0o755)
    assert len({first, second, recipe_digest(recipe)}) == 3


def test_a_folder_without_a_dockerfile_is_no_recipe(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="no Dockerfile"):
        ImageMaker(Engine(), {}, print).make(tmp_path)


def test_without_any_way_to_a_base_image_one_error_names_all_three(
    recipe: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_registry(_: ImageMaker) -> None:
        raise BackendError("it cannot be pulled: no such host")

    monkeypatch.setattr(ImageMaker, "id_of", lambda *_: None)
    monkeypatch.setattr(ImageMaker, "_pull", no_registry)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(ImageError) as caught:
        ImageMaker(Engine(), {"PATH": "/nonexistent"}, print).make(recipe)
    for part in ("not in the engine", "no such host", "mmdebstrap"):
        assert part in caught.value.message
    assert "docker pull debian:bookworm-slim" in caught.value.next_step
    assert "apt-get install mmdebstrap" in caught.value.next_step


def test_a_base_image_that_is_pulled_is_not_bootstrapped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImageMaker, "_pull", lambda _: None)
    monkeypatch.setattr(ImageMaker, "_bootstrap", lambda _: pytest.fail("not needed"))
    ImageMaker(Engine(), {}, print)._make_base()


def test_without_mknod_mmdebstrap_uses_its_unshare_mode(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "mknod", refuse)
    assert not docker_image._may_make_devices(tmp_path)


def test_what_a_build_says_is_told_without_escapes() -> None:
    told: list[str] = []
    maker = ImageMaker(Engine(), {}, told.append)
    events = [{"stream": "\x1b[91m   Vendoring arbitrary\n\x1b[0m"}, {"stream": "\x1b]0;title\x07done\n"}]
    assert maker._follow(iter(events), deque()) is None
    assert told == ["Vendoring arbitrary", "]0;titledone"]


@pytest.mark.container
def test_an_image_is_built_once_and_carries_its_recipe(made: ImageMaker, recipe: Path) -> None:
    told: list[str] = []
    made.on_progress = told.append
    first = made.make(recipe)
    assert any("made-of-this" in line for line in told)
    told.clear()
    assert made.make(recipe) == first
    assert told == []
    with made.engine.connection() as client:
        labels = client.inspect_image(first)["Config"]["Labels"]
    assert labels["fuzzpair.recipe"] == recipe_digest(recipe)


@pytest.mark.container
def test_a_build_that_fails_shows_its_last_lines(made: ImageMaker, recipe: Path) -> None:
    (recipe / "Dockerfile").write_text("FROM debian:bookworm-slim\nRUN echo the-reason; exit 9\n")
    with pytest.raises(ImageError) as caught:
        made.make(recipe)
    assert "the-reason" in caught.value.message
    assert "Dockerfile" in caught.value.next_step


@pytest.mark.container
def test_the_proxy_of_the_host_reaches_the_build(made: ImageMaker, recipe: Path) -> None:
    (recipe / "Dockerfile").write_text('FROM debian:bookworm-slim\nRUN echo "proxy is $http_proxy"\n')
    told: list[str] = []
    ImageMaker(made.engine, {"http_proxy": "http://proxy:3128"}, told.append).make(recipe)
    assert "proxy is http://proxy:3128" in told


@pytest.mark.container
def test_the_toolchain_has_both_compilers_on_one_llvm(prepared: tuple[DockerBackend, Toolchain]) -> None:
    versions = dict(prepared[1].versions)
    assert "22.1" in versions["clang"]
    assert "LLVM version: 22.1" in versions["rustc"]
    assert len(versions["rebuilt"]) == 64
    assert any(name.startswith("package libclang-rt") for name in versions)
