"""Names from four manglings come out alike, and normalising twice changes nothing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examples import examples
from fuzzpair.triage.names import normalise


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("dns::parse_name(dns::Cursor&, int)", "dns::parse_name"),
        ("dns::Cursor<unsigned char>::read(unsigned long) const", "dns::Cursor::read"),
        ("int run_case<11ul>(Case const (&) [11ul], char const*)", "run_case"),
        ("void std::__invoke_impl<void, void (*)()>(std::__invoke_other, void (*&&)())", "std::__invoke_impl"),
        ("std::string dns::text[abi:cxx11](int)", "dns::text"),
        ("dns::(anonymous namespace)::hidden(int)", "dns::hidden"),
        ("in_lambda::$_0::operator()(int) const", "in_lambda::$_::operator()"),
        ("parse(int)::'lambda3'(char)::operator()(char) const", "parse::$_::operator()"),
        ("operator new(unsigned long)", "operator new"),
        ("operator delete[](void*)", "operator delete[]"),
        ("Name::operator<(Name const&) const", "Name::operator<"),
        ("bool operator<< <int>(Stream&, int)", "operator<<"),
        ("Ptr<T>::operator->() const", "Ptr::operator->"),
        ("Flag::operator bool() const", "Flag::operator bool"),
        ("parse_rdata(int) [clone .cold]", "parse_rdata"),
        ("parse_rdata.part.0", "parse_rdata"),
        ("parse_rdata.llvm.1234567", "parse_rdata"),
        # Rust, v0 with crate hashes, as std prints it and as llvm-symbolizer does
        ("std[e28293b1aa0f68bd]::panicking::panic_handler::{closure#0}", "std::panicking::panic_handler::{closure}"),
        ("<dns[1f]::Parser>::name", "dns::Parser::name"),
        ("<unsafe_address::Table<u32>>::at", "unsafe_address::Table::at"),
        ("<dns::Cache as core::ops::drop::Drop>::drop", "dns::Cache::drop"),
        ("<&mut dns::Cache as core::fmt::Debug>::fmt", "dns::Cache::fmt"),
        ("core::ptr::read_volatile::<u32>", "core::ptr::read_volatile"),
        ("<alloc::vec::Vec<T,A> as core::ops::index::Index<I>>::index", "alloc::vec::Vec::index"),
        ("core::slice::index::<impl core::ops::index::Index<I> for [T]>::index", "core::slice::index::index"),
        # Rust, legacy
        ("dns::parse_name::h0123456789abcdef", "dns::parse_name"),
        ("dns::parse::{{closure}}::h0123456789abcdef", "dns::parse::{closure}"),
        ("main", "main"),
        ("", ""),
    ],
)
def test_normalise(name: str, bare: str) -> None:
    assert normalise(name) == bare


ALPHABET = "ab0<>()[]{}:# ,&*$_'.h" + "→"
PIECES = st.sampled_from(
    [
        *("operator", "()", "<", ">", "::", "{closure#1}", "{{closure}}", "$_3", " const", "[abi:x]", " as ", "[ab1]"),
        "(anonymous namespace)::",
        "::h0123456789abcdef",
        "<<",
        "->",
        " [clone .cold]",
        ".part.1",
        "dns",
        "'lambda'",
        " ",
    ]
)


@given(st.text(ALPHABET, max_size=60) | st.lists(PIECES, max_size=12).map("".join) | st.text(max_size=40))
@settings(max_examples=examples(500), deadline=None)
def test_normalising_again_changes_nothing(name: str) -> None:
    once = normalise(name)
    assert normalise(once) == once
    assert len(once) <= len(name)
