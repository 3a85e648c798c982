//! Octets in, numbers out: a cursor over one message, and the one way to reject it.

/// A view into the message, which outlives everything read from it.
pub type Octets<'a> = &'a [u8];

#[derive(Clone, Copy)]
pub enum RejectKind {
    Truncated,
    LabelType,
    PointerLoop,
    NameTooLong,
    RdataLength,
    RdataValue,
    Opt,
    Trailing,
    TooMany,
}

pub fn reject_text(kind: RejectKind) -> &'static str {
    match kind {
        RejectKind::Truncated => "truncated",
        RejectKind::LabelType => "label-type",
        RejectKind::PointerLoop => "pointer-loop",
        RejectKind::NameTooLong => "name-too-long",
        RejectKind::RdataLength => "rdata-length",
        RejectKind::RdataValue => "rdata-value",
        RejectKind::Opt => "opt",
        RejectKind::Trailing => "trailing",
        RejectKind::TooMany => "too-many",
    }
}

/// The input is not a DNS message. That is an answer, not a failure of the program.
#[derive(Clone, Copy)]
pub struct ParseError {
    pub kind: RejectKind,
    pub offset: usize,
}

impl ParseError {
    pub fn new(kind: RejectKind, offset: usize) -> Self {
        Self { kind, offset }
    }
}

/// A cursor. Offsets are those of the message, also in a reader that is limited to one rdata.
pub struct Reader<'a> {
    octets: Octets<'a>, // from the first octet of the message to the end of this reader
    position: usize,
    rdata_start: Option<usize>,
}

impl<'a> Reader<'a> {
    pub fn new(message: Octets<'a>) -> Self {
        Self {
            octets: message,
            position: 0,
            rdata_start: None,
        }
    }

    pub fn position(&self) -> usize {
        self.position
    }

    pub fn remaining(&self) -> usize {
        self.octets.len() - self.position
    }

    pub fn u8(&mut self) -> Result<u8, ParseError> {
        Ok(self.take(1)?[0])
    }

    // RFC 1035 §2.3.2: the most significant octet comes first.
    pub fn u16(&mut self) -> Result<u16, ParseError> {
        let octets = self.take(2)?;
        Ok(u16::from(octets[0]) << 8 | u16::from(octets[1]))
    }

    pub fn u32(&mut self) -> Result<u32, ParseError> {
        let octets = self.take(4)?;
        Ok(u32::from(octets[0]) << 24
            | u32::from(octets[1]) << 16
            | u32::from(octets[2]) << 8
            | u32::from(octets[3]))
    }

    pub fn take(&mut self, count: usize) -> Result<Octets<'a>, ParseError> {
        let taken = self.slice(self.position, count)?;
        self.position += count;
        Ok(taken)
    }

    pub fn rest(&mut self) -> Result<Octets<'a>, ParseError> {
        self.take(self.remaining())
    }

    // RFC 1035 §3.3: one length octet, then so many octets.
    pub fn character_string(&mut self) -> Result<Octets<'a>, ParseError> {
        let length = usize::from(self.u8()?);
        self.take(length)
    }

    /// The only place that looks at the bounds. Written without a sum, which a large count would
    /// wrap.
    pub fn slice(&self, at: usize, count: usize) -> Result<Octets<'a>, ParseError> {
        if at > self.octets.len() || count > self.octets.len() - at {
            return Err(self.short_error(at));
        }
        Ok(&self.octets[at..at + count])
    }

    pub fn seek(&mut self, at: usize) {
        self.position = at;
    }

    /// A reader for the next `length` octets. Names in it may still point to what lies before it.
    pub fn rdata(&mut self, length: usize) -> Result<Reader<'a>, ParseError> {
        let start = self.position;
        self.take(length)?;
        let mut reader = Reader::new(&self.octets[..self.position]);
        reader.position = start;
        reader.rdata_start = Some(start);
        Ok(reader)
    }

    pub fn expect_end(&self) -> Result<(), ParseError> {
        if self.remaining() == 0 {
            return Ok(());
        }
        if self.rdata_start.is_some() {
            return Err(self.length_error());
        }
        Err(ParseError::new(RejectKind::Trailing, self.position))
    }

    /// For an rdata whose length does not suit its fields; it is the whole rdata that offends.
    pub fn length_error(&self) -> ParseError {
        ParseError::new(
            RejectKind::RdataLength,
            self.rdata_start.unwrap_or(self.position),
        )
    }

    fn short_error(&self, at: usize) -> ParseError {
        if self.rdata_start.is_some() {
            self.length_error()
        } else {
            ParseError::new(RejectKind::Truncated, at)
        }
    }
}
