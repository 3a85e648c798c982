"""Where dnspython reads a message otherwise than the contract: each case is decided from the message.

`describe_by_contract` reads with dnspython, overrules it only where a case of these applies, and counts it.
docs/dns-disagreements.md explains them; a difference that is not here fails the comparison.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

import dns.edns
import dns.exception
import dns.name
import dns.rdata
import dns.rdatatype
import dns.rdtypes.svcbbase
import dns.wire
from dns.rdatatype import RdataType

from twins.rdata_text import is_typed, joined, opaque_text, options_text, rdata_text
from twins.reference import Reading, Record, describe_message, describe_stream

MAX_HOPS: Final = dns.name.MAX_COMPRESSION_POINTER_CHAIN
# The lengths that dnspython insists on (RFC 3658 §2.4, 4509, 5933, 6605); it rejects the reserved type 0.
DS_DIGEST_OCTETS: Final = {1: 20, 2: 32, 3: 32, 4: 48}


@dataclass(frozen=True, slots=True, kw_only=True)
class RdataDisagreement:
    """`contract_text` gives what the contract prints where the case applies, or REJECTED; else None."""

    name: str
    rfc: str
    contract_text: Callable[[Record], str | None]


REJECTED: Final = "\0"


def rdata_parser(record: Record) -> dns.wire.Parser:
    """At the rdata, ending with it; names in it may point backwards as the contract allows."""
    parser = ContractParser(record.wire, Counter())
    parser.current = parser.furthest = record.rdata_at
    parser.end = record.rdata_at + record.rdata_length
    return parser


def ds_digest_length(record: Record) -> str | None:
    tag, algorithm, digest_type = (parser := rdata_parser(record)).get_struct("!HBB")
    digest = parser.get_remaining()
    if digest_type and len(digest) == DS_DIGEST_OCTETS.get(digest_type, len(digest)):
        return None
    return f"{tag} {algorithm} {digest_type} {digest.hex()}" if digest else None


def ds_empty_digest(record: Record) -> str | None:
    return REJECTED if record.rdata_length == 4 else None


def loc_version(record: Record) -> str | None:
    return opaque_text(record.rdata_octets) if record.rdata_octets[:1] > b"\0" else None


def loc_zero_base(record: Record) -> str | None:
    """0×10^n is 0: the same record with the size octet 00, which dnspython reads."""
    octets = record.rdata_octets
    sizes = bytes(0 if 1 <= size <= 9 else size for size in octets[1:4])
    return None if sizes == octets[1:4] else reread(record, octets[:1] + sizes + octets[4:])


def nsec_trailing_zeros(record: Record) -> str | None:
    """The same record without the zero octets, which dnspython reads."""
    parser = rdata_parser(record)
    following, windows = parser.get_name(decompress=True), list(bitmap_windows(parser))
    trimmed = [(window, octets.rstrip(b"\0")) for window, octets in windows]
    if trimmed == windows:
        return None
    kept = b"".join(bytes([window, len(octets)]) + octets for window, octets in trimmed if octets)
    return reread(record, (following.to_wire() or b"") + kept)


def bitmap_windows(parser: dns.wire.Parser) -> Iterator[tuple[int, bytes]]:
    previous = -1
    while parser.remaining():
        window, octets = parser.get_uint8(), parser.get_counted_bytes()
        if window <= previous or not 1 <= len(octets) <= 32:
            raise dns.exception.FormError
        previous = window
        yield window, octets


def svcb_alias_parameters(record: Record) -> str | None:
    text, priority, keys = svcb_fields(record)
    return text if priority == 0 and keys else None


def svcb_parameter_meaning(record: Record) -> str | None:
    text, priority, keys = svcb_fields(record)
    return text if priority and known_parameters().intersection(keys) else None


def svcb_fields(record: Record) -> tuple[str, int, list[int]]:
    """All parameters as octets, in ascending order (RFC 9460 §2.2)."""
    parser = rdata_parser(record)
    priority, target = parser.get_uint16(), parser.get_name(decompress=True)
    parameters: list[tuple[int, bytes]] = []
    while parser.remaining():
        parameters.append((parser.get_uint16(), parser.get_counted_bytes(2)))
    keys = [key for key, _ in parameters]
    if keys != sorted(set(keys)):
        raise dns.exception.FormError
    texts = [f"key{key}={octets.hex()}" for key, octets in parameters]
    return joined(f"{priority} {target}", *texts), priority, keys


def known_parameters() -> set[int]:
    return {int(key) for key in dns.rdtypes.svcbbase.ParamKey}


def edns_option_meaning(record: Record) -> str | None:
    parser, options = rdata_parser(record), list[tuple[int, bytes]]()
    while parser.remaining():
        options.append((parser.get_uint16(), parser.get_counted_bytes(2)))
    known = any(dns.edns.get_option_class(code) is not dns.edns.GenericOption for code, _ in options)  # type: ignore[arg-type]
    return options_text(options) if known else None


def reread(record: Record, octets: bytes) -> str:
    rdata = dns.rdata.from_wire(record.rdclass, record.rdtype, octets, 0, len(octets))  # type: ignore[arg-type]
    return rdata_text(rdata)


DISAGREEMENTS: Final[dict[int, tuple[RdataDisagreement, ...]]] = {
    RdataType.DS: (
        RdataDisagreement(name="ds-digest-length", rfc="RFC 4034 §5.1.3", contract_text=ds_digest_length),
        RdataDisagreement(name="ds-empty-digest", rfc="RFC 4034 §5.1.4", contract_text=ds_empty_digest),
    ),
    RdataType.LOC: (
        RdataDisagreement(name="loc-version", rfc="RFC 1876 §2", contract_text=loc_version),
        RdataDisagreement(name="loc-zero-base", rfc="RFC 1876 §2", contract_text=loc_zero_base),
    ),
    RdataType.NSEC: (
        RdataDisagreement(name="nsec-trailing-zero", rfc="RFC 4034 §4.1.2", contract_text=nsec_trailing_zeros),
    ),
    **dict.fromkeys(
        (RdataType.SVCB, RdataType.HTTPS),
        (
            RdataDisagreement(name="svcb-alias-parameters", rfc="RFC 9460 §2.4.2", contract_text=svcb_alias_parameters),
            RdataDisagreement(
                name="svcb-parameter-meaning", rfc="RFC 9460 §7, §8", contract_text=svcb_parameter_meaning
            ),
        ),
    ),
    RdataType.OPT: (
        RdataDisagreement(name="edns-option-meaning", rfc="RFC 6891 §6.1.2", contract_text=edns_option_meaning),
    ),
}
NAME_DISAGREEMENTS: Final = {
    "compressed-rdata-name": "RFC 3597 §4",
    "long-pointer-chain": "RFC 1035 §4.1.4",
    "pointer-overlap": "RFC 1035 §4.1.4",
}


class ContractParser(dns.wire.Parser):
    """dnspython's parser, with the three rules about pointers that the contract does not have taken out."""

    def __init__(self, wire: bytes, reasons: Counter[str]) -> None:
        super().__init__(wire)
        self.reasons = reasons

    def get_name(self, origin: dns.name.Name | None = None, decompress: bool = False) -> dns.name.Name:
        """The name as dnspython reads it, else as the contract does, with the reasons for the difference."""
        at, furthest = self.current, self.furthest
        try:
            return super().get_name(origin, decompress)
        except dns.exception.DNSException:
            self.current, self.furthest = at, furthest
            walk = walk_name(self.wire, at, self.end)
        self.current = walk.after
        self.furthest = max(furthest, walk.after)
        self.reasons["compressed-rdata-name"] += not decompress and walk.hops > 0
        self.reasons["long-pointer-chain"] += walk.hops > MAX_HOPS
        self.reasons["pointer-overlap"] += walk.overlaps
        return dns.name.Name(walk.labels)


