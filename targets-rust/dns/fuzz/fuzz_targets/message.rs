//! The libFuzzer entry of the target `message`, without libfuzzer-sys.
#![no_main]

use std::sync::atomic::{AtomicUsize, Ordering};

// Written for each input, so that no optimiser finds the text unused.
static TEXT_SIZE: AtomicUsize = AtomicUsize::new(0);

#[no_mangle]
pub extern "C" fn LLVMFuzzerTestOneInput(data: *const u8, size: usize) -> i32 {
    let octets = if size == 0 {
        &[]
    } else {
        // SAFETY: libFuzzer gives a pointer to `size` initialised octets that nobody writes until
        // this function returns. Only an empty input may come with a null pointer.
        unsafe { std::slice::from_raw_parts(data, size) }
    };
    TEXT_SIZE.store(dns::describe_message(octets).len(), Ordering::Relaxed);
    0
}
