"""The canonical text of a DNS message or stream, as dnspython reads it: the third opinion beside the twins.

dns.message is not used: it merges records into RRsets, keeps OPT and TSIG apart and reads an UPDATE by other
rules (RFC 2136), while the contract prints each record in wire order. So the sections are walked here, record
by record, and dnspython's names and rdata classes judge what is in them.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import dns.exception
import dns.message
import dns.name
import dns.rdata
import dns.wire
from dns.rdatatype import RdataType

from twins.rdata_text import class_text, is_typed, opaque_text, rdata_text, type_text

MAX_TTL = 2**31 - 1
REJECT = "reject:\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record, with its rdata still in the message: a name in it may point to any earlier octet."""

    owner: dns.name.Name
    rdtype: int
    rdclass: int
    ttl: int
    wire: bytes
    rdata_at: int
    rdata_length: int

    @property
    def rdata_octets(self) -> bytes:
        return self.wire[self.rdata_at : self.rdata_at + self.rdata_length]


def accept_as_read(record: Record, text: str | None) -> str | None:
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How dnspython is asked: `amend` sees each record's text (None: rejected) and may overrule it."""

    parser: Callable[[bytes], dns.wire.Parser] = dns.wire.Parser
    amend: Callable[[Record, str | None], str | None] = accept_as_read


@dataclass(slots=True)
class Names:
    """What the threads of a stream gather: owner names and record types."""

    seen: Counter[str] = field(default_factory=Counter)
    types: Counter[int] = field(default_factory=Counter)

    def lines(self) -> Iterator[str]:
        yield f"names {len(self.seen)}"
        yield from (f"{name} {self.seen[name]}" for name in sorted(self.seen))
        yield f"types {len(self.types)}"
        yield from (f"{type_text(rdtype)} {self.types[rdtype]}" for rdtype in sorted(self.types))


AS_READ = Reading()


def describe_message(data: bytes, reading: Reading = AS_READ) -> str:
    try:
        return read_message(data, reading, Names())
    except dns.exception.DNSException:
        return REJECT


def describe_stream(data: bytes, reading: Reading = AS_READ) -> str:
    """A stream may hold rejected messages; only a truncated last frame (RFC 1035 §4.2.2) rejects it."""
    stream, names, text, number = dns.wire.Parser(data), Names(), "", 0
    while stream.remaining():
        try:
            message = stream.get_counted_bytes(2)
        except dns.exception.FormError:
            return text + REJECT
        number += 1
        text += f"message {number}\n" + describe_framed(message, reading, names)
    return text + "".join(f"{line}\n" for line in names.lines())


def describe_framed(message: bytes, reading: Reading, names: Names) -> str:
    """Only an accepted message adds to the name table."""
    found = Names()
    try:
        text = read_message(message, reading, found)
    except dns.exception.DNSException:
        return REJECT
    names.seen.update(found.seen)
    names.types.update(found.types)
    return text


def read_message(data: bytes, reading: Reading, names: Names) -> str:
    parser = reading.parser(data)
    identity, flags, *counts = parser.get_struct("!HHHHHH")
    lines = [header_text(identity, flags), f"question {counts[0]}"]
    lines += [read_question(parser, names) for _ in range(counts[0])]
    ttl_sum, has_opt = 0, False
    for section, count in zip(("answer", "authority", "additional"), counts[1:], strict=True):
        lines.append(f"{section} {count}")
        for _ in range(count):
            record = read_record(parser)
            if record.rdtype == RdataType.OPT:
                check_opt(record, misplaced=has_opt or section != "additional")
                has_opt = True
            else:
                ttl_sum += record.ttl
            lines.append(record_text(record, parser, reading))
            names.seen[name_key(record.owner)] += 1
            names.types[record.rdtype] += 1
    if parser.remaining():
        raise dns.message.TrailingJunk
    return "".join(f"{line}\n" for line in [*lines, f"ttl-sum {ttl_sum}"])


def header_text(identity: int, flags: int) -> str:
    """RFC 1035 §4.1.1, with ad and cd of RFC 4035 §3 taken out of z."""
    bits = {"aa": 10, "tc": 9, "rd": 8, "ra": 7, "z": 6, "ad": 5, "cd": 4}
    shown = " ".join(f"{flag} {flags >> bit & 1}" for flag, bit in bits.items())
    return f"id {identity} qr {flags >> 15} opcode {flags >> 11 & 15} {shown} rcode {flags & 15}"


def read_question(parser: dns.wire.Parser, names: Names) -> str:
    name = parser.get_name(decompress=True)
    rdtype, rdclass = parser.get_struct("!HH")
    names.seen[name_key(name)] += 1
    return f"{name} {class_text(rdclass)} {type_text(rdtype)}"


def name_key(name: dns.name.Name) -> str:
    return str(name.canonicalize())


def read_record(parser: dns.wire.Parser) -> Record:
    owner = parser.get_name(decompress=True)
    rdtype, rdclass, ttl, length = parser.get_struct("!HHIH")
    if rdtype != RdataType.OPT and ttl > MAX_TTL:
        ttl = 0  # RFC 2181 §8; in an OPT the field is no TTL (RFC 6891 §6.1.3)
    return Record(
        owner=owner,
        rdtype=rdtype,
        rdclass=rdclass,
        ttl=ttl,
        wire=parser.wire,
        rdata_at=parser.current,
        rdata_length=length,
    )


def check_opt(record: Record, *, misplaced: bool) -> None:
    """RFC 6891 §6.1.1: one OPT at most, in the additional section, owned by the root."""
    if misplaced or record.owner != dns.name.root:
        raise dns.message.BadEDNS


def record_text(record: Record, parser: dns.wire.Parser, reading: Reading) -> str:
    text = reading.amend(record, read_rdata(record, parser))
    if text is None:
        raise dns.exception.FormError
    parser.seek(record.rdata_at + record.rdata_length)
    parser.furthest = parser.current
    if record.rdtype == RdataType.OPT:
        return f"{opt_fields(record)} {text}"
    return f"{record.owner} {record.ttl} {class_text(record.rdclass)} {type_text(record.rdtype)} {text}"


def read_rdata(record: Record, parser: dns.wire.Parser) -> str | None:
    """None if dnspython rejects the rdata. A type that the contract does not read is not given to dnspython's
    class of it: the contract prints HINFO or TSIG as opaque octets.
    """
    typed = record.rdtype == RdataType.OPT or is_typed(record.rdclass, record.rdtype)
    if record.rdata_length > parser.remaining():
        raise dns.exception.FormError
    try:
        with parser.restrict_to(record.rdata_length):
            if not typed:
                parser.get_remaining()
                return opaque_text(record.rdata_octets)
            return rdata_text(dns.rdata.from_wire_parser(record.rdclass, record.rdtype, parser))  # type: ignore[arg-type]
    except dns.exception.DNSException:
        return None


def opt_fields(record: Record) -> str:
    """RFC 6891 §6.1.3: payload size in the class, extended rcode, version and flags in the TTL."""
    ercode, version, flags = record.ttl >> 24, record.ttl >> 16 & 255, record.ttl & 0xFFFF
    fixed = f"payload {record.rdclass} ercode {ercode} version {version}"
    return f". OPT {fixed} do {flags >> 15} z {flags & 0x7FFF}"
