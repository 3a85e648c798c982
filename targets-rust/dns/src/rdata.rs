//! What a record carries: one interface, and the table of formats by type.

use crate::rdata_basic::{
    read_a, read_aaaa, read_loc, read_mx, read_soa, read_srv, read_target, read_txt,
};
use crate::rdata_dnssec::{read_dnskey, read_ds, read_nsec, read_rrsig};
use crate::rdata_svcb::{read_caa, read_svcb};
use crate::text::{append_hex_field, append_number};
use crate::types::{record_type, CLASS_IN};
use crate::wire::{Octets, ParseError, Reader};

/// The rdata of one record. Octet fields are views into the message.
pub trait Rdata {
    fn append_text(&self, out: &mut String);
}

/// Rdata of an unknown type, or of a class for which the type is not defined (RFC 3597 §5).
pub struct Opaque<'a> {
    pub octets: Octets<'a>,
}

pub type RdataResult<'a> = Result<Box<dyn Rdata + 'a>, ParseError>;

type ReadRdata = for<'a> fn(&mut Reader<'a>) -> RdataResult<'a>;

struct Format {
    record_type: u16,
    any_class: bool, // else the format holds for class IN only
    read: ReadRdata,
}

const fn format(record_type: u16, any_class: bool, read: ReadRdata) -> Format {
    Format {
        record_type,
        any_class,
        read,
    }
}

// OPT is not here: its class and TTL are part of it (edns.rs).
static FORMATS: [Format; 17] = [
    format(record_type::A, false, read_a),
    format(record_type::NS, true, read_target),
    format(record_type::CNAME, true, read_target),
    format(record_type::SOA, true, read_soa),
    format(record_type::PTR, true, read_target),
    format(record_type::MX, true, read_mx),
    format(record_type::TXT, true, read_txt),
    format(record_type::AAAA, false, read_aaaa),
    format(record_type::LOC, true, read_loc),
    format(record_type::SRV, false, read_srv),
    format(record_type::DS, true, read_ds),
    format(record_type::RRSIG, true, read_rrsig),
    format(record_type::NSEC, true, read_nsec),
    format(record_type::DNSKEY, true, read_dnskey),
    format(record_type::SVCB, false, read_svcb),
    format(record_type::HTTPS, false, read_svcb),
    format(record_type::CAA, true, read_caa),
];

fn find_format(record_type: u16, record_class: u16) -> Option<&'static Format> {
    let format = FORMATS
        .iter()
        .find(|format| format.record_type == record_type)?;
    (format.any_class || record_class == CLASS_IN).then_some(format)
}

pub fn read_opaque<'a>(reader: &mut Reader<'a>) -> RdataResult<'a> {
    Ok(Box::new(Opaque {
        octets: reader.rest()?,
    }))
}

/// Reads all of an rdata: octets that no field claims make its length wrong.
pub fn read_rdata<'a>(
    record_type: u16,
    record_class: u16,
    reader: &mut Reader<'a>,
) -> RdataResult<'a> {
    let Some(format) = find_format(record_type, record_class) else {
        return read_opaque(reader);
    };
    let rdata = (format.read)(reader)?;
    reader.expect_end()?;
    Ok(rdata)
}

impl Rdata for Opaque<'_> {
    fn append_text(&self, out: &mut String) {
        out.push_str("\\# ");
        append_number(self.octets.len() as u64, out);
        append_hex_field(self.octets, out);
    }
}
