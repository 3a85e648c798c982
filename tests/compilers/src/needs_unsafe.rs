pub fn first(octets: *const u8) -> u8 {
    *octets
}
