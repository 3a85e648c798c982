//! The OPT pseudo-record of EDNS (RFC 6891), whose class and TTL are fields of its own.

use crate::rdata::{Rdata, RdataResult};
use crate::text::{append_field, append_hex_field, append_number};
use crate::wire::{Octets, ParseError, Reader};

struct EdnsOption<'a> {
    code: u16,
    value: Octets<'a>,
}

struct Opt<'a> {
    payload: u16,
    extended_rcode: u8,
    version: u8,
    dnssec_ok: bool,
    z: u16,
    options: Vec<EdnsOption<'a>>,
}

fn read_option<'a>(reader: &mut Reader<'a>) -> Result<EdnsOption<'a>, ParseError> {
    let code = reader.u16()?;
    let length = usize::from(reader.u16()?);
    let value = reader.take(length)?;
    Ok(EdnsOption { code, value })
}

fn append_option(option: &EdnsOption, out: &mut String) {
    out.push_str("\n  option ");
    append_number(u64::from(option.code), out);
    append_hex_field(option.value, out);
}

// RFC 6891 §6.1.2, §6.1.3: the class is the payload size, the TTL holds four fields.
pub fn read_opt<'a>(class_field: u16, ttl_field: u32, reader: &mut Reader<'a>) -> RdataResult<'a> {
    let mut opt = Box::new(Opt {
        payload: class_field,
        extended_rcode: (ttl_field >> 24) as u8,
        version: (ttl_field >> 16 & 0xff) as u8,
        dnssec_ok: ttl_field & 0x8000 != 0,
        z: (ttl_field & 0x7fff) as u16,
        options: Vec::new(),
    });
    while reader.remaining() > 0 {
        opt.options.push(read_option(reader)?);
    }
    Ok(opt)
}

/// The rest of the record's line, then a line for each option; the caller ends the last one.
impl Rdata for Opt<'_> {
    fn append_text(&self, out: &mut String) {
        out.push_str("payload ");
        append_number(u64::from(self.payload), out);
        append_field("ercode", u64::from(self.extended_rcode), out);
        append_field("version", u64::from(self.version), out);
        append_field("do", u64::from(self.dnssec_ok), out);
        append_field("z", u64::from(self.z), out);
        append_field("options", self.options.len() as u64, out);
        for option in &self.options {
            append_option(option, out);
        }
    }
}
