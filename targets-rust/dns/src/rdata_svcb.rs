//! The rdata that carries named values: SVCB and HTTPS (RFC 9460), CAA (RFC 8659).

use crate::name::{append_name, read_name, Name};
use crate::rdata::{Rdata, RdataResult};
use crate::text::{append_hex, append_number, append_quoted};
use crate::wire::{Octets, ParseError, Reader, RejectKind};

struct SvcParam<'a> {
    key: u16,
    value: Octets<'a>,
}

struct Svcb<'a> {
    priority: u16,
    target: Name,
    params: Vec<SvcParam<'a>>,
}

struct Caa<'a> {
    flags: u8,
    tag: Octets<'a>,
    value: Octets<'a>,
}

fn read_param<'a>(reader: &mut Reader<'a>) -> Result<SvcParam<'a>, ParseError> {
    let key = reader.u16()?;
    let length = usize::from(reader.u16()?);
    let value = reader.take(length)?;
    Ok(SvcParam { key, value })
}

// RFC 8659 §4.1.1: at least one character, of these sixty-two only.
fn read_tag<'a>(reader: &mut Reader<'a>) -> Result<Octets<'a>, ParseError> {
    let at = reader.position();
    let tag = reader.character_string()?;
    if tag.is_empty() || !tag.iter().all(u8::is_ascii_alphanumeric) {
        return Err(ParseError::new(RejectKind::RdataValue, at));
    }
    Ok(tag)
}

// RFC 9460 §2.2: keys come in strictly increasing order, else the record is malformed.
pub fn read_svcb<'a>(reader: &mut Reader<'a>) -> RdataResult<'a> {
    let priority = reader.u16()?;
    let target = read_name(reader)?;
    let mut svcb = Box::new(Svcb {
        priority,
        target,
        params: Vec::new(),
    });
    while reader.remaining() > 0 {
        let at = reader.position();
        let param = read_param(reader)?;
        if svcb.params.last().is_some_and(|last| param.key <= last.key) {
            return Err(ParseError::new(RejectKind::RdataValue, at));
        }
        svcb.params.push(param);
    }
    Ok(svcb)
}

impl Rdata for Svcb<'_> {
    fn append_text(&self, out: &mut String) {
        append_number(u64::from(self.priority), out);
        out.push(' ');
        append_name(&self.target, out);
        for param in &self.params {
            out.push_str(" key");
            append_number(u64::from(param.key), out);
            out.push('=');
            append_hex(param.value, out);
        }
    }
}

pub fn read_caa<'a>(reader: &mut Reader<'a>) -> RdataResult<'a> {
    Ok(Box::new(Caa {
        flags: reader.u8()?,
        tag: read_tag(reader)?,
        value: reader.rest()?,
    }))
}

impl Rdata for Caa<'_> {
    fn append_text(&self, out: &mut String) {
        append_number(u64::from(self.flags), out);
        out.push(' ');
        out.extend(self.tag.iter().copied().map(char::from));
        out.push(' ');
        append_quoted(self.value, out);
    }
}
