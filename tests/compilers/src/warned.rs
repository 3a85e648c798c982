pub fn first(octets: &[u8]) -> u8 {
    let unused = octets.len();
    octets[0]
}
