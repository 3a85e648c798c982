//! What the C side does, in Rust: a gzip stream that comes in two pieces, its header and what it holds.

use std::io::{self, Read};

use flate2::read::GzDecoder;

const MOST: u64 = 1 << 16; // octets that are inflated of one input

/// The size of the header's extra field, where it has one, and how many octets were inflated.
pub fn inflate(first: &[u8], second: &[u8]) -> io::Result<(Option<usize>, u64)> {
    let mut decoder = GzDecoder::new(first.chain(second));
    let extra = decoder.header().and_then(|header| header.extra()).map(<[u8]>::len);
    let inflated = io::copy(&mut decoder.by_ref().take(MOST), &mut io::sink())?;
    Ok((extra, inflated))
}
