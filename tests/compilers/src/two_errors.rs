pub fn first(octets: Vec<u8>) -> u8 {
    drop(octets);
    octets[0]
}

pub fn other() -> u8 {
    missing()
}
