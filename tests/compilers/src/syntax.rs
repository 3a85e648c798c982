pub fn first(octets: &[u8]) -> u8 {
    let first = octets[0]
    first
}
