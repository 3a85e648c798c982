pub fn sum(octets: &[u8]) -> u32 {
    let mut total: u32 = 0;
    for octet in octets {
        total = total + octet.len();
    }
    let index: usize = total;
    total + index as u32
}
