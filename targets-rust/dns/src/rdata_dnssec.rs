//! The rdata of DNSSEC (RFC 4034): DS, RRSIG, NSEC with its type bitmap, DNSKEY.

use crate::name::{append_name, read_name, Name};
use crate::rdata::{Rdata, RdataResult};
use crate::text::{append_hex_field, append_number};
use crate::types::append_type;
use crate::wire::{Octets, ParseError, Reader, RejectKind};

struct Ds<'a> {
    key_tag: u16,
    algorithm: u8,
    digest_type: u8,
    digest: Octets<'a>,
}

struct Rrsig<'a> {
    type_covered: u16,
    algorithm: u8,
    labels: u8,
    original_ttl: u32,
    expiration: u32,
    inception: u32,
    key_tag: u16,
    signer: Name,
    signature: Octets<'a>,
}

/// One window of a type bitmap: 256 types, of which the trailing ones may be left out.
struct Window {
    number: u8,
    length: u8,
    bits: [u8; 32],
}

struct Nsec {
    next: Name,
    windows: Vec<Window>,
}

struct Dnskey<'a> {
    flags: u16,
    protocol: u8,
    algorithm: u8,
    key: Octets<'a>,
}

fn read_window(reader: &mut Reader) -> Result<Window, ParseError> {
    let at = reader.position();
    let mut window = Window {
        number: reader.u8()?,
        length: reader.u8()?,
        bits: [0; 32],
    };
    // RFC 4034 §4.1.2: blocks with no types present must not be included, so there is an octet.
    if window.length == 0 || usize::from(window.length) > window.bits.len() {
        return Err(ParseError::new(RejectKind::RdataValue, at));
    }
    let octets = reader.take(usize::from(window.length))?;
    window.bits[..octets.len()].copy_from_slice(octets);
    Ok(window)
}

fn append_window(window: &Window, out: &mut String) {
    for i in 0..u16::from(window.length) * 8 {
        if window.bits[usize::from(i / 8)] & (0x80 >> (i % 8)) == 0 {
            continue;
        }
        out.push(' ');
        append_type(u16::from(window.number) * 256 + i, out);
    }
}

// RFC 4034 §5.1: a digest is never empty.
pub fn read_ds<'a>(reader: &mut Reader<'a>) -> RdataResult<'a> {
    let ds = Box::new(Ds {
        key_tag: reader.u16()?,
        algorithm: reader.u8()?,
        digest_type: reader.u8()?,
        digest: reader.rest()?,
    });
    if ds.digest.is_empty() {
        return Err(reader.length_error());
    }
    Ok(ds)
}

impl Rdata for Ds<'_> {
    fn append_text(&self, out: &mut String) {
        append_number(u64::from(self.key_tag), out);
        out.push(' ');
        append_number(u64::from(self.algorithm), out);
        out.push(' ');
        append_number(u64::from(self.digest_type), out);
        append_hex_field(self.digest, out);
    }
}

// RFC 4034 §3.1.
pub fn read_rrsig<'a>(reader: &mut Reader<'a>) -> RdataResult<'a> {
    Ok(Box::new(Rrsig {
        type_covered: reader.u16()?,
        algorithm: reader.u8()?,
        labels: reader.u8()?,
        original_ttl: reader.u32()?,
        expiration: reader.u32()?,
        inception: reader.u32()?,
        key_tag: reader.u16()?,
        signer: read_name(reader)?,
        signature: reader.rest()?,
    }))
}

impl Rdata for Rrsig<'_> {
    fn append_text(&self, out: &mut String) {
        append_type(self.type_covered, out);
        out.push(' ');
        for number in [
            u32::from(self.algorithm),
            u32::from(self.labels),
            self.original_ttl,
            self.expiration,
            self.inception,
            u32::from(self.key_tag),
        ] {
            append_number(u64::from(number), out);
            out.push(' ');
        }
        append_name(&self.signer, out);
        append_hex_field(self.signature, out);
    }
}

// RFC 4034 §4.1.2: windows come in increasing numerical order, so none comes twice.
pub fn read_nsec<'a>(reader: &mut Reader<'a>) -> RdataResult<'a> {
    let mut nsec = Box::new(Nsec {
        next: read_name(reader)?,
        windows: Vec::new(),
    });
    while reader.remaining() > 0 {
        let at = reader.position();
        let window = read_window(reader)?;
        if nsec
            .windows
            .last()
            .is_some_and(|last| window.number <= last.number)
        {
            return Err(ParseError::new(RejectKind::RdataValue, at));
        }
        nsec.windows.push(window);
    }
    Ok(nsec)
}

impl Rdata for Nsec {
    fn append_text(&self, out: &mut String) {
        append_name(&self.next, out);
        for window in &self.windows {
            append_window(window, out);
        }
    }
}

// RFC 4034 §2.1.
pub fn read_dnskey<'a>(reader: &mut Reader<'a>) -> RdataResult<'a> {
    Ok(Box::new(Dnskey {
        flags: reader.u16()?,
        protocol: reader.u8()?,
        algorithm: reader.u8()?,
        key: reader.rest()?,
    }))
}

impl Rdata for Dnskey<'_> {
    fn append_text(&self, out: &mut String) {
        append_number(u64::from(self.flags), out);
        out.push(' ');
        append_number(u64::from(self.protocol), out);
        out.push(' ');
        append_number(u64::from(self.algorithm), out);
        append_hex_field(self.key, out);
    }
}
