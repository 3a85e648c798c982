#![no_main]

use libfuzzer_sys::fuzz_target;

// The first octet says where the rest is cut in two, as on the C side: one corpus serves both.
fuzz_target!(|data: &[u8]| {
    if let Some((&cut, stream)) = data.split_first() {
        let (first, second) = stream.split_at(usize::from(cut).min(stream.len()));
        let _ = gzip_header::inflate(first, second);
    }
});
