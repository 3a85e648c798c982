//! One message: header, questions, three sections of records (RFC 1035 §4.1).

use crate::edns::read_opt;
use crate::name::{append_name, read_name, Name};
use crate::rdata::{read_rdata, Rdata};
use crate::text::{append_field, append_number};
use crate::types::{append_class, append_type, record_type};
use crate::wire::{Octets, ParseError, Reader, RejectKind};

pub struct Header {
    id: u16,
    qr: bool,
    opcode: u8,
    aa: bool,
    tc: bool,
    rd: bool,
    ra: bool,
    z: bool,
    ad: bool,
    cd: bool,
    rcode: u8,
    counts: [u16; 4], // questions, then the records of each section
}

pub struct Question {
    pub name: Name,
    pub record_type: u16,
    pub question_class: u16,
}

pub struct Record<'a> {
    pub owner: Name,
    pub record_type: u16,
    pub record_class: u16,
    pub ttl: u32,
    pub rdata: Box<dyn Rdata + 'a>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Section {
    Answer,
    Authority,
    Additional,
}

/// What was read. Octet fields of its rdata are views, so it must not outlive its octets.
pub struct Message<'a> {
    pub header: Header,
    pub questions: Vec<Question>,
    pub sections: [Vec<Record<'a>>; 3], // indexed by Section
    pub has_opt: bool,
}

const SECTIONS: [Section; 3] = [Section::Answer, Section::Authority, Section::Additional];
const SECTION_NAMES: [&str; 3] = ["answer", "authority", "additional"];

const COUNTS_OFFSET: usize = 4;
// The root, a type, a class; in a record also a TTL and a length.
const MIN_QUESTION: usize = 5;
const MIN_RECORD: usize = 11;
const MAX_TTL: u32 = 0x7fff_ffff;

// RFC 1035 §4.1.1; AD and CD are of RFC 4035 §3.1.6 and §3.2.2.
fn read_header(reader: &mut Reader) -> Result<Header, ParseError> {
    let id = reader.u16()?;
    let flags = reader.u16()?;
    Ok(Header {
        id,
        qr: flags & 0x8000 != 0,
        opcode: (flags >> 11 & 0x0f) as u8,
        aa: flags & 0x0400 != 0,
        tc: flags & 0x0200 != 0,
        rd: flags & 0x0100 != 0,
        ra: flags & 0x0080 != 0,
        z: flags & 0x0040 != 0,
        ad: flags & 0x0020 != 0,
        cd: flags & 0x0010 != 0,
        rcode: (flags & 0x0f) as u8,
        counts: [reader.u16()?, reader.u16()?, reader.u16()?, reader.u16()?],
    })
}

/// Before memory is set aside by these counts, the message must be long enough for them.
fn check_counts(header: &Header, available: usize) -> Result<(), ParseError> {
    let mut needed = usize::from(header.counts[0]) * MIN_QUESTION;
    for &count in &header.counts[1..] {
        needed += usize::from(count) * MIN_RECORD;
    }
    if needed > available {
        return Err(ParseError::new(RejectKind::TooMany, COUNTS_OFFSET));
    }
    Ok(())
}

fn read_question(reader: &mut Reader) -> Result<Question, ParseError> {
    Ok(Question {
        name: read_name(reader)?,
        record_type: reader.u16()?,
        question_class: reader.u16()?,
    })
}

// RFC 2181 §8: a TTL with the most significant bit set is read as zero.
fn effective_ttl(ttl_field: u32) -> u32 {
    if ttl_field > MAX_TTL {
        0
    } else {
        ttl_field
    }
}

// RFC 6891 §6.1.1: in the additional section, owned by the root, at most one.
fn check_opt(
    owner: &Name,
    section: Section,
    message: &Message,
    at: usize,
) -> Result<(), ParseError> {
    if section != Section::Additional || !owner.is_root() || message.has_opt {
        return Err(ParseError::new(RejectKind::Opt, at));
    }
    Ok(())
}

