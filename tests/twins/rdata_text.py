"""The rdata of one record as docs/canonical-text.md prints it, taken from dnspython's rdata objects."""

import io
from collections.abc import Callable
from typing import Any, Final

import dns.edns
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rdtypes.ANY.DNSKEY
import dns.rdtypes.ANY.DS
import dns.rdtypes.ANY.LOC
import dns.rdtypes.ANY.NSEC
import dns.rdtypes.ANY.OPT
import dns.rdtypes.ANY.RRSIG
import dns.rdtypes.IN.AAAA
import dns.rdtypes.svcbbase
from dns.rdatatype import RdataType

ANY_CLASS_TYPES: Final = frozenset(
    map(
        RdataType.make,
        ("NS", "CNAME", "SOA", "PTR", "MX", "TXT", "LOC", "DS", "RRSIG", "NSEC", "DNSKEY", "CAA"),
    )
)
IN_TYPES: Final = frozenset(map(RdataType.make, ("A", "AAAA", "SRV", "SVCB", "HTTPS")))
QUESTION_TYPES: Final = frozenset(map(RdataType.make, ("ANY", "AXFR", "IXFR")))
NAMED_TYPES: Final = ANY_CLASS_TYPES | IN_TYPES | QUESTION_TYPES | {RdataType.OPT}


def type_text(rdtype: int) -> str:
    """The contract names fewer types than dnspython does; all others are TYPEn (RFC 3597 §5)."""
    return dns.rdatatype.to_text(RdataType.make(rdtype)) if rdtype in NAMED_TYPES else f"TYPE{rdtype}"


def class_text(rdclass: int) -> str:
    """CLASSn also for class 0, which dnspython calls RESERVED0."""
    return dns.rdataclass.to_text(dns.rdataclass.RdataClass.make(rdclass)) if rdclass else "CLASS0"


def is_typed(rdclass: int, rdtype: int) -> bool:
    """SRV in class CH is nobody's SRV: only types that do not depend on the class are read in every class."""
    return rdtype in ANY_CLASS_TYPES or (rdclass == dns.rdataclass.IN and rdtype in IN_TYPES)


def opaque_text(octets: bytes) -> str:
    return joined(rf"\# {len(octets)}", octets.hex())


def rdata_text(rdata: dns.rdata.Rdata) -> str:
    text = FORMATS.get(rdata.rdtype)
    return text(rdata) if text else rdata.to_text()


def joined(*parts: str) -> str:
    """An empty last field leaves no trailing space."""
    return " ".join(part for part in parts if part)


def aaaa_text(rdata: dns.rdtypes.IN.AAAA.AAAA) -> str:
    octets = rdata.to_wire() or b""
    return ":".join(f"{int.from_bytes(octets[at : at + 2], 'big'):x}" for at in range(0, 16, 2))


def loc_text(rdata: dns.rdtypes.ANY.LOC.LOC) -> str:
    sizes = (rdata.size, rdata.horizontal_precision, rdata.vertical_precision)
    size, hp, vp = (int(centimetres) for centimetres in sizes)
    lat, lon = milliarcseconds(rdata.latitude), milliarcseconds(rdata.longitude)
    return f"version 0 size {size} hp {hp} vp {vp} lat {lat} lon {lon} alt {int(rdata.altitude)}"


def milliarcseconds(angle: tuple[int, int, int, int, int]) -> int:
    degrees, minutes, seconds, milliseconds, sign = angle
    return sign * (((degrees * 60 + minutes) * 60 + seconds) * 1000 + milliseconds)


def ds_text(rdata: dns.rdtypes.ANY.DS.DS) -> str:
    return joined(f"{rdata.key_tag} {int(rdata.algorithm)} {int(rdata.digest_type)}", rdata.digest.hex())


def rrsig_text(rdata: dns.rdtypes.ANY.RRSIG.RRSIG) -> str:
    fixed = f"{type_text(rdata.type_covered)} {int(rdata.algorithm)} {rdata.labels} {rdata.original_ttl}"
    times = f"{rdata.expiration} {rdata.inception}"
    return joined(fixed, times, f"{rdata.key_tag} {rdata.signer}", rdata.signature.hex())


def nsec_text(rdata: dns.rdtypes.ANY.NSEC.NSEC) -> str:
    return joined(str(rdata.next), *(type_text(rdtype) for rdtype in bitmap_types(rdata.windows)))


def bitmap_types(windows: Any) -> list[int]:
    return [
        window * 256 + octet * 8 + bit
        for window, octets in windows
        for octet, bits in enumerate(octets)
        for bit in range(8)
        if bits & 0x80 >> bit
    ]


def dnskey_text(rdata: dns.rdtypes.ANY.DNSKEY.DNSKEY) -> str:
    return joined(f"{int(rdata.flags)} {rdata.protocol} {int(rdata.algorithm)}", rdata.key.hex())


def svcb_text(rdata: dns.rdtypes.svcbbase.SVCBBase) -> str:
    parameters = (f"key{int(key)}={parameter_octets(value).hex()}" for key, value in rdata.params.items())
    return joined(f"{rdata.priority} {rdata.target}", *parameters)


def parameter_octets(value: Any) -> bytes:
    """dnspython holds a parameter without a value as None."""
    octets = io.BytesIO()
    if value is not None:
        value.to_wire(octets)
    return octets.getvalue()


def opt_text(rdata: dns.rdtypes.ANY.OPT.OPT) -> str:
    return options_text([(int(option.otype), option.to_wire() or b"") for option in rdata.options])


def options_text(options: list[tuple[int, bytes]]) -> str:
    lines = [joined(f"  option {code}", octets.hex()) for code, octets in options]
    return "\n".join([f"options {len(options)}", *lines])


# The types that are not here print as dnspython prints them.
FORMATS: Final[dict[int, Callable[[Any], str]]] = {
    RdataType.AAAA: aaaa_text,
    RdataType.LOC: loc_text,
    RdataType.OPT: opt_text,
    RdataType.DS: ds_text,
    RdataType.RRSIG: rrsig_text,
    RdataType.NSEC: nsec_text,
    RdataType.DNSKEY: dnskey_text,
    RdataType.SVCB: svcb_text,
    RdataType.HTTPS: svcb_text,
}
