"""The reference reads what dns.message reads; where it overrules dnspython, a page of the docs says so."""

import struct
from collections import Counter
from pathlib import Path

import dns.exception
import dns.message
import dns.rdata
import pytest

from twins.compare import Comparison, without_kinds
from twins.disagreements import DISAGREEMENTS, NAME_DISAGREEMENTS, describe_by_contract
from twins.messages import Sample, all_messages, all_streams, broken_messages, odd_messages, valid_messages
from twins.odd_samples import ODD_NAMES
from twins.rdata_text import ANY_CLASS_TYPES, IN_TYPES, type_text
from twins.reference import REJECT, describe_message, describe_stream

EXAMPLE = bytes.fromhex(
    "1234818000010001000000010377777707657861"
    "6d706c6503636f6d0000010001c00c0001000100"
    "00012c0004c000020100002904d000008000000c"
    "000a00080102030405060708"
)
EXAMPLE_TEXT = """\
id 4660 qr 1 opcode 0 aa 0 tc 0 rd 1 ra 1 z 0 ad 0 cd 0 rcode 0
question 1
www.example.com. IN A
answer 1
www.example.com. 300 IN A 192.0.2.1
authority 0
additional 1
. OPT payload 1232 ercode 0 version 0 do 1 z 0 options 1
  option 10 0102030405060708
ttl-sum 300
"""
DOCUMENTED = {case.name for cases in DISAGREEMENTS.values() for case in cases} | set(NAME_DISAGREEMENTS)


@pytest.fixture(scope="module")
def samples() -> list[Sample]:
    return all_messages()


def test_the_example_of_the_contract() -> None:
    assert describe_message(EXAMPLE) == EXAMPLE_TEXT


def test_a_stream_has_a_table_and_a_truncated_one_has_none() -> None:
    frame = struct.pack("!H", len(EXAMPLE)) + EXAMPLE
    messages = f"message 1\n{EXAMPLE_TEXT}message 2\nreject:\n"
    table = "names 2\n. 1\nwww.example.com. 2\ntypes 2\nA 1\nOPT 1\n"
    assert describe_stream(frame + b"\0\1x") == messages + table
    assert describe_stream(frame + b"\0\1x\0") == messages + REJECT
    assert describe_stream(b"") == "names 0\ntypes 0\n"


@pytest.mark.slow
def test_every_type_of_the_contract_is_generated_and_accepted() -> None:
    texts = [describe_message(sample.data) for sample in valid_messages(1, 700)]
    assert REJECT not in texts
    wanted = {type_text(rdtype) for rdtype in ANY_CLASS_TYPES | IN_TYPES}
    printed = {word for text in texts for line in text.splitlines() for word in line.split()[3:4]}
    assert wanted <= printed
    assert any("\n. OPT payload " in text for text in texts)
    assert any(rf" TYPE1234 \# 0{chr(10)}" in text for text in texts)


def test_every_broken_message_is_rejected() -> None:
    assert [sample.made_by for sample in broken_messages() if describe_message(sample.data) != REJECT] == []


def test_every_disagreement_is_generated_and_recognised() -> None:
    found: set[str] = set()
    for sample in odd_messages(1, 150):
        text, reasons = describe_by_contract("message", sample.data)
        assert text != describe_message(sample.data), sample.made_by
        assert reasons, sample.made_by
        found |= reasons.keys()
    assert found == DOCUMENTED


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_name_that_only_the_contract_reads(name: str) -> None:
    text, reasons = describe_by_contract("message", ODD_NAMES[name])
    assert (set(reasons), text != REJECT) == ({name}, True)


def test_every_disagreement_is_explained_in_the_docs() -> None:
    page = Path(__file__).parents[2] / "docs" / "dns-disagreements.md"
    text = page.read_text(encoding="utf-8")
    assert [name for name in sorted(DOCUMENTED) if f"`{name}`" not in text] == []


@pytest.mark.slow
def test_overruling_changes_nothing_without_a_reason(samples: list[Sample]) -> None:
    for sample in samples:
        text, reasons = describe_by_contract("message", sample.data)
        assert reasons or text == describe_message(sample.data), sample.data.hex()


@pytest.mark.slow  # 1,500 messages are read
def test_mutations_are_neither_all_accepted_nor_all_rejected(samples: list[Sample]) -> None:
    texts = [describe_message(sample.data) for sample in samples[-1500:]]
    assert 0.1 < sum(text != REJECT for text in texts) / len(texts) < 0.9


def test_the_samples_depend_on_the_seed_alone() -> None:
    few = {"valid": 30, "odd": 20, "mutated": 30}
    assert all_messages(7, **few) == all_messages(7, **few)
    assert all_messages(7, **few) != all_messages(8, **few)
    assert all_streams(7, 10) == all_streams(7, 10)


@pytest.mark.slow
def test_dns_message_accepts_what_the_reference_accepts(samples: list[Sample]) -> None:
    """And the reverse. Left out are opaque rdata, which dnspython may have a class for, and UPDATE, where an
    rdata may be empty (RFC 2136 §2.4).
    """
    # Else dnspython's first A of class ANY makes every A opaque that comes after it.
    dns.rdata.load_all_types()  # type: ignore[no-untyped-call]
    compared = Counter[bool]()
    for sample in samples:
        text, in_message = describe_message(sample.data), accepted_by_dns_message(sample.data)
        is_update = len(sample.data) > 2 and sample.data[2] >> 3 & 15 == 5
        if not is_update and "\\#" not in text and (text == REJECT) == in_message:
            pytest.fail(f"dns.message {'accepts' if in_message else 'rejects'} {sample.data.hex()}")
        compared[in_message] += 1
    assert min(compared[True], compared[False]) > len(samples) // 10


def accepted_by_dns_message(data: bytes) -> bool:
    try:
        dns.message.from_wire(data, keyring=False, one_rr_per_rrset=True)
    except dns.exception.DNSException:
        return False
    return True


def test_a_difference_that_is_not_documented_is_unexplained() -> None:
    comparison = Comparison()
    comparison.add("message", EXAMPLE, EXAMPLE_TEXT, EXAMPLE_TEXT)
    comparison.add("message", b"", "reject: truncated at 0\n", "reject: truncated at 0\n")
    comparison.add("message", b"", "reject: truncated at 0\n", "reject: truncated at 1\n")
    comparison.add("message", EXAMPLE, "reject: opt at 12\n", "reject: opt at 12\n")
    assert (comparison.accepted, comparison.rejected) == (1, 1)
    assert [difference.what for difference in comparison.unexplained] == [
        "the twins differ",
        "dnspython differs from both twins",
    ]
    assert EXAMPLE.hex() in comparison.unexplained[1].shown()


def test_a_documented_difference_is_counted_by_its_reason() -> None:
    """And the twins follow the contract there: one that sided with dnspython would be a difference."""
    data = ODD_NAMES["pointer-overlap"]
    text, _ = describe_by_contract("message", data)
    comparison = Comparison()
    comparison.add("message", data, text, text)
    comparison.add("message", data, text + "more\n", text + "more\n")
    comparison.add("message", data, "reject: pointer-loop at 27\n", "reject: pointer-loop at 27\n")
    assert comparison.documented == {"pointer-overlap": 1}
    assert len(comparison.unexplained) == 2


def test_only_a_whole_line_is_a_rejection() -> None:
    assert without_kinds("message 1\nreject: opt at 12\n") == "message 1\nreject:\n"
    assert without_kinds("reject:. IN A\n") == "reject:. IN A\n"
