"""Messages and streams to compare the twins with: deterministic by seed, at least one of every type.

Names go through dnspython's Name.to_wire, which compresses; everything around them is laid out here, since
dnspython refuses to write much of what a parser must survive.
"""

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Final

import dns.message
import dns.name
import dns.rrset
from dns.rdatatype import RdataType

from twins.mutations import mutate
from twins.odd_samples import BROKEN, ODD, ODD_NAMES
from twins.rdata_text import ANY_CLASS_TYPES
from twins.samples import BUILDERS, HOSTS, OPAQUE_TYPES, Parts, name, number, opaque

CLASSES: Final = (1, 1, 1, 1, 3, 4, 254, 255, 0, 2, 32769, 65535)
ANY_CLASS: Final = frozenset(map(int, ANY_CLASS_TYPES))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """`made_by` says which builder or mutation made it."""

    made_by: str
    data: bytes


@dataclass(slots=True)
class MessageWriter:
    """Octets of a message so far, and where each name stands in it."""

    out: io.BytesIO = field(default_factory=lambda: io.BytesIO(bytes(12)))
    offsets: dict[dns.name.Name, int] = field(default_factory=dict)
    counts: list[int] = field(default_factory=lambda: [0, 0, 0, 0])

    def __post_init__(self) -> None:
        self.out.seek(0, io.SEEK_END)

    def write(self, parts: Parts, *, compress: bool) -> None:
        for part in parts:
            if isinstance(part, bytes):
                self.out.write(part)
            else:
                part.to_wire(self.out, self.offsets if compress else None)

    def question(self, qname: dns.name.Name, rdtype: int, rdclass: int) -> None:
        self.write([qname, struct.pack("!HH", rdtype, rdclass)], compress=True)
        self.counts[0] += 1

    def record(self, section: int, header: "RecordHeader", rdata: Parts, *, compress_rdata: bool) -> None:
        self.write([header.owner], compress=True)
        self.out.write(struct.pack("!HHIH", header.rdtype, header.rdclass, header.ttl, 0))
        rdata_at = self.out.tell()
        self.write(rdata, compress=compress_rdata)
        with self.out.getbuffer() as octets:
            octets[rdata_at - 2 : rdata_at] = struct.pack("!H", len(octets) - rdata_at)
        self.counts[section] += 1

    def message(self, identity: int, flags: int) -> bytes:
        return struct.pack("!HHHHHH", identity, flags, *self.counts) + self.out.getvalue()[12:]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordHeader:
    owner: dns.name.Name
    rdtype: int
    rdclass: int
    ttl: int


# The types whose rdata names dnspython refuses to decompress; the contract reads them (RFC 3597 §4).
UNCOMPRESSED: Final = frozenset(map(int, map(RdataType.make, ("RRSIG", "NSEC", "SVCB", "HTTPS"))))


def valid_messages(seed: int, count: int) -> Iterator[Sample]:
    """Accepted by the contract and by dnspython. The types take turns, so that none is left to chance."""
    types = [*BUILDERS, *OPAQUE_TYPES]
    for index in range(count):
        rng = Random(f"{seed} valid {index}")
        if index % 8 == 7:
            yield Sample(made_by="dnspython", data=dnspython_message(rng))
        else:
            first = types[index % len(types)]
            yield Sample(made_by=f"type {first}", data=built_message(rng, first))


def built_message(rng: Random, first: int) -> bytes:
    writer = MessageWriter()
    for _ in range(rng.choice((0, 1, 1, 1, 2))):
        writer.question(name(rng), rng.choice((1, 15, 29, 41, 251, 252, 255, 1234)), rng.choice(CLASSES))
    types = [first, *rng.choices([*BUILDERS, *OPAQUE_TYPES], k=rng.choice((0, 1, 2, 5)))]
    sections = sorted(rng.choice((1, 1, 2, 3)) for _ in types)
    opts = [rdtype for rdtype in types if rdtype == RdataType.OPT][:1]
    for section, rdtype in zip(sections, types, strict=True):
        if rdtype != RdataType.OPT:
            write_record(rng, writer, section, rdtype)
    for rdtype in opts:
        write_record(rng, writer, 3, rdtype)
    return writer.message(number(rng, 16), number(rng, 16))


