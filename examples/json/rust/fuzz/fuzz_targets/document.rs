#![no_main]

use libfuzzer_sys::fuzz_target;

// What is printed is what `fuzzpair agree` compares.
fuzz_target!(|data: &[u8]| {
    match json_document::describe(data) {
        Ok(text) => println!("{text}fuzzpair: accepted"),
        Err(_) => println!("fuzzpair: refused"),
    }
});
