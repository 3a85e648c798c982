//! Domain names: decompression, presentation form, and the lower-case form that names a table entry.

use crate::text::decimal_escape;
use crate::wire::{Octets, ParseError, Reader, RejectKind};

// RFC 1035 §2.3.4: the octets of a label, and of a name with its length octets and the root.
pub const MAX_LABEL: usize = 63;
pub const MAX_NAME: usize = 255;

/// A name in wire form, decompressed, without the octet of the root: the root itself is empty.
pub struct Name {
    wire: Vec<u8>,
}

impl Name {
    pub fn new(wire: Octets) -> Self {
        Self {
            wire: wire.to_vec(),
        }
    }

    pub fn is_root(&self) -> bool {
        self.wire.is_empty()
    }

    pub fn size(&self) -> usize {
        self.wire.len()
    }

    pub fn label_at(&self, at: usize) -> Octets<'_> {
        &self.wire[at + 1..][..usize::from(self.wire[at])]
    }
}

const TYPE_BITS: u8 = 0xc0; // RFC 1035 §4.1.4: the two high bits of a length octet
const POINTER: u8 = 0xc0;

// An octet as \DDD takes four characters.
type LabelText = [u8; 4 * MAX_LABEL];

/// A name while its labels are gathered; its heap copy is made once, when its size is known.
struct NameBuffer {
    octets: [u8; MAX_NAME],
    size: usize,
}

impl NameBuffer {
    fn new() -> Self {
        Self {
            octets: [0; MAX_NAME],
            size: 0,
        }
    }

    /// Appends a label with its length octet. One octet stays free for the root.
    fn append(&mut self, label: Octets, at: usize) -> Result<(), ParseError> {
        if self.size + label.len() + 1 > MAX_NAME {
            return Err(ParseError::new(RejectKind::NameTooLong, at));
        }
        self.octets[self.size..][..label.len()].copy_from_slice(label);
        self.size += label.len();
        Ok(())
    }

    fn name(&self) -> Name {
        Name::new(&self.octets[..self.size])
    }
}

fn pointer_target(reader: &Reader, at: usize) -> Result<usize, ParseError> {
    let pointer = reader.slice(at, 2)?;
    Ok(usize::from(pointer[0] & !TYPE_BITS) << 8 | usize::from(pointer[1]))
}

fn is_special(octet: u8) -> bool {
    b".\\\"();@$".contains(&octet)
}

/// Writes the presentation form of a label and gives its size (RFC 1035 §5.1, RFC 4343 §2.1).
fn escape_label(label: Octets, text: &mut LabelText) -> usize {
    let mut size = 0;
    for &octet in label {
        if !(0x21..=0x7e).contains(&octet) {
            text[size..size + 4].copy_from_slice(&decimal_escape(octet));
            size += 4;
            continue;
        }
        if is_special(octet) {
            text[size] = b'\\';
            size += 1;
        }
        text[size] = octet;
        size += 1;
    }
    size
}

fn append_label(label: Octets, text: &mut LabelText, out: &mut String) {
    let size = escape_label(label, text);
    out.extend(text[..size].iter().copied().map(char::from));
    out.push('.');
}

/// Reads a name and leaves the reader behind it, that is behind its first pointer if it has one.
pub fn read_name(reader: &mut Reader) -> Result<Name, ParseError> {
    let mut buffer = NameBuffer::new();
    let mut at = reader.position();
    let mut run = at; // where the labels now read began
    let mut resume = None;
    loop {
        let length = reader.slice(at, 1)?[0];
        if length & TYPE_BITS == POINTER {
            let target = pointer_target(reader, at)?;
            // RFC 1035 §4.1.4: a *prior* occurrence. Each run begins before the last one began,
            // so the walk ends; "before the pointer" alone would let a name contain itself.
            if target >= run {
                return Err(ParseError::new(RejectKind::PointerLoop, at));
            }
            resume = resume.or(Some(at + 2));
            at = target;
            run = target;
            continue;
        }
        if length & TYPE_BITS != 0 {
            return Err(ParseError::new(RejectKind::LabelType, at));
        }
        if length == 0 {
            break;
        }
        let label = reader.slice(at, 1 + usize::from(length))?;
        buffer.append(label, at)?;
        at += label.len();
    }
    reader.seek(resume.unwrap_or(at + 1));
    Ok(buffer.name())
}

pub fn append_name(name: &Name, out: &mut String) {
    if name.is_root() {
        out.push('.');
        return;
    }
    let mut text = [0; 4 * MAX_LABEL];
    let mut at = 0;
    while at < name.size() {
        let label = name.label_at(at);
        append_label(label, &mut text, out);
        at += 1 + label.len();
    }
}

/// RFC 4343 §3: names that differ in ASCII case only are one. Case is folded before escaping.
pub fn lower_text(name: &Name) -> String {
    if name.is_root() {
        return ".".to_owned();
    }
    let mut out = String::new();
    let mut folded = [0; MAX_LABEL + 1];
    let mut text = [0; 4 * MAX_LABEL];
    let mut at = 0;
    while at < name.size() {
        let label = name.label_at(at);
        folded[..label.len()].copy_from_slice(label);
        folded[..label.len()].make_ascii_lowercase();
        append_label(&folded[..label.len()], &mut text, &mut out);
        at += 1 + label.len();
    }
    out
}
