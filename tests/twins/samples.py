"""The rdata of a sample record, a builder each type, in parts: octets, and names to be compressed or not."""

import struct
from collections.abc import Callable
from random import Random
from typing import Any, Final

import dns.edns
import dns.name
from dns.rdatatype import RdataType

type_ = RdataType.make
Parts = list[bytes | dns.name.Name]
Builder = Callable[[Random], Parts]

HOSTS: Final = (
    "example.com.",
    "www.example.com.",
    "mail.EXAMPLE.com.",
    "a.b.c.d.example.net.",
    "_sip._tcp.org.",
)
NUMBERS: Final = (0, 1, 2, 127, 128, 255)


def name(rng: Random) -> dns.name.Name:
    kind = rng.randrange(10)
    if kind < 6:
        return dns.name.from_text(rng.choice(HOSTS))
    if kind == 6:
        return dns.name.root
    return rng.choice((odd_octets_name, long_label_name, longest_name))(rng)


def odd_octets_name(rng: Random) -> dns.name.Name:
    """Each octet that the text escapes, and others at random."""
    label = bytes(rng.sample(range(256), rng.randint(1, 20))) + rng.choice((b".", b'\\"', b"();@$", b" \x7f\x00"))
    return dns.name.Name([label, b"org", b""])


def long_label_name(rng: Random) -> dns.name.Name:
    return dns.name.Name([rng.randbytes(1) * 63, *dns.name.from_text(rng.choice(HOSTS)).labels])


def longest_name(rng: Random) -> dns.name.Name:
    """255 octets in the message (RFC 1035 §2.3.4): of a few long labels, or of 127 labels."""
    if rng.random() < 0.5:
        return dns.name.Name([b"x" * 63, b"y" * 63, b"z" * 63, b"w" * 61, b""])
    return dns.name.Name([b"n"] * 127 + [b""])


def number(rng: Random, bits: int) -> int:
    return rng.choice((*NUMBERS, 2**bits - 1, 2 ** (bits - 1), rng.getrandbits(bits))) % (1 << bits)


def packed(rng: Random, fields: str) -> bytes:
    bits = {"B": 8, "H": 16, "I": 32}
    return struct.pack(f"!{fields}", *(number(rng, bits[field]) for field in fields))


def octets(rng: Random, low: int, high: int) -> bytes:
    return rng.randbytes(rng.randint(low, high))


def counted(octets_: bytes, length: str = "B") -> bytes:
    return struct.pack(f"!{length}", len(octets_)) + octets_


def a(rng: Random) -> Parts:
    return [rng.choice((b"\0" * 4, b"\xff" * 4, rng.randbytes(4)))]


def aaaa(rng: Random) -> Parts:
    return [rng.choice((b"\0" * 16, b"\x20\x01\x0d\xb8" + b"\0" * 11 + b"\1", rng.randbytes(16)))]


def one_name(rng: Random) -> Parts:
    return [name(rng)]


def soa(rng: Random) -> Parts:
    return [name(rng), name(rng), packed(rng, "IIIII")]


def mx(rng: Random) -> Parts:
    return [packed(rng, "H"), name(rng)]


def txt(rng: Random) -> Parts:
    strings = [
        b"",
        b'say "hi" \\ there',
        b"v=spf1 -all",
        octets(rng, 0, 255),
        b"x" * 255,
        b"\x1f \x7e\x7f\x80",
    ]
    return [counted(string) for string in rng.sample(strings, rng.randint(1, len(strings)))]


def loc(rng: Random) -> Parts:
    sizes = bytes(rng.choice((0, 0x10, 0x12, 0x99, 0x16)) for _ in range(3))
    lat, lon = (2**31 + rng.choice((limit, -limit, 0, rng.randint(-limit, limit))) for limit in (324000000, 648000000))
    return [b"\0" + sizes + struct.pack("!II", lat, lon) + packed(rng, "I")]


