// A Rust target in clang's libFuzzer, with no fuzzing crate at all.
#![no_main]
use std::hint::black_box;

fn parse(octets: &[u8]) -> u8 {
    let length = octets[0] as usize;
    octets[1 + length % 8]
}

fn endless(n: u8) {
    while black_box(n) == n {}
}

#[no_mangle]
pub extern "C" fn LLVMFuzzerTestOneInput(octets: *const u8, size: usize) -> i32 {
    if size == 0 {
        return 0;
    }
    let octets = unsafe { std::slice::from_raw_parts(octets, size) };
    match std::env::var("FUZZ_CASE").unwrap_or_default().as_str() {
        "panics" => drop(black_box(parse(&octets[..1]))),
        "loops" => endless(octets[0]),
        _ => {}
    }
    0
}
