#![no_main]

use libfuzzer_sys::fuzz_target;

// The first octet says where the rest is cut in two, as on the C side: one corpus serves both. What is printed is what
// `fuzzpair agree` compares.
fuzz_target!(|data: &[u8]| {
    let (cut, stream) = data.split_first().map_or((0, data), |(&cut, stream)| (usize::from(cut), stream));
    let (first, second) = stream.split_at(cut.min(stream.len()));
    match gzip_header::inflate(first, second) {
        Ok(held) => {
            if let Some(size) = held.extra {
                println!("extra {size}");
            }
            println!("octets {}\nsum x{:08x}\nfuzzpair: accepted", held.octets, held.sum);
        }
        Err(_) => println!("fuzzpair: refused"),
    }
});
