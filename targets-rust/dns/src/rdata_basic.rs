//! The rdata of RFC 1035 and of the plain types since: addresses, names, SOA, MX, TXT, SRV, LOC.

use crate::name::{append_name, read_name, Name};
use crate::rdata::{read_opaque, Rdata, RdataResult};
use crate::text::{append_field, append_number, append_quoted, append_signed};
use crate::wire::{Octets, ParseError, Reader, RejectKind};

struct A {
    address: [u8; 4],
}

/// NS, CNAME and PTR: one name.
struct Target {
    name: Name,
}

struct Soa {
    mname: Name,
    rname: Name,
    serial: u32,
    refresh: u32,
    retry: u32,
    expire: u32,
    minimum: u32,
}

struct Mx {
    preference: u16,
    exchange: Name,
}

struct Txt<'a> {
    strings: Vec<Octets<'a>>,
}

struct Aaaa {
    address: [u8; 16],
}

/// RFC 1876, in its units: centimetres and thousandths of an arc second.
struct Loc {
    size: u64,
    horizontal_precision: u64,
    vertical_precision: u64,
    latitude: i64,
    longitude: i64,
    altitude: i64,
}

struct Srv {
    priority: u16,
    weight: u16,
    port: u16,
    target: Name,
}

// RFC 1876 §2: the wire holds latitude and longitude from 2^31, altitude from 100 km below.
const LOC_EQUATOR: i64 = 1 << 31;
const LOC_SEA_LEVEL: i64 = 10_000_000;
const DEGREE: i64 = 3_600_000;

static POWERS_OF_TEN: [u64; 10] = [
    1,
    10,
    100,
    1_000,
    10_000,
    100_000,
    1_000_000,
    10_000_000,
    100_000_000,
    1_000_000_000,
];

/// RFC 1876 §2: a length is a decimal digit, and the power of ten to multiply it by.
fn read_centimetres(reader: &mut Reader) -> Result<u64, ParseError> {
    let at = reader.position();
    let octet = reader.u8()?;
    let digit = octet >> 4;
    let power = octet & 0x0f;
    if digit > 9 || power > 9 {
        return Err(ParseError::new(RejectKind::RdataValue, at));
    }
    Ok(u64::from(digit) * POWERS_OF_TEN[usize::from(power)])
}

fn read_arc(reader: &mut Reader, max_degrees: i64) -> Result<i64, ParseError> {
    let at = reader.position();
    let arc = i64::from(reader.u32()?) - LOC_EQUATOR;
    if arc < -max_degrees * DEGREE || arc > max_degrees * DEGREE {
        return Err(ParseError::new(RejectKind::RdataValue, at));
    }
    Ok(arc)
}

pub fn read_a<'a>(reader: &mut Reader<'a>) -> RdataResult<'a> {
    let mut a = Box::new(A { address: [0; 4] });
    let octets = reader.take(a.address.len())?;
    a.address.copy_from_slice(octets);
    Ok(a)
}

impl Rdata for A {
    fn append_text(&self, out: &mut String) {
        let [a, b, c, d] = self.address;
        out.push_str(&format!("{a}.{b}.{c}.{d}"));
    }
}

pub fn read_target<'a>(reader: &mut Reader<'a>) -> RdataResult<'a> {
    Ok(Box::new(Target {
        name: read_name(reader)?,
    }))
}

impl Rdata for Target {
    fn append_text(&self, out: &mut String) {
        append_name(&self.name, out);
    }
}

// RFC 1035 §3.3.13.
pub fn read_soa<'a>(reader: &mut Reader<'a>) -> RdataResult<'a> {
    Ok(Box::new(Soa {
        mname: read_name(reader)?,
        rname: read_name(reader)?,
        serial: reader.u32()?,
        refresh: reader.u32()?,
        retry: reader.u32()?,
        expire: reader.u32()?,
        minimum: reader.u32()?,
    }))
}