def write_record(rng: Random, writer: MessageWriter, section: int, rdtype: int) -> None:
    is_opt = rdtype == RdataType.OPT
    owner = dns.name.root if is_opt else name(rng)
    rdclass = number(rng, 16) if is_opt else record_class(rng, rdtype)
    header = RecordHeader(owner=owner, rdtype=rdtype, rdclass=rdclass, ttl=number(rng, 32))
    typed = is_opt or rdclass == 1 or rdtype in ANY_CLASS
    rdata = BUILDERS.get(rdtype, opaque)(rng) if typed else opaque(rng)
    writer.record(section, header, rdata, compress_rdata=rdtype not in UNCOMPRESSED and rng.random() < 0.7)


def record_class(rng: Random, rdtype: int) -> int:
    return rng.choice(CLASSES) if rdtype in ANY_CLASS or rng.random() < 0.3 else 1


def dnspython_message(rng: Random) -> bytes:
    """What a server sends: an answer with EDNS and compression. Each record is an RRset of its own, since
    dnspython shuffles the records of one by a seed that is not ours.
    """
    edns = rng.choice((-1, 0))
    query = dns.message.make_query(rng.choice(HOSTS), rng.choice(("A", "MX", "TXT", "ANY")), use_edns=edns)
    query.id = rng.getrandbits(16)
    response = dns.message.make_response(query)
    qname = query.question[0].name
    for _ in range(rng.randint(1, 4)):
        address = f"192.0.2.{rng.randrange(256)}"
        response.answer.append(dns.rrset.from_text(qname, 300, "IN", "A", address))
    for server in ("ns1.example.com.", "ns2.example.com."):
        response.authority.append(dns.rrset.from_text("example.com.", 3600, "IN", "NS", server))
    return response.to_wire()


def odd_messages(seed: int, count: int) -> Iterator[Sample]:
    """Accepted by the contract where dnspython refuses, or the reverse: the documented disagreements."""
    yield from (Sample(made_by=f"odd {label}", data=data) for label, data in ODD_NAMES.items())
    for index in range(count):
        label, build = list(ODD.items())[index % len(ODD)]
        rng = Random(f"{seed} odd {index}")
        writer = MessageWriter()
        writer.question(dns.name.from_text("www.example.com."), 255, 1)
        rdtype, rdata = build(rng)
        owner = dns.name.root if rdtype == RdataType.OPT else dns.name.from_text(rng.choice(HOSTS))
        header = RecordHeader(owner=owner, rdtype=rdtype, rdclass=1, ttl=60)
        writer.record(3, header, rdata, compress_rdata=True)
        write_record(rng, writer, 3, rng.choice([rdtype for rdtype in BUILDERS if rdtype != RdataType.OPT]))
        yield Sample(made_by=f"odd {label}", data=writer.message(number(rng, 16), 0x8180))


def broken_messages() -> Iterator[Sample]:
    """One message for each way to be rejected, made by hand."""
    yield from (Sample(made_by=f"broken {label}", data=data) for label, data in BROKEN.items())


def mutated_messages(seed: int, samples: list[Sample], count: int) -> Iterator[Sample]:
    for index in range(count):
        rng = Random(f"{seed} mutated {index}")
        sample, other = rng.choice(samples), rng.choice(samples)
        mutation, data = mutate(rng, sample.data, other.data)
        yield Sample(made_by=f"{mutation} of {sample.made_by}", data=data)


def all_messages(seed: int = 1, *, valid: int = 700, odd: int = 150, mutated: int = 1500) -> list[Sample]:
    sound = [*valid_messages(seed, valid), *odd_messages(seed, odd), *broken_messages()]
    return [*sound, *mutated_messages(seed, sound, mutated)]


def all_streams(seed: int = 1, count: int = 200) -> list[Sample]:
    """RFC 1035 §4.2.2 framing; each third stream lacks octets at its end."""
    messages, streams = all_messages(seed, valid=120, odd=20, mutated=120), list[Sample]()
    for index in range(count):
        rng = Random(f"{seed} stream {index}")
        chosen = rng.choices(messages, k=rng.choice((0, 1, 2, 5, 40)))
        data = b"".join(struct.pack("!H", len(sample.data)) + sample.data for sample in chosen)
        if index % 3 == 2:
            data = data[: rng.randrange(max(1, len(data)))]
        streams.append(Sample(made_by=f"stream of {len(chosen)}", data=data))
    return streams
