from __future__ import annotations

import pytest

from fuzzpair.backends.fake import FakeSandbox
from fuzzpair.backends.toolchain import fingerprint_of, read_toolchain
from fuzzpair.errors import BackendError
from fuzzpair.model.command import Command, Completed

ANSWERS = {
    "clang": "Debian clang version 22.1.8 (1~deb12u1)\nTarget: x86_64-pc-linux-gnu\n",
    "rustc": "rustc 1.96.0 (ac68faa20 2026-05-25)\nhost: riscv64gc-unknown-linux-gnu\nLLVM version: 22.1.8\n",
    "ld.lld": "Debian LLD 22.1.8\n",
    "cat": "0123abcd\n",
    "dpkg-query": "ii  clang-22 1:22.1.8-1~deb12u1\nun  rustc \nii  libc6 2.36-9+deb12u14\n",
}


def answering(answers: dict[str, str]) -> FakeSandbox:
    def answer(command: Command, files: dict[str, bytes]) -> Completed:
        text = answers.get(command.argv[0])
        return Completed(command=command, exit_code=127 if text is None else 0, stdout=(text or "").encode())

    return FakeSandbox(answer)


def test_versions_are_what_the_tools_and_the_packages_say() -> None:
    toolchain = read_toolchain(answering(ANSWERS), image_id="sha256:1")
    assert toolchain.triple == "riscv64gc-unknown-linux-gnu"
    versions = dict(toolchain.versions)
    assert versions["clang"] == "Debian clang version 22.1.8 (1~deb12u1)"
    assert versions["rebuilt"] == "0123abcd"
    assert versions["package clang-22"] == "1:22.1.8-1~deb12u1"
    assert "package rustc" not in versions


def test_the_image_s_id_is_not_in_the_fingerprint_and_every_version_is() -> None:
    fingerprint = read_toolchain(answering(ANSWERS), image_id="sha256:1").fingerprint
    assert read_toolchain(answering(ANSWERS), image_id="sha256:2").fingerprint == fingerprint
    for name, text in ANSWERS.items():
        changed = ANSWERS | {name: text.replace("22", "23").replace("0123", "4567")}
        assert read_toolchain(answering(changed), image_id="sha256:1").fingerprint != fingerprint


def test_the_fingerprint_does_not_depend_on_the_order() -> None:
    assert fingerprint_of({"a": "1", "b": "2"}) == fingerprint_of({"b": "2", "a": "1"})


def test_packages_and_a_linker_may_be_missing() -> None:
    toolchain = read_toolchain(answering({name: ANSWERS[name] for name in ("clang", "rustc")}), image_id="local")
    assert [name for name, _ in toolchain.versions] == ["clang", "rustc"]


@pytest.mark.parametrize("missing", ["clang", "rustc"])
def test_without_a_compiler_the_error_says_what_to_install(missing: str) -> None:
    with pytest.raises(BackendError) as caught:
        read_toolchain(answering({n: a for n, a in ANSWERS.items() if n != missing}), image_id="local")
    assert missing in caught.value.message
    assert "Install" in caught.value.next_step
