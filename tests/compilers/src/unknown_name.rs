pub fn first(octets: &[u8]) -> u8 {
    octest[0]
}
