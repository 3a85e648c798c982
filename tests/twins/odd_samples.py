"""Rdata on which dnspython and the contract disagree, and whole messages that both reject."""

import struct
from collections.abc import Callable
from random import Random
from typing import Final

import dns.name

from twins.samples import Parts, counted, loc, nsec, octets, packed, rrsig, svcb, type_

EXAMPLE: Final = dns.name.from_text("www.example.com.")


def ds_length(rng: Random) -> tuple[int, Parts]:
    return type_("DS"), [packed(rng, "HB") + bytes([rng.choice((0, 1, 2, 3, 4))]), octets(rng, 1, 19)]


def ds_empty(rng: Random) -> tuple[int, Parts]:
    return type_("DS"), [packed(rng, "HB") + bytes([rng.choice((5, 6, 255))])]


def loc_version(rng: Random) -> tuple[int, Parts]:
    return type_("LOC"), [bytes([rng.randint(1, 255)]) + octets(rng, 0, 20)]


def loc_zero_base(rng: Random) -> tuple[int, Parts]:
    record = bytearray(b"".join(part for part in loc(rng) if isinstance(part, bytes)))
    record[rng.randint(1, 3)] = rng.randint(1, 9)
    return type_("LOC"), [bytes(record)]


def nsec_zeros(rng: Random) -> tuple[int, Parts]:
    bitmaps = (b"\0", b"\x40\0", bytes(32), b"\x40" + bytes(31))
    return type_("NSEC"), [EXAMPLE, *(bytes([at]) + counted(bitmap) for at, bitmap in enumerate(bitmaps))]


def svcb_alias(rng: Random) -> tuple[int, Parts]:
    return type_("SVCB"), [b"\0\0", EXAMPLE, b"\x02\x9b" + counted(octets(rng, 0, 4), "H")]


def svcb_meaning(rng: Random) -> tuple[int, Parts]:
    """Values that RFC 9460 §7 and §8 do not allow for these keys."""
    key, value = rng.choice(
        ((0, b""), (0, b"\0\1"), (1, b""), (1, b"\5h2"), (2, b""), (3, b"\1"), (4, b"123"), (5, b""))
    )
    return type_("HTTPS"), [b"\0\1", EXAMPLE, struct.pack("!H", key) + counted(value, "H")]


def option_meaning(rng: Random) -> tuple[int, Parts]:
    """Values that the RFCs of these options do not allow: ECS, cookie, EDE, report channel."""
    code, value = rng.choice(
        ((8, b""), (8, b"\0\3\0\0"), (10, b"short"), (15, b"\0\1\xff"), (15, b"\0\1a\0"), (18, b""))
    )
    return type_("OPT"), [struct.pack("!H", code) + counted(value, "H")]


def compressed(build: Callable[[Random], Parts], rdtype: str) -> Callable[[Random], tuple[int, Parts]]:
    """The question has this name, so the writer points to it from the rdata."""

    def built(rng: Random) -> tuple[int, Parts]:
        return type_(rdtype), [EXAMPLE if isinstance(part, dns.name.Name) else part for part in build(rng)]

    return built


ODD: Final[dict[str, Callable[[Random], tuple[int, Parts]]]] = {
    "ds-digest-length": ds_length,
    "ds-empty-digest": ds_empty,
    "loc-version": loc_version,
    "loc-zero-base": loc_zero_base,
    "nsec-trailing-zero": nsec_zeros,
    "svcb-alias-parameters": svcb_alias,
    "svcb-parameter-meaning": svcb_meaning,
    "edns-option-meaning": option_meaning,
    "compressed NSEC": compressed(nsec, "NSEC"),
    "compressed RRSIG": compressed(rrsig, "RRSIG"),
    "compressed SVCB": compressed(svcb, "SVCB"),
}


def message(*records: bytes, questions: int = 0, counts: tuple[int, int, int] | None = None) -> bytes:
    return struct.pack("!HHHHHH", 1, 0, questions, *(counts or (len(records), 0, 0))) + b"".join(records)


def record(rdtype: str, rdata: bytes, owner: bytes = b"\0", length: int | None = None) -> bytes:
    rdlength = len(rdata) if length is None else length
    return owner + struct.pack("!HHIH", type_(rdtype), 1, 60, rdlength) + rdata


QUESTION: Final = b"\0\1\0\1"
LABEL63: Final = b"\x3f" + b"x" * 63
OPT: Final = record("OPT", b"")
WINDOW: Final = b"\0\1\x40"
LOC: Final = b"\0\x12\x16\x13" + struct.pack("!III", 2**31, 2**31, 10**7)

# Messages that the contract accepts and dnspython does not, because of a name.
ODD_NAMES: Final[dict[str, bytes]] = {
    "long-pointer-chain": message(
        b"\1a\0" + QUESTION,
        b"\xc0\x0c" + QUESTION,
        *(struct.pack("!H", 0xC000 | 19 + 6 * at) + QUESTION for at in range(18)),
        questions=20,
        counts=(0, 0, 0),
    ),
    # The rdata ends with a length of one, so its label is the first octet of the owner that points there.
    "pointer-overlap": message(record("NULL", b"\1"), record("A", b"1234", owner=b"\2\0\0\xc0\x17")),
}