@dataclass(slots=True)
class NameWalk:
    """`after` is the octet behind the name where it stands, not where its pointers lead."""

    after: int = 0
    hops: int = 0
    overlaps: bool = False
    labels: list[bytes] = field(default_factory=list)


def walk_name(wire: bytes, at: int, end: int) -> NameWalk:
    """RFC 1035 §4.1.4 and nothing else: a pointer lies before the start of the run of labels that led to it.

    In an rdata its end is the end of the message, also where a pointer leads.
    """
    walk, parser, segment_at, limit = NameWalk(), dns.wire.Parser(wire), at, end
    parser.current, parser.end = at, end
    while (length := parser.get_uint8()) != 0:
        if length < 64:
            walk.labels.append(parser.get_bytes(length))
            continue
        if length < 192:
            raise dns.name.BadLabelType
        target = (length & 63) << 8 | parser.get_uint8()
        if target >= segment_at:
            raise dns.name.BadPointer
        walk.overlaps |= parser.current > limit
        walk.after = walk.after or parser.current
        walk.hops += 1
        limit, segment_at = segment_at, target
        parser.current = target
    walk.overlaps |= parser.current > limit
    walk.after = walk.after or parser.current
    walk.labels.append(b"")
    return walk


def describe_by_contract(target: str, data: bytes) -> tuple[str, Counter[str]]:
    """The text with dnspython overruled where it must be, and how often for which reason."""
    reasons: Counter[str] = Counter()

    def amend(record: Record, text: str | None) -> str | None:
        for disagreement in DISAGREEMENTS.get(record.rdtype, ()):
            wanted = contract_text(disagreement, record)
            wanted_text = None if wanted == REJECTED else wanted
            if wanted is not None and wanted_text != text:
                reasons[disagreement.name] += 1
                text = wanted_text
        return text

    reading = Reading(parser=lambda wire: ContractParser(wire, reasons), amend=amend)
    describe = {"message": describe_message, "stream": describe_stream}[target]
    return describe(data, reading), +reasons


def contract_text(disagreement: RdataDisagreement, record: Record) -> str | None:
    if record.rdtype != RdataType.OPT and not is_typed(record.rdclass, record.rdtype):
        return None
    try:
        return disagreement.contract_text(record)
    except dns.exception.DNSException:
        return None