impl Rdata for Soa {
    fn append_text(&self, out: &mut String) {
        append_name(&self.mname, out);
        out.push(' ');
        append_name(&self.rname, out);
        for number in [
            self.serial,
            self.refresh,
            self.retry,
            self.expire,
            self.minimum,
        ] {
            out.push(' ');
            append_number(u64::from(number), out);
        }
    }
}

pub fn read_mx<'a>(reader: &mut Reader<'a>) -> RdataResult<'a> {
    Ok(Box::new(Mx {
        preference: reader.u16()?,
        exchange: read_name(reader)?,
    }))
}

impl Rdata for Mx {
    fn append_text(&self, out: &mut String) {
        append_number(u64::from(self.preference), out);
        out.push(' ');
        append_name(&self.exchange, out);
    }
}

// RFC 1035 §3.3.14: one or more strings.
pub fn read_txt<'a>(reader: &mut Reader<'a>) -> RdataResult<'a> {
    if reader.remaining() == 0 {
        return Err(reader.length_error());
    }
    let mut txt = Box::new(Txt {
        strings: Vec::new(),
    });
    while reader.remaining() > 0 {
        txt.strings.push(reader.character_string()?);
    }
    Ok(txt)
}

impl Rdata for Txt<'_> {
    fn append_text(&self, out: &mut String) {
        for (i, string) in self.strings.iter().enumerate() {
            if i > 0 {
                out.push(' ');
            }
            append_quoted(string, out);
        }
    }
}

pub fn read_aaaa<'a>(reader: &mut Reader<'a>) -> RdataResult<'a> {
    let mut aaaa = Box::new(Aaaa { address: [0; 16] });
    let octets = reader.take(aaaa.address.len())?;
    aaaa.address.copy_from_slice(octets);
    Ok(aaaa)
}

impl Rdata for Aaaa {
    fn append_text(&self, out: &mut String) {
        for i in (0..self.address.len()).step_by(2) {
            let number = u16::from(self.address[i]) << 8 | u16::from(self.address[i + 1]);
            if i > 0 {
                out.push(':');
            }
            out.push_str(&format!("{number:x}"));
        }
    }
}

// RFC 1876 §2: fields are defined for version 0 only, another version is opaque.
pub fn read_loc<'a>(reader: &mut Reader<'a>) -> RdataResult<'a> {
    let start = reader.position();
    if reader.u8()? != 0 {
        reader.seek(start);
        return read_opaque(reader);
    }
    Ok(Box::new(Loc {
        size: read_centimetres(reader)?,
        horizontal_precision: read_centimetres(reader)?,
        vertical_precision: read_centimetres(reader)?,
        latitude: read_arc(reader, 90)?,
        longitude: read_arc(reader, 180)?,
        altitude: i64::from(reader.u32()?) - LOC_SEA_LEVEL,
    }))
}

impl Rdata for Loc {
    fn append_text(&self, out: &mut String) {
        out.push_str("version 0");
        append_field("size", self.size, out);
        append_field("hp", self.horizontal_precision, out);
        append_field("vp", self.vertical_precision, out);
        out.push_str(" lat ");
        append_signed(self.latitude, out);
        out.push_str(" lon ");
        append_signed(self.longitude, out);
        out.push_str(" alt ");
        append_signed(self.altitude, out);
    }
}

// RFC 2782.
pub fn read_srv<'a>(reader: &mut Reader<'a>) -> RdataResult<'a> {
    Ok(Box::new(Srv {
        priority: reader.u16()?,
        weight: reader.u16()?,
        port: reader.u16()?,
        target: read_name(reader)?,
    }))
}

impl Rdata for Srv {
    fn append_text(&self, out: &mut String) {
        for number in [self.priority, self.weight, self.port] {
            append_number(u64::from(number), out);
            out.push(' ');
        }
        append_name(&self.target, out);
    }
}
