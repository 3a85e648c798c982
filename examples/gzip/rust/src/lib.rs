//! What the C side does, in Rust: a gzip stream that comes in two pieces, its header and what it holds.

use std::io::{self, Read, Write};

use flate2::read::GzDecoder;
use flate2::Crc;

const MOST: u64 = 1 << 16; // octets that one input may hold, inflated

/// What was in a stream.
pub struct Held {
    /// The size of the header's extra field, where it has one.
    pub extra: Option<usize>,
    pub octets: u64,
    pub sum: u32,
}

struct Sum(Crc);

impl Write for Sum {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.0.update(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub fn inflate(first: &[u8], second: &[u8]) -> io::Result<Held> {
    let mut decoder = GzDecoder::new(first.chain(second));
    let mut sum = Sum(Crc::new());
    let octets = io::copy(&mut decoder.by_ref().take(MOST + 1), &mut sum)?;
    if octets > MOST {
        return Err(io::Error::other("more than is taken"));
    }
    let extra = decoder.header().and_then(|header| header.extra()).map(<[u8]>::len);
    Ok(Held { extra, octets, sum: sum.0.sum() })
}
