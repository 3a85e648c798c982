pub fn first(octets: &[u8]) -> u8 {
    octets[0]