BROKEN: Final[dict[str, bytes]] = {
    "empty": b"",
    "short header": bytes(11),
    "header only, one question": message(questions=1),
    "65535 questions": message(questions=65535),
    "65535 records": message(counts=(65535, 65535, 65535)),
    "label type 01": message(b"\x40" + QUESTION, questions=1, counts=(0, 0, 0)),
    "label type 10": message(b"\x80" + QUESTION, questions=1, counts=(0, 0, 0)),
    "pointer to itself": message(b"\xc0\x0c" + QUESTION, questions=1, counts=(0, 0, 0)),
    "pointer forwards": message(b"\xc0\x0e" + QUESTION + b"\0", questions=1, counts=(0, 0, 0)),
    "label and pointer to it": message(b"\1a\xc0\x0c" + QUESTION, questions=1, counts=(0, 0, 0)),
    "name of 256 octets": message(LABEL63 * 3 + b"\x3e" + b"y" * 62 + b"\0" + QUESTION, questions=1, counts=(0, 0, 0)),
    "name too long by pointer": message(
        record("A", b"1234", owner=LABEL63 * 3 + b"\0"), record("A", b"1234", owner=LABEL63 + b"\xc0\x0c")
    ),
    "cut pointer": message(b"\xc0", questions=1, counts=(0, 0, 0)),
    "A of 3": message(record("A", b"123")),
    "A of 5": message(record("A", b"12345")),
    "A of 0": message(record("A", b"")),
    "AAAA of 15": message(record("AAAA", bytes(15))),
    "rdata behind the end": message(record("A", b"1234", length=5)),
    "name leaves the rdata": message(record("NS", b"\1a\0", length=2)),
    "octets behind the name": message(record("NS", b"\1a\0\0")),
    "MX of 2": message(record("MX", b"\0\1")),
    "SOA of 21": message(record("SOA", bytes(21))),
    "TXT of 0": message(record("TXT", b"")),
    "TXT string leaves the rdata": message(record("TXT", b"\5abc")),
    "LOC of 0": message(record("LOC", b"")),
    "LOC of 15": message(record("LOC", LOC[:-1])),
    "LOC base 10": message(record("LOC", LOC[:1] + b"\xa2" + LOC[2:])),
    "LOC exponent 10": message(record("LOC", LOC[:3] + b"\x1a" + LOC[4:])),
    "LOC north of the pole": message(record("LOC", LOC[:4] + struct.pack("!I", 2**31 + 324000001) + LOC[8:])),
    "LOC west of 180": message(record("LOC", LOC[:8] + struct.pack("!I", 2**31 - 648000001) + LOC[12:])),
    "SRV of 6": message(record("SRV", bytes(6))),
    "DS of 4, SHA-1": message(record("DS", b"\0\1\x08\1")),
    "DS of 3": message(record("DS", b"\0\1\x08")),
    "RRSIG of 18": message(record("RRSIG", bytes(18))),
    "NSEC windows descend": message(record("NSEC", b"\0\1\1\x40" + WINDOW)),
    "NSEC window twice": message(record("NSEC", b"\0" + WINDOW + WINDOW)),
    "NSEC window of 0": message(record("NSEC", b"\0\0\0")),
    "NSEC window of 33": message(record("NSEC", b"\0\0\x21" + b"\1" * 33)),
    "NSEC window cut": message(record("NSEC", b"\0\0\2\x40")),
    "DNSKEY of 3": message(record("DNSKEY", b"\1\1\3")),
    "SVCB keys descend": message(record("SVCB", b"\0\1\0\2\x9b\0\0\2\x9a\0\0")),
    "SVCB key twice": message(record("SVCB", b"\0\1\0\2\x9b\0\0\2\x9b\0\0")),
    "SVCB value leaves the rdata": message(record("SVCB", b"\0\1\0\2\x9b\0\1")),
    "SVCB half a key": message(record("HTTPS", b"\0\1\0\2")),
    "CAA tag of 0": message(record("CAA", b"\0\0value")),
    "CAA tag with a hyphen": message(record("CAA", b"\0\3a-b")),
    "CAA tag of Latin-1": message(record("CAA", b"\0\2a\xe9")),
    "CAA tag leaves the rdata": message(record("CAA", b"\0\5abc")),
    "CAA of 1": message(record("CAA", b"\0")),
    "OPT in the answer": message(OPT),
    "OPT in the authority": message(OPT, counts=(0, 1, 0)),
    "two OPT": message(OPT, OPT, counts=(0, 0, 2)),
    "OPT with an owner": message(record("OPT", b"", owner=b"\1a\0"), counts=(0, 0, 1)),
    "OPT option cut": message(record("OPT", b"\0\x0c\0\2\0"), counts=(0, 0, 1)),
    "OPT half an option": message(record("OPT", b"\0\x0c\0"), counts=(0, 0, 1)),
    "trailing octet": message() + b"\0",
    "trailing octets behind a record": message(record("A", b"1234")) + b"more",
}