fn read_record<'a>(
    reader: &mut Reader<'a>,
    section: Section,
    message: &mut Message<'a>,
) -> Result<(), ParseError> {
    let at = reader.position();
    let owner = read_name(reader)?;
    let record_type = reader.u16()?;
    let record_class = reader.u16()?;
    let ttl_field = reader.u32()?;
    let ttl = effective_ttl(ttl_field);
    let length = usize::from(reader.u16()?);
    let mut rdata_reader = reader.rdata(length)?;
    let rdata = if record_type == record_type::OPT {
        check_opt(&owner, section, message, at)?;
        message.has_opt = true;
        read_opt(record_class, ttl_field, &mut rdata_reader)?
    } else {
        read_rdata(record_type, record_class, &mut rdata_reader)?
    };
    let record = Record {
        owner,
        record_type,
        record_class,
        ttl,
        rdata,
    };
    message.sections[section as usize].push(record);
    Ok(())
}

fn append_header(header: &Header, out: &mut String) {
    out.push_str("id ");
    append_number(u64::from(header.id), out);
    append_field("qr", u64::from(header.qr), out);
    append_field("opcode", u64::from(header.opcode), out);
    append_field("aa", u64::from(header.aa), out);
    append_field("tc", u64::from(header.tc), out);
    append_field("rd", u64::from(header.rd), out);
    append_field("ra", u64::from(header.ra), out);
    append_field("z", u64::from(header.z), out);
    append_field("ad", u64::from(header.ad), out);
    append_field("cd", u64::from(header.cd), out);
    append_field("rcode", u64::from(header.rcode), out);
    out.push('\n');
}

fn append_heading(name: &str, count: u64, out: &mut String) {
    out.push_str(name);
    out.push(' ');
    append_number(count, out);
    out.push('\n');
}

fn append_question(question: &Question, out: &mut String) {
    append_name(&question.name, out);
    out.push(' ');
    append_class(question.question_class, out);
    out.push(' ');
    append_type(question.record_type, out);
    out.push('\n');
}

fn append_record(record: &Record, out: &mut String) {
    append_name(&record.owner, out);
    out.push(' ');
    if record.record_type != record_type::OPT {
        append_number(u64::from(record.ttl), out);
        out.push(' ');
        append_class(record.record_class, out);
        out.push(' ');
    }
    append_type(record.record_type, out);
    out.push(' ');
    record.rdata.append_text(out);
    out.push('\n');
}

/// Reads a whole message; the first item in wire order that offends rejects it.
pub fn read_message(octets: Octets) -> Result<Message, ParseError> {
    let mut reader = Reader::new(octets);
    let header = read_header(&mut reader)?;
    check_counts(&header, reader.remaining())?;
    let counts = header.counts.map(usize::from);
    let questions = Vec::with_capacity(counts[0]);
    let sections = [Vec::new(), Vec::new(), Vec::new()];
    let mut message = Message {
        header,
        questions,
        sections,
        has_opt: false,
    };
    for _ in 0..counts[0] {
        message.questions.push(read_question(&mut reader)?);
    }
    for section in SECTIONS {
        let index = section as usize;
        message.sections[index].reserve(counts[index + 1]);
        for _ in 0..counts[index + 1] {
            read_record(&mut reader, section, &mut message)?;
        }
    }
    reader.expect_end()?;
    Ok(message)
}

/// Over all records but OPT, whose TTL field is no time.
pub fn ttl_sum(message: &Message) -> u64 {
    let mut sum = 0;
    for section in &message.sections {
        for record in section {
            if record.record_type != record_type::OPT {
                sum += u64::from(record.ttl);
            }
        }
    }
    sum
}

pub fn append_message(message: &Message, out: &mut String) {
    append_header(&message.header, out);
    append_heading("question", message.questions.len() as u64, out);
    for question in &message.questions {
        append_question(question, out);
    }
    for (i, section) in message.sections.iter().enumerate() {
        append_heading(SECTION_NAMES[i], section.len() as u64, out);
        for record in section {
            append_record(record, out);
        }
    }
    append_heading("ttl-sum", ttl_sum(message), out);
}
