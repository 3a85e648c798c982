//! The small pieces of the canonical text: numbers, hex, escapes, quoted strings.

use crate::wire::Octets;

const HEX_DIGITS: &[u8; 16] = b"0123456789abcdef";

pub fn append_number(number: u64, out: &mut String) {
    out.push_str(&number.to_string());
}

pub fn append_signed(number: i64, out: &mut String) {
    if number < 0 {
        out.push('-');
    }
    append_number(number.unsigned_abs(), out);
}

/// ` name number`, with the space in front.
pub fn append_field(name: &str, number: u64, out: &mut String) {
    out.push(' ');
    out.push_str(name);
    out.push(' ');
    append_number(number, out);
}

pub fn append_hex(octets: Octets, out: &mut String) {
    out.reserve(2 * octets.len());
    for &octet in octets {
        out.push(char::from(HEX_DIGITS[usize::from(octet >> 4)]));
        out.push(char::from(HEX_DIGITS[usize::from(octet & 0x0f)]));
    }
}

/// ` hex`, and nothing at all when there are no octets: no line ends in a space.
pub fn append_hex_field(octets: Octets, out: &mut String) {
    if octets.is_empty() {
        return;
    }
    out.push(' ');
    append_hex(octets, out);
}

// RFC 1035 §5.1: \DDD is an octet by its decimal number, always three digits.
pub fn decimal_escape(octet: u8) -> [u8; 4] {
    [
        b'\\',
        b'0' + octet / 100,
        b'0' + octet / 10 % 10,
        b'0' + octet % 10,
    ]
}

pub fn append_quoted(octets: Octets, out: &mut String) {
    out.push('"');
    for &octet in octets {
        if !(0x20..=0x7e).contains(&octet) {
            out.extend(decimal_escape(octet).map(char::from));
            continue;
        }
        if octet == b'"' || octet == b'\\' {
            out.push('\\');
        }
        out.push(char::from(octet));
    }
    out.push('"');
}
