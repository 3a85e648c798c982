#![forbid(unsafe_code)]
pub fn first(octets: &[u8]) -> u8 {
    unsafe { *octets.as_ptr() }
}
