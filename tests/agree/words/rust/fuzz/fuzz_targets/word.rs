#![no_main]
//! The target `word`, which says nothing: who compares asks its `describe`.

use libfuzzer_sys::fuzz_target;

#[path = "../../agree/describe.rs"]
mod describe;

fuzz_target!(|data: &[u8]| {
    dns::describe(data);
});
