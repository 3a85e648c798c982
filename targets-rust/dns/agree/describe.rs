//! The C ABI of describe (docs/agreement.md): what fuzzpair compares with the C++ twin.

use std::ffi::{c_char, c_int, CStr};
use std::slice;

/// A rejection is the last line of a text, in either target (docs/canonical-text.md).
fn is_accepted(text: &str) -> bool {
    !text
        .lines()
        .last()
        .is_some_and(|line| line.starts_with("reject: "))
}

/// # Safety
/// `target` ends with a zero octet, `data` has `size` octets, `text` has room for `capacity`.
#[no_mangle]
pub unsafe extern "C" fn fuzzpair_describe_rust(
    target: *const c_char,
    data: *const u8,
    size: usize,
    text: *mut u8,
    capacity: usize,
    accepted: *mut c_int,
) -> usize {
    let octets = if size == 0 {
        &[]
    } else {
        // SAFETY: as the caller promises; only an empty input may come with a null pointer.
        unsafe { slice::from_raw_parts(data, size) }
    };
    // SAFETY: as the caller promises.
    let target = unsafe { CStr::from_ptr(target) };
    let said = match target.to_bytes() {
        b"message" => dns::describe_message(octets),
        _ => dns::describe_stream(octets),
    };
    let written = capacity.min(said.len());
    // SAFETY: as the caller promises; a String of ours and the caller's room never overlap.
    unsafe {
        *accepted = c_int::from(is_accepted(&said));
        text.copy_from_nonoverlapping(said.as_ptr(), written);
    }
    said.len()
}
