"""What is read of rustc's link, of clang's and of an object's symbols, as those tools write it."""

from __future__ import annotations

import pytest

from fuzzpair.builds.relinking import arguments_of, called, command_of, declared, holds, own_objects

PRINTED = (
    'LC_ALL="C" PATH="/usr/lib/rustlib/x86_64-unknown-linux-gnu/bin:/bin" VSLANG="1033" "clang" "-m64"'
    ' "/job/root/rust-address/rustct3OLKB/symbols.o" "judge.0hafy8z.18h7wd0.rcgu.o" "-Wl,-Bstatic"'
    ' "/job/root/rust-address/libdns.rlib" "/usr/lib/rustlib/lib/libstd-8f0f.rlib" "-o" "judge" "-fuse-ld=lld"\n'
)
SHOWN = """\
Debian clang version 22.1.8 (1~deb12u1)
Target: x86_64-pc-linux-gnu
InstalledDir: /usr/lib/llvm-22/bin
 "/usr/lib/llvm-22/bin/ld.lld" "-z" "relro" "/lib/x86_64-linux-gnu/crt1.o" "a b.o" "-o" "judge"
"""
LEGACY, NEWER = "_ZN3dns3dns16describe_message17hb5eb853e7b1600a7E", "_RNvNtCs5TWtx6e8Hem_3dns3dns16describe_message"
SHARED = "_RNvMs_NtCscWzO2Rl8BRB_5alloc3vecINtB4_3VechE8as_sliceCs5TWtx6e8Hem_3dns"


def test_the_folder_of_the_sandbox_is_left_out_of_a_link() -> None:
    arguments = arguments_of(PRINTED, "clang", "libdns.rlib")
    assert arguments is not None
    assert arguments[:3] == ("-m64", "rustct3OLKB/symbols.o", "judge.0hafy8z.18h7wd0.rcgu.o")
    assert "libdns.rlib" in arguments
    assert "/usr/lib/rustlib/lib/libstd-8f0f.rlib" in arguments


@pytest.mark.parametrize("printed", ["", "nothing of a link\n", 'LC_ALL="C" "gcc" "-m64"\n'])
def test_where_no_link_is_printed_there_is_none(printed: str) -> None:
    assert arguments_of(printed, "clang", "libdns.rlib") is None


def test_a_driver_s_one_command_is_read_with_what_it_quotes() -> None:
    command = command_of(SHOWN)
    assert command is not None
    assert command[0] == "/usr/lib/llvm-22/bin/ld.lld"
    assert own_objects(command) == ("a b.o",), "the C library's are not the program's"


def test_of_several_commands_none_is_the_link() -> None:
    assert command_of(SHOWN + ' "/usr/lib/llvm-22/bin/clang" "-cc1"\n') is None
    assert command_of("clang: error: no input files\n") is None


def symbols(*lines: str) -> str:
    return "judge.1.rcgu.o:\n" + "".join(f"{line}\n" for line in lines)


@pytest.mark.parametrize("name", [LEGACY, NEWER, SHARED])
def test_a_program_holds_what_it_defines_and_not_what_it_calls(name: str) -> None:
    assert not holds(symbols(f"                 U {name}", "0000000000000000 T main"), "dns")
    assert holds(symbols(f"0000000000000000 T {name}"), "dns")
    assert not holds(symbols(f"0000000000000000 T {name}"), "other")


SOURCE = """\
pub fn describe_message(octets: &[u8]) -> String {
    String::new()
}

fn as_slice<const N: usize>(
    from: [u8; N],
) -> usize {
    N
}
"""


@pytest.mark.parametrize("name", [LEGACY, NEWER])
def test_what_a_program_calls_is_found_among_the_functions_of_the_library(name: str) -> None:
    assert called(symbols(f"                 U {name}"), "dns", [SOURCE]) == ("describe_message",)


def test_an_instance_of_std_s_code_counts_where_the_library_has_a_function_of_its_name() -> None:
    assert called(symbols(f"                 U {SHARED}"), "dns", [SOURCE]) == ("as_slice",)


def test_a_declaration_reaches_to_the_body() -> None:
    (one,) = declared(["describe_message"], [SOURCE])
    assert one.strip() == "pub fn describe_message(octets: &[u8]) -> String"
    (other,) = declared(["as_slice"], [SOURCE])
    assert "[u8; N]" in other
    assert other.strip().endswith("-> usize")
