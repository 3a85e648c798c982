//! Numbers and mnemonics of record types and classes.

use crate::text::append_number;

pub mod record_type {
    pub const A: u16 = 1;
    pub const NS: u16 = 2;
    pub const CNAME: u16 = 5;
    pub const SOA: u16 = 6;
    pub const PTR: u16 = 12;
    pub const MX: u16 = 15;
    pub const TXT: u16 = 16;
    pub const AAAA: u16 = 28;
    pub const LOC: u16 = 29;
    pub const SRV: u16 = 33;
    pub const OPT: u16 = 41;
    pub const DS: u16 = 43;
    pub const RRSIG: u16 = 46;
    pub const NSEC: u16 = 47;
    pub const DNSKEY: u16 = 48;
    pub const SVCB: u16 = 64;
    pub const HTTPS: u16 = 65;
    pub const IXFR: u16 = 251;
    pub const AXFR: u16 = 252;
    pub const ANY: u16 = 255;
    pub const CAA: u16 = 257;
}

pub const CLASS_IN: u16 = 1;

type TypeNames = [&'static str; record_type::HTTPS as usize + 1];

const fn low_type_names() -> TypeNames {
    let mut names = [""; record_type::HTTPS as usize + 1];
    names[record_type::A as usize] = "A";
    names[record_type::NS as usize] = "NS";
    names[record_type::CNAME as usize] = "CNAME";
    names[record_type::SOA as usize] = "SOA";
    names[record_type::PTR as usize] = "PTR";
    names[record_type::MX as usize] = "MX";
    names[record_type::TXT as usize] = "TXT";
    names[record_type::AAAA as usize] = "AAAA";
    names[record_type::LOC as usize] = "LOC";
    names[record_type::SRV as usize] = "SRV";
    names[record_type::OPT as usize] = "OPT";
    names[record_type::DS as usize] = "DS";
    names[record_type::RRSIG as usize] = "RRSIG";
    names[record_type::NSEC as usize] = "NSEC";
    names[record_type::DNSKEY as usize] = "DNSKEY";
    names[record_type::SVCB as usize] = "SVCB";
    names[record_type::HTTPS as usize] = "HTTPS";
    names
}

// Indexed by type; a type without a mnemonic is empty. The few high types are not worth the gap.
static LOW_TYPE_NAMES: TypeNames = low_type_names();

fn type_name(number: u16) -> &'static str {
    if usize::from(number) < LOW_TYPE_NAMES.len() {
        return LOW_TYPE_NAMES[usize::from(number)];
    }
    match number {
        record_type::IXFR => "IXFR",
        record_type::AXFR => "AXFR",
        record_type::ANY => "ANY",
        record_type::CAA => "CAA",
        _ => "",
    }
}

fn class_name(number: u16) -> &'static str {
    match number {
        CLASS_IN => "IN",
        3 => "CH",
        4 => "HS",
        254 => "NONE",
        255 => "ANY",
        _ => "",
    }
}

// RFC 3597 §5: an unknown type is TYPEn, an unknown class CLASSn.
fn append_mnemonic(name: &str, generic: &str, number: u16, out: &mut String) {
    if !name.is_empty() {
        out.push_str(name);
        return;
    }
    out.push_str(generic);
    append_number(u64::from(number), out);
}

pub fn append_type(number: u16, out: &mut String) {
    append_mnemonic(type_name(number), "TYPE", number, out);
}

pub fn append_class(number: u16, out: &mut String) {
    append_mnemonic(class_name(number), "CLASS", number, out);
}
