//! The C ABI of describe (docs/agreement.md).

use std::ffi::{c_char, c_int};
use std::slice;

/// # Safety
/// `data` has `size` octets, `text` has room for `capacity`.
#[no_mangle]
pub unsafe extern "C" fn fuzzpair_describe_rust(
    _target: *const c_char,
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
    let said = dns::describe(octets);
    let written = capacity.min(said.text.len());
    // SAFETY: as the caller promises; a String of ours and the caller's room never overlap.
    unsafe {
        *accepted = c_int::from(said.is_accepted);
        text.copy_from_nonoverlapping(said.text.as_ptr(), written);
    }
    said.text.len()
}