def srv(rng: Random) -> Parts:
    return [packed(rng, "HHH"), name(rng)]


def ds(rng: Random) -> Parts:
    digest_type, length = rng.choice(((1, 20), (2, 32), (3, 32), (4, 48), (5, 1), (255, 70)))
    return [packed(rng, "HB"), bytes([digest_type]), rng.randbytes(length)]


def covered_type(rng: Random) -> int:
    return rng.choice((1, 2, 5, 6, 15, 16, 28, 41, 47, 250, 255, 257, 1234, 65535))


def rrsig(rng: Random) -> Parts:
    return [struct.pack("!H", covered_type(rng)), packed(rng, "BBIIIH"), name(rng), octets(rng, 0, 80)]


def nsec(rng: Random) -> Parts:
    windows = sorted(rng.sample(range(256), rng.randint(0, 4)) if rng.random() < 0.5 else [0, 1])
    bitmaps = (octets(rng, 0, 31) + bytes([rng.randint(1, 255)]) for _ in windows)
    return [
        name(rng),
        *(bytes([window]) + counted(bitmap) for window, bitmap in zip(windows, bitmaps, strict=True)),
    ]


def dnskey(rng: Random) -> Parts:
    return [packed(rng, "HBB"), octets(rng, 0, 100)]


def svcb(rng: Random) -> Parts:
    """Values that RFC 9460 §7 allows for the keys that it defines, any for the others."""
    parameters = {
        1: b"\2h2\2h3",
        3: packed(rng, "H"),
        4: rng.randbytes(8),
        6: rng.randbytes(16),
        7: b"/q{?dns}",
        8: b"",
        667: octets(rng, 0, 40),
        65535: b"",
    }
    keys = sorted(rng.sample(sorted(parameters), rng.randint(0, 5)))
    pairs = (struct.pack("!H", key) + counted(parameters[key], "H") for key in keys)
    return [struct.pack("!H", rng.choice((1, 2, 65535)) if keys else number(rng, 16)), name(rng), *pairs]


def caa(rng: Random) -> Parts:
    tag = rng.choice((b"issue", b"iodef", b"ISSUEwild0", b"a", b"T" * 255))
    return [
        packed(rng, "B"),
        counted(tag),
        rng.choice((b"", b'letsencrypt.org; x="y\\z"', octets(rng, 0, 60))),
    ]


def opt(rng: Random) -> Parts:
    cookie: dict[int, Any] = {
        10: rng.randbytes(rng.choice((8, 16, 40))),
        3: b"ns1",
        12: bytes(rng.randrange(64)),
    }
    options = cookie | {
        15: b"\0\x16" + b"late",
        8: b"\0\1\x18\0\xc0\0\2",
        65001: octets(rng, 0, 20),
        65535: b"",
    }
    chosen = rng.sample(sorted(options), rng.randint(0, 4))
    return [struct.pack("!H", code) + counted(options[code], "H") for code in chosen]


def opaque(rng: Random) -> Parts:
    return [octets(rng, 0, 300) if rng.random() < 0.7 else b""]


# Every type of docs/canonical-text.md, by its number.
BUILDERS: Final[dict[int, Builder]] = {
    type_("A"): a,
    type_("NS"): one_name,
    type_("CNAME"): one_name,
    type_("SOA"): soa,
    type_("PTR"): one_name,
    type_("MX"): mx,
    type_("TXT"): txt,
    type_("AAAA"): aaaa,
    type_("LOC"): loc,
    type_("SRV"): srv,
    type_("DS"): ds,
    type_("RRSIG"): rrsig,
    type_("NSEC"): nsec,
    type_("DNSKEY"): dnskey,
    type_("SVCB"): svcb,
    type_("HTTPS"): svcb,
    type_("CAA"): caa,
    type_("OPT"): opt,
}
OPAQUE_TYPES: Final = (0, 3, 10, 13, 99, 128, 249, 250, 251, 252, 255, 1234, 65280, 65535)
