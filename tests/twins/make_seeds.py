"""Writes the seed messages of the pair `dns` to corpus/dns, each named by what it holds.

Put together octet by octet: the seeds should not share a mistake with dnspython. Run it from the root of
the repository; a seed whose octets have not changed keeps its file.
"""

from pathlib import Path
from struct import pack
from typing import Final

CORPUS: Final = Path("corpus/dns")
QUERY, ANSWER, NXDOMAIN, UPDATE = 0x0120, 0x8180, 0x8183, 0x2800
IN, CH, NONE, ANY = 1, 3, 254, 255
QNAME: Final = b"\xc0\x0c"  # a pointer to the first question's name, right behind the header


def name(text: str) -> bytes:
    labels = [label.encode() for label in text.split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


EXAMPLE: Final = name("example.com")


def question(owner: bytes, rdtype: int, rdclass: int = IN) -> bytes:
    return owner + pack("!HH", rdtype, rdclass)


def record(rdtype: int, rdata: bytes, owner: bytes = QNAME, ttl: int = 300, rdclass: int = IN) -> bytes:
    return owner + pack("!HHIH", rdtype, rdclass, ttl, len(rdata)) + rdata


def opt(options: bytes = b"", payload: int = 1232, flags: int = 0x8000, owner: bytes = b"\0") -> bytes:
    return record(41, options, owner, flags, payload)


def option(code: int, value: bytes) -> bytes:
    return pack("!HH", code, len(value)) + value


def message(flags: int, *sections: list[bytes]) -> bytes:
    """Questions, answers, authorities, additionals; the last ones may be left out."""
    counts = [len(section) for section in sections] + [0] * (4 - len(sections))
    return pack("!HHHHHH", 0x1234, flags, *counts) + b"".join(map(b"".join, sections))


def answer(rdtype: int, *rdata: bytes, rdclass: int = IN, owner: bytes = EXAMPLE) -> bytes:
    records = [record(rdtype, octets, rdclass=rdclass) for octets in rdata]
    return message(ANSWER, [question(owner, rdtype, rdclass)], records)


def strings(*texts: bytes) -> bytes:
    return b"".join(bytes([len(text)]) + text for text in texts)


SOA: Final = name("ns1.example.com") + name("hostmaster.example.com") + pack("!5I", 2026112201, 7200, 900, 1209600, 300)
LOC: Final = bytes([0, 0x12, 0x16, 0x13]) + pack("!3I", 2**31 + 188_703_000, 2**31 - 17_222_123, 10_000_000 + 4200)
LOC_LIMITS: Final = bytes([0, 0x99, 0, 0x90]) + pack("!3I", 2**31 + 324_000_000, 2**31 - 648_000_000, 2**32 - 1)
RRSIG: Final = pack("!HBBIIIH", 1, 13, 2, 300, 1795000000, 1794000000, 34567) + EXAMPLE + bytes(range(64))
NSEC: Final = name("b.example.com") + bytes([0, 7, 0x62, 1, 0x80, 8, 0, 3, 0x80, 1, 1, 0x40])
SVCB: Final = pack("!H", 1) + name("svc.example.net")
PARAMS: Final = option(1, b"\x02h2\x02h3") + option(3, b"\x01\xbb") + option(4, b"\xc0\0\2\1") + option(65280, b"")
SIX_PARAMS: Final = (
    option(1, b"\x02h2\x02h3") + option(3, b"\x01\xbb") + option(4, b"\xc0\0\2\1")
    + option(5, b"ech") + option(6, bytes.fromhex("20010db8000000000000000000000001")) + option(7, b"/dns-query{?dns}")
)  # fmt: skip
A: Final = bytes([192, 0, 2, 1])
COOKIE: Final = option(10, bytes(range(1, 9)))
OPTIONS: Final = COOKIE + option(8, b"\0\1\x18\0\xc0\0\2") + option(12, b"")

ACCEPTED: Final = {
    "query-a": message(QUERY, [question(name("www.example.com"), 1)]),
    "header-only": message(0x7A7F),
    "a-compressed": answer(1, A, bytes([192, 0, 2, 2]), owner=name("www.example.com")),
    "aaaa": answer(28, bytes.fromhex("20010db8000000000000000000000001"), bytes(16)),
    "aaaa-in-chaos": answer(28, b"\x13a chaosnet address", rdclass=CH),
    "ns-glue": message(
        0x8080,
        [question(name("www.example.com"), 1)],
        [],
        [record(2, b"\x03ns1\xc0\x10", b"\xc0\x10"), record(2, b"\x03ns2\xc0\x10", b"\xc0\x10")],
        [record(1, A, b"\xc0\x2d"), opt()],
    ),
    "cname-chain": message(
        ANSWER,
        [question(name("www.example.com"), 1)],
        [record(5, b"\x03cdn\xc0\x10"), record(5, b"\x04edge\xc0\x2d", b"\xc0\x2d"), record(1, A, b"\xc0\x3f")],
    ),
    "ptr": answer(12, name("host.example.com"), owner=name("1.2.0.192.in-addr.arpa")),
    "soa": answer(6, SOA),
    "nxdomain-soa": message(NXDOMAIN, [question(name("nope.example.com"), 1)], [], [record(6, SOA, b"\xc0\x11")]),
    "mx": answer(15, pack("!H", 10) + b"\x04mail\xc0\x0c", pack("!H", 0) + b"\0"),
    "txt-strings": answer(16, strings(b"v=spf1 -all", b"", b'say "\\"', bytes(range(120, 140))), strings(b"x" * 255)),
    "txt-chaos": answer(16, strings(b"9.18"), rdclass=CH, owner=name("version.bind")),
    "loc": answer(29, LOC, LOC_LIMITS),
    "loc-wide": answer(29, bytes([0, 0x98, 0x98, 0x19]) + LOC[4:]),
    "loc-version-1": answer(29, bytes([1, 2, 3])),
    "srv": answer(33, pack("!HHH", 10, 60, 5060) + name("sip.example.com"), owner=name("_sip._tcp.example.com")),
    "ds": answer(43, pack("!HBB", 60485, 5, 1) + bytes(range(20))),
    "rrsig": answer(46, RRSIG),
    "nsec-windows": answer(47, NSEC, b"\0" + bytes([0, 32]) + b"\xff" * 32 + bytes([255, 1, 0])),
    "dnskey": answer(48, pack("!HBB", 257, 3, 13) + bytes(range(64)), pack("!HBB", 256, 3, 8)),
    "svcb-params": answer(64, SVCB + PARAMS),
    "svcb-params-six": answer(64, SVCB + SIX_PARAMS),
    "svcb-alias": answer(64, pack("!H", 0) + name("pool.example.net")),
    "https-root": answer(65, pack("!H", 1) + b"\0" + PARAMS),
    "caa": answer(257, b"\0" + strings(b"issue") + b"ca.example.net; policy=ev", b"\x80" + strings(b"iodef")),
    "opt-options": message(QUERY, [question(EXAMPLE, 1)], [], [], [opt(OPTIONS, 4096, 0x01008001)]),
    "opaque-types": answer(65280, b"", b"\xde\xad\xbe\xef"),
    "a-in-chaos": answer(1, b"\3oct\0\x01\x02", rdclass=CH),
    "any-update": message(
        UPDATE,
        [question(EXAMPLE, 6)],
        [],
        [record(10, b"", rdclass=ANY, ttl=0), record(16, b"\1x", rdclass=NONE)],
    ),
    "ttl-sum": message(
        ANSWER,
        [question(EXAMPLE, 255)],
        [record(1, A, ttl=ttl) for ttl in (2**31 - 1, 2**31 - 1, 2**31, 2**32 - 1)],
    ),
    "names-escaped": answer(2, b'\x0b.\\"();@$ \0\xff' + EXAMPLE, owner=b"\x03WwW" + EXAMPLE),
    "name-255": answer(2, *(b"".join(bytes([n]) + b"x" * n for n in (63, 63, 63, 61)) + b"\0", b"\1n" * 127 + b"\0")),
    "pointer-chain": message(
        ANSWER,
        [question(EXAMPLE, 2)],
        [record(2, b"\1a\xc0\x0c"), record(2, b"\1b\xc0\x29"), record(2, b"\1c\xc0\x39"), record(2, b"\xc0\x49")],
    ),
    "all-types": message(
        ANSWER,
        [question(EXAMPLE, 255)],
        [record(1, A), record(2, QNAME), record(15, b"\0\1" + QNAME), record(16, strings(b"t")), record(29, LOC)],
        [record(6, SOA), record(43, b"\0\1\x08\2" + bytes(32)), record(46, RRSIG), record(47, NSEC)],
        [record(257, b"\0" + strings(b"issue") + b";"), record(64, SVCB + PARAMS), record(28, bytes(16)), opt(COOKIE)],
    ),
}  # fmt: skip

REJECTED: Final = {
    "reject-header": ACCEPTED["query-a"][:7],
    "reject-truncated-rdata": ACCEPTED["a-compressed"][:-2],
    "reject-counts": pack("!HHHHHH", 1, 0, 1, 0xFFFF, 0xFFFF, 0xFFFF) + question(EXAMPLE, 1),
    "reject-label-type": answer(2, b"\x41bit\0"),
    "reject-pointer-self": answer(2, b"\xc0\x29"),
    "reject-pointer-cycle": message(QUERY, [question(b"\1a\xc0\x10", 1), question(b"\xc0\x0c", 1)]),
    "reject-name-256": answer(2, b"".join(bytes([n]) + b"x" * n for n in (63, 63, 63, 62)) + b"\0"),
    "reject-a-of-5": answer(1, A + b"\0"),
    "reject-txt-empty": answer(16, b""),
    "reject-loc-size": answer(29, LOC[:1] + b"\xa0" + LOC[2:]),
    "reject-nsec-order": answer(47, b"\0" + bytes([1, 1, 0x40, 0, 1, 0x40])),
    "reject-svcb-order": answer(64, SVCB + option(3, b"\0\x50") + option(1, b"")),
    "reject-opt-second": message(QUERY, [], [], [], [opt(), opt(COOKIE)]),
    "reject-opt-option": message(QUERY, [], [], [], [opt(COOKIE[:-1])]),
    "reject-trailing": ACCEPTED["query-a"] + b"\0",
}  # fmt: skip


def frame(octets: bytes) -> bytes:
    return pack("!H", len(octets)) + octets


def stream(*names: str) -> bytes:
    messages = ACCEPTED | REJECTED
    return b"".join(frame(messages[name_]) for name_ in names)


STREAMS: Final = {
    "empty": b"",
    "one-query": stream("query-a"),
    "query-and-answer": stream("query-a", "a-compressed"),
    "letter-case": stream("names-escaped", "ns-glue", "query-a", "names-escaped"),
    "many-small": stream(*["query-a", "mx", "soa", "aaaa"] * 6),
    "many-types": stream("caa", "svcb-params", "opaque-types", "rrsig", "nsec-windows", "all-types"),
    "either-order": frame(message(ANSWER, [question(EXAMPLE, 1)], [record(1, A), record(2, QNAME)]))
    + frame(message(ANSWER, [question(EXAMPLE, 2)], [record(2, QNAME), record(1, A)])),
    "same-answer": frame(answer(1, *(A[:3] + bytes([last]) for last in (1, 2, 3)))) * 12,
    "some-rejected": stream("query-a", "reject-pointer-self", "mx", "reject-header", "mx", "reject-trailing"),
    "frame-empty": frame(b"") + stream("query-a"),
    "reject-truncated-frame": stream("query-a", "mx", "ptr")[:-3],
    "reject-truncated-length": stream("query-a", "mx") + b"\0",
}  # fmt: skip


def write_seed(folder: str, name_: str, octets: bytes) -> None:
    path = CORPUS / folder / name_
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.is_file() or path.read_bytes() != octets:
        path.write_bytes(octets)


def main() -> None:
    for name_, octets in (ACCEPTED | REJECTED).items():
        write_seed("message", name_, octets)
    for name_, octets in STREAMS.items():
        write_seed("stream", name_, octets)


if __name__ == "__main__":
    main()
